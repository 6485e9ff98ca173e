"""Access of commands to the database of the sales: its URL, its store, errors about both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from baraka_cli.terminal import load_settings, run, say, wrong_usage

if TYPE_CHECKING:
    from baraka_server.settings import Settings
    from baraka_server.store.store import Store

T = TypeVar("T")

ROWS_NAMED_MAX = 10
"""Rows that cannot be read and that a command names, at most."""

LONG_READ_SECONDS_MAX = 600
"""For a command that reads whole ledgers."""


@dataclass(frozen=True, slots=True)
class Database:
    """The database that a command is about."""

    url: str = field(repr=False)
    settings: Settings
    shown: str
    """Without its password; a file with its whole path."""
    origin: str
    """Source of the URL: a flag, a variable, a file, or the default."""

    @property
    def line(self) -> str:
        return f"Database: {self.shown} ({self.origin})"


def chosen(flag: str | None) -> Database:
    """The database that the flag or the settings name. Exits 2 when they name nothing usable."""
    return of_settings(load_settings(database_url=flag), flag)


def of_settings(settings: Settings, flag: str | None) -> Database:
    """As `chosen`, where the settings are read already."""
    from baraka_server.settings import Settings
    from baraka_server.sources import origin
    from baraka_server.store.address import UnusableUrl, missing_file, shown_url

    by = "set by --database-url" if flag is not None else origin(Settings, "database_url")
    url = settings.database_url.get_secret_value()
    try:
        shown = shown_url(url)
        missing = missing_file(url)
    except UnusableUrl as error:
        wrong_usage(f"{_label(by)}: {error}")
    return Database(url, settings, f"{shown}, which is not there" if missing else shown, by)


def _label(origin: str) -> str:
    """Prefix of an error about the URL."""
    if origin == "set by --database-url":
        return "--database-url"
    return "BARAKA_DATABASE_URL" if "BARAKA_" in origin else f"BARAKA_DATABASE_URL ({origin})"


def ask_store(
    database_url: str | None,
    question: Callable[[Store], Awaitable[T]],
    *,
    timeout_seconds: float | None = None,
) -> T:
    """Result of `question` on the store. Exits 1 when the database is not up to date."""
    database = chosen(database_url)

    async def ask() -> T:
        async with open_store(database_url, timeout_seconds=timeout_seconds) as store:
            return await question(store)

    return run(ask(), about=database.line)


@asynccontextmanager
async def open_store(
    database_url: str | None, *, timeout_seconds: float | None = None
) -> AsyncIterator[Store]:
    """The store; raises `OutOfDate` or `MigrationFailed` when its tables are not those of today."""
    from baraka_server.store.engine import open_engine
    from baraka_server.store.migrate import require_fit
    from baraka_server.store.readable import RowLog
    from baraka_server.store.store import Store

    settings = load_settings(database_url=database_url)
    engine = open_engine(
        settings.database_url.get_secret_value(),
        connections_max=1,
        timeout_seconds=settings.database_timeout_seconds,
    )
    unread: list[str] = []
    store = Store(
        engine,
        timeout_seconds=timeout_seconds or settings.database_timeout_seconds,
        row_log=RowLog(unread.append),
    )
    try:
        await require_fit(engine)
        yield store
    finally:
        await store.close()
        for line in unread[:ROWS_NAMED_MAX]:
            say(line)
        if len(unread) > ROWS_NAMED_MAX:
            say(f"{len(unread) - ROWS_NAMED_MAX} more cannot be read; see: baraka doctor")
