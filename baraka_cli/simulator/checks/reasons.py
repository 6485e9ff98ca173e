"""`Reasons`: judges every refusal by what was known to be so while it was under way.

The server decided at some moment between the sending of a command and the coming of its answer. What was
announced before the command was sent was so by then. What is announced after the answer may have been so
already, but for what was itself asked for only after the answer had come. The reason of a refusal must
hold somewhere between the two.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.refusal_texts import codes_of, quoted
from baraka_cli.simulator.checks.truth import Standing, Truth
from baraka_cli.simulator.result import Promise
from baraka_server.contract.client_events import JoinAuction, LeaveAuction
from baraka_server.contract.refusals import Code

ANNOUNCED_SECONDS_MAX = 3
"""How long behind an answer something may be announced that was so before it."""
SHOWN_SECONDS_MAX = 60
"""How long a server may take a bidder for one who looks at the lot before: the most that may be set."""


CHANGES_NOTHING = frozenset({JoinAuction.wire_name, LeaveAuction.wire_name})
"""Commands that make no entry in an auction's sequence."""


@dataclass(eq=False, slots=True)
class SentCommand:
    """A command that a phone sent, and what was known then."""

    auction_id: int
    event: str
    payload: Mapping[str, Any]
    user_id: int
    who: str
    at: float
    since: int | None
    """The last number that anybody had heard; None when nothing was known."""
    inside: bool
    """Whether the phone was in the room."""
    line: int
    """The connection that it was sent over."""
    shown_for: float = 0
    """How many seconds ago the phone was shown the lot on the block."""


@dataclass(frozen=True, slots=True)
class _Case:
    """What is judged. `standings` are all that there were while the command was under way."""

    asked: SentCommand
    truth: Truth
    standings: list[Standing]
    quoted: int | None
    """The amount in the refusal's text."""


class Reasons:
    """`clock` gives seconds since the run began, `awake` those in which the crowd could read."""

    def __init__(
        self,
        findings: Findings,
        announcements: Announcements,
        clock: Callable[[], float],
        awake: Callable[[], float],
    ) -> None:
        self._findings = findings
        self._announcements = announcements
        self._clock = clock
        self._awake = awake
        self._sent_at: dict[tuple[int, int], float] = {}
        """When something was asked for that was done, by auction and number."""
        self._waiting: deque[tuple[float, float, SentCommand, Mapping[str, Any]]] = deque()
        """When it was answered by both clocks, what was asked, and the answer."""

    def refused(self, asked: SentCommand, said: Mapping[str, Any]) -> None:
        """Judge it as soon as everything is announced that may have been so by then."""
        now = self._awake()
        self.judge(now)
        self._waiting.append((now, self._clock(), asked, said))

    def done(self, asked: SentCommand, said: Mapping[str, Any]) -> None:
        """Note when it was asked for: it was not so before.

        What a joiner is told is the number of a state, which was so before anybody asked.
        """
        seq = said.get("seq")
        if isinstance(seq, int) and asked.event not in CHANGES_NOTHING:
            self._sent_at.setdefault((asked.auction_id, seq), asked.at)

    def judge(self, now: float) -> None:
        """All that were answered long enough before `now`."""
        while self._waiting and now >= self._waiting[0][0] + ANNOUNCED_SECONDS_MAX:
            _, at, asked, said = self._waiting.popleft()
            self._judge(at, asked, said)

    def finish(self) -> None:
        self.judge(float("inf"))

    def _judge(self, at: float, asked: SentCommand, said: Mapping[str, Any]) -> None:
        truth = self._announcements.truth(asked.auction_id)
        since, known = asked.since, truth.known
        if since is None or known is None or since < truth.begins:
            return
        message = str(said.get("message", ""))
        codes = list(codes_of(asked.event, str(said.get("code", "")), message))
        if not codes or any(code not in HOLDS for code in codes):
            return
        until = self._until(asked.auction_id, range(since + 1, known + 1), at)
        standings = list(truth.standing_between(since, until))
        case = _Case(asked, truth, standings, quoted(message))
        right = any(HOLDS[code](self, case) for code in codes)
        self._findings.expect(
            Promise.REFUSALS_ARE_RIGHT,
            right,
            f"auction {asked.auction_id}: {asked.event} of {asked.who} was refused as '{message}', "
            f"and from number {since} to {until} that was never so",
            {"asked": dict(asked.payload), "answered": dict(said)},
            at=at,
        )

    def _until(self, auction_id: int, numbers: range, at: float) -> int:
        """The last of these that may have been so when the answer came, `at`."""
        for seq in numbers:
            if self._sent_at.get((auction_id, seq), at) > at:
                return seq - 1
        return numbers.stop - 1

    def exists(self, case: _Case) -> bool:
        return self._announcements.records.knows(case.asked.user_id)


# --- when each reason holds


def _off_air(_: Reasons, case: _Case) -> bool:
    return any(not standing.on_air for standing in case.standings)


def _nothing_on_the_block(_: Reasons, case: _Case) -> bool:
    return any(standing.lot is None for standing in case.standings)


def _a_higher_bid_stood(_: Reasons, case: _Case) -> bool:
    return any(standing.top == case.quoted is not None for standing in case.standings)


def _the_minimum_stood(_: Reasons, case: _Case) -> bool:
    return any(
        standing.top is None and standing.lot and standing.lot.minimum == case.quoted
        for standing in case.standings
    )


def _another_round(_: Reasons, case: _Case) -> bool:
    """Whether the command was for another round than the one that it was, as far as that can be known."""
    meant = case.asked.payload.get("round")
    rounds = {standing.round for standing in case.standings}
    if None in rounds or len(rounds) > 1:
        return True
    if isinstance(meant, int):
        return rounds != {meant}
    return case.asked.shown_for < SHOWN_SECONDS_MAX


def _outside(_: Reasons, case: _Case) -> bool:
    return not case.asked.inside


def _is_the_owner(_: Reasons, case: _Case) -> bool:
    return case.truth.owner in {None, case.asked.user_id}


def _is_not_the_owner(_: Reasons, case: _Case) -> bool:
    return case.truth.owner is None or case.truth.owner != case.asked.user_id


def _nobody(reasons: Reasons, case: _Case) -> bool:
    return not reasons.exists(case)


def _others_meddled(_: Reasons, case: _Case) -> bool:
    return case.truth.meddled


def _something_was_taken_back(_: Reasons, case: _Case) -> bool:
    return case.truth.meddled or case.truth.took_back


def _never(_reasons: Reasons, _case: _Case) -> bool:
    """For what this crowd never asks for, or never is."""
    return False


HOLDS: dict[Code, Callable[[Reasons, _Case], bool]] = {
    Code.NOT_LIVE: _off_air,
    Code.ALREADY_CANCELED: _off_air,
    Code.ALREADY_ENDED: _off_air,
    Code.NO_LOT: _nothing_on_the_block,
    Code.BID_TOO_LOW: _a_higher_bid_stood,
    Code.BID_BELOW_MINIMUM: _the_minimum_stood,
    Code.ROUND_OVER: _another_round,
    Code.NOT_JOINED: _outside,
    Code.OWNER_BID: _is_the_owner,
    Code.NOT_OWNER: _is_not_the_owner,
    Code.USER_NOT_FOUND: _nobody,
    Code.AUCTION_NOT_FOUND: _off_air,
    Code.STANDING_BID_CHANGED: _something_was_taken_back,
    Code.OTHER_BID_LEADS: _others_meddled,
    Code.REQUEST_ID_REUSED: _never,
    Code.UNKNOWN_EVENT: _never,
    Code.NO_TOKEN: _never,
    Code.INVALID_TOKEN: _never,
    Code.OLD_CLIENT: _never,
}
"""Reasons that can be judged. The others are no reasons of the auction: it may be tried again."""
