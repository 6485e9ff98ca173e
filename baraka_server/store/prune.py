"""Pruning: removes ended auctions whose archive is written and verified, each in one transaction (D56).

The rows of `Auction` and `winnings` stay: they are the house's books.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.store.archive import Archive
from baraka_server.store.errors import StoreError
from baraka_server.store.ledger import read_tail
from baraka_server.store.rows import read_auction
from baraka_server.store.store import Store
from baraka_server.store.tables import (
    attendance,
    auctions,
    bids,
    comments,
    events,
    lots,
    maxima,
    paddles,
    texts,
    winnings,
)

KEYS: Sequence[tuple[Any, str]] = (
    *((attendance, "node"), (maxima, "seq"), (paddles, "number"), (lots, "lot_id")),
    *((texts, "hash"), (comments, "id"), (bids, "id"), (events, "seq")),
)
"""The tables that lose an auction's rows, and the column that tells these apart."""

ROWS_PER_STATEMENT = 500
ENTRIES_BESIDE_SALE_MAX = 5_000
"""SQLite has one writer: a longer ledger is not removed while another auction is live."""


class NotPruned(StoreError):
    """An auction stays as it is; the text says why."""


@dataclass(frozen=True, slots=True)
class Prunable:
    """An ended auction that is old enough."""

    auction_id: int
    title: str
    last_at: datetime
    entries: int
    unpaid: int


async def prunable(store: Store, before: datetime) -> list[Prunable]:
    """The ended and canceled auctions whose ledger has nothing since `before`, oldest first."""
    last = (
        select(events.c.auction_id, func.max(events.c.at).label("at"), func.count().label("n"))
        .group_by(events.c.auction_id)
        .subquery()
    )
    unpaid = (
        select(func.count())
        .where(winnings.c.auction_id == auctions.c.id, ~winnings.c.sold)
        .scalar_subquery()
    )
    query = (
        select(auctions.c.id, auctions.c.title, last.c.at, last.c.n, unpaid)
        .join(last, last.c.auction_id == auctions.c.id)
        .where(or_(auctions.c.isEnded, auctions.c.isCanceled), ~auctions.c.isLive)
        .where(last.c.at < before)
        .order_by(last.c.at, auctions.c.id)
    )
    async with store.reading() as connection:
        return [Prunable(*row) for row in await connection.execute(query)]


async def remove(store: Store, archive: Archive) -> None:
    """Remove the auction of an archive, if it is what the archive says. Raises `NotPruned`."""
    await _require_room(store, archive)
    async with store.writing() as connection:
        record = await read_auction(connection, archive.auction_id, lock=True)
        tail = await read_tail(connection, archive.auction_id)
        if record is None or record.isLive or not (record.isEnded or record.isCanceled):
            raise NotPruned(f"Auction {archive.auction_id} is not over any more.")
        if (tail.seq, tail.hash) != (archive.seq, archive.hash):
            raise NotPruned(f"Auction {archive.auction_id} was changed since it was archived.")
        for table, key in KEYS:
            await remove_rows(connection, table, table.c[key], archive.auction_id)


async def _require_room(store: Store, archive: Archive) -> None:
    if store.has_own_time or archive.rows.get(events.name, 0) <= ENTRIES_BESIDE_SALE_MAX:
        return
    if await store.live_auctions():
        raise NotPruned(
            f"Auction {archive.auction_id} has more than {ENTRIES_BESIDE_SALE_MAX} entries: to remove them "
            "would hold up the auction that is live. Run this again when it is over."
        )


async def remove_rows(connection: AsyncConnection, table: Any, key: Any, auction_id: int) -> None:
    """Remove the rows of an auction from a table, by their whole keys."""
    mine = table.c.auction_id == auction_id
    found = (await connection.execute(select(key).where(mine))).scalars().all()
    # By whole keys: MariaDB would lock the gaps beside a range, where a neighbour's bids go.
    for start in range(0, len(found), ROWS_PER_STATEMENT):
        some = key.in_(found[start : start + ROWS_PER_STATEMENT])
        await connection.execute(delete(table).where(mine, some))
