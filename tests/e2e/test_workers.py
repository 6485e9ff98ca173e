"""One server of several processes: every client finds its session, and whoever dies is replaced."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import psutil
import pytest

from baraka_server.contract.client_events import JoinAuction, PlaceBid, StartAuction
from tests.live.ring import RING
from tests.support.clients.phones import NodePhones, Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until

pytestmark = only_sqlite

POLLING = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture
async def workers(sale_database, tmp_path) -> AsyncIterator[Baraka]:
    never_expires = {"BARAKA_NODE_EXPIRY_SECONDS": 600}
    async with Baraka(sale_database, tmp_path, fork=False, BARAKA_WORKERS=2, **never_expires) as it:
        yield it


def pids(server: Baraka) -> list[int]:
    return [child.pid for child in psutil.Process(server.pid).children()]


def ports_at_workers(server: Baraka) -> set[int]:
    """The ports of clients whose connections are at a worker."""
    children = psutil.Process(server.pid).children()
    return {one.raddr.port for child in children for one in child.net_connections() if one.raddr}


def events(server: Baraka) -> list[str]:
    return [line.get("event", "") for line in server.log]


async def opened(http: aiohttp.ClientSession, server: Baraka) -> str:
    async with http.get(server.url + POLLING) as answer:
        return (await answer.text()).partition('"sid":"')[2].partition('"')[0]


async def opened_at_each(server: Baraka) -> dict[str, str]:
    """A session at either worker, by the worker's number."""
    sid_of: dict[str, str] = {}
    while len(sid_of) < 2:
        async with aiohttp.ClientSession() as http:
            sid = await opened(http, server)
            sid_of[sid.split(".")[1]] = sid
    return sid_of


def connects(sid: str, version: str = "1.1", connection: str = "") -> bytes:
    """The request that a session is connected with."""
    body = "40" + json.dumps({"token": token(SECRET, 2)})
    headers = f"Host: x\r\n{connection}Content-Length: {len(body)}\r\n\r\n"
    return f"POST {POLLING}&sid={sid} HTTP/{version}\r\n{headers}{body}".encode()


async def test_one_connection_is_for_requests_of_sessions_on_different_workers_also_in_pieces(
    workers,
):
    """As a proxy has it: one connection, alternating sessions, with bodies in one part and in two."""
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as http:
        sids = [await opened(http, workers) for _ in range(4)]
        while len({sid.split(".")[1] for sid in sids}) < 2:
            async with aiohttp.ClientSession() as other:
                sids.append(await opened(other, workers))
        connect = "40" + json.dumps({"token": token(SECRET, 2)})
        leave = '421["leaveAuction",{"auctionId":1}]'
        for n in range(10 * len(sids)):
            session = f"{workers.url}{POLLING}&sid={sids[n % len(sids)]}"
            said, expected = (connect, "40") if n < len(sids) else (leave, "431")
            async with http.post(session, data=said) as answer:
                text = await answer.text()
                assert (answer.status, text) == (200, "OK"), f"{n} of {sids}: {text}"
            async with http.get(session) as answer:
                assert (answer.status, (await answer.text())[:2]) == (200, expected[:2]), n

    reader, writer = await asyncio.open_connection("127.0.0.1", workers.port)
    for sid in [*(await opened_at_each(workers)).values()] * 3:
        request = connects(sid)
        for at in range(0, len(request), 23):
            writer.write(request[at : at + 23])
            await writer.drain()
            await asyncio.sleep(0.002)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        await reader.readexactly(2)
    writer.close()


async def test_the_first_request_of_a_connection_that_was_long_silent_finds_its_session(workers):
    """Browsers open connections before they need them."""
    sid_of = await opened_at_each(workers)
    early = [await asyncio.open_connection("127.0.0.1", workers.port) for _ in range(4)]
    ports = {writer.get_extra_info("sockname")[1] for _, writer in early}
    await until(lambda: ports <= ports_at_workers(workers))
    for n, (reader, writer) in enumerate(early):
        writer.write(connects(sid_of[str(n % 2 + 1)]))
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200"), n
        writer.close()


async def test_requests_in_one_go_are_all_answered(workers):
    """More than aiohttp takes from its parser at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", workers.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
    async with asyncio.timeout(20):
        for _ in range(100):
            await reader.readuntil(b"HTTP/1.1 200")
    writer.close()


async def test_requests_after_which_the_connection_ends_are_answered_by_whichever_worker(workers):
    """HTTP/1.0, and `Connection: close`: the first request of a connection, and after one of another worker."""
    sid_of = await opened_at_each(workers)
    kept, close = "Connection: keep-alive\r\n", "Connection: close\r\n"
    last = [("1.0", ""), ("1.1", close)]
    for here, there in (sid_of["1"], sid_of["2"]), (sid_of["2"], sid_of["1"]):
        for version, how in last:
            for before in ([], [connects(here)], [connects(here, "1.0", kept)]):
                reader, writer = await asyncio.open_connection("127.0.0.1", workers.port)
                for one in before:
                    writer.write(one)
                    head = await reader.readuntil(b"\r\n\r\n")
                    assert head.split()[1] == b"200", head
                    await reader.readexactly(2)
                writer.write(connects(there, version, how))
                async with asyncio.timeout(20):
                    answer = await reader.read()  # until it is closed
                assert answer.split()[1] == b"200", (here, there, version, before, answer)
                assert answer.endswith(b"OK")
                writer.close()


async def test_a_stop_while_workers_start_is_heard_and_leaves_none(sale_database, tmp_path):
    server = Baraka(sale_database, tmp_path, fork=False, BARAKA_WORKERS=2)
    starting = asyncio.create_task(server.start())
    children: list[psutil.Process] = []
    while not children:  # nobody serves yet
        await asyncio.sleep(0.01)
        with suppress(AssertionError):  # it has no process yet
            children = psutil.Process(server.pid).children()
    server.send(signal.SIGTERM)

    with pytest.raises(AssertionError, match="did not start"):
        await starting
    assert await server.ended() == 0
    assert events(server) == ["stopping", "stopped"]
    assert "Traceback" not in str(server.log)
    await until(lambda: not any(child.is_running() for child in children))


async def test_every_address_of_a_host_is_listened_on_as_by_one_process(sale_database, tmp_path):
    for workers in (1, 2):
        async with Baraka(
            sale_database, tmp_path, host="", fork=False, BARAKA_WORKERS=workers
        ) as server:
            families = {
                one.laddr.ip: one.laddr.port
                for one in psutil.Process(server.pid).net_connections()
                if one.status == psutil.CONN_LISTEN
            }
            if workers == 1:
                alone = set(families)
            assert set(families) == alone, "with two workers"
            for ip, port in families.items():
                host = f"[::1]:{port}" if ":" in ip else f"127.0.0.1:{port}"
                async with (
                    aiohttp.ClientSession() as http,
                    http.get(f"http://{host}/healthz") as answer,
                ):
                    assert answer.status == 200


async def test_a_frozen_worker_is_killed_when_the_time_of_a_stop_is_over(sale_database, tmp_path):
    settings = {"BARAKA_WORKERS": 2, "BARAKA_SHUTDOWN_SECONDS_MAX": 2}
    async with Baraka(sale_database, tmp_path, fork=False, **settings) as server:
        children = [psutil.Process(pid) for pid in pids(server)]
        children[0].suspend()

        assert await server.stop() == 0

        assert "worker_killed" in events(server)
        assert not any(child.is_running() for child in children)


async def test_a_port_that_is_taken_is_said_in_words(workers, sale_database, tmp_path):
    second = Baraka(sale_database, tmp_path, port=workers.port, fork=False, BARAKA_WORKERS=2)
    with pytest.raises(AssertionError, match="did not start"):
        await second.start()
    assert await second.ended() != 0
    assert "Traceback" not in str(second.log)
    assert "in use" in str(second.log)
    assert f"bind on address ('127.0.0.1', {workers.port})" in str(second.log), (
        "as one process does"
    )


TRANSPORTS: dict[int, dict[str, Any]] = {
    1: {"transports": ["polling"]},
    2: {},
    3: {"transports": ["websocket"]},
}
"""The options of the official client, by the auction that its phones are in."""


async def test_official_clients_on_all_workers_hear_one_sale(workers):
    NodePhones.require()
    async with NodePhones() as phones:

        async def phone(user_id: int, options: dict[str, Any]) -> Phone:
            opened = await phones.open(
                workers.url, user_id, auth={"token": token(SECRET, user_id)}, **options
            )
            await opened.lives_through("connect")
            return opened

        for auction_id, options in TRANSPORTS.items():
            amina, *viewers = [await phone(user_id, options) for user_id in range(1, 6)]
            await amina.emits(StartAuction(auction_id=auction_id))
            for viewer in viewers:
                await viewer.emits(JoinAuction(auction_id=auction_id))
            await amina.emits(RING.model_copy(update={"auction_id": auction_id}))
            for viewer in viewers:
                await viewer.hears("auction_change_product")
            for n, amount in enumerate(range(10, 22)):
                bidder = viewers[n % len(viewers)]
                assert (await bidder.emits(PlaceBid(auction_id=auction_id, amount=amount)))["ok"]
            for viewer in viewers:
                await viewer.hears("newBid", lambda told: told["newBid"]["bid"] == 21)
                prices = [told["newBid"]["bid"] for told in viewer.heard("newBid")]
                assert prices == list(range(10, 22))
                await viewer.until(
                    lambda viewer=viewer: viewer.heard("userCountUpdate")[-1]["userCount"] == 4,
                    "a count of four",
                )


async def test_a_killed_worker_is_replaced_and_its_viewers_come_back(workers):
    async with PythonPhones() as phones:
        viewers = [
            await phones.open(workers.url, auth={"token": token(SECRET, n)}, reconnection=True)
            for n in range(1, 5)
        ]
        assert (await viewers[0].emits(StartAuction(auction_id=1)))["ok"]
        for viewer in viewers:
            assert (await viewer.emits(JoinAuction(auction_id=1)))["ok"]
        before = pids(workers)
        os.kill(before[0], signal.SIGKILL)

        await until(lambda: "worker_died" in events(workers))
        await until(lambda: len(pids(workers)) == 2 and before[0] not in pids(workers))
        for viewer in viewers:
            await viewer.until(
                lambda viewer=viewer: viewer.life[-1][0] == "connect", "being connected"
            )
            assert (await viewer.emits(JoinAuction(auction_id=1)))["ok"]
        for viewer in viewers:  # whom the killed worker had is not counted twice
            await viewer.until(
                lambda viewer=viewer: (
                    [told["userCount"] for told in viewer.heard("userCountUpdate")[-1:]] == [4]
                ),
                "a count of four",
            )


async def test_hangup_replaces_one_worker_after_the_other_and_a_stop_ends_all(workers):
    before = set(pids(workers))
    async with aiohttp.ClientSession() as http:
        workers.send(signal.SIGHUP)
        while "replaced" not in events(workers):
            async with http.get(workers.url + "/healthz") as answer:  # somebody always answers
                assert answer.status == 200
            await asyncio.sleep(0.01)
    assert len(pids(workers)) == 2
    assert not before & set(pids(workers))
    children = [psutil.Process(pid) for pid in pids(workers)]

    assert await workers.stop() == 0

    assert not any(child.is_running() for child in children)


async def test_workers_end_when_their_parent_is_killed(workers):
    children = [psutil.Process(pid) for pid in pids(workers)]

    await workers.kill()

    await until(lambda: not any(child.is_running() for child in children))
