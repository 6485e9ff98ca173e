"""Oddities in the values of the documented tables: rows that their schema would not allow (D52).

Of each table the newest rows are read, by one statement. It works on every database; the conditions are
also those of the statements that mend the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.records import AuctionType, UserType
from baraka_server.store.oddity import IDS_SHOWN_MAX, Oddity, quoted, which
from baraka_server.store.readable import STAND_INS
from baraka_server.store.tables import (
    DOCUMENTED_TABLES,
    FoundChoice,
    FoundTime,
    auctions,
    bids,
    comments,
    users,
    winnings,
)

ROWS_LOOKED_AT_MAX = 200_000

_CHOICES: dict[str, type[StrEnum]] = {users.name: UserType, auctions.name: AuctionType}
_AMOUNTS = {(bids.name, "bid"): 1, (winnings.name, "price"): 0}
_AMOUNTS |= {(auctions.name, name): 0 for name in ("actualPrice", "minBidPrice", "bidPrice")}
"""The least that an amount can be (D12)."""
_OPENED = {users.name: "cannot sign in", auctions.name: "cannot be opened by any client"}
"""The effect on a row whose id is too large for clients."""
_LEFT_OUT = "left out of every list"


@dataclass(frozen=True, slots=True)
class _Fault:
    """One thing that may be wrong with a row. `mend` is a statement without its WHERE."""

    column: str
    what: str
    condition: str
    effect: str
    mend: str
    stops_sales: bool = False


@dataclass(frozen=True, slots=True)
class ValuesSeen:
    """The oddities, and the tables of which only the newest rows were read."""

    oddities: list[Oddity]
    bounded: list[str]


async def look_at_values(connection: AsyncConnection, columns: dict[str, set[str]]) -> ValuesSeen:
    """The rows that are odd in the tables that are there. `columns` are those that each has."""
    seen = ValuesSeen([], [])
    sqlite = connection.dialect.name == "sqlite"
    for table in DOCUMENTED_TABLES:
        there = columns.get(table.name, set())
        faults = [fault for fault in _faults(table, sqlite) if fault.column in there]
        if "id" not in there or not faults:
            continue
        name = quoted(table.name)
        newest = f"SELECT * FROM {name} ORDER BY `id` DESC LIMIT {ROWS_LOOKED_AT_MAX}"  # noqa: S608
        counts = ", ".join(f"SUM(CASE WHEN {one.condition} THEN 1 ELSE 0 END)" for one in faults)
        query = text(f"SELECT COUNT(*), {counts} FROM ({newest}) AS looked_at")  # noqa: S608
        looked_at, *numbers = (await connection.execute(query)).one()
        if looked_at >= ROWS_LOOKED_AT_MAX:
            seen.bounded.append(table.name)
        for fault, number in zip(faults, numbers, strict=True):
            if number:
                seen.oddities.append(await _oddity(connection, table, fault, int(number), newest))
    return seen


async def _oddity(
    connection: AsyncConnection, table: Table, fault: _Fault, rows: int, newest: str
) -> Oddity:
    query = text(
        f"SELECT `id` FROM ({newest}) AS looked_at WHERE {fault.condition} "  # noqa: S608
        f"ORDER BY `id` LIMIT {IDS_SHOWN_MAX}"
    )
    ids = tuple(int(found) for found in (await connection.execute(query)).scalars())
    mending: tuple[str, ...] = (f"{fault.mend} WHERE {which(ids, rows, fault.condition)}",)
    if fault.column == "id":
        mending = await _renumbered(connection, table, ids)
    return Oddity(
        table.name,
        fault.column,
        fault.what,
        fault.effect,
        mending,
        fault.stops_sales,
        rows,
        ids,
    )


async def _renumbered(
    connection: AsyncConnection, table: Table, ids: tuple[int, ...]
) -> tuple[str, ...]:
    """Statements that give rows a free id; rows that reference them follow by ON UPDATE CASCADE."""
    name = quoted(table.name)
    query = text(f"SELECT MAX(`id`) FROM {name} WHERE `id` <= {INT_MAX}")  # noqa: S608
    last = int(await connection.scalar(query) or 0)
    changes = [
        f"UPDATE {name} SET `id` = {last + place} WHERE `id` = {row_id}"  # noqa: S608
        for place, row_id in enumerate(ids, start=1)
    ]
    return (*changes, f"ALTER TABLE {name} AUTO_INCREMENT = {last + len(ids) + 1}")


def _faults(table: Table, sqlite: bool) -> Iterator[_Fault]:
    for column in table.columns:
        if column.name == "otpCode":
            continue  # nobody reads it
        yield from _faults_of(table, column, sqlite)
    if table in (bids, comments):
        yield _Fault(
            "user_id",
            "names a user who is not there",
            "`user_id` NOT IN (SELECT their.`id` FROM `users` AS their)",
            _LEFT_OUT,
            _delete(table),
        )


def _faults_of(table: Table, column: Column[Any], sqlite: bool) -> Iterator[_Fault]:
    name = quoted(column.name)
    if column.primary_key:
        if table.name in _OPENED:
            condition = f"{name} > {INT_MAX}"
            yield _Fault("id", f"is above {INT_MAX}", condition, _OPENED[table.name], "")
        return
    if not column.nullable:
        yield _fault(table, column, "is NULL", f"{name} IS NULL")
    if isinstance(column.type, FoundChoice):
        members = ", ".join(f"'{member}'" for member in _CHOICES[table.name])
        # A collation would take 'admin' for 'Admin'.
        exact = name if sqlite else f"CAST({name} AS BINARY)"
        yield _fault(table, column, f"is none of {members}", f"{exact} NOT IN ({members})")
    elif isinstance(column.type, FoundTime):
        yield _fault(table, column, "is not a date", _no_date(name, sqlite))
    elif isinstance(column.type, Boolean):
        yield _fault(table, column, "is neither 0 nor 1", f"{name} NOT IN (0, 1)")
    elif isinstance(column.type, Integer) and not column.foreign_keys:
        least = _AMOUNTS.get((table.name, column.name), 0)
        condition = f"({name} < {least} OR {name} > {INT_MAX})"
        yield _fault(table, column, f"is not from {least} to {INT_MAX}", condition)


def _no_date(name: str, sqlite: bool) -> str:
    if sqlite:
        return f"{name} IS NOT NULL AND (julianday({name}) IS NULL OR {name} < '0001')"
    # No literal: a strict server refuses to compare with a zero date.
    zero = f"YEAR({name}) = 0 OR MONTH({name}) = 0 OR DAYOFMONTH({name}) = 0"
    return f"({zero} OR DAYOFMONTH({name}) > DAYOFMONTH(LAST_DAY({name})))"


def _fault(table: Table, column: Column[Any], what: str, condition: str) -> _Fault:
    name = column.name
    stand_in = STAND_INS[table.name].get(name)
    readable_number = "not from" in what
    if table is bids and name == "bid":
        return _Fault(name, what, condition, "the bid does not count", _delete(table), True)
    if readable_number or "neither" in what:
        effect = "shown as it is" if readable_number else "taken for yes, and not found as live"
        fits = "1" if "neither" in what else f"LEAST(GREATEST({quoted(name)}, 0), {INT_MAX})"
        return _Fault(name, what, condition, effect, _update(table, name, fits))
    if stand_in is not None:
        value = "NULL" if column.nullable else stand_in.sql
        return _Fault(name, what, condition, stand_in.told, _update(table, name, value))
    if table is winnings:
        return _Fault(name, what, condition, _LEFT_OUT, _update(table, name, "<what was won for>"))
    return _Fault(name, what, condition, _LEFT_OUT, _delete(table))


def _update(table: Table, column: str, value: str) -> str:
    return f"UPDATE {quoted(table.name)} SET {quoted(column)} = {value}"  # noqa: S608


def _delete(table: Table) -> str:
    return f"DELETE FROM {quoted(table.name)}"  # noqa: S608
