"""Repeated announcements of starts (D5), which everybody hears one at a time, with pauses."""

from __future__ import annotations

import asyncio
import logging

from baraka_server.live.announcement import Announcement
from baraka_server.live.audience import Audience

log = logging.getLogger(__name__)

PAUSE_SECONDS = 3
"""The pause after each repetition that everybody hears, whichever auction it is of."""


class Repeats:
    """The repeated starts that wait, of all auctions; a newer one of an auction replaces an older one."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._owed: dict[int, Announcement] = {}
        self._pacer: asyncio.Task[None] | None = None

    @property
    def waits(self) -> bool:
        """Whether a repetition would have to wait for its turn now."""
        return self._pacer is not None

    async def tell(self, auction_id: int, start: Announcement) -> None:
        """Announce a start to its room at once, as every entry of the ledger; to all others in turn."""
        await self._audience.to_room(auction_id, start.name, start.whole, start.whole)
        self._owed[auction_id] = start
        if self._pacer is None:
            self._pacer = asyncio.create_task(self._pace())

    async def _pace(self) -> None:
        try:
            while self._owed:
                auction_id = next(iter(self._owed))
                start = self._owed.pop(auction_id)
                await self._audience.to_everyone(start.name, start.whole, but_room=auction_id)
                await asyncio.sleep(PAUSE_SECONDS)
        except Exception:
            log.exception("a start was not announced again", extra={"event": "fault"})
        finally:
            self._pacer = None

    def close(self) -> None:
        if self._pacer:
            self._pacer.cancel()
