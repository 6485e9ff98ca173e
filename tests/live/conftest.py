"""Fixtures of the tests of the house."""

import pytest

from baraka_server.contract.client_events import JoinAuction, StartAuction
from baraka_server.contract.vocabulary import parse
from tests.live.ring import RING, bid
from tests.support.clients.hall import Hall, open_house, viewer


@pytest.fixture
def hall():
    return Hall()


@pytest.fixture
async def house(store, hall):
    house = open_house(store, hall)
    yield house
    await house.close()


@pytest.fixture
async def on_air(house):
    """The house, with the ring on the block of auction 1 and Bilal in its room."""
    amina, bilal = viewer(1), viewer(2)
    await house.submit(amina, StartAuction(auction_id=1))
    await house.submit(amina, RING)
    assert (await house.submit(bilal, JoinAuction(auction_id=1)))["userCount"] == 1
    return house, amina, bilal


@pytest.fixture
async def live_sale(house, hall):
    """Say what Amina does, by name, while Bilal and Dina, who bid, are in the room of auction 1."""
    amina, bilal, dina = viewer(1), viewer(2), viewer(3)

    async def does(name, **payload):
        return await house.submit(amina, parse(name, [{"auctionId": 1} | payload]))

    does.bids = lambda who, amount: house.submit({2: bilal, 3: dina}[who], bid(amount))
    does.heard = lambda: hall.news_of(bilal)
    does.joins = lambda: house.submit(bilal, JoinAuction(auction_id=1))
    await house.submit(amina, StartAuction(auction_id=1))
    for one in (bilal, dina):
        await house.submit(one, JoinAuction(auction_id=1))
    return does
