"""Objections to entries about clock, pauses and warnings, and such entries in words (D44, D45)."""

from __future__ import annotations

from baraka_server.contract import clock as asked
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.clock import (
    AUTO,
    INTERRUPTED,
    BiddingPaused,
    BiddingResumed,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    FairWarning,
    bid_time,
)
from baraka_server.domain.events import Awarded, LedgerEntry, LotRepriced
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.rules.clock import sells
from baraka_server.domain.rules.tables import NameOf, Objections, Words
from baraka_server.domain.state import State

NO_LOT = "there was no product on the block"
NO_CLOCK = "no clock was on"
BACKWARDS = "the clock would have run backwards"


# --- bids, and what a clock closed


def closed_by(state: State, event: BidPlaced) -> str | None:
    """Why this bid could not be taken, by the clock and the pauses."""
    if state.bidding.paused:
        return "bidding was paused"
    clock = state.bidding.clock
    if clock is None:
        return None if event.clock_ms is None else "there was no clock"
    if event.clock_ms is None or event.late_ms < 0:
        return "it does not say when it was, and a clock was on"
    if event.clock_ms < clock.clock_ms or (not clock.running and event.clock_ms != clock.clock_ms):
        return "it came before the entry in front of it, by the clock"
    if clock.ran_out(bid_time(event.clock_ms, event.late_ms)):
        return "the clock had run out"
    return None


def counted_wrongly(
    state: State, event: ActUndone | LotRepriced | StandingBidChanged | UserBlocked
) -> str | None:
    """Why this event cannot say what it says of how far a clock had counted."""
    clock = state.bidding.clock
    if clock is None:
        return None if event.clock_ms is None else NO_CLOCK
    if event.clock_ms is None:
        return "it does not say when it was, and a clock was on"
    return BACKWARDS if event.clock_ms < clock.clock_ms else None


def closed_by_clock(state: State, entry: LedgerEntry, event: Awarded | LotPassed) -> str | None:
    """Why this award or pass could not be the clock's, where it says that it is."""
    if event.by_clock is None:
        return None if entry.user_id is not None else "nobody did it, and no clock"
    clock = state.bidding.clock
    if entry.user_id is not None:
        return "a clock awards, or somebody does"
    if clock is None or not clock.auto or event.by_clock < clock.clock_ms:
        return "no clock was on that awards its lot"
    if not clock.ran_out(event.by_clock):
        return "the clock had not run out"
    if isinstance(event, Awarded) != sells(state):
        return "a clock sells to the bid that stands, and passes a lot without one, or below its reserve"
    return None


# --- entries of its own


def _no_lot(state: State) -> str | None:
    if state.canceled or state.ended or not state.live:
        return "the auction was not live"
    return None if state.lot else NO_LOT


def _started_objection(state: State, _entry: LedgerEntry, event: ClockStarted) -> str | None:
    if reason := _no_lot(state):
        return reason
    if state.bidding.paused:
        return "bidding was paused"
    clock = state.bidding.clock
    if clock and not clock.ran_out(event.clock_ms):
        return "a clock was on that had not run out"
    if clock is None and event.clock_ms != 0:
        return "the first clock of a lot begins to count at nothing"
    if event.ends_ms != event.clock_ms + 1000 * event.seconds or event.seconds < 1:
        return "it does not end where it says"
    return None


def _paused_objection(state: State, entry: LedgerEntry, event: ClockPaused) -> str | None:
    clock = state.bidding.clock
    if clock is None:
        return NO_CLOCK
    if event.clock_ms < clock.clock_ms:
        return BACKWARDS
    if event.reason == INTERRUPTED:
        if entry.user_id is not None:
            return "only the server says that it was interrupted"
        return None if clock.running else "the clock stood still already"
    if entry.user_id is None:
        return "the server pauses a clock only where it was interrupted"
    if clock.ran_out(event.clock_ms) or event.ends_ms != clock.ends_ms:
        return "the clock had run out, or would have ended elsewhere"
    return None if clock.running or state.bidding.clock_ran else "the clock stood still already"


def _resumed_objection(state: State, _entry: LedgerEntry, event: ClockResumed) -> str | None:
    clock = state.bidding.clock
    if clock is None:
        return NO_CLOCK
    if state.bidding.paused:
        return "bidding was paused"
    if clock.running:
        return "the clock was running"
    if event.clock_ms != clock.clock_ms:
        return "a clock that stands still does not count"
    if event.ends_ms < event.clock_ms + clock.extend_ms:
        return "less than its extension was left"
    return None


def _stopped_objection(state: State, _entry: LedgerEntry, event: ClockStopped) -> str | None:
    clock = state.bidding.clock
    if clock is None:
        return NO_CLOCK
    return BACKWARDS if event.clock_ms < clock.clock_ms else None


def _bidding_paused_objection(
    state: State, _entry: LedgerEntry, event: BiddingPaused
) -> str | None:
    if reason := _no_lot(state):
        return reason
    if state.bidding.paused:
        return "bidding was paused already"
    clock = state.bidding.clock
    if (clock is None) != (event.clock_ms is None):
        return "it says of a clock what was not so"
    return BACKWARDS if clock and clock.clock_ms > (event.clock_ms or 0) else None


def _bidding_resumed_objection(
    state: State, _entry: LedgerEntry, event: BiddingResumed
) -> str | None:
    if not state.bidding.paused:
        return "bidding was not paused"
    return None if event.clock_ran == state.bidding.clock_ran else "the clock was not as it says"


def _warning_objection(state: State, _entry: LedgerEntry, event: FairWarning) -> str | None:
    return _no_lot(state) or (None if event.stage in asked.GOING else "there is no such stage")


OBJECTIONS: Objections = {
    ClockStarted: _started_objection,
    ClockPaused: _paused_objection,
    ClockResumed: _resumed_objection,
    ClockStopped: _stopped_objection,
    BiddingPaused: _bidding_paused_objection,
    BiddingResumed: _bidding_resumed_objection,
    FairWarning: _warning_objection,
}


# --- in words


def _seconds(ms: int) -> str:
    return f"{max(0, ms) / 1000:.1f} s"


def _started_words(event: ClockStarted, _: NameOf) -> str:
    said = f"started a clock of {event.seconds} s"
    if event.window_seconds:
        said += (
            f"; a bid in its last {event.window_seconds} s leaves at least {event.extend_seconds} s"
        )
    return said + ("; it awards the lot when it runs out" if event.award == AUTO else "")


def _paused_words(event: ClockPaused, _: NameOf) -> str:
    left = _seconds(event.ends_ms - event.clock_ms)
    if event.reason == INTERRUPTED:
        return f"the clock was stopped with {left} left: the server was interrupted"
    return f"paused the clock with {left} left"


def _resumed_words(event: ClockResumed, _: NameOf) -> str:
    return f"let the clock run on with {_seconds(event.ends_ms - event.clock_ms)} left"


def _stopped_words(event: ClockStopped, _: NameOf) -> str:
    return f"took the clock off with {_seconds(event.ends_ms - event.clock_ms)} left"


def _bidding_paused_words(event: BiddingPaused, _: NameOf) -> str:
    return "paused bidding" + ("; the clock stands still" if event.clock_ran else "")


def _bidding_resumed_words(event: BiddingResumed, _: NameOf) -> str:
    return "let bidding go on" + (", and the clock with it" if event.clock_ran else "")


def _warning_words(event: FairWarning, _: NameOf) -> str:
    return f"gave fair warning {event.stage} of {len(asked.GOING)}"


WORDS: Words = {
    ClockStarted: _started_words,
    ClockPaused: _paused_words,
    ClockResumed: _resumed_words,
    ClockStopped: _stopped_words,
    BiddingPaused: _bidding_paused_words,
    BiddingResumed: _bidding_resumed_words,
    FairWarning: _warning_words,
}
