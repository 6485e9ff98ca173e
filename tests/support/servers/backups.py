"""A database that lost its last commits: a restored backup, or a fail-over to a copy that lagged."""

from sqlalchemy import delete, select

from baraka_server.store.store import Store
from baraka_server.store.tables import bids, events


async def loses(store: Store, *, after: int, auction_id: int = 1) -> None:
    """Every entry behind `after` is gone, and the bids that they wrote."""
    async with store.writing() as connection:
        gone = (events.c.auction_id == auction_id) & (events.c.seq > after)
        found = await connection.execute(select(events.c.at).where(gone, events.c.kind == "bid"))
        lost = bids.c.createdAt.in_(found.scalars().all())
        await connection.execute(delete(bids).where(bids.c.auction_id == auction_id, lost))
        await connection.execute(delete(events).where(gone))
