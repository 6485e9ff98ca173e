"""Fixtures of the tests of the house."""

import pytest

from tests.support.clients.hall import Hall, open_house


@pytest.fixture
def hall():
    return Hall()


@pytest.fixture
async def house(store, hall):
    house = open_house(store, hall)
    yield house
    await house.close()
