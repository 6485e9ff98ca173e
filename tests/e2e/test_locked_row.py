"""Another program keeps one auction's row locked: whoever bids elsewhere does not notice."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from baraka_server.store.tables import auctions
from tests.support.clients.crowd import join, open_sale
from tests.support.servers.databases import only_mariadb

pytestmark = [only_mariadb, pytest.mark.chaos]

BIDDERS = 15
"""More than the server has connections to its database."""


async def test_a_locked_row_holds_up_its_own_auction_and_no_other(baraka, crowd, store):
    ways = ["python websocket"]
    amina, *bidders = await crowd.pick_up_many(baraka.url, range(1, 2 + BIDDERS), ways)
    for auction_id in (1, 2):
        await open_sale(amina, auction_id=auction_id)
        await join(bidders, auction_id)
    async with store.writing() as connection:
        locking = select(auctions.c.id).where(auctions.c.id == 1).with_for_update()
        await connection.execute(locking)
        waiting = [
            asyncio.create_task(bidder.emits("placeBid", {"auctionId": 1, "amount": 10 + number}))
            for number, bidder in enumerate(bidders)
        ]
        for amount in range(1, 31):
            await connection.execute(select(1))  # an idle transaction is ended soon
            bid = {"auctionId": 2, "amount": amount}
            answer = await bidders[amount % BIDDERS].emits("placeBid", bid)
            assert answer["ok"], answer
        assert not any(task.done() for task in waiting)
    answers = await asyncio.gather(*waiting)
    assert any(answer["ok"] for answer in answers)
    assert {answer.get("code") for answer in answers} <= {None, "bid_too_low"}
