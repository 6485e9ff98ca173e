"""Outline of a ledger: what remains of a sale when it is over, at the cost of its lots, not of its bids."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import LedgerEntry
from baraka_server.store import ledger
from baraka_server.store.tables import events
from baraka_server.store.texts import read_texts


async def read_outline(connection: AsyncConnection, auction_id: int) -> list[LedgerEntry]:
    """All entries in order but comments, and of the bids the last of each round."""
    mine = events.c.auction_id == auction_id
    bids = mine & (events.c.kind == BidPlaced.kind)
    last = select(func.max(events.c.seq)).where(bids).group_by(events.c.round).subquery()
    found = await ledger.read_where(connection, mine & ~ledger.OFTEN_AND_KNOWN)
    found += await ledger.read_where(connection, bids & events.c.seq.in_(select(last.c[0])))
    by_seq = {entry.seq: entry for entry in found}
    return await read_texts(connection, auction_id, [by_seq[seq] for seq in sorted(by_seq)])
