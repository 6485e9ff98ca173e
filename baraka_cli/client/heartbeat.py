"""`Heartbeat`: requests a small answer every second, to see whether the server is there."""

from __future__ import annotations

import asyncio
import time

import aiohttp

ASK_SECONDS = 1
SILENT_SECONDS = 2
"""After this long without an answer the server is called silent."""
GIVE_UP_SECONDS = 60


class Heartbeat:
    """Latency and silence of a server. A frozen one keeps its connections open: those say little."""

    def __init__(self, url: str) -> None:
        self.latency_ms: float | None = None
        """Time that the last answer took; None when nobody was there."""
        self._url = f"{url}/healthz"  # any answer will do
        self._asked_at: float | None = None

    @property
    def silent_seconds(self) -> int | None:
        """Seconds without an answer, once they are too many; else None."""
        waited = time.monotonic() - self._asked_at if self._asked_at is not None else 0
        return int(waited) if waited >= SILENT_SECONDS else None

    async def beat(self) -> None:
        timeout = aiohttp.ClientTimeout(total=GIVE_UP_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                began = time.monotonic()
                self._asked_at = self._asked_at or began
                try:
                    async with session.get(self._url) as response:
                        await response.read()
                except (aiohttp.ClientError, TimeoutError):
                    self._note(began, answered=False)
                else:
                    self._note(began, answered=True)
                await asyncio.sleep(ASK_SECONDS)

    def _note(self, began: float, *, answered: bool) -> None:
        """A server that is frozen for a minute stays silent; one that is not there is lost."""
        took = time.monotonic() - began
        self.latency_ms = took * 1000 if answered else None
        if answered or took < SILENT_SECONDS:
            self._asked_at = None
