"""How a command reaches the database of the sales."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from baraka_cli.terminal import fail, load_settings, run

if TYPE_CHECKING:
    from baraka_server.store.store import Store

T = TypeVar("T")

LONG_READ_SECONDS_MAX = 600
"""For a command that reads whole ledgers."""


def ask_store(
    database_url: str | None,
    question: Callable[[Store], Awaitable[T]],
    *,
    timeout_seconds: float | None = None,
) -> T:
    """What `question` gets from the store. Exits 1 when the database is not up to date."""
    from baraka_server.store.migrate import MigrationFailed, OutOfDate

    async def ask() -> T:
        async with open_store(database_url, timeout_seconds=timeout_seconds) as store:
            return await question(store)

    try:
        return run(ask())
    except (MigrationFailed, OutOfDate) as error:
        fail(str(error))


@asynccontextmanager
async def open_store(
    database_url: str | None, *, timeout_seconds: float | None = None
) -> AsyncIterator[Store]:
    """The store; raises `OutOfDate` or `MigrationFailed` when its tables are not those of today."""
    from baraka_server.store.engine import open_engine
    from baraka_server.store.migrate import require_current
    from baraka_server.store.store import Store

    settings = load_settings(database_url=database_url)
    engine = open_engine(
        settings.database_url.get_secret_value(),
        connections_max=1,
        timeout_seconds=settings.database_timeout_seconds,
    )
    store = Store(engine, timeout_seconds=timeout_seconds or settings.database_timeout_seconds)
    try:
        await require_current(engine)
        yield store
    finally:
        await store.close()
