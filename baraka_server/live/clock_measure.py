"""Measurement of an auction's clock by one node, with its monotonic clock (D44).

How far a clock has counted is measured from the entry since which it runs. The node that wrote that entry
noted its monotonic time under the lock; another one works its own out from the database's time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from baraka_server.domain.clock import Bidding, Clock, Run
from baraka_server.domain.decision import Counted

STALL_SECONDS = 1.0
"""Longer than this bidding may not stand in the last window of a clock."""
COMPARED_SECONDS_MAX = 30.0
"""The longest time over which the database's clock is compared with this node's."""


def seconds_counted() -> float:
    """A monotonic clock that goes on counting while the machine is suspended."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class DatabaseTime:
    """The database's time, and this node's when it asked and when it was answered."""

    at: datetime
    asked: float
    answered: float

    def moved_since(self, earlier: DatabaseTime) -> bool:
        """Whether the database's clock was set since then: it and this node's do not agree."""
        passed = (self.at - earlier.at) / timedelta(seconds=1)
        least, most = self.asked - earlier.answered, self.answered - earlier.asked
        if least > COMPARED_SECONDS_MAX:
            return False  # good clocks differ by as much in a day
        return not least - STALL_SECONDS <= passed <= most + STALL_SECONDS


@dataclass(frozen=True, slots=True)
class Pair:
    """The run of a clock, and this node's time at its beginning."""

    run: Run
    began: float

    @classmethod
    def by_database(cls, run: Run, now: DatabaseTime) -> Pair:
        """For a run that another node began, or this one before it was started again."""
        counted_ms = run.counted(now.at) - run.clock_ms
        return cls(run, now.answered - counted_ms / 1000)

    def counted(self, now: float) -> int:
        """How far the clock has counted at this node's time `now`."""
        return self.run.clock_ms + max(0, round(1000 * (now - self.began)))


@dataclass(frozen=True, slots=True)
class Trouble:
    """A time in which bidding did not work on this node, by its own clock."""

    began: float
    ended: float

    @property
    def counts(self) -> bool:
        return self.ended - self.began > STALL_SECONDS


@dataclass(frozen=True, slots=True)
class Reading:
    """A look at the clocks under the lock: what has been counted when a batch is decided."""

    pair: Pair | None
    time: DatabaseTime

    def counted(self, bidding: Bidding, read_at: float | None = None) -> Counted:
        """How far the clock has counted, for a command that was read at `read_at`."""
        late = 0.0 if read_at is None else self.time.answered - read_at
        now = 0 if bidding.clock is None else self.now(bidding.clock)
        return Counted(now, self.time.at, max(0, round(1000 * late)))

    def now(self, clock: Clock) -> int:
        if self.pair is None or self.pair.run != clock.run:
            return clock.clock_ms  # it stands still, or began in this batch
        return clock.now(self.pair.counted(self.time.answered))


def left_when_interrupted(clock: Clock, pair: Pair, troubles: Iterable[Trouble]) -> int | None:
    """What was left of the clock when the first trouble in its last window began; None without one.

    A clock that had run out before is not interrupted.
    """
    lefts = []
    for one in troubles:
        began, ended = pair.counted(max(one.began, pair.began)), pair.counted(one.ended)
        if one.ended > pair.began and began < clock.ends_ms and ended >= clock.last_window_ms:
            lefts.append(clock.ends_ms - began)
    return max(lefts, default=None)
