"""Rows of `winnings` behind an award: whether one may be taken back, and whose the one before it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, column, delete, func, literal, select, table, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.hammer import Award
from baraka_server.domain.winnings import WinningChanged, WinningPaid, Won
from baraka_server.store.errors import InUse, NotThere
from baraka_server.store.tables import winnings

_REFERENCES_MYSQL = text("""
    SELECT CONSTRAINT_SCHEMA, CONSTRAINT_NAME, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME,
           REFERENCED_COLUMN_NAME
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = :name
""")
_REFERENCES_SQLITE = text("""
    SELECT '' AS "schema", keys.id || ' of ' || tables.name, NULL, tables.name, keys."from", keys."to"
    FROM sqlite_master AS tables JOIN pragma_foreign_key_list(tables.name) AS keys
    WHERE tables.type = 'table' AND lower(keys."table") = :name
""")
"""Without its `to` a key of SQLite refers to the primary key."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key of any table to `winnings`: its columns, and those that they refer to."""

    schema: str | None
    table: str
    columns: tuple[tuple[str, str], ...]


def as_written(award: LedgerEntry, event: Award, auction_id: int) -> dict[str, Any]:
    """The columns of the winning that an award writes, but for those that change when it is paid."""
    return {
        "user_id": event.high.user_id if event.high else None,
        "auction_id": auction_id,
        "product": event.product,
        "price": event.high.amount if event.high else None,
        "weight": event.weight,
        "createdAt": award.at,
    }


async def is_settled(
    connection: AsyncConnection, winning_id: int, written: Mapping[str, Any]
) -> bool:
    """Whether a winning is paid, is not as it was written, or is referred to by a row of any table.

    It is locked: nobody pays it, or refers to it, before the transaction ends.
    """
    query = select(winnings).where(winnings.c.id == winning_id).with_for_update()
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None or row["sold"] or any(row[name] != value for name, value in written.items()):
        return True
    return await _referring(connection, winning_id) is not None


async def refuse_in_use(connection: AsyncConnection, winning_id: int) -> None:
    """Raise `InUse` where a row of any table refers to a winning, which is locked."""
    if (table_ := await _referring(connection, winning_id)) is not None:
        raise InUse(
            f"Winning {winning_id} cannot go to nobody: a row of the table {table_} refers to it. "
            "Nothing was changed."
        )


async def _referring(connection: AsyncConnection, winning_id: int) -> str | None:
    """The name of a table whose rows refer to a winning; None for none."""
    for reference in await references(connection):
        if await _refers(connection, reference, winning_id):
            return reference.table
    return None


async def read_won(connection: AsyncConnection, auction_id: int, winning_id: int) -> Won:
    """A winning of the auction, locked until the transaction ends. Raises `NotThere`."""
    mine = select(winnings).where(winnings.c.auction_id == auction_id)
    query = mine.where(winnings.c.id == winning_id).with_for_update()
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotThere(f"Auction {auction_id} has no winning {winning_id}.")
    last = select(func.max(winnings.c.id)).where(winnings.c.auction_id == auction_id)
    is_last = (await connection.execute(last)).scalar() == winning_id
    return Won(winning_id, row["user_id"], row["price"], bool(row["sold"]), is_last)


async def settle(
    connection: AsyncConnection, event: WinningPaid | WinningChanged, at: datetime
) -> None:
    """Write what happened to a winning behind the sale."""
    where = winnings.c.id == event.winning_id
    values: dict[str, Any] = {"updatedAt": at}
    match event:
        case WinningChanged(winner_id=None):
            await connection.execute(delete(winnings).where(where))
            return
        case WinningPaid(paid=paid):
            values["sold"] = paid
        case WinningChanged(winner_id=winner_id, price=price):
            values |= {"user_id": winner_id, "price": price}
    await connection.execute(update(winnings).where(where).values(values))


async def winner_before(
    connection: AsyncConnection, auction_id: int, winning_id: int
) -> int | None:
    """The winner of the auction's winning before this one; None where there is none."""
    query = (
        select(winnings.c.user_id)
        .where(winnings.c.auction_id == auction_id, winnings.c.id < winning_id)
        .order_by(winnings.c.id.desc())
        .limit(1)
    )
    found: int | None = (await connection.execute(query)).scalar()
    return found


async def references(connection: AsyncConnection) -> list[Reference]:
    """The foreign keys to `winnings`, whatever becomes of their rows when a winning is deleted."""
    on_sqlite = connection.dialect.name == "sqlite"
    query = _REFERENCES_SQLITE if on_sqlite else _REFERENCES_MYSQL
    keys: dict[tuple[Any, ...], list[tuple[str, str]]] = defaultdict(list)
    for row in await connection.execute(query, {"name": winnings.name}):
        *key, theirs, ours = row
        keys[tuple(key)].append((theirs, ours or "id"))
    return [Reference(key[2], key[3], tuple(columns)) for key, columns in keys.items()]


async def _refers(connection: AsyncConnection, reference: Reference, winning_id: int) -> bool:
    """Whether a row refers to the winning; one that may not be read is taken to do so."""
    columns = reference.columns
    theirs = table(
        reference.table, *(column(name) for name, _ in columns), schema=reference.schema
    ).alias("theirs")
    ours = table(winnings.name, *map(column, dict.fromkeys(["id", *(to for _, to in columns)])))
    pairs = and_(*(theirs.c[name] == ours.c[to] for name, to in columns))
    query = select(literal(1)).select_from(theirs).join(ours, pairs)
    try:
        found = await connection.execute(query.where(ours.c.id == winning_id).limit(1))
    except DBAPIError:
        return True
    return found.first() is not None
