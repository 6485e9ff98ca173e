"""Commands about the ring on the block of auction 1, and changes of its rows by another program."""

from __future__ import annotations

from sqlalchemy import update

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    PlaceBid,
)

RING = ChangeLot(
    auction_id=1, product="Gold Ring", minimum_price=5, start_price=10, market_price=20
)
AWARD = AwardLot(auction_id=1, product="Gold Ring", weight="5.2g")
AWARD_PEARL = AwardLot(auction_id=1, product="Pearl")


def bid(amount: int) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount)


async def change_row(store, table, row_id, **values):
    async with store.writing() as connection:
        await connection.execute(update(table).where(table.c.id == row_id).values(values))
