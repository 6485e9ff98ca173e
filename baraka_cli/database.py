"""How a command reaches the database of the sales."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
    from baraka_server.store.engine import open_engine
    from baraka_server.store.migrate import MigrationFailed, OutOfDate, require_current
    from baraka_server.store.store import Store

    settings = load_settings(database_url=database_url)
    seconds = timeout_seconds or settings.database_timeout_seconds

    async def ask() -> T:
        engine = open_engine(
            settings.database_url.get_secret_value(),
            connections_max=1,
            timeout_seconds=settings.database_timeout_seconds,
        )
        store = Store(engine, timeout_seconds=seconds)
        try:
            await require_current(engine)
            return await question(store)
        finally:
            await store.close()

    try:
        return run(ask())
    except (MigrationFailed, OutOfDate) as error:
        fail(str(error))
