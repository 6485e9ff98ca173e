"""Requests of sessions that another server has, sent to the wrong one: a hop, and otherwise as at the right one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest

from baraka_server.contract.client_events import JoinAuction, PlaceBid, StartAuction
from tests.live.ring import RING
from tests.support.checks.proof import assert_everybody_heard, assert_sale_holds
from tests.support.clients.phones import NodePhones, token
from tests.support.servers.balancers import PlainHAProxy, PlainNginx
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_mariadb
from tests.support.servers.private_server import free_port

pytestmark = only_mariadb

POLLING = "/socket.io/?EIO=4&transport=polling"
CONNECT = "40" + json.dumps({"token": token(SECRET, 2)})


class Nodes:
    """n1, n2 of two workers, and the port of n2's internal address."""

    def __init__(self, n1: Baraka, n2: Baraka, internal: int) -> None:
        self.n1, self.n2, self.internal = n1, n2, internal


@pytest.fixture
async def nodes(sale_database, tmp_path, redis) -> AsyncIterator[Nodes]:
    """Two servers that have heard of each other; clients at 127.0.0.1 are told apart by what they forward."""
    internal = free_port()
    n1, n2 = (
        Baraka(
            sale_database,
            tmp_path,
            BARAKA_NODE_ID=name,
            BARAKA_REDIS_URL=redis.url,
            BARAKA_REDIS_PREFIX=tmp_path.name,
            BARAKA_LEDGER_POLL_SECONDS=3_600,
            BARAKA_NODE_EXPIRY_SECONDS=2,
            BARAKA_TRUSTED_PROXIES="127.0.0.1",
            BARAKA_SESSION_KEEPS_ADDRESS="true",
            fork=workers == 1,
            BARAKA_INTERNAL_ADDRESS=address,
            BARAKA_WORKERS=workers,
        )
        for name, address, workers in (
            ("n1", "127.0.0.1:0", 1),
            ("n2", f"127.0.0.1:{internal}", 2),
        )
    )
    async with n1, n2:
        for one, other in ((n1, n2), (n2, n1)):
            await knows(one, other)
        yield Nodes(n1, n2, internal)


async def knows(one: Baraka, other: Baraka) -> None:
    """Wait until all workers of a server pass requests on to another one."""
    connector = aiohttp.TCPConnector(
        force_close=True
    )  # whichever worker is the emptiest has the next
    async with aiohttp.ClientSession(connector=connector) as http, asyncio.timeout(60):
        times = 0
        while times < 6:
            status, _ = await polled(http, one, await opened(http, other))
            times = times + 1 if status == 200 else 0


async def opened(http: aiohttp.ClientSession, server: Baraka, **headers: str) -> str:
    async with http.get(server.url + POLLING, headers=headers) as answer:
        sid: str = json.loads((await answer.text())[1:])["sid"]
        return sid


async def polled(
    http: aiohttp.ClientSession, server: Baraka, sid: str, said: str = CONNECT, **headers: str
) -> tuple[int, str]:
    session = f"{server.url}{POLLING}&sid={sid}"
    async with http.post(session, data=said, headers=headers) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("kind", [PlainHAProxy, pytest.param(PlainNginx, marks=pytest.mark.long)])
async def test_plain_round_robin_serves_the_official_client_by_every_transport(nodes, kind, store):
    kind.require()
    NodePhones.require()
    async with kind([nodes.n1.port, nodes.n2.port]) as balancer, NodePhones() as driver:
        phones = []
        for user_id, options in enumerate(
            [
                {"transports": ["polling"]},
                {"transports": ["polling"]},
                {},
                {},
                {"transports": ["websocket"]},
            ],
            start=1,
        ):
            phone = await driver.open(
                balancer.url, user_id, auth={"token": token(SECRET, user_id)}, **options
            )
            await phone.lives_through("connect")
            phones.append(phone)
        amina, *viewers = phones
        await amina.emits(StartAuction(auction_id=1))
        for viewer in viewers:
            await viewer.emits(JoinAuction(auction_id=1))
        await amina.emits(RING)
        for n, amount in enumerate(range(10, 22)):
            answer = await viewers[n % 4].emits(PlaceBid(auction_id=1, amount=amount))
            assert answer["ok"], answer
        await assert_everybody_heard(viewers, await assert_sale_holds(store))
        for phone in phones:  # nobody's session was unknown to anybody
            assert [what for what, _ in phone.life if what != "upgrade"] == ["connect"]


async def test_a_request_at_the_wrong_server_is_answered_as_at_the_right_one(nodes):
    await is_passed_on_with_its_client(nodes)
    await is_not_for_strangers_to_pass_on(nodes)
    await ends_when_its_client_goes_away(nodes)
    await is_of_an_unknown_session_when_its_server_is_killed(nodes)


async def is_passed_on_with_its_client(nodes: Nodes) -> None:
    async with aiohttp.ClientSession() as http:
        sid = await opened(http, nodes.n2)
        assert await polled(http, nodes.n1, sid) == (200, "OK")
        async with http.get(f"{nodes.n1.url}{POLLING}&sid={sid}") as answer:
            assert (await answer.text()).startswith("40")
        # The session is for its client alone, whom n1 names and no header of the request.
        its_own = {"X-Forwarded-For": "203.0.113.9"}
        own = await opened(http, nodes.n2, **its_own)
        assert (await polled(http, nodes.n1, own, **its_own))[0] == 200
        stranger = {"X-Forwarded-For": "203.0.113.9, 203.0.113.10"}
        assert (await polled(http, nodes.n1, own, **stranger))[0] == 403
        assert (await polled(http, nodes.n1, own))[0] == 403
        # Whom nobody knows, or has: as at a single server. A worker that is gone is not looked for elsewhere.
        for strange in ("n2.1." + "x" * 20, "n2.7." + "x" * 20, "n9.1." + "x" * 20):
            status, said = await polled(http, nodes.n1, strange)
            assert (status, json.loads(said)["message"]) == (400, f"Invalid session {strange}")
        # What is too large is refused here.
        assert (await polled(http, nodes.n1, sid, "4" * 200_000))[0] >= 400


async def is_not_for_strangers_to_pass_on(nodes: Nodes) -> None:
    """The internal port serves nobody who has not the secret, whatever is asked."""
    for said in (f"POST {POLLING}&sid=n2.1.x HTTP/1.1", "GET /healthz HTTP/1.1"):
        reader, writer = await asyncio.open_connection("127.0.0.1", nodes.internal)
        writer.write(f"{said}\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def ends_when_its_client_goes_away(nodes: Nodes) -> None:
    """It polls by way of the other server, and hangs up."""
    async with aiohttp.ClientSession() as http:
        sid = await opened(http, nodes.n2)
        assert (await polled(http, nodes.n1, sid))[0] == 200
        async with http.get(f"{nodes.n1.url}{POLLING}&sid={sid}") as answer:
            await answer.text()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await http.get(f"{nodes.n1.url}{POLLING}&sid={sid}")
        async with asyncio.timeout(20):
            while (await polled(http, nodes.n2, sid, "2"))[0] == 200:
                await asyncio.sleep(0.05)


async def is_of_an_unknown_session_when_its_server_is_killed(nodes: Nodes) -> None:
    async with aiohttp.ClientSession() as http:
        sid = await opened(http, nodes.n2)
        await nodes.n2.kill()
        assert (await polled(http, nodes.n1, sid))[0] == 400
