"""Rows that another program deletes while a transaction has read them and has not yet written."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from baraka_server.contract.client_events import AwardLot, ChangeLot, PlaceBid, StartAuction
from baraka_server.contract.refusals import Code
from baraka_server.live.audience import Viewer
from baraka_server.store.locked import LockedAuction
from baraka_server.store.tables import users
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.hall import Hall, open_house
from tests.support.servers.databases import only_mariadb

pytestmark = only_mariadb  # on SQLite nobody else writes meanwhile

AMINA, BILAL, DINA = (Viewer(f"socket {user_id}", user_id) for user_id in (1, 2, 3))
RING = ChangeLot(auction_id=1, product="Ring", minimum_price=5, start_price=5, market_price=5)
AWARD = AwardLot(auction_id=1, product="Ring", weight="5g")


def bid(amount: int) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount)


@pytest.fixture
async def house(store):
    opened = open_house(store, Hall())
    await opened.submit(AMINA, StartAuction(auction_id=1))
    await opened.submit(AMINA, RING)
    await opened.submit(BILAL, bid(10))
    yield opened
    await opened.close()


@pytest.fixture
def dina_vanishes(store, monkeypatch):
    """Call it, and Dina is deleted as soon as the next transaction has read her."""
    read, armed = LockedAuction.users, []

    async def reads(auction, ids):
        found = await read(auction, ids)
        if 3 in found and armed:
            armed.clear()
            async with store.writing() as connection:
                await connection.execute(delete(users).where(users.c.id == 3))
        return found

    monkeypatch.setattr(LockedAuction, "users", reads)
    return lambda: armed.append(True)


async def test_a_bidder_who_vanishes_before_the_bid_is_written_is_not_found(
    house, store, dina_vanishes
):
    dina_vanishes()
    assert (await house.submit(DINA, bid(20))).code is Code.USER_NOT_FOUND
    assert (await house.submit(BILAL, bid(11)))["seq"]
    await assert_sale_holds(store)


async def test_a_leader_who_vanishes_before_the_award_is_written_is_no_fault(
    house, store, dina_vanishes
):
    await house.submit(DINA, bid(20))
    dina_vanishes()
    refused = await house.submit(AMINA, AWARD)
    assert refused.code is Code.STANDING_BID_CHANGED
    assert refused.extra["standingBid"]["amount"] == 10
    assert (await house.submit(AMINA, AWARD))["winningId"]
    await assert_sale_holds(store)
