"""Changes to the rows of a sale behind the server's back, and what `audit.verify` says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from baraka_server.contract.reports import Disagreement, Verdict
from baraka_server.store import audit
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, comments, events, winnings
from tests.support.servers.sales import (
    Sale,
    prepare_sale,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ENTRIES = 16
"""What run_sale leaves in the ledger."""


async def execute(store: Store, statement: Any) -> Any:
    async with store.writing() as connection:
        return await connection.execute(statement)


async def alter(store: Store, table: Any, where: Any, **values: Any) -> None:
    done = await execute(store, update(table).where(where).values(values))
    assert done.rowcount == 1


async def alter_entry(store: Store, sale: Sale, seq: int, /, **values: Any) -> Verdict:
    where = (events.c.auction_id == sale.auction.id) & (events.c.seq == seq)
    await alter(store, events, where, **values)
    return await audit.verify(store, sale.auction.id)


async def the_disagreement(store: Store, sale: Sale) -> Disagreement:
    """The only row that does not agree; the chain of hashes holds."""
    verdict = await audit.verify(store, sale.auction.id)
    assert not verdict.ok
    assert verdict.alteredEntry is None
    assert len(verdict.disagreements) == 1, verdict
    return verdict.disagreements[0]


async def changed_outside(store: Store, sale: Sale) -> list[tuple[str, int]]:
    """The rows that others changed, as table and id. Nothing is said against the ledger."""
    verdict = await audit.verify(store, sale.auction.id)
    assert verdict.ok, verdict
    assert verdict.disagreements == []
    return [(one.table, one.rowId) for one in verdict.changedOutside]


async def newest(store: Store, table: Any) -> Any:
    async with store.reading() as connection:
        query = select(table).order_by(table.c.id.desc()).limit(1)
        return (await connection.execute(query)).mappings().one()


async def adopted_sale(store: Store) -> Sale:
    """A sale that another program has begun: a lot, bids, a comment and a winning, no ledger."""
    sale = await prepare_sale(store)
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    lot = {"current_product": "Carpet", "minBidPrice": 100, "bidPrice": 100, "actualPrice": 900}
    await alter(store, auctions, auctions.c.id == sale.auction.id, isLive=True, **lot)
    times = {"createdAt": past, "updatedAt": past}
    row = {"auction_id": sale.auction.id, "user_id": sale.bilal.id, **times}
    await execute(store, insert(bids).values([{**row, "bid": 200}, {**row, "bid": 300}]))
    await execute(store, insert(comments).values({**row, "comment": "Old"}))
    won = {**row, "product": "Pot", "price": 5, "weight": None, "sold": True}
    await execute(store, insert(winnings).values(won))
    return sale
