"""`Spans`: from which number to which somebody was muted or blocked, by what was answered to us (D47).

The room is not told whom a mute or a block is about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from enum import StrEnum

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_server.contract.moderation import BlockUser, MuteUser, UnblockUser, UnmuteUser


class Kind(StrEnum):
    MUTED = "muted"
    BLOCKED = "blocked"


SAYS: dict[str, tuple[Kind, bool]] = {
    MuteUser.wire_name: (Kind.MUTED, True),
    UnmuteUser.wire_name: (Kind.MUTED, False),
    BlockUser.wire_name: (Kind.BLOCKED, True),
    UnblockUser.wire_name: (Kind.BLOCKED, False),
}

Key = tuple[int, int, Kind]
"""An auction, a user, and what is said of the user."""


def key_of(asked: SentCommand) -> Key | None:
    """What a command says, and of whom; None where it says nothing of anybody."""
    user_id = asked.payload.get("userId")
    if asked.event not in SAYS or not isinstance(user_id, int):
        return None
    return asked.auction_id, user_id, SAYS[asked.event][0]


class Spans:
    """`by_others`: people that are not of this crowd may say such things too, and nobody tells us."""

    def __init__(self) -> None:
        self.by_others = False
        self._changes: defaultdict[Key, list[tuple[int, bool]]] = defaultdict(list)
        """The numbers behind which it is so, or is not so any more."""
        self._open: Counter[Key] = Counter()
        """Commands that are not answered, or whose answer was lost: what came of them is not known."""

    def asks(self, asked: SentCommand) -> None:
        if key := key_of(asked):
            self._open[key] += 1

    def answered(self, asked: SentCommand, answer: Reply) -> None:
        key, seq = key_of(asked), answer.data.get("seq")
        if key is None or answer.ok is None:
            return
        self._open[key] -= 1
        if answer.ok and isinstance(seq, int):
            self._changes[key].append((seq, SAYS[asked.event][1]))

    def was_asked(self, key: Key) -> bool:
        """Whether anybody of ours asked for it, at any time."""
        return key in self._open

    def may_have_been_asked(self, key: Key) -> bool:
        return self.by_others or self.was_asked(key)

    def is_known(self, key: Key) -> bool:
        return not (self.by_others or self._open[key])

    def behind(self, key: Key, seq: int) -> bool:
        """Whether it is so behind a number, as far as that is known."""
        so = [on for at, on in self._changes[key] if at <= seq]
        return bool(so) and so[-1]

    def may_be(self, key: Key, since: int, until: int) -> bool:
        """Whether it may be so behind any number from `since` to `until`."""
        if not self.is_known(key) or self.behind(key, since):
            return True
        return any(on and since < at <= until for at, on in self._changes[key])
