"""`BiddingTold`: what a room was told of the clock and of pauses of bidding, folded in order (D44, D45)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from baraka_server.contract.clock import AuctionClock, BiddingPaused, BiddingResumed
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionFinished,
    LotAwarded,
    LotChanged,
    NewBid,
)

ENDS_IT = {
    LotAwarded.wire_name,
    LotReopened.wire_name,
    AuctionFinished.wire_name,
    AuctionCanceled.wire_name,
}
"""Announcements behind which no clock is on, and bidding is not paused."""


@dataclass(frozen=True, slots=True)
class ClockTold:
    """A clock as number `seq` told it; times in milliseconds, `at_ms` by the server's."""

    seq: int
    at_ms: int
    left_ms: int
    running: bool
    """Whether it counts: also when it has run out."""
    extend_ms: int
    window_ms: int
    auto: bool

    def left_at(self, at_ms: int) -> int:
        """What is left at a later time of the server's; negative behind the end."""
        return self.left_ms - (at_ms - self.at_ms if self.running else 0)


@dataclass(frozen=True, slots=True)
class BiddingTold:
    clock: ClockTold | None = None
    paused: bool = False


OPEN = BiddingTold()


def clock_of(shown: object, seq: int, at_ms: int) -> ClockTold | None:
    """The clock in a payload; None where none is on, and for what is none."""
    if not isinstance(shown, Mapping) or not isinstance(left := shown.get("remainingMs"), int):
        return None
    extend, window = shown.get("extendSeconds"), shown.get("windowSeconds")
    ran_out = left == 0 and shown.get("reason") is None
    return ClockTold(
        seq,
        at_ms,
        left,
        bool(shown.get("running")) or ran_out,
        1000 * extend if isinstance(extend, int) else 0,
        1000 * window if isinstance(window, int) else 0,
        shown.get("award") == "auto",
    )


def ms_of(said: Mapping[str, Any]) -> int:
    """The `serverTime` of a payload in milliseconds; 0 where it has none."""
    try:
        return round(datetime.fromisoformat(said["serverTime"]).timestamp() * 1000)
    except (KeyError, TypeError, ValueError):
        return 0


def told_at_first(state: Mapping[str, Any], seq: int) -> BiddingTold:
    """What a joiner's state says."""
    clock = clock_of(state.get("clock"), seq, ms_of(state))
    return BiddingTold(clock, paused=state.get("bidding") == "paused")


def behind(
    before: BiddingTold, seq: int, core: tuple[Any, ...], data: Mapping[str, Any], *, new_lot: bool
) -> BiddingTold:
    """What is so behind an announcement. `new_lot`: it puts another product on the block."""
    name = core[0]
    if new_lot or name in ENDS_IT:
        return OPEN
    match name:
        case AuctionClock.wire_name:
            return replace(before, clock=clock_of(data, seq, ms_of(data)))
        case NewBid.wire_name | BidUndone.wire_name | LotChanged.wire_name:
            return replace(before, clock=clock_of(data.get("clock"), seq, ms_of(data)))
        case BiddingPaused.wire_name | BiddingResumed.wire_name:
            clock = clock_of(data.get("clock"), seq, ms_of(data))
            return BiddingTold(clock, paused=name == BiddingPaused.wire_name)
    return before
