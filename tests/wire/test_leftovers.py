"""Leftovers of attacks: after each, the server holds the tasks, sockets and files that it held before."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref
from contextlib import AsyncExitStack, suppress

import pytest

from tests.support.clients.attacks import FRAMES, MALFORMED, NAMELESS, NO_HTTP, UNKNOWN, UNSPEAKABLE
from tests.support.clients.stranger import (
    PATH,
    STRANGERS,
    HungUp,
    Line,
    PollingStranger,
    WebSocketStranger,
    frame,
    request,
    upgrade_headers,
)
from tests.support.servers.neighbours import AUCTION, server_in_process, until

TOGETHER = 12


async def says_it(kind, url, packet):
    async with kind(url) as stranger:
        await stranger.enters()
        await stranger.says("42" + '["joinAuction",{"auctionId":1}]', packet)
        await stranger.is_hung_up_on()


async def says_it_and_goes(kind, url, packet):
    async with kind(url) as stranger:
        await stranger.enters()
        await stranger.says(packet)
        await stranger.answered(0)
        await stranger.says("1")


async def sends_a_frame(url, frames):
    async with WebSocketStranger(url) as stranger:
        await stranger.enters()
        await stranger.line.sends(frames)
        await stranger.line.hung_up()


async def sends_no_http(url, data):
    async with Line(url) as line:
        await line.sends(data)
        line.ends()
        await line.hung_up()


async def is_reset_at_any_time(url, dice):
    """The line breaks after some bytes of a whole conversation over a websocket."""
    whole = request("GET", PATH + "websocket", **upgrade_headers())
    whole += b"".join(map(frame, ["40{}", '42["joinAuction",{"auctionId":1}]', "41", "1"]))
    async with Line(url) as line:
        await line.sends(whole[: dice.randrange(len(whole))])
        for _ in range(dice.randrange(5)):
            await asyncio.sleep(0)


async def is_reset_while_it_waits(url):
    async with PollingStranger(url) as stranger:
        await stranger.enters()
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]
        await stranger.getting.sends(request("GET", stranger.target))
        await stranger.says("1")


async def is_reset_while_it_asks(kind, url):
    async with kind(url) as stranger:
        await stranger.enters()
        await stranger.says(*['421["comment",{"auctionId":1,"comment":"x"}]'] * 10)
        if kind is PollingStranger:
            await stranger.says("1")


async def is_reset_while_it_upgrades(url):
    async with PollingStranger(url) as stranger, Line(url) as line:
        await stranger.enters()
        await line.sends(request("GET", f"{PATH}websocket&sid={stranger.sid}", **upgrade_headers()))
        await line.sends(frame("2probe") + frame("5"))
        line.reset()
        with suppress(HungUp):
            await stranger.says("1")


def attacks(url, dice):
    for kind in STRANGERS.values():
        for packet in UNSPEAKABLE.values():
            yield says_it(kind, url, packet)
        for packet in [*UNKNOWN.values(), *NAMELESS, *MALFORMED.values()]:
            yield says_it_and_goes(kind, url, packet)
        for _ in range(20):
            yield is_reset_while_it_asks(kind, url)
    for frames in FRAMES.values():
        yield sends_a_frame(url, frames)
    for data in NO_HTTP:
        yield sends_no_http(url, data)
    for _ in range(100):
        yield is_reset_at_any_time(url, dice)
    for _ in range(20):
        yield is_reset_while_it_waits(url)
        yield is_reset_while_it_upgrades(url)


@pytest.mark.slow
async def test_nothing_is_left_of_any_attack(tmp_path, caplog):
    limits = {"connect_seconds_max": 2, "comments_per_second_max": 0}
    async with server_in_process(tmp_path, updates="delta", **limits) as neighbours:
        await neighbours.bilal_bids()
        before = neighbours.possessions()
        dice = random.Random(7)
        everything = list(attacks(neighbours.url, dice))
        dice.shuffle(everything)
        failures = []

        async def goes_through(waiting):
            for attack in waiting:
                try:
                    await attack
                except HungUp:
                    pass
                except Exception as error:
                    failures.append((attack, error))

        bidding = asyncio.create_task(keeps_bidding(neighbours))
        waiting = iter(everything)
        await asyncio.gather(*(goes_through(waiting) for _ in range(TOGETHER)))
        bidding.cancel()
        assert failures == []
        await until(
            lambda: all(now <= before[name] for name, now in neighbours.possessions().items()),
            lambda: (neighbours.possessions(), before),
        )
        await neighbours.bilal_bids()
        assert [record for record in caplog.records if record.exc_info] == []
        assert neighbours.server.house.presence.count(1) == 1


async def test_nothing_is_left_of_those_who_come_and_go_all_the_time(tmp_path):
    async with server_in_process(tmp_path, updates="delta") as neighbours:

        async def comes_and_goes(kind, user_id):
            async with kind(neighbours.url) as stranger:
                await stranger.enters(user_id)
                for event in ("joinAuction", "leaveAuction"):
                    assert (await stranger.asks(event, AUCTION))["ok"]
                await stranger.says("1")

        await neighbours.bilal_bids()
        before = neighbours.possessions()
        for turn in range(50):
            kind = list(STRANGERS.values())[turn % 2]
            await asyncio.gather(*(comes_and_goes(kind, user) for user in range(2, 8)))
        await until(
            lambda: all(now <= before[name] for name, now in neighbours.possessions().items()),
            lambda: (neighbours.possessions(), before),
        )
        held = neighbours.inspect()
        assert held.unverified_sockets == held.unverified_connections - 2 == 0
        assert neighbours.server.house.presence.count(1) == 1


async def says_goodbye(stranger):
    await stranger.says("1")


async def hangs_up(_stranger):
    pass


async def sends_nonsense(stranger):
    with suppress(HungUp):  # a poll is answered with 400
        await stranger.says("4x")
        await stranger.is_hung_up_on()


LEAVES = [
    *((kind, leaves) for kind in STRANGERS.values() for leaves in (says_goodbye, sends_nonsense)),
    (WebSocketStranger, hangs_up),
]


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "stock"])
async def test_whoever_has_left_is_freed_without_a_look_at_all_objects(tmp_path, fast):
    """With thousands of sockets that look comes hardly ever, and whoever left would stay until then."""
    async with server_in_process(tmp_path, fan_out="fast" if fast else "stock") as neighbours:

        async def left(kind, leaves):
            """Open some sockets, leave, and return what is still there of them."""
            known, strangers = set(neighbours.sockets), []
            async with AsyncExitStack() as stack:
                for user_id in (3, 4, 5):
                    stranger = await stack.enter_async_context(kind(neighbours.url))
                    strangers.append(stranger)
                    await stranger.enters(user_id)
                    assert (await stranger.asks("joinAuction", AUCTION))["ok"]
                new = set(neighbours.sockets) - known
                found = [weakref.ref(neighbours.sockets[sid]) for sid in new]
                for stranger in strangers:
                    await leaves(stranger)
            assert len(found) == 3
            return lambda: [one() for one in found if one()]

        gc.collect()
        gc.disable()
        try:
            for kind, leaves in LEAVES:
                there = await left(kind, leaves)
                await until(lambda there=there: not there(), there)
        finally:
            gc.enable()


async def keeps_bidding(neighbours):
    while True:
        await neighbours.bilal_bids()
        await asyncio.sleep(0.2)
