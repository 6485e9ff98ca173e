"""Fixtures of the tests of the house."""

import pytest

from baraka_server.contract.client_events import JoinAuction, StartAuction
from tests.live.ring import RING
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
