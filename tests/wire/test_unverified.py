"""Unverified sessions: which is evicted first, and that a flood of them does not keep others out."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from random import Random

import pytest

from baraka_server.wire import admission, request_pace
from baraka_server.wire.unverified import Unverified
from tests.support.clients.stranger import (
    PATH,
    STRANGERS,
    HungUp,
    Line,
    PollingStranger,
    WebSocketStranger,
    request,
)
from tests.support.servers.neighbours import AUCTION, server_in_process, until

over = pytest.mark.parametrize("transport", STRANGERS)

PROXIED = {"trusted_proxies": "127.0.0.1"}


def from_(address):
    return {"X_Forwarded_For": address}


def test_the_oldest_of_the_address_with_most_goes_first():
    unverified = Unverified()
    for key, address in [(1, "nat"), (2, "flood"), (3, "flood"), (4, "nat"), (5, "flood")]:
        unverified.add(key, address)
    assert (unverified.next_to_evict(), unverified.next_to_evict("nat")) == (2, 1)
    unverified.discard(2)
    unverified.discard(2)
    unverified.discard(3)
    assert unverified.next_to_evict() == 1
    assert unverified.next_to_evict("elsewhere") is None
    for key in (1, 4, 5):
        assert key in unverified
        unverified.discard(key)
    assert (len(unverified), unverified.next_to_evict()) == (0, None)


def test_it_is_the_same_as_looking_through_all_of_them_after_every_step():
    dice, unverified, plain = Random(7), Unverified(), {}
    for key in range(3_000):
        if plain and dice.random() < 0.45:
            gone = dice.choice(list(plain))
            unverified.discard(gone)
            del plain[gone]
        else:
            plain[key] = str(dice.randrange(6))
            unverified.add(key, plain[key])
        counts = Counter(plain.values())
        going = unverified.next_to_evict()
        assert len(unverified) == len(plain)
        if plain:
            address = plain[going]
            assert counts[address] == max(counts.values())
            assert going == next(key for key, of in plain.items() if of == address)
        else:
            assert going is None


async def shake_hands(url, address, count):
    """Open polling sessions, say nothing more, and leave them behind. Returns the answers' statuses."""
    statuses = Counter()
    async with Line(url) as line:
        await line.sends(request("GET", PATH + "polling", **from_(address)) * count)
        for _ in range(count):
            statuses[(await line.answer()).status] += 1
    return statuses


@over
async def test_a_flood_of_handshakes_displaces_itself_and_nobody_beside_it(tmp_path, transport):
    limits = {"connections_max": 60, "connections_unverified_max": 30} | PROXIED
    async with server_in_process(tmp_path, **limits) as neighbours, AsyncExitStack() as stack:
        url = neighbours.url
        inside = await stack.enter_async_context(STRANGERS[transport](url, **from_("192.0.2.9")))
        await inside.enters(9)
        slow = await stack.enter_async_context(PollingStranger(url, **from_("192.0.2.8")))
        floods = [shake_hands(url, f"192.0.2.{number}", 100) for number in range(3)]
        for statuses in await asyncio.gather(*floods):
            assert statuses == {200: 100}
            assert len(neighbours.sockets) <= 30 + 3
        await slow.enters(8)  # it came before all of them
        assert (await slow.asks("joinAuction", AUCTION))["ok"]
        latest = await stack.enter_async_context(STRANGERS[transport](url, **from_("192.0.2.7")))
        await latest.enters(7)
        for stranger in (inside, latest):
            assert (await stranger.asks("joinAuction", AUCTION))["ok"]
        await neighbours.bilal_bids()
        unverified = neighbours.server.sio.unverified
        assert len(unverified) == 30 - 1  # one made room for who was verified then
        assert not {"192.0.2.7", "192.0.2.8", "192.0.2.9"} & unverified.addresses


async def test_the_whole_house_is_for_those_who_show_a_token(tmp_path):
    limits = {"connections_max": 6, "connections_per_address_max": 3} | PROXIED
    async with server_in_process(tmp_path, **limits) as neighbours, AsyncExitStack() as stack:
        url = neighbours.url
        await shake_hands(url, "192.0.2.1", 20)
        for number in (1, 1, 1, 2):  # the flood's own address among them
            guest = WebSocketStranger(url, **from_(f"192.0.2.{number}"))
            await (await stack.enter_async_context(guest)).enters(9)
        for address, status in (("192.0.2.1", 429), ("192.0.2.3", 503)):
            assert await shake_hands(url, address, 1) == {status: 1}
        await neighbours.bilal_bids()


async def test_whoever_is_turned_away_or_leaves_the_namespace_is_unverified_again(tmp_path):
    async with server_in_process(tmp_path) as neighbours, AsyncExitStack() as stack:
        unverified = neighbours.server.sio.unverified
        assert len(unverified) == 0
        refused, leaver, gone = [
            await stack.enter_async_context(WebSocketStranger(neighbours.url)) for _ in range(3)
        ]
        assert len(unverified) == 3
        await refused.says('40{"token":"nonsense"}')
        await refused.hears("error")
        await leaver.enters()
        await gone.enters()
        await until(lambda: len(unverified) == 1)
        await leaver.says("41")
        await until(lambda: len(unverified) == 2)
        await leaver.enters()
        await gone.says("1")
        await until(lambda: len(unverified) == 1)


async def test_requests_of_an_own_session_have_a_rate_too(tmp_path):
    limits = {"requests_per_second_max": 10, "events_per_second_max": 10} | PROXIED
    async with server_in_process(tmp_path, **limits) as neighbours, AsyncExitStack() as stack:
        url = neighbours.url
        mine = await stack.enter_async_context(PollingStranger(url, **from_("192.0.2.1")))
        await mine.enters()
        for target in (mine.target, f"/healthz?sid={mine.sid}", f"/api/auctions?sid={mine.sid}"):
            async with Line(url) as line:
                method = "OPTIONS" if target == mine.target else "GET"
                await line.sends(request(method, target, **from_("192.0.2.1")) * 400)
                said = await line.hung_up()
            assert said.count(b"HTTP/1.1 ") < 300
            assert b" 429 " in said or target.startswith("/healthz")
        other = await stack.enter_async_context(PollingStranger(url, **from_("192.0.2.2")))
        await other.enters(3)
        assert (await other.asks("joinAuction", AUCTION))["ok"]


async def test_a_session_buys_nobody_else_requests(tmp_path):
    limits = {"requests_per_second_max": 1} | PROXIED
    async with server_in_process(tmp_path, **limits) as neighbours, AsyncExitStack() as stack:
        session = PollingStranger(neighbours.url, **from_("192.0.2.1"))
        await (await stack.enter_async_context(session)).enters()
        async with Line(neighbours.url) as line:
            target = request("OPTIONS", session.target, **from_("192.0.2.2"))
            await line.sends(target * 50)
            said = await line.hung_up()
        assert 5 <= said.count(b"HTTP/1.1 ") <= 10
        assert (await session.asks("joinAuction", AUCTION))["ok"]


@over
async def test_handshakes_count_and_those_of_a_crowd_that_shows_its_tokens_do_not(
    tmp_path, transport
):
    """As many phones as one address may have come back at once, after a restart."""
    limits = {"requests_per_second_max": 10} | PROXIED
    async with server_in_process(tmp_path, **limits) as neighbours, AsyncExitStack() as stack:
        url = neighbours.url
        for number in range(120):
            phone = STRANGERS[transport](url, **from_("192.0.2.1"))
            await (await stack.enter_async_context(phone)).enters(2 + number % 50)
        assert (await shake_hands(url, "192.0.2.2", 50))[200] == 50
        with pytest.raises(HungUp):
            for _ in range(60):
                await shake_hands(url, "192.0.2.2", 1)
                async with WebSocketStranger(url, **from_("192.0.2.2")):
                    pass


async def test_a_user_who_connects_all_the_time_counts(tmp_path):
    limits = {"requests_per_second_max": 1} | PROXIED
    async with server_in_process(tmp_path, **limits) as neighbours:
        with pytest.raises(HungUp):
            for _ in range(200):
                async with WebSocketStranger(neighbours.url, **from_("192.0.2.1")) as stranger:
                    await stranger.enters(9)
        await neighbours.bilal_bids()


async def test_lines_that_say_nothing_do_not_keep_others_out(tmp_path):
    async with (
        server_in_process(tmp_path, connections_max=4) as neighbours,
        AsyncExitStack() as stack,
    ):
        url = neighbours.url
        polling = await stack.enter_async_context(PollingStranger(url))
        await polling.enters(9)
        silent = [await stack.enter_async_context(Line(url)) for _ in range(60)]
        assert (await polling.asks("joinAuction", AUCTION))["ok"]
        async with Line(url) as line:
            assert (await line.requests("GET", "/healthz")).status == 200
        await neighbours.bilal_bids()
        assert await silent[0].hung_up() == b""  # the oldest gave way
        assert neighbours.inspect().connections <= 12


async def test_strangers_wait_for_each_other_and_nobody_for_all_of_an_address(
    tmp_path, monkeypatch
):
    """Paced, so that bids find room between them; whoever asks most waits longest."""
    monkeypatch.setattr(request_pace, "UNVERIFIED_REQUESTS_PER_SECOND", 50)
    monkeypatch.setattr(request_pace, "UNVERIFIED_REQUESTS_WAITING_MAX", 20)
    async with server_in_process(tmp_path, **PROXIED) as neighbours, AsyncExitStack() as stack:
        url = neighbours.url

        async def asks(address, target="/nowhere"):
            line = await stack.enter_async_context(Line(url))
            return asyncio.create_task(line.requests("GET", target, **from_(address)))

        flood = [await asks("192.0.2.1") for _ in range(40)]
        await until(lambda: neighbours.inspect().requests_waiting == 20, neighbours.inspect)
        modest = await asks("192.0.2.2")
        health = await (await asks("192.0.2.1", "/healthz"))
        assert health.status == 200
        assert (await modest).status == 404
        assert sum(not task.done() for task in flood) > 10
        async with WebSocketStranger(url, **from_("192.0.2.3")) as phone:  # a few are no flood
            await phone.enters(9)
            assert (await phone.asks("joinAuction", AUCTION))["ok"]
        assert not all(task.done() for task in flood)
        statuses = Counter([(await task).status for task in flood])
        assert set(statuses) == {404, 503}
        assert 20 <= statuses[404] < 40
        await neighbours.bilal_bids()


async def test_handshakes_are_paced_while_there_are_more_unverified_than_a_crowd_has(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(admission, "UNVERIFIED_UNPACED_MAX", 5)
    async with server_in_process(tmp_path, **PROXIED) as neighbours:
        await shake_hands(neighbours.url, "192.0.2.1", 5)
        assert neighbours.server.admission.pace.paced == 0
        await shake_hands(neighbours.url, "192.0.2.1", 1)
        assert neighbours.server.admission.pace.paced == 1
