"""The clock by which bidding closes, and pauses of bidding: what they count and what moves them (D44, D45).

A clock counts milliseconds of its own: `clock_ms` is how far it has counted, `ends_ms` where it runs out.
Wall time moves neither. How far it has counted now is measured by whoever runs it, and given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from baraka_server.contract.fields import iso_time
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    Canceled,
    Choices,
    Ended,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Parts,
)
from baraka_server.domain.hammer import ActUndone, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.parts import Part

AUTO = "auto"
"""The `award` of a clock that awards its lot when it runs out."""
INTERRUPTED = "interrupted"
"""The reason of a pause that the server made, since bidding did not work."""
LAST_WINDOW_MS_MIN = 10_000
"""The last window, in which an interruption pauses a clock, is at least as long."""


@dataclass(frozen=True, slots=True)
class Moment(Part):
    """A time by the database's clock, in whole milliseconds, as an event has it."""

    at: datetime

    def data(self) -> str:
        return iso_time(self.at)

    @classmethod
    def read(cls, stored: Any) -> Moment:
        return cls(datetime.fromisoformat(stored))


@dataclass(frozen=True, slots=True)
class Run:
    """The entry since which a clock counts without a break: its seq, and what the clock had counted then.

    `as_of` is the database's time of that.
    """

    seq: int
    clock_ms: int
    as_of: datetime

    def counted(self, now: datetime) -> int:
        """How far the clock has counted by the database's time `now`."""
        return self.clock_ms + max(0, round((now - self.as_of) / timedelta(milliseconds=1)))


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock on the lot, as of the last entry that moved it.

    `run` is None while it stands still. `auto` says that it awards its lot when it runs out. `reason` is
    why it stands still, where the server paused it.

        clock = clock.with_bid(58_000, late_ms=20)
        clock.ran_out(60_000)
    """

    clock_ms: int
    ends_ms: int
    extend_ms: int
    window_ms: int
    auto: bool
    run: Run | None
    reason: str | None = None

    @property
    def running(self) -> bool:
        """Whether it counts. It also does when it has run out."""
        return self.run is not None

    @property
    def last_window_ms(self) -> int:
        """Where the last window begins: an interruption from there on pauses the clock."""
        return self.ends_ms - max(self.window_ms, LAST_WINDOW_MS_MIN)

    def now(self, counted_ms: int) -> int:
        """How far it has counted, by a measure of it: never less than an entry says."""
        return max(counted_ms, self.clock_ms) if self.running else self.clock_ms

    def ran_out(self, clock_ms: int) -> bool:
        return self.running and clock_ms >= self.ends_ms

    def left_ms(self, clock_ms: int) -> int:
        return max(0, self.ends_ms - clock_ms)

    def with_bid(self, clock_ms: int, late_ms: int) -> Clock:
        """The clock after a bid that was read `late_ms` before the clock had counted `clock_ms`."""
        time = bid_time(clock_ms, late_ms)
        ends_ms = self.ends_ms
        if time >= ends_ms - self.window_ms:
            ends_ms = max(ends_ms, time + self.extend_ms)
        return replace(self, clock_ms=max(self.clock_ms, clock_ms), ends_ms=ends_ms)

    def with_time_left(self, clock_ms: int) -> Clock:
        """The clock with at least `extend_ms` left, as an undo and a block leave it. One that ran out runs."""
        ends_ms = max(self.ends_ms, clock_ms + self.extend_ms)
        return replace(self, clock_ms=clock_ms, ends_ms=ends_ms)

    def counted_to(self, clock_ms: int | None) -> Clock:
        return self if clock_ms is None else replace(self, clock_ms=max(self.clock_ms, clock_ms))

    def still(self, clock_ms: int, ends_ms: int, reason: str | None = None) -> Clock:
        return replace(self, clock_ms=clock_ms, ends_ms=ends_ms, run=None, reason=reason)

    def runs(self, clock_ms: int, ends_ms: int, seq: int, as_of: datetime) -> Clock:
        run = Run(seq, clock_ms, as_of)
        return replace(self, clock_ms=clock_ms, ends_ms=ends_ms, run=run, reason=None)


def bid_time(clock_ms: int, late_ms: int) -> int:
    """The time of a bid by the clock: how far it had counted when a node read the bid."""
    return max(0, clock_ms - late_ms)


@dataclass(frozen=True, slots=True)
class Bidding:
    """Whether bids are taken in a round: its clock, and a pause of bidding.

    In a pause `clock_ran` says whether the clock runs on behind it.
    """

    clock: Clock | None = None
    paused: bool = False
    clock_ran: bool = False
    round: int = 0


OPEN = Bidding()


@dataclass(frozen=True, slots=True)
class ClockStarted(Event):
    """A clock was started. It goes on counting where one that ran out before it in the round had counted."""

    kind = "clock_started"
    choices: ClassVar[Choices] = {("award",): (None, AUTO)}
    parts: ClassVar[Parts] = {"as_of": Moment.read}

    clock_ms: int
    ends_ms: int
    seconds: int
    extend_seconds: int
    window_seconds: int
    award: str | None
    as_of: Moment


@dataclass(frozen=True, slots=True)
class ClockPaused(Event):
    """A clock was paused: by staff, or by the server with the reason `interrupted`."""

    kind = "clock_paused"
    choices: ClassVar[Choices] = {("reason",): (None, INTERRUPTED)}

    clock_ms: int
    ends_ms: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ClockResumed(Event):
    """A paused clock runs again. `seconds` is what was asked, None for what was left."""

    kind = "clock_resumed"
    parts: ClassVar[Parts] = {"as_of": Moment.read}

    clock_ms: int
    ends_ms: int
    seconds: int | None
    as_of: Moment


@dataclass(frozen=True, slots=True)
class ClockStopped(Event):
    """A clock was taken off the lot: bidding goes on without one."""

    kind = "clock_stopped"

    clock_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class BiddingPaused(Event):
    """Bids are refused from now on. `clock_ran` says whether there is a clock that was running."""

    kind = "bidding_paused"

    clock_ms: int | None
    clock_ran: bool


@dataclass(frozen=True, slots=True)
class BiddingResumed(Event):
    """Bids are taken again. With `clock_ran` the clock runs on, which has at least its extension left."""

    kind = "bidding_resumed"
    parts: ClassVar[Parts] = {"as_of": Moment.read}

    clock_ms: int | None
    clock_ran: bool
    as_of: Moment


@dataclass(frozen=True, slots=True)
class FairWarning(Event):
    """The room was warned: once, twice, for the last time."""

    kind = "fair_warning"
    rule = False

    stage: int


KINDS: tuple[type[Event], ...] = (
    ClockStarted,
    ClockPaused,
    ClockResumed,
    ClockStopped,
    BiddingPaused,
    BiddingResumed,
    FairWarning,
)


def _started(bidding: Bidding, event: ClockStarted, entry: LedgerEntry) -> Bidding:
    clock = Clock(
        clock_ms=event.clock_ms,
        ends_ms=event.ends_ms,
        extend_ms=1000 * event.extend_seconds,
        window_ms=1000 * event.window_seconds,
        auto=event.award == AUTO,
        run=Run(entry.seq, event.clock_ms, event.as_of.at),
    )
    return Bidding(clock, round=entry.round)


def _paused(bidding: Bidding, event: ClockPaused, _entry: LedgerEntry) -> Bidding:
    clock = bidding.clock and bidding.clock.still(event.clock_ms, event.ends_ms, event.reason)
    return replace(bidding, clock=clock, clock_ran=False)


def _resumed(bidding: Bidding, event: ClockResumed, entry: LedgerEntry) -> Bidding:
    clock = bidding.clock and bidding.clock.runs(
        event.clock_ms, event.ends_ms, entry.seq, event.as_of.at
    )
    return replace(bidding, clock=clock)


def _stopped(bidding: Bidding, _event: ClockStopped, _entry: LedgerEntry) -> Bidding:
    return replace(bidding, clock=None, clock_ran=False)


def _bidding_paused(bidding: Bidding, event: BiddingPaused, entry: LedgerEntry) -> Bidding:
    clock = bidding.clock and bidding.clock.counted_to(event.clock_ms)
    if clock and event.clock_ms is not None and event.clock_ran:
        clock = clock.still(event.clock_ms, clock.ends_ms)
    return Bidding(clock, paused=True, clock_ran=event.clock_ran, round=entry.round)


def _bidding_resumed(bidding: Bidding, event: BiddingResumed, entry: LedgerEntry) -> Bidding:
    clock = bidding.clock and bidding.clock.counted_to(event.clock_ms)
    if clock and event.clock_ms is not None and event.clock_ran:
        clock = clock.with_time_left(event.clock_ms)
        clock = clock.runs(event.clock_ms, clock.ends_ms, entry.seq, event.as_of.at)
    return Bidding(clock, round=entry.round)


def _bid(bidding: Bidding, event: BidPlaced, _entry: LedgerEntry) -> Bidding:
    if bidding.clock is None or event.clock_ms is None:
        return bidding
    return replace(bidding, clock=bidding.clock.with_bid(event.clock_ms, event.late_ms))


def _counted_on(
    bidding: Bidding, event: LotRepriced | StandingBidChanged, _entry: LedgerEntry
) -> Bidding:
    return replace(bidding, clock=bidding.clock and bidding.clock.counted_to(event.clock_ms))


def _bid_changed(bidding: Bidding, event: StandingBidChanged, entry: LedgerEntry) -> Bidding:
    """A bid that another program took away moves a clock as a block does (D47); a refused award does not."""
    moved = _counted_on if event.award_refused else _time_left
    return moved(bidding, event, entry)


def _time_left(
    bidding: Bidding, event: ActUndone | StandingBidChanged | UserBlocked, _entry: LedgerEntry
) -> Bidding:
    if bidding.clock is None or event.clock_ms is None:
        return bidding
    return replace(bidding, clock=bidding.clock.with_time_left(event.clock_ms))


def _blocked(bidding: Bidding, event: UserBlocked, entry: LedgerEntry) -> Bidding:
    return _time_left(bidding, event, entry) if event.bids else bidding


def _over(_bidding: Bidding, _event: Event, _entry: LedgerEntry) -> Bidding:
    return OPEN


def _adopted(bidding: Bidding, event: Adopted, entry: LedgerEntry) -> Bidding:
    goes_on = event.live and event.lot is not None and entry.round == bidding.round
    return bidding if goes_on else OPEN


FOLDS: dict[type[Event], Callable[[Bidding, Any, LedgerEntry], Bidding]] = {
    ClockStarted: _started,
    ClockPaused: _paused,
    ClockResumed: _resumed,
    ClockStopped: _stopped,
    BiddingPaused: _bidding_paused,
    BiddingResumed: _bidding_resumed,
    BidPlaced: _bid,
    LotRepriced: _counted_on,
    StandingBidChanged: _bid_changed,
    ActUndone: _time_left,
    UserBlocked: _blocked,
    LotOpened: _over,
    Awarded: _over,
    RunnerUpAwarded: _over,
    LotPassed: _over,
    Canceled: _over,
    Ended: _over,
    Adopted: _adopted,
}
