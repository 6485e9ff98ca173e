"""Fields and announcements of a clock and of pauses, as a room is told of them (D44, D45)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from baraka_server.contract.clock import (
    AuctionClock,
    BiddingPaused,
    BiddingResumed,
    FairWarningGiven,
)
from baraka_server.contract.hammer import BidUndone
from baraka_server.contract.server_events import LotAwarded, LotChanged, NewBid, ServerEvent
from baraka_server.domain import clock as told
from baraka_server.domain.clock import Bidding, Clock
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.rules.clock import shown
from baraka_server.domain.state import State
from baraka_server.live.announcement import Told

STOPPED = {
    "endsAt": None,
    "remainingMs": None,
    "running": False,
    "extendSeconds": None,
    "windowSeconds": None,
    "award": None,
}

WITH_CLOCK = frozenset({NewBid, LotChanged, LotAwarded, BidUndone})
"""The events that have the clock beside their own fields."""


def bidding_now(bidding: Bidding, counted: Callable[[Clock], int], now: datetime) -> dict[str, Any]:
    """The fields `clock` and `bidding` of a state."""
    clock = bidding.clock
    if clock is None:
        return {"clock": None, "bidding": "paused" if bidding.paused else "open"}
    clock_ms = counted(clock)
    closed = clock.ran_out(clock_ms)
    return {
        "clock": shown(clock, clock_ms, now),
        "bidding": "paused" if bidding.paused else "closed" if closed else "open",
    }


def clock_then(event: type[ServerEvent], entry: LedgerEntry, rules: State) -> dict[str, Any]:
    """The field `clock` of an entry's announcement, with the state behind it."""
    return {"clock": _then(entry, rules)} if event in WITH_CLOCK else {}


def _then(entry: LedgerEntry, rules: State) -> dict[str, Any] | None:
    clock = rules.bidding.clock
    return shown(clock, clock.clock_ms, entry.at) if clock else None


def _clock(entry: LedgerEntry, _event: Event, rules: State) -> Told:
    return AuctionClock, _then(entry, rules) or STOPPED


def _warning(_entry: LedgerEntry, event: told.FairWarning, _rules: State) -> Told:
    return FairWarningGiven, {"stage": event.stage}


def _paused(entry: LedgerEntry, _event: Event, rules: State) -> Told:
    return BiddingPaused, {"clock": _then(entry, rules)}


def _resumed(entry: LedgerEntry, _event: Event, rules: State) -> Told:
    return BiddingResumed, {"clock": _then(entry, rules)}


TOLD: dict[type[Event], Callable[[LedgerEntry, Any, State], Told]] = {
    told.ClockStarted: _clock,
    told.ClockPaused: _clock,
    told.ClockResumed: _clock,
    told.ClockStopped: _clock,
    told.FairWarning: _warning,
    told.BiddingPaused: _paused,
    told.BiddingResumed: _resumed,
}
