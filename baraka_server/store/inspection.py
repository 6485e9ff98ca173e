"""Inspection of a database server or file for `baraka doctor`, which judges what is found."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.store import probe
from baraka_server.store.address import database_file, database_url
from baraka_server.store.engine import WRITES, open_engine
from baraka_server.store.errors import StoreError, translated
from baraka_server.store.serving import servers_of
from baraka_server.store.tables import DOCUMENTED_TABLES, OUR_TABLES

OTHERS_READ = 0o044
"""The rights of the group and of everybody else."""
OLDEST = {"MySQL": (8, 4), "MariaDB": (10, 11)}
"""The oldest supported versions (D27)."""

_BOUNDS = ("idle_transaction_timeout", "wait_timeout", "innodb_lock_wait_timeout")
"""What bounds how long a session of ours keeps a lock, or waits for one."""
_DURABILITY = (
    *("innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog", "wsrep_on"),
    *("rpl_semi_sync_master_enabled", "rpl_semi_sync_master_wait_point"),
    *("rpl_semi_sync_source_enabled", "rpl_semi_sync_source_wait_point"),
)

EXAMINE_SECONDS_MAX = 20
"""How long the inspection of a database server may take; one with many thousand tables is slow."""


@dataclass(frozen=True, slots=True)
class OddTable:
    """A table with another storage engine or character set than ours."""

    name: str
    engine: str
    charset: str


@dataclass(frozen=True, slots=True)
class Durability:
    """What a server does before it acknowledges a commit; None stands for what it does not have."""

    flush_at_commit: int | None = 1
    """`innodb_flush_log_at_trx_commit`: 1 is on the disk, 2 in the system's memory, 0 in its own."""
    sync_binlog: int | None = None
    """How many commits stand in the binary log before it is on the disk; None without such a log."""
    semi_sync_point: str | None = None
    """`AFTER_SYNC` or `AFTER_COMMIT` where replicas are waited for."""
    galera_nodes: int = 0


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A MySQL or MariaDB server as a new connection finds it."""

    kind: str
    version: tuple[int, ...]
    read_only: bool
    clock_ahead: timedelta
    """How far its clock is ahead of ours, without half of the round trip."""
    zone_ahead: timedelta
    """How far the time that it gives other programs is ahead of UTC."""
    odd_tables: Sequence[OddTable] = field(default=())
    lock_seconds: int = 0
    """How long a row may stay locked for a session of ours whose end the server cannot hear."""
    lock_wait_seconds: int = 0
    """How long a session of ours waits for a row that is locked."""
    durability: Durability = Durability()
    connections_max: int = 0
    """How many connections it takes at once, of all programs; 0 where it does not say."""

    @property
    def supported(self) -> bool:
        return self.version >= OLDEST[self.kind]


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """A SQLite file, or the place where it will be."""

    path: Path
    there: bool
    writable: bool
    """Whether the file and its folder, which gets other files during a write, may be written."""
    free_bytes: int
    readable_by_others: bool = False
    servers: Sequence[str] = field(default=())
    """The processes that serve from it now."""


async def examine(url: str, *, timeout_seconds: float = 10) -> DatabaseServer | DatabaseFile | None:
    """Inspect the database at `url`; None for one in memory. Raises a `StoreError` or `UnusableUrl`.

    A SQLite file that is not there is not created. `timeout_seconds` is that of a transaction.
    """
    address = database_url(url)
    if address.get_backend_name() == "sqlite":
        path = database_file(address)
        return None if path is None else _file(path)
    engine = open_engine(url, connections_max=1, timeout_seconds=timeout_seconds)
    try:
        with translated():
            async with asyncio.timeout(EXAMINE_SECONDS_MAX), engine.connect() as connection:
                return await _server(connection)
    finally:
        await engine.dispose()


async def refusal(url: str) -> StoreError | None:
    """The error of the database for what a sale reads and writes; None where all of it works.

    A row is written and deleted again. Raises `UnusableUrl`.
    """
    engine = open_engine(url, connections_max=1)
    try:
        with translated():
            writers = engine.execution_options(**WRITES)
            async with asyncio.timeout(EXAMINE_SECONDS_MAX), writers.begin() as connection:
                await probe.look(connection)
                await probe.write(connection)
    except StoreError as error:
        return error
    finally:
        await engine.dispose()
    return None


def _file(path: Path) -> DatabaseFile:
    there, folder = path.exists(), path.parent
    writable = os.access(folder, os.W_OK) and (not there or os.access(path, os.W_OK))
    return DatabaseFile(
        path,
        there,
        writable,
        shutil.disk_usage(folder).free,
        readable_by_others=there and bool(path.stat().st_mode & OTHERS_READ),
        servers=servers_of(path),
    )


async def _server(connection: AsyncConnection) -> DatabaseServer:
    said = str(await connection.scalar(text("SELECT VERSION()")))
    before = datetime.now(UTC)
    theirs: datetime = await connection.scalar(text("SELECT UTC_TIMESTAMP(6)"))
    ours = before + (datetime.now(UTC) - before) / 2
    # What other programs get; our own connections have UTC.
    await connection.execute(text("SET time_zone = @@global.time_zone"))
    zone = await connection.scalar(text("SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW())"))
    bounds = await _variables(connection, "SESSION VARIABLES", _BOUNDS)
    return DatabaseServer(
        kind="MariaDB" if "mariadb" in said.lower() else "MySQL",
        version=_numbers(said),
        read_only=bool(await connection.scalar(text("SELECT @@global.read_only"))),
        clock_ahead=theirs.replace(tzinfo=UTC) - ours,
        zone_ahead=timedelta(seconds=int(zone or 0)),
        odd_tables=await odd_tables(connection),
        lock_seconds=_held_seconds(bounds),
        lock_wait_seconds=int(bounds["innodb_lock_wait_timeout"]),
        durability=await _durability(connection),
        connections_max=int(await connection.scalar(text("SELECT @@global.max_connections")) or 0),
    )


def _held_seconds(bounds: Mapping[str, str]) -> int:
    # With 0 the first one bounds nothing, and MySQL has the second one alone.
    return int(bounds.get("idle_transaction_timeout", 0)) or int(bounds["wait_timeout"])


async def _durability(connection: AsyncConnection) -> Durability:
    said = await _variables(connection, "GLOBAL VARIABLES", _DURABILITY)
    galera = await _variables(connection, "GLOBAL STATUS", ("wsrep_cluster_size",))
    waits = "ON" in {
        said.get("rpl_semi_sync_master_enabled"),
        said.get("rpl_semi_sync_source_enabled"),
    }
    point = said.get("rpl_semi_sync_source_wait_point") or said.get(
        "rpl_semi_sync_master_wait_point"
    )
    flush, binlog = said.get("innodb_flush_log_at_trx_commit"), said.get("sync_binlog")
    return Durability(
        flush_at_commit=int(flush) if flush else None,
        sync_binlog=int(binlog) if binlog and said.get("log_bin") == "ON" else None,
        semi_sync_point=point if waits else None,
        galera_nodes=int(galera.get("wsrep_cluster_size") or 0)
        if said.get("wsrep_on") == "ON"
        else 0,
    )


async def _variables(
    connection: AsyncConnection, kind: str, names: Sequence[str]
) -> dict[str, str]:
    """The values of those that the server has; MySQL, MariaDB and their versions have others."""
    quoted = ", ".join(f"'{name}'" for name in names)
    rows = await connection.execute(text(f"SHOW {kind} WHERE Variable_name IN ({quoted})"))
    return {str(name).lower(): str(value) for name, value in rows}


def _numbers(version: str) -> tuple[int, ...]:
    # Old MariaDB servers begin with what replicas of an older MySQL expected.
    parts = version.removeprefix("5.5.5-").partition("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isdecimal())


async def odd_tables(connection: AsyncConnection) -> list[OddTable]:
    """The tables that are not InnoDB and utf8mb4, theirs and ours, on a MySQL or MariaDB server."""
    query = text(
        "SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES "
        "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'"
    )
    ours = {table.name.lower() for table in (*DOCUMENTED_TABLES, *OUR_TABLES)}
    found = [
        OddTable(str(name), str(engine), str(collation).partition("_")[0])
        for name, engine, collation in await connection.execute(query)
        if str(name).lower() in ours
    ]
    return [one for one in found if (one.engine, one.charset) != ("InnoDB", "utf8mb4")]
