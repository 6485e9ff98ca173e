"""Fixtures of the tests of the store."""

import pytest

from tests.support.servers.sales import take
from tests.support.servers.stores import START


@pytest.fixture
async def live(store):
    """The store, with auction 1 on air."""
    await take(store, 1, [START])
    return store
