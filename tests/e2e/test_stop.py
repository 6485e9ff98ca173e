"""Stop of a server: what clients notice of it, and what is not lost."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager

import aiohttp
import pytest

from baraka_server.contract.client_events import ChangeLot, JoinAuction, PlaceBid, StartAuction
from tests.support.clients.phones import NodePhones, PythonPhones, token
from tests.support.clients.stranger import SlowReader
from tests.support.servers.baraka import SECRET, Baraka

AUCTION = {"auctionId": 1}
RING = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
WAYS = ("websocket", "polling")

LONG = {"BARAKA_SHUTDOWN_SECONDS_MAX": 60, "BARAKA_SHUTDOWN_NOTICE_SECONDS": 30}
"""Long enough for a test to look around while the server says that it stops."""

PATIENT = {"BARAKA_SHUTDOWN_SECONDS_MAX": 20}
"""A slow machine is not a failure; a stop that waits for somebody ends with 1 all the same."""


@pytest.fixture
async def phones():
    NodePhones.require()
    async with NodePhones() as phones:
        yield phones


async def pick_up(phones, server, user_id, way="websocket", **options):
    auth = {"token": token(SECRET, user_id)}
    phone = await phones.open(server.url, user_id, auth=auth, transports=[way], **options)
    await phone.lives_through("connect")
    return phone


async def open_sale(amina):
    await amina.emits(StartAuction(auction_id=1))
    await amina.emits(ChangeLot.model_validate(AUCTION | RING))


@asynccontextmanager
async def not_reading(server, user_id):
    """A viewer in the room who never reads again."""
    async with SlowReader(server.url) as viewer:
        await viewer.enters(user_id)
        assert (await viewer.asks("joinAuction", AUCTION))["ok"]
        yield


async def test_a_load_balancer_is_told_before_the_port_closes(sale_database, tmp_path, phones):
    async with (
        Baraka(sale_database, tmp_path, **LONG) as server,
        aiohttp.ClientSession(server.url) as http,
    ):
        amina, bilal = [await pick_up(phones, server, user_id) for user_id in (1, 2)]
        await open_sale(amina)
        await bilal.emits(JoinAuction(auction_id=1))

        server.send(signal.SIGTERM)
        while (await http.get("/readyz")).status == 200:
            pass
        refused = await http.get("/readyz")
        assert (refused.status, (await refused.json())["ok"]) == (503, False)
        assert (await http.get("/healthz")).status == 200
        for way in WAYS:
            headers = {"Upgrade": "websocket", "Connection": "Upgrade"} if way == WAYS[0] else {}
            path = f"/socket.io/?EIO=4&transport={way}"
            async with http.get(path, headers=headers) as answer:
                assert answer.status == 503
                assert int(answer.headers["Retry-After"]) > 0
        # who was there is served until the end
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=5)))["ok"]
        server.send(signal.SIGTERM)
        await server.ended()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_it_at_once_and_by_that_signal(
    sale_database, tmp_path, first, number
):
    async with Baraka(sale_database, tmp_path, **LONG) as server:
        server.send(first)
        await server.says("stopping")
        server.send(number)
        assert await server.ended() == -number  # a shell shows 128 + the number: 143 or 130
    assert not [line for line in server.log if "raw" in line]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_whoever_is_connected_goes_elsewhere_even_beside_one_that_does_not_read(
    sale_database, tmp_path, phones, number
):
    async with Baraka(sale_database, tmp_path, **PATIENT) as server:
        amina = await pick_up(phones, server, 1, reconnectionDelay=50)
        await open_sale(amina)
        viewers = [await pick_up(phones, server, 2, way, reconnectionDelay=50) for way in WAYS]
        for viewer in viewers:
            await viewer.emits(JoinAuction(auction_id=1))
        async with not_reading(server, 3):
            await amina.emits(PlaceBid(auction_id=1, amount=1))
            server.send(number)
            assert await server.ended() == 0
            assert server.log[-1]["message"] == "stopped"
        for phone in (amina, *viewers):
            gone = await phone.lives_through("disconnect")
            assert gone["active"], "a client that was told to stay away never comes back"
        await server.start()  # on the same port, as the next one behind a balancer
        for phone in (amina, *viewers):
            await phone.lives_through_again("connect", times=2)
            state = await phone.emits(JoinAuction(auction_id=1))
            assert state["auction"]["current_product"] == "Ring"


@pytest.mark.parametrize("way", WAYS)
async def test_a_client_in_python_comes_back_by_itself(sale_database, tmp_path, way):
    """python-socketio takes the protocol's CLOSE packet for the end, unlike a lost connection."""
    auth = {"token": token(SECRET, 2)}
    async with Baraka(sale_database, tmp_path, **PATIENT) as server, PythonPhones() as phones:
        phone = await phones.open(server.url, 2, auth=auth, transports=[way], reconnection=True)
        await phone.lives_through("connect")
        assert await server.stop() == 0
        await phone.lives_through("disconnect")
        await server.start()
        await phone.lives_through_again("connect", times=2)


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_acknowledged_is_there_and_the_rest_is_refused_or_unknown(
    sale_database, tmp_path, phones, store, way
):
    async with Baraka(sale_database, tmp_path, **PATIENT) as server:
        amina = await pick_up(phones, server, 1, way, reconnection=False)
        bilal = await pick_up(phones, server, 2, way, reconnection=False)
        await open_sale(amina)
        await bilal.emits(JoinAuction(auction_id=1))
        asked = {
            amount: asyncio.create_task(bilal.emits(PlaceBid(auction_id=1, amount=amount)))
            for amount in range(1, 101)
        }
        await asyncio.wait(asked.values(), return_when=asyncio.FIRST_COMPLETED)
        assert await server.stop() == 0
        await bilal.lives_through("disconnect")

    answers = {amount: task.result() for amount, task in asked.items() if task.done()}
    for task in asked.values():
        task.cancel()
    snapshot = await store.snapshot(1)
    accepted = {amount for amount, answer in answers.items() if answer["ok"]}
    assert accepted
    assert accepted <= {bid.bid for bid in snapshot.bids}
    assert {answer["code"] for answer in answers.values() if not answer["ok"]} <= {"unavailable"}


@pytest.mark.chaos
@pytest.mark.mariadb
async def test_a_database_that_hangs_does_not_keep_the_server(mariadb, tmp_path, phones):
    from baraka_server.store import migrate
    from baraka_server.store.seed import seed

    mariadb.revive()
    url = mariadb.create_database("hangs_at_the_stop")
    await migrate.upgrade(url)
    await seed(url, users=3, auctions=1)
    async with Baraka(url, tmp_path) as server:
        amina = await pick_up(phones, server, 1)
        await open_sale(amina)
        await asyncio.to_thread(mariadb.freeze)
        try:
            await amina.says(PlaceBid(auction_id=1, amount=5))
            # Answered without the database, so that the bid before it waits by now.
            assert (await amina.emits("placeBid", {}))["code"] == "malformed"
            server.send(signal.SIGTERM)
            assert await server.ended() in (0, 1)  # 1 when a driver's thread had to be cut off
        finally:
            await asyncio.to_thread(mariadb.thaw)
    said = [line["message"] for line in server.log]
    assert "stopping before every accepted command was answered" in said
