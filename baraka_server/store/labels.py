"""Labels of those who bid on the floor without an account, and which winnings are theirs (D40)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.domain.events import BidPlaced
from baraka_server.store.ledger import read_at
from baraka_server.store.tables import paddles


async def read_labels(connection: AsyncConnection, auction_id: int) -> dict[int, str | None]:
    """The labels of an auction by their paddles; None for a text that was erased."""
    query = select(paddles.c.seq).where(
        paddles.c.auction_id == auction_id, paddles.c.user_id.is_(None)
    )
    seqs = (await connection.execute(query)).scalars().all()
    found: dict[int, str | None] = {}
    for entry in await read_at(connection, auction_id, seqs):
        if isinstance(entry.event, BidPlaced) and entry.event.label_paddle is not None:
            label = entry.event.label
            found[entry.event.label_paddle] = label.text if label else None
    return found
