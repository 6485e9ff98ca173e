"""Probe of a database: every read and write that a sale needs, without leaving anything behind."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Table, delete, false, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Executable

from baraka_server.store.tables import (
    OUR_TABLES,
    UtcTime,
    attendance,
    auctions,
    bids,
    comments,
    events,
    lots,
    maxima,
    paddles,
    requests,
    texts,
    users,
    winnings,
)
from baraka_server.store.unsuited import Unsuited, suited

READS = {users, auctions, bids, comments, winnings, *OUR_TABLES}
INSERTS = (bids, comments, winnings, events, requests, texts, attendance, paddles, lots, maxima)
UPDATES = (auctions, winnings, attendance, lots)
DELETES = (bids, comments, winnings, requests, attendance, paddles, maxima)


async def look(connection: AsyncConnection) -> None:
    """Run each kind of statement of a sale on no row; raises the database's error where one fails.

    That is for a missing right, table or column. No statement here finds a row, so that none changes or locks one.
    """
    writes = () if connection.dialect.name == "sqlite" else _idle_writes()  # it has no rights
    for statement in (*_idle_reads(), *writes):
        # A column more that must be filled is for `baraka doctor`: the rest of a sale may go on.
        with suppress(Unsuited), suited():
            await connection.execute(statement)


async def write(connection: AsyncConnection) -> None:
    """Write a row of ours and delete it again: the commit after it needs the disk as a bid's does.

    Nobody else has its key, so that nodes do not wait for each other.
    """
    key = {"user_id": 0, "request_hash": secrets.token_hex(32)}
    row = {column.name: _filler(column) for column in requests.columns}
    await connection.execute(insert(requests).values(row | key))
    await connection.execute(delete(requests).filter_by(**key))


def _idle_reads() -> Iterator[Executable]:
    for table in sorted(READS, key=_name):
        yield select(table).where(false())


def _idle_writes() -> Iterator[Executable]:
    for table in UPDATES:
        yield update(table).where(false()).values({c.name: c for c in table.columns})
    for table in INSERTS:
        columns = list(table.columns)
        yield insert(table).from_select(columns, select(*columns).where(false()))
    for table in DELETES:
        yield delete(table).where(false())


def _filler(column: Column[Any]) -> Any:
    """The value of the probe's row in a column that is not its key."""
    if isinstance(column.type, UtcTime):
        return datetime.now(UTC)
    return column.type.python_type()


def _name(table: Table) -> str:
    return table.name
