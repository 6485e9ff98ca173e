"""The rules of the clock, of pauses of bidding and of warnings (D44, D45)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict

from baraka_server.contract import clock as asked
from baraka_server.contract.fields import iso_time
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.clock import (
    AUTO,
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
from baraka_server.domain.events import Awarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.rules.checks import is_stale, not_on_air
from baraka_server.domain.rules.hosts_comment import with_comment
from baraka_server.domain.rules.reserve import is_below_reserve
from baraka_server.domain.rules.tables import Decisions
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


class Timing(TypedDict, total=False):
    """The fields of a bid that say when it was."""

    clock_ms: int
    late_ms: int


def timed(state: State, command: Command) -> Timing:
    """The fields of a bid that say when it was, where there is a clock."""
    if state.bidding.clock is None:
        return {}
    return {"clock_ms": command.counted.clock_ms, "late_ms": command.counted.late_ms}


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
    return with_comment(state, command, started, event.say or _closes_in(event.seconds))


def _closes_in(seconds: int) -> str:
    return f"Bidding closes in {seconds} second{'s' if seconds > 1 else ''}"


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
    lot_id, number = list_.open_id, list_.open_number
    if sells(state):
        awarded = Awarded(lot, None, state.high, by_clock=now, lot_id=lot_id, lot_number=number)
        return Several((By(awarded, None),))
    return Several((By(LotPassed(lot, state.high, lot_id, number, now), None),))


def sells(state: State) -> bool:
    """Whether a clock sells the lot on the block: a bid stands that is not below its reserve (D44)."""
    return state.high is not None and not is_below_reserve(state, state.high)


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
