"""Pulse of this process: whether it stood still, so that what was sent to it meanwhile may be old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from baraka_server.live.clock_measure import seconds_counted

TICK_SECONDS = 0.25
STILL_SECONDS_MAX = 1.0
"""Longer than this a process may not stand still and then serve what was sent to it before."""


class Pulse:
    """Counts ticks, and calls `stood_still` when one was late.

    Who waits for another node counts ticks, not seconds: of a time in which this process stood still
    itself, nothing can be said.
    """

    def __init__(
        self,
        tick: Callable[[], None],
        stood_still: Callable[[], None],
        seconds: Callable[[], float] = seconds_counted,
    ) -> None:
        self._tick = tick
        self._stood_still = stood_still
        self._seconds = seconds
        self.at = seconds()
        self._ticking: asyncio.Task[None] | None = None

    def open(self) -> None:
        self.at = self._seconds()
        self._ticking = asyncio.create_task(self._go_on())

    def close(self) -> None:
        if self._ticking:
            self._ticking.cancel()

    def check(self) -> bool:
        """Whether the process stood still since the last look; `stood_still` was called then."""
        now = self._seconds()
        still = now - self.at > TICK_SECONDS + STILL_SECONDS_MAX
        self.at = max(now, self.at)
        if still:
            self._stood_still()
        return still

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.check()
            self._tick()
