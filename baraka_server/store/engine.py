"""SQLAlchemy engines for the databases that Baraka runs on (D27), with timeouts and locks.

MariaDB 10.11+ (tested) or MySQL 8.4 (expected to work) by asyncmy; SQLite by aiosqlite as the embedded
default.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial
from typing import Any

import asyncmy
from asyncmy.errors import OperationalError
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolResetState

from baraka_server.store.address import UnusableUrl, database_file, database_url
from baraka_server.store.errors import condemns
from baraka_server.store.row_sums import SQLITE_CHECKSUM, checksum_of_column
from baraka_server.store.same_file import SameFile
from baraka_server.store.tls_files import require_tls_files

SQLITE_BUSY_SECONDS = 5
FRESH_SECONDS = 0.2
"""A connection that was used within this time is taken to be alive."""
IDLE_SECONDS = 60
"""How long a server keeps an idle connection of ours, on MySQL also inside a transaction.

One that it closed is replaced when it is taken from the pool: see `_ping_unless_just_used`."""
WRITES = {"baraka_begins": "IMMEDIATE"}
"""Execution options of a connection whose transaction takes the write lock when it begins."""
ALONE = {"baraka_begins": "EXCLUSIVE"}
"""The same, and nobody reads meanwhile: for SQLite, outside WAL mode."""


def open_engine(
    text: str, *, connections_max: int = 10, timeout_seconds: float = 10, patient: bool = False
) -> AsyncEngine:
    """An engine on the database at the URL `text`; nothing is connected yet. Raises `UnusableUrl`.

    A `patient` one waits for locks as long as the server lets it: for changes of the tables.
    """
    url = database_url(text)
    try:
        return _engine(url, connections_max, timeout_seconds, patient=patient)
    except UnusableUrl:
        raise
    except (ArgumentError, ValueError, TypeError):
        # Theirs would quote it, and it may be a password.
        raise UnusableUrl(
            "a parameter of the database URL has a value that it cannot have"
        ) from None


def _engine(
    url: URL, connections_max: int, timeout_seconds: float, *, patient: bool
) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        # Half the time of a transaction, so that who waited in vain for a lock may try once more.
        busy_seconds = min(SQLITE_BUSY_SECONDS, timeout_seconds / 2)
        engine = create_async_engine(
            url, connect_args={"timeout": busy_seconds}, hide_parameters=True
        )
        if path := database_file(url):
            _watch_file(engine.sync_engine, SameFile(path))
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        event.listen(engine.sync_engine, "invalidate", _let_go_sqlite)
        return engine
    require_tls_files(url)
    connect_seconds = max(1, round(timeout_seconds / 2))
    engine = create_async_engine(
        url,
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=timeout_seconds,
        pool_recycle=1800,
        pool_reset_on_return=None,  # `_roll_back_if_needed` does it
        # What is read about an auction is of one moment, whatever the server's own default is.
        isolation_level="REPEATABLE READ",
        # What people wrote, and their numbers, belong in no error and no log.
        hide_parameters=True,
        connect_args={
            "async_creator_fn": _connect_mysql,
            "connect_timeout": connect_seconds,
            "charset": "utf8mb4",
            "init_command": _first_words("" if patient else _bounds(timeout_seconds)),
        },
    )
    event.listen(engine.sync_engine, "connect", _note_use)
    event.listen(engine.sync_engine, "checkin", _note_use)
    ping = partial(_ping_unless_just_used, seconds_max=timeout_seconds / 4)
    event.listen(engine.sync_engine, "checkout", ping)
    event.listen(engine.sync_engine, "reset", _roll_back_if_needed)
    event.listen(engine.sync_engine, "handle_error", _leave_condemned)
    return engine


def _first_words(bounds: str) -> str:
    # Times in the tables are UTC, and a value that does not fit is an error, never cut.
    return (
        "SET time_zone = '+00:00', "
        f"sql_mode = CONCAT_WS(',', @@sql_mode, 'STRICT_ALL_TABLES'){bounds}"
    )


def _bounds(timeout_seconds: float) -> str:
    """Session variables that bound how long the server waits for us, and we for a lock.

    When the network path is lost, the server does not notice that we are gone. Half of a transaction's
    time, so that whoever waits for a row that such a session has gets it in time. MySQL has no
    `idle_transaction_timeout`, and reads as a comment what MariaDB reads here.
    """
    half = max(1, round(timeout_seconds / 2))
    return (
        f", wait_timeout = {max(IDLE_SECONDS, half)}, innodb_lock_wait_timeout = {half}"
        f" /*M!100300 , idle_transaction_timeout = {half} */"
    )


def _roll_back_if_needed(connection: Any, _record: Any, state: PoolResetState) -> None:
    """Roll back a connection that goes back to the pool, only if a transaction is open.

    After a commit a rollback would cost a round trip for nothing; the database says with every answer
    whether a transaction is open.
    """
    if not state.terminate_only and connection.driver_connection.get_transaction_status():
        connection.rollback()


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_unless_just_used(
    connection: Any, record: Any, _proxy: Any, *, seconds_max: float
) -> None:
    """Ping a connection that is taken from the pool, unless it was used within `FRESH_SECONDS`.

    `pool_pre_ping` would cost every bid of a hot auction a round trip.
    """
    if time.monotonic() - record.info.get("used_at", -FRESH_SECONDS) < FRESH_SECONDS:
        return

    async def ping(driver: Any) -> None:
        async with asyncio.timeout(seconds_max):
            await driver.ping(reconnect=False)

    try:
        connection.run_async(ping)
    except Exception as error:
        # The others are as bad: a database that was restarted has forgotten all of them.
        raise InvalidatePoolError from error


def _leave_condemned(context: ExceptionContext) -> None:
    """Replace all connections when a server's error says that it can no longer serve a sale."""
    if condemns(context.original_exception):
        context.is_disconnect = True


async def _connect_mysql(**options: Any) -> Any:
    if isinstance(password := options.get("password"), str):
        # asyncmy 0.2.18 encodes it as latin-1, where the server has the bytes of its own tools.
        options["password"] = password.encode()
    seconds = options["connect_timeout"]
    try:
        async with asyncio.timeout(
            seconds
        ):  # the driver's own is over before the server has answered
            return await asyncmy.connect(**options)
    except TimeoutError as error:
        raise OperationalError(2003, f"no answer to a connection in {seconds} s") from error
    except RuntimeError as error:
        # asyncmy's word for a server that hung up at once; SQLAlchemy would take it for a bug.
        raise OperationalError(2013, f"the connection was lost at once: {error}") from error


def _watch_file(engine: Engine, file: SameFile) -> None:
    """Refuse transactions and connections when the file at the path is another one, or gone.

    To connect would make an empty file there. The connections stay open: closing the last one would
    remove the journal of the file that is there now.
    """
    event.listen(engine, "do_connect", lambda *_: file.require())
    event.listen(engine, "connect", lambda *_: file.opened())
    event.listen(engine, "begin", lambda _: file.require())


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver would begin transactions by itself, and late; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function(SQLITE_CHECKSUM, 1, checksum_of_column, deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads and then writes would decide on what is no longer true.
    kind = connection.get_execution_options().get("baraka_begins", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


def _let_go_sqlite(connection: Any, _record: Any, _error: Any) -> None:
    # A query that was cut off keeps its connection open behind the close, and the lock with it,
    # until somebody collects the garbage: nobody could write meanwhile.
    with suppress(Exception):
        connection.rollback()
