"""Ends of an auction: what every transaction reads first, behind the lock and in one query."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.records import User
from baraka_server.store import rows
from baraka_server.store.ledger import TAIL, Tail
from baraka_server.store.tables import bids, events, users


@dataclass(frozen=True, slots=True)
class NewestBid:
    """The row of an auction's bids that has the highest id."""

    bid_id: int
    user_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Ends:
    """The end of an auction's ledger, its newest bid, and users.

    `users` has those that were asked for, None for who does not exist. Without a ledger neither they nor
    the bid are known.
    """

    tail: Tail
    newest_bid: NewestBid | None = None
    users: Mapping[int, User | None] = field(default_factory=dict)


# The newest bid is the standing one unless another program changed the bids. Queries of their own, for it
# and for the users, would cost every transaction of a hot auction round trips.
_NEWEST_BID_ID = select(func.max(bids.c.id)).where(bids.c.auction_id == bindparam("auction"))
_ENDS = TAIL.add_columns(bids.c.id, bids.c.user_id, bids.c.bid).outerjoin_from(
    events, bids, bids.c.id == _NEWEST_BID_ID.scalar_subquery()
)
_ENDS_ROW = _ENDS.subquery()
_ENDS_AND_USERS = select(*_ENDS_ROW.c, *rows.USER_COLUMNS).join_from(
    _ENDS_ROW, users, users.c.id.in_(bindparam("users", expanding=True)), isouter=True
)
_TAIL_END, _BID_END = 4, 7
_USER_NAMES = [column.name for column in users.c]


async def read_ends(
    connection: AsyncConnection, auction_id: int, user_ids: Collection[int]
) -> Ends:
    asked: dict[str, Any] = {"auction": auction_id}
    if user_ids:
        asked["users"] = list(user_ids)
    query = _ENDS_AND_USERS if user_ids else _ENDS
    found = (await connection.execute(query, asked)).all()
    if not found:
        return Ends(Tail())
    tail, newest = found[0][:_TAIL_END], found[0][_TAIL_END:_BID_END]
    people = [dict(zip(_USER_NAMES, row[_BID_END:], strict=True)) for row in found if user_ids]
    read = rows.users_of(connection, people)
    return Ends(
        Tail(*tail),
        None if newest[0] is None else NewestBid(*newest),
        {user_id: read.get(user_id) for user_id in user_ids},
    )
