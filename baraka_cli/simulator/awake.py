"""`AwakeClock`: measures time in which this process could read what it was sent."""

from __future__ import annotations

import asyncio
import time

TICK_SECONDS = 0.05
TICK_SECONDS_MAX = 0.1
"""What a tick counts at most, however long the event loop took for it."""


class AwakeClock:
    """Seconds of the event loop. Call it for the time; `watch` makes it go.

    On a machine with too little time, a second of the wall may pass between two looks at the sockets, and
    what came at its beginning is read at its end. On this clock that is a tenth. What comes so much later
    than something else that this clock shows it has been looked for many times in between.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self._ticked_at = time.perf_counter()
        self._debt = 0.0

    def __call__(self) -> float:
        return self._seconds + self._since_tick()

    def _since_tick(self) -> float:
        passed = min(time.perf_counter() - self._ticked_at, TICK_SECONDS_MAX)
        return max(0.0, passed - self._debt)

    def stood_still(self, seconds: float) -> None:
        """Another process that reads for this one was late by so much: the clock waits for it."""
        self.tick()
        self._debt += seconds

    async def watch(self) -> None:
        """Go, until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick()

    def tick(self) -> None:
        """The event loop has come round."""
        now = time.perf_counter()
        passed = min(now - self._ticked_at, TICK_SECONDS_MAX)
        self._seconds += max(0.0, passed - self._debt)
        self._debt = max(0.0, self._debt - passed)
        self._ticked_at = now
