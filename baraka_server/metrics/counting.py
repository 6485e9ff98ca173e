"""Histograms and the lag of the event loop, counted with plain integers."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Sequence

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Bounds for what takes a commit: one is 1 to 5 ms on an idle database, and is given up after 10 s."""
SHORT_SECONDS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
"""Bounds for what keeps the event loop: an announcement takes 13 µs for each socket of a room."""
COMMANDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Bounds for how many commands are committed together."""

LOOK_SECONDS = 0.1
"""How often the lag of the event loop is measured."""


class Histogram:
    """Counts of values up to each bound, and of those above the last one.

    waits = Histogram(SECONDS)
    waits.observe(0.003)
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class LoopLag:
    """Measures how late the event loop calls what is due: whatever keeps it delays everybody by as much."""

    def __init__(self) -> None:
        self.seconds = Histogram(SHORT_SECONDS)
        self._worst = 0.0
        self._next: asyncio.TimerHandle | None = None

    def open(self) -> None:
        self._due = time.monotonic() + LOOK_SECONDS
        self._next = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def close(self) -> None:
        if self._next:
            self._next.cancel()

    def worst(self) -> float:
        """The longest lag since this was asked last, in seconds."""
        worst, self._worst = self._worst, 0.0
        return worst

    def _look(self) -> None:
        lag = max(0.0, time.monotonic() - self._due)
        self.seconds.observe(lag)
        self._worst = max(self._worst, lag)
        self.open()
