"""Watchdog for long work on a database server: the work ends when the server stops answering."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from baraka_server.store.engine import open_engine

log = logging.getLogger(__name__)

WATCH_SECONDS = 5
"""How often the database server is sent a query, to see that it answers."""

ANSWER_SECONDS_MAX = 10
"""How long an answer may take."""


@asynccontextmanager
async def while_it_answers(url: URL) -> AsyncIterator[None]:
    """End the work inside with `TimeoutError` when the server stops answering; it has no other limit."""
    if url.get_backend_name() == "sqlite":
        yield
        return
    # Without a database: a check for other connections to it must not find this one.
    server = open_engine(url.set(database=None).render_as_string(hide_password=False))
    try:
        async with asyncio.timeout(None) as work:
            watching = asyncio.create_task(_watch(server, work))
            try:
                yield
            finally:
                watching.cancel()
    finally:
        await server.dispose()


async def _watch(server: AsyncEngine, work: asyncio.Timeout) -> None:
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX), server.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except TimeoutError:
            break
        except Exception:  # an answer too; the work itself will meet the error
            log.debug("the database refused a look", exc_info=True)
    work.reschedule(asyncio.get_running_loop().time())
