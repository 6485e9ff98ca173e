"""Two servers with a Redis between them: its news, its failures, and the viewers of a server that died."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from baraka_server.contract.client_events import JoinAuction, StartAuction
from tests.live.ring import RING, bid
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.neighbours import until
from tests.support.servers.redis import Redis

pytestmark = pytest.mark.mariadb

NEVER = 3_600


@pytest.fixture
def database_url(mariadb) -> str:
    mariadb.revive()
    return mariadb.create_database(f"baraka_{id(mariadb)}_{next(_numbers)}")


_numbers = iter(range(1_000))


def server(database_url: str, folder: Path, redis: Redis, **settings: object) -> Baraka:
    """One that hears of others by the relay alone, while that is not interrupted."""
    return Baraka(
        database_url,
        folder,
        BARAKA_REDIS_URL=redis.url,
        BARAKA_LEDGER_POLL_SECONDS=NEVER,
        BARAKA_RELAY_ECHO_SECONDS_MAX=1,
        BARAKA_NODE_EXPIRY_SECONDS=2,
        **settings,
    )


async def relay_is(state: str, *servers: Baraka) -> None:
    """Wait until each of these is ready and says this of its relay."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(20):
        for one in servers:
            while True:
                async with http.get(f"{one.url}/readyz") as answer:
                    assert answer.status == 200
                    if (await answer.json())["relay"] == state:
                        break
                await asyncio.sleep(0.05)


async def counts(phone: Phone, count: int) -> None:
    await phone.until(
        lambda: [one["userCount"] for one in phone.heard("userCountUpdate")][-1:] == [count],
        f"a count of {count}: {phone.heard('userCountUpdate')}",
    )


def prices(phone: Phone) -> list[int]:
    return [one["newBid"]["bid"] for one in phone.heard("newBid")]


async def test_two_servers_and_a_redis_that_dies_freezes_and_comes_back(
    sale_database, tmp_path, redis
):
    async with (
        server(sale_database, tmp_path, redis) as here,
        server(sale_database, tmp_path, redis) as there,
        PythonPhones() as phones,
    ):
        amina = await phones.open(here.url, auth={"token": token(SECRET, 1)})
        bilal = await phones.open(here.url, auth={"token": token(SECRET, 2)})
        dina = await phones.open(there.url, auth={"token": token(SECRET, 3)})
        await relay_is("healthy", here, there)

        await amina.emits(StartAuction(auction_id=1))
        await dina.hears("auctionStarted")
        for phone in (bilal, dina):
            await phone.emits(JoinAuction(auction_id=1))
        await counts(bilal, 2)
        await counts(dina, 2)
        await amina.emits(RING)
        await dina.hears("auction_change_product")
        await bilal.emits(bid(10))
        await dina.hears("newBid")
        await dina.emits(bid(11))
        await bilal.hears("newBid", lambda told: told["newBid"]["bid"] == 11)

        redis.kill()
        await relay_is("degraded", here, there)
        await bilal.emits(bid(12))
        await dina.hears("newBid", lambda told: told["newBid"]["bid"] == 12)
        await dina.emits(bid(13))
        await bilal.hears("newBid", lambda told: told["newBid"]["bid"] == 13)

        redis.start()
        await relay_is("healthy", here, there)
        await bilal.emits(bid(14))
        await dina.hears("newBid", lambda told: told["newBid"]["bid"] == 14)

        redis.freeze()
        await relay_is("degraded", here, there)
        await bilal.emits(bid(15))
        await dina.hears("newBid", lambda told: told["newBid"]["bid"] == 15)
        redis.thaw()
        await relay_is("healthy", here, there)
        farah = await phones.open(there.url, auth={"token": token(SECRET, 4)})
        await farah.emits(JoinAuction(auction_id=1))
        await counts(bilal, 3)

        assert prices(dina) == prices(bilal) == [10, 11, 12, 13, 14, 15]
        for phone in (bilal, dina):
            seqs = [told["seq"] for name, told in phone.events if name == "newBid"]
            assert seqs == list(range(seqs[0], seqs[0] + 6))

        await there.kill()
        await counts(bilal, 1)


async def test_a_server_that_is_stopped_takes_its_viewers_along_before_it_expires(
    sale_database, tmp_path, redis
):
    async with (
        server(sale_database, tmp_path, redis) as here,
        server(sale_database, tmp_path, redis) as there,
        PythonPhones() as phones,
    ):
        amina = await phones.open(here.url, auth={"token": token(SECRET, 1)})
        dina = await phones.open(there.url, auth={"token": token(SECRET, 3)})
        await relay_is("healthy", here, there)
        await amina.emits(StartAuction(auction_id=1))
        await amina.emits(JoinAuction(auction_id=1))
        await dina.emits(JoinAuction(auction_id=1))
        await counts(amina, 2)

        await there.stop()
        await counts(amina, 1)
        await until(lambda: not there.running)
