"""Deletion of kept answers to requests that nobody will repeat any more (D23)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, tuple_

from baraka_server.store.errors import StoreError
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, requests

log = logging.getLogger(__name__)

ROWS_PER_STEP = 100
"""Few enough that a bid that has to wait for one step does not notice."""
STEP_PAUSE_SECONDS = 0.5
LAST_STEP_SECONDS_MAX = 0.5
ROUND_SECONDS = 60
"""The average time between two rounds; it varies, so that nodes do not run them at the same time."""


class Purge:
    """Background task that deletes answers older than `kept`. What fails is done the next time.

    `forget_more` deletes some of what else is over, and returns how many rows.
    """

    def __init__(
        self,
        store: Store,
        kept: timedelta,
        forget_more: Callable[[], Awaitable[int]] | None = None,
    ) -> None:
        self._store = store
        self._kept = kept
        self._forget_more = forget_more
        self._working: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._working = asyncio.create_task(self._work())

    async def close(self) -> None:
        if self._working:
            self._working.cancel()
            # Its query lets go of the database, which is closed next; a frozen one is not waited for.
            await asyncio.wait([self._working], timeout=LAST_STEP_SECONDS_MAX)

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(random.uniform(0.1, 2) * ROUND_SECONDS)  # noqa: S311
            try:
                done = ROWS_PER_STEP
                while done:
                    done = await forget(self._store, datetime.now(UTC) - self._kept)
                    if self._forget_more:
                        done += await self._forget_more()
                    await asyncio.sleep(STEP_PAUSE_SECONDS)
            except StoreError as error:
                log.debug("old answers to requests were not forgotten: %s", error)
            except Exception:
                log.exception(
                    "old answers to requests could not be deleted", extra={"event": "fault"}
                )


async def forget(store: Store, before: datetime, *, rows_max: int = ROWS_PER_STEP) -> int:
    """Delete answers older than `before`, the oldest first. Returns how many.

    Those of a live auction are kept: a phone may repeat a request of hours ago.
    """
    key = (requests.c.user_id, requests.c.request_hash)
    live = select(auctions.c.id).where(auctions.c.isLive)
    query = (
        select(*key)
        .where(requests.c.at < before, requests.c.auction_id.not_in(live))
        .order_by(requests.c.at)
        .limit(rows_max)
    )
    async with store.reading() as connection:  # which locks nothing
        old = [tuple(row) for row in await connection.execute(query)]
    if old:
        async with store.writing() as connection:
            await connection.execute(delete(requests).where(tuple_(*key).in_(old)))
    return len(old)
