"""A polling viewer who is gone leaves at once: its broken poll tells (D9). One between two polls stays."""

from __future__ import annotations

import json

import pytest

from baraka_server.wire import server
from tests.support.clients.phones import NodePhones, token
from tests.support.clients.stranger import PACKETS, Line, PollingStranger, request
from tests.support.servers.baraka import SECRET
from tests.support.servers.neighbours import AUCTION, server_in_process, until

LONG = (600, 600)
"""Seconds between pings, and for the answer: in these tests nobody is found gone by them."""
POLLING = ["polling"]


@pytest.fixture
async def room(tmp_path):
    async with server_in_process(tmp_path, pings=LONG) as neighbours:
        yield neighbours


async def counts(room, viewers):
    await room.bilal.hears("userCountUpdate", lambda heard: heard["userCount"] == viewers)


async def joins(phones, room, user_id, **options):
    auth = {"token": token(SECRET, user_id)}
    phone = await phones.open(room.url, user_id, auth=auth, transports=POLLING, **options)
    assert (await phone.emits("joinAuction", AUCTION))["ok"]
    return phone


async def test_an_app_that_is_killed_leaves_at_once_and_one_that_is_started_again_counts_once(room):
    NodePhones.require()
    async with NodePhones() as stays:
        await joins(stays, room, 3)
        await counts(room, 2)
        gone = await NodePhones().__aenter__()
        for user_id in (4, 5):
            await joins(gone, room, user_id)
        await counts(room, 4)
        await until(lambda: room.inspect().polls == 3)
        await gone.is_killed()
        again = await joins(stays, room, 4)
        await until(lambda: len(room.sockets) == 4, lambda: len(room.sockets))
        assert (await again.emits("leaveAuction", AUCTION))["userCount"] == 2


async def test_a_phone_whose_network_changes_comes_back_by_itself_and_misses_nothing(room):
    """The official client takes a broken poll for the end of its session, and opens another."""
    NodePhones.require()
    async with NodePhones() as phones:
        phone = await joins(phones, room, 3)
        await counts(room, 2)
        await until(lambda: room.inspect().polls)
        for protocol in list(room.server.sio.polls):
            protocol.transport.abort()
        await phone.lives_through_again("connect", 2)
        await counts(room, 1)
        assert (await phone.emits("joinAuction", AUCTION))["userCount"] == 2
        await room.bilal_bids()
        await phone.hears("newBid")
        assert [what for what, _ in phone.life if what != "reconnect_attempt"] == [
            "connect",
            "disconnect",
            "connect",
        ]


@pytest.fixture
async def viewer(room):
    async with PollingStranger(room.url) as stranger:
        await stranger.enters(2)
        assert (await stranger.asks("joinAuction", AUCTION))["userCount"] == 2
        yield stranger


async def is_up_to_date(viewer):
    while (await viewer.hears_event())[0] != "userCountUpdate":
        pass


async def test_whoever_breaks_a_poll_and_polls_again_is_told_to_begin_anew(room, viewer):
    """Going on would mean to miss what the broken poll was answered with."""
    await is_up_to_date(viewer)
    await viewer.getting.sends(request("GET", viewer.target))
    await until(lambda: room.sockets[viewer.sid] in room.server.sio.polls.values())
    viewer.getting.reset()
    await counts(room, 2)
    await counts(room, 1)
    async with Line(room.url) as line:
        answer = await line.requests("GET", viewer.target)
    assert answer.status == 400
    assert viewer.sid not in room.sockets


async def test_between_two_polls_a_connection_may_close_and_nothing_is_missed(room, viewer):
    await is_up_to_date(viewer)
    for _ in range(3):
        viewer.getting.ends()
        await viewer.getting.hung_up()
        viewer.getting.reset()
        await room.bilal_bids()
        viewer.getting = await Line(room.url).__aenter__()
        assert (await viewer.hears("newBid"))["newBid"]["bid"] == room.amount
    assert viewer.sid in room.sockets


async def test_whoever_closes_its_connection_between_two_polls_and_stays_away_has_left(
    room, viewer, monkeypatch
):
    monkeypatch.setattr(server, "POLL_AGAIN_SECONDS", 0.1)
    await is_up_to_date(viewer)
    viewer.getting.reset()
    await counts(room, 2)
    await counts(room, 1)


async def test_the_end_of_a_poll_is_not_the_end_of_who_has_a_websocket_by_now(room):
    NodePhones.require()
    async with NodePhones() as phones:
        auth = {"token": token(SECRET, 3)}
        phone = await phones.open(room.url, 3, auth=auth)
        await phone.lives_through("upgrade")
        assert (await phone.emits("joinAuction", AUCTION))["ok"]
        await until(lambda: not room.inspect().polls)
        await room.bilal_bids()
        await phone.hears("newBid")
        assert sorted(what for what, _ in phone.life) == ["connect", "upgrade"]


async def test_whoever_polls_seldom_is_told_all_in_answers_that_a_python_client_accepts(
    room, viewer
):
    """python-engineio's client takes an answer with more than 16 packets for the end of its session."""
    await is_up_to_date(viewer)
    for _ in range(40):
        await room.bilal_bids()
    packets: list[str] = []
    while sum("newBid" in packet for packet in packets) < 40:
        answer = await viewer.getting.requests("GET", viewer.target, None, **viewer.headers)
        packets += (some := answer.body.decode().split(PACKETS))
        assert 0 < len(some) <= 16
    amounts = [
        json.loads(packet[2:])[1]["newBid"]["bid"] for packet in packets if "newBid" in packet
    ]
    assert len(amounts) == 40
    assert amounts == sorted(amounts)
