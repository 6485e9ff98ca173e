"""A SQLite file that is deleted or replaced under a running server: no bid is accepted."""

from __future__ import annotations

import asyncio
import shutil

import aiohttp
import pytest

from baraka_server.store import migrate
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import Trouble, Unavailable
from baraka_server.store.seed import seed
from baraka_server.store.store import Store
from tests.support.servers.neighbours import AUCTION, street

BID = AUCTION | {"amount": 5_000}


@pytest.fixture
async def room(tmp_path):
    async with street(tmp_path) as neighbours:
        yield neighbours


@pytest.fixture
def file(tmp_path):
    return tmp_path / "baraka.db"


async def ready(room, status):
    """What /readyz says, once it says so."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(20):
        while True:
            async with http.get(f"{room.url}/readyz") as answer:
                if answer.status == status:
                    return await answer.json()
            await asyncio.sleep(0.1)


async def logged(room, event):
    async with asyncio.timeout(20):
        while not (found := [line for line in room.log if line.get("event") == event]):
            await asyncio.sleep(0.05)
    return found


async def test_no_bid_is_acknowledged_into_a_file_that_was_moved_away(room, file):
    await room.bilal_bids()
    file.rename(file.with_name("elsewhere.db"))
    refused = await room.bilal.emits("placeBid", BID)
    assert (refused["ok"], refused["code"]) == (False, "unavailable")
    assert (await ready(room, 503))["database"] == "file"
    (gone,) = await logged(room, "database_gone")
    assert gone["level"] == "ERROR"
    assert "was deleted or moved away while it was in use" in gone["message"]
    assert not file.exists(), "an empty file was made"

    file.with_name("elsewhere.db").rename(file)
    await ready(room, 200)
    await logged(room, "database_back")
    await room.bilal_bids()


async def test_nobody_has_to_ask_to_hear_of_it_in_the_log(room, file):
    file.unlink()
    (gone,) = await logged(room, "database_gone")
    assert gone["database"] == "file"


async def test_no_bid_is_acknowledged_beside_a_file_that_was_put_in_its_place(room, file, tmp_path):
    copy = tmp_path / "copy.db"
    shutil.copy(file, copy)
    await room.bilal_bids()
    copy.replace(file)
    for _ in range(2):
        refused = await room.bilal.emits("placeBid", BID)
        assert refused["code"] == "unavailable"
    assert (await ready(room, 503))["database"] == "file"
    (gone,) = await logged(room, "database_gone")
    assert "stop the server before you change its database" in gone["message"]


async def test_what_is_new_in_the_pool_opens_no_other_file(tmp_path):
    file = tmp_path / "baraka.db"
    url = f"sqlite:///{file}"
    await migrate.upgrade(url)
    await seed(url, users=2, auctions=1)
    store = Store(open_engine(url), timeout_seconds=5)
    try:
        async with store.reading():
            file.unlink()
            for _ in range(2):  # with a connection that has yet to be made
                with pytest.raises(Unavailable) as refused:
                    await store.live_auctions()
                assert refused.value.trouble is Trouble.FILE
            assert not file.exists()
    finally:
        await store.close()


async def test_only_its_owner_may_read_the_file_and_its_journal(room, tmp_path):
    await room.bilal_bids()
    for name in ("baraka.db", "baraka.db-wal", "baraka.db-shm"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600, name
