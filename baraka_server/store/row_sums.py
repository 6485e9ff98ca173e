"""Sums over an auction's rows, by which a node sees that another program changed one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sqlalchemy import ColumnElement, Integer, String, Table, case, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from baraka_server.contract.records import Auction, User, UserType
from baraka_server.store.tables import bids, comments, users

SQLITE_CHECKSUM = "baraka_checksum"
_EXPERT, _NORMAL = (crc32(kind.encode()) for kind in (UserType.Expert, UserType.Normal))


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over the rows of a list, the same in whatever order they are added.

    `values` adds up amounts, or the checksums of texts; `people` the checksums of what is shown of
    the rows' users.
    """

    count: int = 0
    ids: int = 0
    owners: int = 0
    values: int = 0
    people: int = 0

    def less(self, other: Tally) -> Tally:
        return Tally(
            self.count - other.count,
            self.ids - other.ids,
            self.owners - other.owners,
            self.values - other.values,
            self.people - other.people,
        )


@dataclass(frozen=True, slots=True)
class RowSums:
    """The sums over the rows of an auction's lists."""

    bids: Tally
    comments: Tally

    def less(self, other: RowSums) -> RowSums:
        return RowSums(self.bids.less(other.bids), self.comments.less(other.comments))


NOTHING = RowSums(Tally(), Tally())


@dataclass(frozen=True, slots=True)
class Look:
    """The data of an auction that another program may have changed, as of the ledger's entry `seq`."""

    auction: Auction
    seq: int
    hash: str
    sums: RowSums


def checksum(text: str) -> int:
    return crc32(text.encode())


def checksum_of_column(value: Any) -> int | None:
    """`checksum` for SQLite, where a column may hold anything; of NULL it is NULL, as elsewhere."""
    return None if value is None else checksum(str(value))


def checksum_of_user(user: User) -> int:
    """A sum of what others see of a user, but for the times: those change with every sign-in."""
    return (
        checksum(user.name)
        + checksum(user.number)
        + checksum(user.type.value)
        + (user.category_id or 0)
    )


class _Checksum(FunctionElement[int]):
    """`checksum` of a column's text, in SQL."""

    type = Integer()
    inherit_cache = True


@compiles(_Checksum, "mysql")
@compiles(_Checksum, "mariadb")
def _checksum_mysql(element: _Checksum, compiler: Any, **options: Any) -> str:
    # Of the text, whatever character set its column has.
    return f"CRC32(CONVERT({compiler.process(element.clauses, **options)} USING utf8mb4))"


@compiles(_Checksum, "sqlite")
def _checksum_sqlite(element: _Checksum, compiler: Any, **options: Any) -> str:
    return f"{SQLITE_CHECKSUM}({compiler.process(element.clauses, **options)})"


async def read_row_sums(connection: AsyncConnection, auction_id: int) -> RowSums:
    return RowSums(
        await _tally(connection, bids, bids.c.bid, auction_id),
        await _tally(connection, comments, _Checksum(comments.c.comment), auction_id),
    )


async def _tally(
    connection: AsyncConnection, table: Table, value: ColumnElement[Any], auction_id: int
) -> Tally:
    # As `checksum_of_user` has them, also those that are shown with a stand-in (D52).
    stand_in = literal("user ") + cast(users.c.id, String)
    person = [
        func.coalesce(_Checksum(users.c.name), _Checksum(stand_in)),
        func.coalesce(_Checksum(users.c.number), 0),
        case((users.c.type == UserType.Expert, _EXPERT), else_=_NORMAL),
        func.coalesce(users.c.category_id, 0),
    ]
    sums = (table.c.id, table.c.user_id, value, sum(person[1:], start=person[0]))
    query = (
        select(func.count(), *(func.coalesce(func.sum(one), 0) for one in sums))
        .join_from(table, users, table.c.user_id == users.c.id)
        .where(table.c.auction_id == auction_id)
    )
    return Tally(*map(int, (await connection.execute(query)).one()))
