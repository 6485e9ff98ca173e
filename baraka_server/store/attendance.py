"""Attendance of nodes at an auction's clock, and the database's time by which they compare it (D44)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.fields import whole_milliseconds
from baraka_server.store.tables import attendance

KEPT = timedelta(minutes=10)
"""How long a node counts that had a socket in the room."""

_MYSQL_NOW = text("SELECT UTC_TIMESTAMP(3)")


@dataclass(frozen=True, slots=True)
class Attendance:
    """The presence of one node at a clock that runs since the entry `run_seq`.

    It was there when the clock had counted `up_to_ms`; `clear_ms` is the end before which it has no bid
    left, None where it has not said so yet.
    """

    node: str
    run_seq: int
    up_to_ms: int
    clear_ms: int | None = None
    at: datetime | None = None
    """The database's time at which it wrote this."""

    def is_expected(self, now: datetime) -> bool:
        """Whether it may still have a bid."""
        return self.at is not None and self.at > now - KEPT


async def database_time(connection: AsyncConnection) -> datetime:
    """The database's time. It is a statement of its own: that of another one is when it began to wait.

    SQLite has no clock but this machine's.
    """
    if connection.dialect.name == "sqlite":
        return whole_milliseconds(datetime.now(UTC))
    found: datetime = (await connection.execute(_MYSQL_NOW)).scalar_one()
    return found.replace(tzinfo=UTC)


async def attend(
    connection: AsyncConnection, auction_id: int, here: Attendance, at: datetime
) -> None:
    """Write that a node attends. That it has no bid left stands until it says so of another end."""
    values = {"run_seq": here.run_seq, "up_to_ms": here.up_to_ms, "at": at}
    if here.clear_ms is not None:
        values["clear_ms"] = here.clear_ms
    await _write(connection, auction_id, here, values, at)


async def note_presence(
    connection: AsyncConnection, auction_id: int, node: str, at: datetime
) -> None:
    """Write that a node has a socket in the room; of clocks it says nothing."""
    await _write(connection, auction_id, Attendance(node, 0, 0), {"at": at}, at)


async def _write(
    connection: AsyncConnection,
    auction_id: int,
    here: Attendance,
    values: dict[str, Any],
    at: datetime,
) -> None:
    mine = (attendance.c.auction_id == auction_id, attendance.c.node == here.node)
    known = await connection.execute(select(attendance.c.node).where(*mine))
    if known.first() is not None:
        await connection.execute(update(attendance).where(*mine).values(values))
        return
    old = (
        attendance.c.auction_id == auction_id,
        attendance.c.run_seq != here.run_seq,
        attendance.c.at < at - KEPT,
    )
    await connection.execute(delete(attendance).where(*old))
    row = {"auction_id": auction_id, "node": here.node, "run_seq": here.run_seq}
    await connection.execute(insert(attendance).values(row | {"up_to_ms": here.up_to_ms} | values))


async def read_attendance(connection: AsyncConnection, auction_id: int) -> list[Attendance]:
    columns = (
        *(attendance.c.node, attendance.c.run_seq, attendance.c.up_to_ms),
        *(attendance.c.clear_ms, attendance.c.at),
    )
    query = select(*columns).where(attendance.c.auction_id == auction_id)
    return [Attendance(*row) for row in await connection.execute(query)]


async def with_clocks(connection: AsyncConnection, auction_ids: Iterable[int]) -> list[int]:
    """Those of the auctions at whose clocks a node attends, or did not long ago."""
    query = (
        select(attendance.c.auction_id)
        .where(attendance.c.auction_id.in_(set(auction_ids)), attendance.c.run_seq > 0)
        .distinct()
    )
    return list((await connection.execute(query)).scalars())


async def dismiss(connection: AsyncConnection, auction_id: int, nodes: Iterable[str]) -> None:
    """Count these nodes no longer, until they attend again."""
    await connection.execute(
        delete(attendance).where(
            attendance.c.auction_id == auction_id, attendance.c.node.in_(list(nodes))
        )
    )


async def leave(connection: AsyncConnection, node: str, auction_id: int | None) -> None:
    """Count a node no longer, in one auction or in all."""
    mine = delete(attendance).where(attendance.c.node == node)
    if auction_id is not None:
        mine = mine.where(attendance.c.auction_id == auction_id)
    await connection.execute(mine)
