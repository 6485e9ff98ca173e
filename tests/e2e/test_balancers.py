"""Two servers behind HAProxy or nginx, as `deploy/` has them, and the official client, which keeps no cookies."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from baraka_server.contract.client_events import JoinAuction, PlaceBid, StartAuction
from tests.live.ring import RING
from tests.support.checks.proof import (
    Answers,
    Told,
    as_heard,
    as_told,
    assert_answers_hold,
    assert_everybody_heard,
    assert_sale_holds,
    last_seq,
    news,
)
from tests.support.clients.crowd import send
from tests.support.clients.phones import PATIENCE_SECONDS, NodePhones, Phone, token
from tests.support.servers.balancers import Balancer, HAProxy, Nginx
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_mariadb
from tests.support.servers.neighbours import until

pytestmark = only_mariadb

POLLING = "/socket.io/?EIO=4&transport=polling"
TRANSPORTS: list[dict[str, Any]] = [
    {"transports": ["polling"]},
    {},
    {"transports": ["websocket"]},
]
"""The options of the official client, in turn."""


@pytest.fixture(params=[HAProxy, Nginx])
def kind(request: pytest.FixtureRequest) -> type[Balancer]:
    request.param.require()
    NodePhones.require()
    return request.param


@pytest.fixture
async def nodes(sale_database, tmp_path, redis) -> AsyncIterator[list[Baraka]]:
    """n1 and n2, which hear of each other by Redis alone."""
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
        )
        for name in ("n1", "n2")
    )
    async with n1, n2:
        yield [n1, n2]


@pytest.fixture
async def balancer(kind, nodes) -> AsyncIterator[Balancer]:
    async with kind([node.port for node in nodes]) as balancer:
        yield balancer


@pytest.fixture
async def phones(balancer) -> AsyncIterator[list[Phone]]:
    """Amina and two viewers of each transport, connected to whichever server the balancer chose."""
    async with NodePhones() as driver:
        opened = []
        for user_id, options in zip(range(1, 8), itertools.cycle(TRANSPORTS), strict=False):
            phone = await driver.open(
                balancer.url, user_id, auth={"token": token(SECRET, user_id)}, **options
            )
            await phone.lives_through("connect")
            opened.append(phone)
        yield opened


async def begin(phones: list[Phone]) -> list[Phone]:
    """Amina puts the ring on the block. Returns the viewers, who have joined."""
    amina, *viewers = phones
    await amina.emits(StartAuction(auction_id=1))
    for viewer in viewers:
        await viewer.emits(JoinAuction(auction_id=1))
    await amina.emits(RING)
    await counted(viewers, len(viewers))
    return viewers


async def counted(viewers: list[Phone], count: int) -> None:
    for viewer in viewers:
        await viewer.until(
            lambda viewer=viewer: viewer.heard("userCountUpdate")[-1]["userCount"] == count,
            f"a count of {count}",
        )


async def node_of(http: aiohttp.ClientSession, balancer: Balancer) -> str:
    """The server that a new session is opened on."""
    async with http.get(balancer.url + POLLING) as answer:
        return json.loads((await answer.text())[1:])["sid"].partition(".")[0]


async def test_everybody_hears_the_whole_sale_in_order_on_whichever_server(
    balancer, nodes, phones, store
):
    viewers = await begin(phones)
    for n, amount in enumerate(range(10, 28)):
        bidder = viewers[n % len(viewers)]
        answer = await bidder.emits(PlaceBid(auction_id=1, amount=amount))
        assert answer["ok"], answer
    await assert_everybody_heard(viewers, await assert_sale_holds(store))
    assert {on(phone) for phone in viewers} == {"n1", "n2"}
    for phone in phones:  # nobody was sent to a server that does not have the session
        assert [what for what, _ in phone.life if what != "upgrade"] == ["connect"]
    assert {one["address"] for one in await refused(balancer, nodes)} == {"127.0.0.2"}


async def refused(balancer: Balancer, nodes: list[Baraka]) -> list[dict[str, Any]]:
    """What the log says of a client at 127.0.0.2 that has no token, and says that it is elsewhere."""
    forged = {"X-Forwarded-For": "203.0.113.9"}
    connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with aiohttp.ClientSession(connector=connector, headers=forged) as http:
        async with http.get(balancer.url + POLLING) as answer:
            sid = json.loads((await answer.text())[1:])["sid"]
        async with http.post(f"{balancer.url}{POLLING}&sid={sid}", data="40") as answer:
            assert answer.status == 200
    node = nodes[int(sid.partition(".")[0].removeprefix("n")) - 1]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := [one for one in node.log if one.get("event") == "refused"]):
            await asyncio.sleep(0.02)
    return found


@pytest.mark.long
@pytest.mark.chaos
async def test_a_killed_server_loses_no_bid_and_everybody_is_back_on_the_other(
    balancer, nodes, phones, store
):
    answers: Answers = []
    viewers = await begin(phones)
    lost = [phone for phone in viewers if on(phone) == "n1"]
    spared = [phone for phone in viewers if on(phone) == "n2"]
    assert lost
    assert spared
    joined_at = {phone: phone.states[1]["seq"] for phone in lost}

    bids = [
        (viewer, {"auctionId": 1, "amount": amount, "requestId": f"{amount}"})
        for amount, viewer in zip(range(10, 100), itertools.cycle(viewers), strict=False)
    ]
    asked = {asyncio.create_task(send(who, "placeBid", answers, **bid)) for who, bid in bids[:60]}
    await until(lambda: sum(answer["ok"] for _, answer in answers) > 5)
    await nodes[0].kill()
    for phone in lost:
        await phone.lives_through_again("connect", 2)
        assert on(phone) == "n2"
    told = {phone: heard_behind(phone, joined_at[phone]) for phone in lost}
    for phone in lost:
        since = told[phone][-1][0] if told[phone] else joined_at[phone]
        state = await phone.emits(JoinAuction(auction_id=1, last_seq=since))
        assert state["missedComplete"]
        told[phone] += [as_heard(one["event"], one["data"]) for one in state["missed"]]
        joined_at[phone] = state["seq"]

    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    answered = {bid["requestId"] for bid, _ in answers}
    for who, bid in bids:  # those that nobody answered once more, and some more
        if bid["requestId"] not in answered:
            await send(who, "placeBid", answers, **bid)
    assert answers[-1][1]["ok"]

    ledger = await assert_sale_holds(store)
    assert_answers_hold(answers, ledger)
    await assert_everybody_heard(spared, ledger)
    for phone in lost:
        await phone.until(lambda phone=phone: last_seq(phone) >= ledger[-1].seq, "the last bid")
        told[phone] += heard_behind(phone, joined_at[phone])
        since = phone.states[1]["seq"]
        assert told[phone] == [as_told(entry) for entry in ledger[since:]]
    await viewers[0].emits("leaveAuction", {"auctionId": 1})
    await counted(viewers[1:], len(viewers) - 1)

    async with aiohttp.ClientSession() as http:
        assert {await node_of(http, balancer) for _ in range(4)} == {"n2"}
        await nodes[0].start()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await node_of(http, balancer) != "n1":
                await asyncio.sleep(0.1)


def on(phone: Phone) -> str:
    """The server that a phone's session is on."""
    session = next(more["session"] for what, more in reversed(phone.life) if what == "connect")
    return session.partition(".")[0]


def heard_behind(phone: Phone, seq: int) -> list[Told]:
    return [told for told in news(phone.events) if told[0] > seq]
