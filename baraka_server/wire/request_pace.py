"""Pace of requests without a session: they are served one at a time, fairly by address."""

from __future__ import annotations

import asyncio
import time

from baraka_server.wire.fair_queue import FairQueue

UNVERIFIED_REQUESTS_PER_SECOND = 1_000
"""Requests without a session, of all addresses together: a quarter of what one core can do, so that a
flood leaves room for bids."""
UNVERIFIED_REQUESTS_WAITING_MAX = 2_000


class RequestPace:
    """Gives such requests their turns. `paced` counts those that had one."""

    def __init__(self) -> None:
        self.paced = 0
        self._queue: FairQueue[str] = FairQueue(1, UNVERIFIED_REQUESTS_WAITING_MAX)
        self._turn_at = 0.0

    @property
    def waiting(self) -> int:
        return self._queue.waiting

    async def turn(self, address: str) -> None:
        """Wait for the turn of a request from this address. Raises `TooManyWaiting`."""
        async with self._queue.turn(address):
            self.paced += 1
            now = time.monotonic()
            self._turn_at = max(now, self._turn_at + 1 / UNVERIFIED_REQUESTS_PER_SECOND)
            if self._turn_at > now:
                await asyncio.sleep(self._turn_at - now)
