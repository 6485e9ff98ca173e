"""Look at an auction's clock under the lock, before anything else is decided (D44).

It measures the clock, and pauses it where bidding did not work in its last window: where this node stood
still, its way to the lock was long, the database's time moved, or nobody followed the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.clock import AwardByClock, ResumeBidding, ResumeClock, StartClock
from baraka_server.domain.clock import INTERRUPTED, Clock, ClockPaused, Run
from baraka_server.domain.decision import By
from baraka_server.domain.rules.clock import WAS_INTERRUPTED
from baraka_server.domain.rules.hosts_comment import hosts_comment
from baraka_server.domain.state import State
from baraka_server.live.clock_measure import (
    DatabaseTime,
    Pair,
    Reading,
    Trouble,
    left_when_interrupted,
)
from baraka_server.store.attendance import Attendance
from baraka_server.store.locked import LockedAuction

NEWS_SECONDS = 3.0
"""A run that is younger was begun by another node, and this one has just read of it."""
END_SECONDS = 3.0
"""How long behind the end it may take until all nodes have said that they have no bid left."""

BEGIN_A_RUN: frozenset[type[ClientEvent]] = frozenset({StartClock, ResumeClock, ResumeBidding})


class Unfollowed(Exception):
    """A clock is in its last window that this node did not follow: find out who attends."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"the clock that runs since entry {run.seq} was not followed")
        self.run = run


@dataclass(frozen=True, slots=True)
class Watch:
    """The knowledge of a node about an auction's clock, before a transaction.

    `began` is when its way to the lock began, `up_since` when it was started, or began to follow another
    history. `attended` says whether another node attends, for a run about which that was found out.
    """

    node: str
    seconds: Callable[[], float]
    has_own_time: bool
    began: float = 0.0
    up_since: float = 0.0
    pair: Pair | None = None
    time: DatabaseTime | None = None
    troubles: tuple[Trouble, ...] = ()
    attended: tuple[Run, bool] | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """The same after it. `cleared_ms` is the end before which this node wrote that it has no bid left."""

    pair: Pair | None
    time: DatabaseTime
    cleared_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ClockLook:
    """What was seen of the clock, and the events with which the server pauses it, if it does."""

    reading: Reading
    events: tuple[By, ...] = ()
    awards: bool = True
    """Whether an award by the clock may be decided: no other node may hold a bid from before its end."""
    cleared_ms: int | None = None


async def look_at_clock(
    auction: LockedAuction,
    state: State,
    watch: Watch,
    events: Collection[ClientEvent],
    users: Collection[int],
) -> ClockLook | None:
    """Measure the clock; None where none runs, and none of these events begins one.

    Raises `Unfollowed`.
    """
    clock = state.bidding.clock
    if not state.understood:
        return None  # nothing may be decided, and so nothing be paused (D55)
    if not (clock and clock.running) and not BEGIN_A_RUN & {type(event) for event in events}:
        return None
    asked = watch.seconds()
    at = await auction.database_time()
    now = DatabaseTime(at, asked, watch.seconds())
    if clock is None or clock.run is None:
        return ClockLook(Reading(None, now))
    if watch.pair and watch.pair.run == clock.run:
        reading = Reading(watch.pair, now)
        left = left_when_interrupted(clock, watch.pair, _troubles(watch, now))
    else:
        reading = Reading(Pair.by_database(clock.run, now), now)
        left = await _left_if_unattended(auction, clock, reading, watch)
    if left is not None:
        return ClockLook(reading, _interrupted(state, reading.now(clock), left, users))
    for event in events:
        if isinstance(event, AwardByClock):
            return await _look_at_the_end(auction, state, clock, event, reading, watch, users)
    return ClockLook(reading)


async def _look_at_the_end(
    auction: LockedAuction,
    state: State,
    clock: Clock,
    event: AwardByClock,
    reading: Reading,
    watch: Watch,
    users: Collection[int],
) -> ClockLook:
    """Write that this node has no bid left from before the end, and look at the others.

    Where one of them does not say so in time, the clock is paused: it may hold a punctual bid.
    """
    counted, run = reading.now(clock), clock.run
    if run is None or clock.ends_ms != event.ends_ms or not clock.ran_out(counted):
        return ClockLook(reading)
    mine = Attendance(watch.node, run.seq, counted, clear_ms=event.ends_ms)
    await auction.attend(mine, reading.time.at)
    missing = [
        one.node
        for one in await auction.attendance()
        if one.is_expected(reading.time.at)
        and (one.run_seq, one.clear_ms) != (run.seq, event.ends_ms)
    ]
    look = ClockLook(reading, awards=not missing, cleared_ms=event.ends_ms)
    if not missing or counted < clock.ends_ms + 1000 * END_SECONDS:
        return look
    await auction.dismiss(missing)
    return replace(look, events=_interrupted(state, counted, 0, users))


def _interrupted(state: State, counted: int, left: int, users: Collection[int]) -> tuple[By, ...]:
    """The pause of a clock by the server, and what the host says with it."""
    paused = By(ClockPaused(counted, counted + left, INTERRUPTED), None)
    return (paused, *hosts_comment(state, users, WAS_INTERRUPTED))


def _troubles(watch: Watch, now: DatabaseTime) -> Iterable[Trouble]:
    yield from watch.troubles
    if (way := Trouble(watch.began, now.answered)).counts:
        yield way
    if watch.has_own_time and watch.time and now.moved_since(watch.time):
        yield Trouble(watch.time.answered, now.answered)


async def _left_if_unattended(
    auction: LockedAuction, clock: Clock, reading: Reading, watch: Watch
) -> int | None:
    """What was left when a clock that this node did not follow was attended last; None if it counts on."""
    run, counted = clock.run, reading.now(clock)
    if run is None or counted < clock.last_window_ms:
        return None
    age = (counted - run.clock_ms) / 1000
    if age <= NEWS_SECONDS and reading.time.answered - age >= watch.up_since:
        return None
    there = await auction.attendance()
    attended = max((one.up_to_ms for one in there if one.run_seq == run.seq), default=0)
    if attended >= clock.ends_ms:
        return None  # it ran out, and bidding worked until then
    if counted < clock.ends_ms + 1000 * END_SECONDS:
        if watch.attended is None or watch.attended[0] != run:
            raise Unfollowed(run)
        if watch.attended[1]:
            return None
    return max(0, clock.ends_ms - max(attended, clock.clock_ms, clock.last_window_ms))


async def follow(
    auction: LockedAuction, state: State, look: ClockLook | None, watch: Watch
) -> Followed | None:
    """Attend the clock as it is after a batch, and return what is to be known of it for the next."""
    if look is None:
        return None
    clock, now = state.bidding.clock, look.reading.time
    if clock is None or clock.run is None:
        return Followed(None, now, look.cleared_ms)
    pair = look.reading.pair
    if pair is None or pair.run != clock.run:
        pair = Pair(clock.run, now.answered)
    if pair != watch.pair:
        counted = clock.now(pair.counted(now.answered))
        await auction.attend(Attendance(watch.node, clock.run.seq, counted), now.at)
    return Followed(pair, now, look.cleared_ms)
