"""The rules of the clock, of pauses of bidding and of warnings (D44, D45)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from baraka_server.contract import clock as asked
from baraka_server.contract.fields import iso_time
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.clock import (
    AUTO,
    INTERRUPTED,
    BiddingPaused,
    BiddingResumed,
    Clock,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    FairWarning,
    Moment,
    bid_time,
)
from baraka_server.domain.decision import By, Command, Decision, HouseRules, Several, Unchanged
from baraka_server.domain.events import (
    Awarded,
    BidPlaced,
    LedgerEntry,
    LotRepriced,
    StandingBidChanged,
)
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.rules.checks import is_stale, not_on_air
from baraka_server.domain.rules.hosts_comment import with_comment
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.state import State

WAS_INTERRUPTED = "The clock was stopped: the server was interrupted."
"""What the host says when the server paused a clock."""


def shown(clock: Clock, clock_ms: int, at: datetime) -> dict[str, Any]:
    """A clock as it is told, when it has counted so far at the time `at`."""
    left = clock.left_ms(clock_ms)
    fields = {
        "endsAt": iso_time(at + timedelta(milliseconds=left)),
        "remainingMs": left,
        "running": clock.running and left > 0,
        "extendSeconds": clock.extend_ms // 1000,
        "windowSeconds": clock.window_ms // 1000,
        "award": AUTO if clock.auto else None,
    }
    return fields if clock.reason is None else fields | {"reason": clock.reason}


# --- bids


def closed(state: State, command: Command) -> Refusal | None:
    """Refuse a bid in a pause of bidding, or behind the end of the clock."""
    if state.bidding.paused:
        return command.refused(Code.BIDDING_PAUSED)
    counted, clock = command.counted, state.bidding.clock
    if clock and clock.ran_out(bid_time(counted.clock_ms, counted.late_ms)):
        return _refused_by(clock, command, Code.BIDDING_CLOSED)
    return None


def _refused_by(clock: Clock, command: Command, code: Code) -> Refusal:
    """The refusal of a command that the clock explains, as it is now."""
    return command.refused(
        code, clock=shown(clock, command.counted.clock_ms, command.counted.as_of)
    )


def timed(state: State, command: Command) -> dict[str, int]:
    """The fields of a bid that say when it was, where there is a clock."""
    if state.bidding.clock is None:
        return {}
    return {"clock_ms": command.counted.clock_ms, "late_ms": command.counted.late_ms}


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
    if isinstance(event, Awarded) != _sells(state):
        return "a clock sells to the bid that stands, and passes a lot without one, or below its reserve"
    return None


# --- commands


def _start(state: State, command: Command, event: asked.StartClock, _: HouseRules) -> Decision:
    if refusal := _not_about_the_lot(state, command):
        return refusal
    if state.bidding.paused:
        return command.refused(Code.BIDDING_PAUSED)
    clock, now = state.bidding.clock, command.counted.clock_ms
    if clock and not clock.ran_out(now):
        return _refused_by(clock, command, Code.CLOCK_RUNNING)
    begins = now if clock else 0
    started = ClockStarted(
        clock_ms=begins,
        ends_ms=begins + 1000 * event.seconds,
        seconds=event.seconds,
        extend_seconds=event.extend_seconds,
        window_seconds=event.window_seconds,
        award=event.award,
        as_of=Moment(command.counted.as_of),
    )
    return with_comment(
        state, command, started, event.say or f"Bidding closes in {event.seconds} seconds"
    )


def _pause(state: State, command: Command, _event: asked.PauseClock, _: HouseRules) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    clock, now = state.bidding.clock, command.counted.clock_ms
    if clock and not (clock.running or state.bidding.clock_ran):
        return Unchanged()
    if refusal := _not_about_the_lot(state, command):
        return refusal
    if clock is None or clock.ran_out(now):
        return command.refused(Code.NO_CLOCK)
    return ClockPaused(now, clock.ends_ms)


def _resume(state: State, command: Command, event: asked.ResumeClock, _: HouseRules) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    clock, counted = state.bidding.clock, command.counted
    if clock and clock.running and not clock.ran_out(counted.clock_ms):
        return Unchanged()
    if refusal := _not_about_the_lot(state, command):
        return refusal
    if state.bidding.paused:
        return command.refused(Code.BIDDING_PAUSED)
    if clock is None or clock.running:
        return command.refused(Code.NO_CLOCK)
    left = clock.left_ms(clock.clock_ms) if event.seconds is None else 1000 * event.seconds
    return ClockResumed(
        clock.clock_ms,
        clock.clock_ms + max(left, clock.extend_ms),
        event.seconds,
        Moment(counted.as_of),
    )


def _stop(state: State, command: Command, _event: asked.StopClock, _: HouseRules) -> Decision:
    if refusal := _not_about_the_lot(state, command):
        return refusal
    clock, counted = state.bidding.clock, command.counted
    if clock is None:
        return command.refused(Code.NO_CLOCK)
    if clock.ran_out(counted.clock_ms):
        return _refused_by(clock, command, Code.BIDDING_CLOSED)
    return ClockStopped(counted.clock_ms, clock.ends_ms)


def _warn(state: State, command: Command, event: asked.FairWarning, _: HouseRules) -> Decision:
    if refusal := _not_about_the_lot(state, command):
        return refusal
    return with_comment(
        state, command, FairWarning(event.stage), event.say or asked.GOING[event.stage]
    )


def _pause_bidding(
    state: State, command: Command, event: asked.PauseBidding, _: HouseRules
) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    if state.bidding.paused:
        return Unchanged()
    if refusal := _not_about_the_lot(state, command):
        return refusal
    clock, now = state.bidding.clock, command.counted.clock_ms
    runs = clock is not None and clock.running and not clock.ran_out(now)
    paused = BiddingPaused(now if clock else None, runs)
    return with_comment(state, command, paused, event.say or "Bidding is paused")


def _resume_bidding(
    state: State, command: Command, event: asked.ResumeBidding, _: HouseRules
) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    if not state.bidding.paused:
        return Unchanged()
    if refusal := _not_about_the_lot(state, command):
        return refusal
    now = command.counted.clock_ms if state.bidding.clock else None
    resumed = BiddingResumed(now, state.bidding.clock_ran, Moment(command.counted.as_of))
    return with_comment(state, command, resumed, event.say or "Bidding goes on")


def _award(state: State, command: Command, event: asked.AwardByClock, _: HouseRules) -> Decision:
    """Sell to the bid that stands, if the clock ran out where whoever says so thinks, or pass the lot."""
    if state.lot is None:
        return command.refused(Code.NO_LOT)
    clock, now = state.bidding.clock, command.counted.clock_ms
    if clock is None or not clock.auto or clock.ends_ms != event.ends_ms or not clock.ran_out(now):
        return command.refused(Code.CLOCK_MOVED)
    lot, list_ = state.lot.product, state.run_list
    place = {"lot_id": list_.open_id, "lot_number": list_.open_number, "by_clock": now}
    if _sells(state):
        return Several((By(Awarded(lot, None, state.high, **place), None),))
    return Several((By(LotPassed(lot, state.high, **place), None),))


def _sells(state: State) -> bool:
    """Whether a clock sells the lot on the block: a bid stands that is not below its reserve (D44)."""
    lot = state.run_list.open
    reserve = lot.values.reserve if lot else None
    return state.high is not None and (reserve is None or state.high.amount >= reserve)


def _not_about_the_lot(state: State, command: Command) -> Refusal | None:
    if refusal := not_on_air(state, command) or is_stale(state, command):
        return refusal
    return None if state.lot else command.refused(Code.NO_LOT)


DECISIONS: Decisions = {
    asked.StartClock: _start,
    asked.PauseClock: _pause,
    asked.ResumeClock: _resume,
    asked.StopClock: _stop,
    asked.FairWarning: _warn,
    asked.PauseBidding: _pause_bidding,
    asked.ResumeBidding: _resume_bidding,
    asked.AwardByClock: _award,
}


# --- what a ledger may say

NO_LOT = "there was no product on the block"
NO_CLOCK = "no clock was on"
BACKWARDS = "the clock would have run backwards"


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
