"""Sources of the commands of one auction lately: whether several nodes are asked for it at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

PERIOD_SECONDS = 1.0
OTHERS_MIN = 10
"""So many commands of others in a period or two make it worthwhile to have one node write."""
HERE = ""


class Sources:
    """How many commands each node gave in this period and in the one before it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._now: Counter[str] = Counter()
        self._before: Counter[str] = Counter()

    def note(self, source: str, count: int) -> None:
        self._turn()
        self._now[source] += count

    def others(self, source: str) -> int:
        """How many commands came lately from all others than this one."""
        return self.lately() - self._now[source] - self._before[source]

    def lately(self) -> int:
        """How many commands came in this period and in the one before it."""
        self._turn()
        return self._now.total() + self._before.total()

    def are_busy(self, source: str) -> bool:
        """Whether others than this one ask so often that one node should write for all."""
        return self.others(source) >= OTHERS_MIN

    def _turn(self) -> None:
        passed = self._clock() - self._began
        if passed >= PERIOD_SECONDS:
            self._before = self._now if passed < 2 * PERIOD_SECONDS else Counter()
            self._now = Counter()
            self._began += passed
