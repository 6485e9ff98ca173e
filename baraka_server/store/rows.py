"""Queries for auctions, users, bids and comments, which return the contract's records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Select, Table, bindparam, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.records import Auction, BidWithUser, CommentWithUser, Record, User
from baraka_server.domain.parts import StandingBid
from baraka_server.store.readable import RowLog, moment, readable
from baraka_server.store.slices import SLICE_ROWS, of_slices
from baraka_server.store.tables import auctions, bids, blocked_users, comments, users, winnings

R = TypeVar("R", bound=Record)

ROW_LOG = "baraka_row_log"
"""The execution option of an engine that has the `RowLog` of its store."""

# One-time codes are not even read: nothing that this process holds could leak one (D17).
USER_COLUMNS = [
    null().label("otpCode") if column.name == "otpCode" else column for column in users.c
]


# The statements of every bid are made once: making one takes as long as running it.
_AUCTION = select(auctions).where(auctions.c.id == bindparam("auction"))
_LOCKED_AUCTION = _AUCTION.with_for_update()
_USERS = select(*USER_COLUMNS).where(users.c.id.in_(bindparam("users", expanding=True)))


def is_id(number: int) -> bool:
    """Whether a row can have this id. A query for another one is an error in some drivers."""
    return 1 <= number <= INT_MAX


async def read_auction(
    connection: AsyncConnection, auction_id: int, *, lock: bool
) -> Auction | None:
    query = _LOCKED_AUCTION if lock else _AUCTION
    rows = (await connection.execute(query, {"auction": auction_id})).mappings().all()
    return next(iter(records(connection, Auction, auctions, rows)), None)


async def read_users(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, User]:
    """The users among `ids` that exist, by id. Their numbers are whole: mask them for others."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = (await connection.execute(_USERS, {"users": list(wanted)})).mappings().all()
    return users_of(connection, rows)


async def is_blocked(connection: AsyncConnection, user_id: int) -> bool:
    """Whether a user is blocked everywhere (D47)."""
    query = select(blocked_users.c.user_id).where(blocked_users.c.user_id == user_id)
    return (await connection.execute(query)).first() is not None


def users_of(connection: AsyncConnection, rows: Iterable[Any]) -> dict[int, User]:
    """The users of rows of `USER_COLUMNS`, by id; of an outer join that found nobody there are none."""
    there = [row for row in rows if row["id"] is not None]
    return {user.id: user for user in records(connection, User, users, there)}


async def read_bids(connection: AsyncConnection, auction_id: int) -> list[BidWithUser]:
    """The bids of the auction, newest first, as `newBid` lists them."""
    query = (
        with_user(bids)
        .where(bids.c.auction_id == auction_id)
        .order_by(bids.c.createdAt.desc(), bids.c.id.desc())
    )
    rows = (await connection.execute(query)).mappings().partitions(SLICE_ROWS)
    found = await of_slices(partial(records_with_users, connection, BidWithUser, bids), rows)
    return [bid for bid in found if _counts(bid, row_log(connection))]


def _counts(bid: BidWithUser, noted: RowLog) -> bool:
    """Whether the amount is valid (D12); `read_highest_bids` has the same condition."""
    if is_id(bid.bid):
        return True
    noted.note(bids.name, bid.id, f"bid is not from 1 to {INT_MAX}, so it does not count")
    return False


async def read_comments(connection: AsyncConnection, auction_id: int) -> list[CommentWithUser]:
    """The comments of the auction, oldest first, as `newComment` lists them."""
    query = (
        with_user(comments)
        .where(comments.c.auction_id == auction_id)
        .order_by(comments.c.createdAt, comments.c.id)
    )
    rows = (await connection.execute(query)).mappings().partitions(SLICE_ROWS)
    return await of_slices(partial(records_with_users, connection, CommentWithUser, comments), rows)


async def read_highest_bids(
    connection: AsyncConnection, auction_id: int, count: int, bid_id: int | None = None
) -> list[StandingBid]:
    """The highest bids, and of equal ones (an older system may have let them in) the first.

    With `bid_id` only that one counts.

    A bid whose user is gone does not stand, although its row may exist: not every program keeps foreign
    keys.
    """
    query = (
        select(bids.c.id, bids.c.user_id, bids.c.bid, bids.c.createdAt)
        .join_from(bids, users, bids.c.user_id == users.c.id)
        .where(bids.c.auction_id == auction_id, bids.c.bid.between(1, INT_MAX))
        .order_by(bids.c.bid.desc(), bids.c.id)
        .limit(count)
    )
    if bid_id is not None:
        query = query.where(bids.c.id == bid_id)
    return [
        StandingBid(row.id, row.user_id, row.bid, moment(row.createdAt))
        for row in await connection.execute(query)
    ]


async def read_bidders(connection: AsyncConnection, auction_id: int) -> frozenset[int]:
    """The users who have bids in the auction's list."""
    query = select(bids.c.user_id).where(bids.c.auction_id == auction_id).distinct()
    return frozenset((await connection.execute(query)).scalars())


def row_log(connection: AsyncConnection) -> RowLog:
    """The `RowLog` of the connection's store; else a new one, which logs each row again."""
    options = (
        connection.sync_connection.get_execution_options() if connection.sync_connection else {}
    )
    return options.get(ROW_LOG) or RowLog()


def records(
    connection: AsyncConnection, kind: type[R], table: Table, rows: Iterable[Any]
) -> list[R]:
    """The records of the rows of `table`, without those that cannot be read."""
    noted = row_log(connection)
    found = (readable(kind, table.name, row, noted) for row in rows)
    return [record for record in found if record]


def records_with_users(
    connection: AsyncConnection, kind: type[R], table: Table, rows: Iterable[Any]
) -> list[R]:
    """The records of rows that were read `with_user`. A row whose user does not exist is left out.

    A winning is kept: the host finds it by the id that its user had.
    """
    noted = row_log(connection)
    found = []
    for row in rows:
        plain = nested(row)
        if table is winnings and plain["user"]["id"] is None:
            plain["user"]["id"] = plain["user_id"]
        if plain["user"]["id"] is None:
            noted.note(table.name, plain["id"], "there is no such user, so it is left out")
        elif record := readable(kind, table.name, plain, noted):
            found.append(record)
    return found


_USER_PREFIX = "user."


def with_user(table: Any) -> Select[Any]:
    """All rows of `table`, each with the user that it references; `nested` makes records of them."""
    prefixed = [column.label(_USER_PREFIX + column.name) for column in USER_COLUMNS]
    return select(table, *prefixed).join_from(
        table, users, table.c.user_id == users.c.id, isouter=True
    )


def nested(row: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    user: dict[str, Any] = {}
    for name, value in row.items():
        if name.startswith(_USER_PREFIX):
            user[name.removeprefix(_USER_PREFIX)] = value
        else:
            plain[name] = value
    return {**plain, "user": user}
