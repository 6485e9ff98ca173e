"""Fixtures of the tests of the store."""

from collections.abc import AsyncIterator

import pytest

from baraka_server.store.store import Store
from tests.support.servers.sales import Sale, open_store, run_sale, take
from tests.support.servers.stores import START


@pytest.fixture
async def live(store: Store) -> Store:
    """The store, with auction 1 on air."""
    await take(store, 1, [START])
    return store


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Store]:
    """A store without any auction."""
    async with open_store(database_url) as store:
        yield store


@pytest.fixture
async def sale(books: Store) -> Sale:
    """A whole sale in `books`."""
    return await run_sale(books)
