"""Leftovers of attacks: after each, the server holds the tasks, sockets and files that it held before."""

from __future__ import annotations

import asyncio
import gc
import random
import socket
import struct
import weakref
from collections import Counter
from contextlib import AsyncExitStack, contextmanager, suppress
from types import FrameType, TracebackType
from urllib.parse import urlsplit

import pytest
import uvloop

from baraka_server import app
from baraka_server.wire import admission
from tests.support.clients.attacks import (
    FRAMES,
    MALFORMED,
    NAMELESS,
    NO_HTTP,
    TRICKS,
    UNKNOWN,
    UNSPEAKABLE,
)
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

        with nothing_collected():
            for kind, leaves in LEAVES:
                there = await left(kind, leaves)
                await until(lambda there=there: not there(), there)


@contextmanager
def nothing_collected():
    """Until its end, what is in a cycle stays; what was there before is not among `gc.get_objects()`."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


TIMES = 8
"""How often a connection ends in each way: what there is so many more of was left by each of them."""

POST = request("POST", "/nowhere", b"12345")
ENDS = {
    "nothing": b"",
    "an answer": request("GET", "/healthz"),
    "two answers": request("GET", "/healthz") * 2,
    "a last answer": request("GET", "/healthz", Connection="close"),
    "no such path": request("GET", "/nowhere"),
    "no such method": request("POST", "/healthz", b""),
    "no token": request("GET", "/api/auctions"),
    "a session that is over": request("GET", PATH + "polling&sid=gone"),
    "a bad upgrade": request("GET", PATH + "websocket", **upgrade_headers(Sec_WebSocket_Key="x")),
    "an old client": request("GET", "/socket.io/?EIO=3&transport=polling"),
    "half a request": request("GET", "/healthz")[:-2],
    "half a POST": POST[:-2],
    "half a POST of no session": request("POST", PATH + "polling&sid=gone", b"12345")[:-2],
    **{f"no HTTP: {data[:60]!r}": data for data in NO_HTTP},
    **TRICKS,
}


class Passerby:
    """A TCP connection that leaves nothing with the client, so that what is left is the server's."""

    def __init__(self, url):
        self.address = urlsplit(url).hostname, urlsplit(url).port

    async def __aenter__(self):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        await asyncio.get_running_loop().sock_connect(self.socket, self.address)
        return self

    async def __aexit__(self, *_):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    async def says(self, data):
        with suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def hears(self):
        """Whether anything comes before the connection ends."""
        with suppress(OSError):
            return await asyncio.get_running_loop().sock_recv(self.socket, 2**16)
        return b""

    async def hung_up(self):
        while await self.hears():
            pass


async def resets(passerby, data):
    await passerby.says(data)


async def stops_speaking(passerby, data):
    await passerby.says(data)
    with suppress(OSError):
        passerby.socket.shutdown(socket.SHUT_WR)
    await passerby.hung_up()


async def waits_until_the_server_hangs_up(passerby, data):
    await passerby.says(data)
    await passerby.hung_up()


def test_a_connection_that_has_ended_leaves_nothing_that_must_be_collected(tmp_path, monkeypatch):
    """A collection of everything comes hardly ever, and thousands of connections a second may."""
    monkeypatch.setattr(app, "KEEPALIVE_SECONDS", 0.05)
    monkeypatch.setattr(admission, "SWEEP_SECONDS", 0.1)

    async def all_end():
        limits = {"connect_seconds_max": 0.5, "requests_per_second_max": 0}
        limits |= {"ledger_poll_seconds": 0, "rows_look_seconds": 0}
        async with server_in_process(tmp_path, **limits) as neighbours:
            url = neighbours.url
            for data in ENDS.values():  # what is kept of a kind is kept from the first one on
                await ends_somehow(url, stops_speaking, data)
            with nothing_collected():
                for ends in (resets, stops_speaking, waits_until_the_server_hangs_up):
                    for what, data in ENDS.items():
                        await leaves_nothing(url, ends, data, what)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(all_end())


def kinds_of_connections():
    """How many objects there are of each type that connections are made of."""
    kinds = map(type, gc.get_objects())
    return Counter(
        kind
        for kind in kinds
        if kind.__module__.startswith(("aiohttp", "asyncio", "_asyncio", "uvloop", "baraka_server"))
        or kind in {FrameType, TracebackType}
    )


async def leaves_nothing(url, ends, data, what):
    before = kinds_of_connections()

    def left():
        more = kinds_of_connections() - before
        return {kind: count for kind, count in more.items() if count >= TIMES}

    await asyncio.gather(*(ends_somehow(url, ends, data) for _ in range(TIMES)))
    await until(lambda: not left(), lambda: (what, ends.__name__, left()))


async def ends_somehow(url, ends, data):
    async with Passerby(url) as passerby:
        await ends(passerby, data)


async def keeps_bidding(neighbours):
    while True:
        await neighbours.bilal_bids()
        await asyncio.sleep(0.2)
