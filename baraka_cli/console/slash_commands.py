"""Table of what may be typed into the chat line behind a `/`. Nothing of it reaches the room as text.

No row starts a sale, puts a lot up, awards or ends anything: that is asked for by a key, and confirmed
by Ctrl+Y, as a block is, which takes bids back. A sentence that begins with `/` is typed in passing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from baraka_cli.console.floor_bids import FloorBidder, read_floor_bid
from baraka_cli.console.records import Comment
from baraka_cli.console.sounds import Sound
from baraka_server.contract.fields import INT_MAX, MINUTES_MAX, SLOW_SECONDS_MAX
from baraka_server.contract.moderation import (
    BlockUser,
    ModeratorCommand,
    MuteUser,
    RemoveComment,
    RestoreComment,
    SetSlowMode,
    UnblockUser,
    UnmuteUser,
)


class SlashError(ValueError):
    """A command that cannot be done; the text says why and what may be typed."""


class SlashHost(Protocol):
    """The screen, as far as its commands have to do with it."""

    def action_help(self) -> None: ...

    def action_language(self) -> None: ...

    def switch_sound(self, sound: Sound) -> None: ...

    def moderate(
        self,
        what: str,
        kind: type[ModeratorCommand],
        fields: Mapping[str, Any],
        *,
        asks: bool = False,
    ) -> None: ...

    def register(self, user_id: int, *, approved: bool, limit: int | None = None) -> None: ...

    def user_of(self, paddle: int) -> int | None: ...

    def bidder(self, paddle: int) -> str: ...

    def action_floor_bid(self) -> None: ...

    def floor_bid(self, amount: int | None, bidder: FloorBidder) -> None: ...

    def newest_comment(self, paddle: int | None, *, removed: bool = False) -> Comment | None: ...

    def told(self, comment: Comment) -> str: ...


@dataclass(frozen=True, slots=True)
class SlashCommand:
    name: str
    help: str
    do: Callable[[SlashHost, Sequence[str]], None]
    """Gets the words behind the name. Raises `SlashError`."""
    arguments: str = ""

    @property
    def usage(self) -> str:
        return f"/{self.name} {self.arguments}".rstrip()


def _sound(host: SlashHost, words: Sequence[str]) -> None:
    try:
        (name,) = words
        sound = Sound(name.casefold())
    except ValueError:
        raise SlashError(f"Which sound? One of {', '.join(Sound)}") from None
    host.switch_sound(sound)


def _number(words: Sequence[str], what: str, most: int) -> int:
    """The only word, as a number from 0 to `most`."""
    if len(words) == 1 and words[0].isdecimal() and int(words[0]) <= most:
        return int(words[0])
    raise SlashError(f"Which {what}? A number up to {most}")


def _paddle(words: Sequence[str]) -> int:
    if number := _number(words[:1], "paddle", INT_MAX):
        return number
    raise SlashError("Paddles begin at 1")


def _mute(host: SlashHost, words: Sequence[str]) -> None:
    paddle, minutes = _paddle(words), words[1:]
    fields = {"paddle": paddle}
    what = f"Mute {host.bidder(paddle)}"
    if minutes:
        fields["minutes"] = max(1, _number(minutes, "number of minutes", MINUTES_MAX))
        what += f" for {fields['minutes']} min"
    host.moderate(what, MuteUser, fields)


def _unmute(host: SlashHost, words: Sequence[str]) -> None:
    paddle = _paddle(words)
    host.moderate(f"Let {host.bidder(paddle)} write", UnmuteUser, {"paddle": paddle})


def _block(host: SlashHost, words: Sequence[str]) -> None:
    """It takes bids back, so that typing it is not enough."""
    paddle = _paddle(words)
    what = f"Block {host.bidder(paddle)}: out of the room, and the bids on this lot with it"
    host.moderate(what, BlockUser, {"paddle": paddle}, asks=True)


def _unblock(host: SlashHost, words: Sequence[str]) -> None:
    paddle = _paddle(words)
    host.moderate(f"Let {host.bidder(paddle)} in", UnblockUser, {"paddle": paddle})


def _remove(host: SlashHost, words: Sequence[str]) -> None:
    comment = host.newest_comment(_paddle(words) if words else None)
    if comment is None:
        raise SlashError("There is no comment to remove")
    host.moderate(f"Remove {host.told(comment)}", RemoveComment, {"comment_id": comment.id})


def _restore(host: SlashHost, words: Sequence[str]) -> None:
    comment = host.newest_comment(_paddle(words) if words else None, removed=True)
    if comment is None:
        raise SlashError("There is no comment to put back")
    host.moderate(f"Put back {host.told(comment)}", RestoreComment, {"comment_id": comment.id})


def _slow(host: SlashHost, words: Sequence[str]) -> None:
    seconds = _number(words, "number of seconds", SLOW_SECONDS_MAX)
    what = f"One comment every {seconds} s" if seconds else "Slow mode off"
    host.moderate(what, SetSlowMode, {"seconds": seconds})


def _who(host: SlashHost, words: Sequence[str]) -> int:
    """The user who is meant, by a paddle or, without one, by the id as in #7."""
    if words and words[0].startswith("#"):
        if user_id := _number([words[0][1:]], "user", INT_MAX):
            return user_id
        raise SlashError("Users begin at #1")
    paddle = _paddle(words)
    if (who := host.user_of(paddle)) is None:
        raise SlashError(f"Nobody with paddle {paddle} was heard of; by the user's id: #{paddle}")
    return who


def _register(host: SlashHost, words: Sequence[str]) -> None:
    user_id, more = _who(host, words), words[1:]
    limit = (_number(more, "limit", INT_MAX) or None) if more else None
    host.register(user_id, approved=True, limit=limit)


def _unregister(host: SlashHost, words: Sequence[str]) -> None:
    host.register(_who(host, words), approved=False)


def _floor(host: SlashHost, words: Sequence[str]) -> None:
    """It can be taken back by a key, so that typing it is enough."""
    if not words:
        host.action_floor_bid()
        return
    try:
        amount, bidder = read_floor_bid(" ".join(words))
    except ValueError as error:
        raise SlashError(f"Floor bid: {error}") from None
    host.floor_bid(amount, bidder)


SLASH_COMMANDS = (
    SlashCommand(
        "floor",
        "enters a bid from the room or by telephone; without AMOUNT at the next ask",
        _floor,
        '[AMOUNT] PADDLE|"LABEL"',
    ),
    SlashCommand(
        "register",
        "lets somebody bid, by paddle or #user, up to a limit",
        _register,
        "WHO [LIMIT]",
    ),
    SlashCommand("unregister", "takes that back", _unregister, "WHO"),
    SlashCommand("mute", "refuses a bidder's comments", _mute, "PADDLE [MINUTES]"),
    SlashCommand("unmute", "lets a bidder write again", _unmute, "PADDLE"),
    SlashCommand(
        "remove", "takes the newest comment off, of a paddle or of all", _remove, "[PADDLE]"
    ),
    SlashCommand("restore", "puts the last one back that was removed", _restore, "[PADDLE]"),
    SlashCommand("slow", "one comment of each in so many seconds; 0 is off", _slow, "SECONDS"),
    SlashCommand("block", "puts a bidder out, when Ctrl+Y confirms it", _block, "PADDLE"),
    SlashCommand("unblock", "lets a bidder in again", _unblock, "PADDLE"),
    SlashCommand("keys", "shows the keys", lambda host, _: host.action_help()),
    SlashCommand(
        "language", "the next language of quick messages", lambda host, _: host.action_language()
    ),
    SlashCommand("sound", "turns a sound off, or on again", _sound, "|".join(Sound)),
)


def is_slash_command(text: str) -> bool:
    """Whether a text is meant for the console, or for nobody; never for the room."""
    return text.lstrip().startswith("/")


def run_slash_command(host: SlashHost, text: str) -> None:
    """Do what a text that begins with `/` says. Raises `SlashError`."""
    name, *words = text.strip()[1:].split() or [""]
    command = next((one for one in SLASH_COMMANDS if one.name == name.casefold()), None)
    if command is None:
        there = ", ".join(one.usage for one in SLASH_COMMANDS)
        raise SlashError(f"There is no command /{name}, and nothing was sent. There are: {there}")
    command.do(host, words)
