"""Move of a database of the first release, whose tables had names that other programs use too (D53).

It is recognized by the shape of its tables and the revision in `alembic_version` together. The version
table is moved first: from then on `baraka_version` says that the move is under way, with an id of the
first release, until everything else has its new name. So a move that was interrupted can go on.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, column, func, inspect, select, table, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baraka_server.store.engine import ALONE
from baraka_server.store.shape import LEDGER, REQUESTS, VERSION, shape_of

REVISIONS = {"0001": "baraka_0001", "0002": "baraka_0002", "0003": "baraka_0003"}
OLD_VERSION_TABLE, VERSION_TABLE = "alembic_version", "baraka_version"
MOVED = (
    ("auction_events", "baraka_events", LEDGER),
    ("auction_requests", "baraka_requests", REQUESTS),
)
OLD_INDEX, INDEX = "auction_requests_at_idx", "baraka_requests_at_idx"

OTHERS_GONE_SECONDS_MAX = 5
"""How long the move waits for other connections to end, as those of other commands soon do."""

OTHERS_NAMED_MAX = 5


def revision_in(connection: Connection) -> str | None:
    """The revision of the first release that the database has; None where there is nothing to move."""
    if moving := _versions(connection, VERSION_TABLE):
        return _only(moving)
    revision = _only(_versions(connection, OLD_VERSION_TABLE))
    made = MOVED if revision == "0003" else MOVED[:1]
    is_ours = all(shape_of(connection, old) == shape for old, _, shape in made)
    return revision if is_ours else None


def unclaimed(connection: Connection) -> str | None:
    """The reason why a database without a revision cannot be upgraded; None where it can.

    It may have a ledger of the first release.
    """
    names = [old for old, _, shape in MOVED if shape_of(connection, old) == shape]
    if not names or _versions(connection, VERSION_TABLE) or revision_in(connection):
        return None
    old, new, _ = next(moved for moved in MOVED if moved[0] in names)
    return (
        f"{old} has the very columns of Baraka's first release, but {OLD_VERSION_TABLE} does not say "
        f"that it is Baraka's. If it is, rename it: ALTER TABLE {old} RENAME TO {new} (its rows are "
        "kept). If it is another program's, give it another name. Then run this again."
    )


def move(connection: Connection, report: Callable[[str], None]) -> None:
    """Rename the tables of the first release. Rows are not touched."""
    revision = revision_in(connection)
    if revision is None:
        return
    if not _versions(connection, VERSION_TABLE):
        if shape_of(connection, VERSION_TABLE) is not None:
            connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))  # it is empty
        _rename(connection, OLD_VERSION_TABLE, VERSION_TABLE)
        report(f"{OLD_VERSION_TABLE}: is {VERSION_TABLE} now")
    for old, new, shape in MOVED:
        if shape_of(connection, new) is None and shape_of(connection, old) == shape:
            _rename(connection, old, new)
            report(f"{old}: is {new} now, with all its rows")
    _rename_index(connection)
    version = table(VERSION_TABLE, column("version_num"))
    connection.execute(update(version).values(version_num=REVISIONS[revision]))


def _only(versions: Sequence[str]) -> str | None:
    return versions[0] if len(versions) == 1 and versions[0] in REVISIONS else None


def _versions(connection: Connection, name: str) -> list[str]:
    if shape_of(connection, name) != VERSION:
        return []
    return list(connection.scalars(select(column("version_num")).select_from(table(name))))


def _rename(connection: Connection, old: str, new: str) -> None:
    connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def _rename_index(connection: Connection) -> None:
    name = MOVED[1][1]
    if not inspect(connection).has_table(name):
        return
    if OLD_INDEX not in {index["name"] for index in inspect(connection).get_indexes(name)}:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP INDEX {OLD_INDEX}"))
        connection.execute(text(f"CREATE INDEX {INDEX} ON {name} (at)"))
    else:
        connection.execute(text(f"ALTER TABLE {name} RENAME INDEX {OLD_INDEX} TO {INDEX}"))


# --- nobody else may be there


@asynccontextmanager
async def alone_in_file(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction on a SQLite database that nobody else has open. Raises `CommandError`.

    Whoever has it open holds a lock for as long, which keeps it in WAL mode.
    """
    await engine.dispose()  # what is in its pool has it open too
    connection = await _outside_wal_mode(engine)
    async with aclosing(connection), connection.begin():
        mode = await connection.exec_driver_sql("PRAGMA journal_mode")
        if mode.scalar() != "delete":
            raise _in_use("Another program has just opened the database")
        yield connection


async def _outside_wal_mode(engine: AsyncEngine) -> AsyncConnection:
    clock = asyncio.get_running_loop().time
    deadline = clock() + OTHERS_GONE_SECONDS_MAX
    while True:
        connection = await engine.execution_options(**ALONE).connect()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            await driver.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            # Not kept open: another upgrade that waits as we do would wait for us.
            await connection.invalidate()
            await connection.close()
            if clock() > deadline:
                raise _in_use("Another program has the database open") from error
            await asyncio.sleep(random.uniform(0.05, 0.3))  # noqa: S311
        else:
            return connection


async def wait_until_alone(connection: AsyncConnection) -> None:
    """Return when no other connection to the MySQL or MariaDB database is open. Raises `CommandError`.

    Those of other users are seen with the right PROCESS only. Other upgrades that wait for this
    one do not count.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + OTHERS_GONE_SECONDS_MAX
    while others := await _others(connection):
        if clock() > deadline:
            named = ", ".join(others[:OTHERS_NAMED_MAX])
            more = len(others) - OTHERS_NAMED_MAX
            who = f"Others have the database open: {named}" + (f" and {more} more" * (more > 0))
            raise _in_use(who)
        await asyncio.sleep(0.2)


async def _others(connection: AsyncConnection) -> list[str]:
    own, name = (await connection.execute(select(func.connection_id(), func.database()))).one()
    found = (await connection.execute(text("SHOW FULL PROCESSLIST"))).mappings().all()
    return [
        f"{row['User']}@{row['Host']} (connection {row['Id']})"
        for row in found
        if row["Id"] != own
        and (row["db"] or "").lower() == name.lower()
        and "get_lock(" not in (row["Info"] or "").lower()
    ]


def _in_use(who: str) -> CommandError:
    return CommandError(
        f"{who}. This upgrade renames tables that a running server writes: stop every Baraka server "
        "and every other program that uses this database, and run it again. Nothing was changed."
    )
