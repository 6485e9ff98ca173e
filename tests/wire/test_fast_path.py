"""The fast path: order, whatever the transport and its state; and what happens where it does not fit.

The server is in this process, so that a test says exactly what is announced when. Messages have
numbers; whoever listens hears every one of its own, in order.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import random
import ssl
import zlib
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

import pytest
from aiohttp import web
from engineio import async_socket, packet

from baraka_server.live import presence
from baraka_server.live.encoded import encode
from baraka_server.wire import fastpath, fastpath_check, server
from baraka_server.wire.sockets import GuardedSocket
from tests.support.clients.phones import NodePhones, token
from tests.support.clients.stranger import (
    CompressedStranger,
    PollingStranger,
    SlowReader,
    WebSocketStranger,
    frame,
)
from tests.support.servers.baraka import SECRET
from tests.support.servers.certificates import self_signed
from tests.support.servers.neighbours import AUCTION, server_in_process, until

UNHURRIED = {"bids_per_second_max": 0, "events_per_second_max": 0, "actions_per_second_max": 0}
PATHS = ("fast", "stock")
KINDS = {
    "websocket": WebSocketStranger,
    "compressed": CompressedStranger,
    "slow": SlowReader,
    "polling": PollingStranger,
}


class Announcer:
    """Speaks to the room of auction 1 and to its members, by every way that the server has."""

    def __init__(self, server, dice):
        self.server, self.dice = server, dice
        self.audience = server.audience
        self.numbers = itertools.count(1)
        self.said = {}
        """By session: the numbers that it must hear, in order."""

    def join(self, client):
        self.said[client.sid] = []

    async def says_something(self):
        number = next(self.numbers)
        # Some fit in a segment, some are compressed, some fill the transport's buffer.
        size = self.dice.choice([10, 10, 10, 900, 3_000, 90_000])
        payload = encode({"number": number, "more": "abcdefghij" * (size // 10)})
        way = self.dice.randrange(10)
        if way < 6:
            await self.audience.to_room(1, "numbered", payload, payload)
        elif way == 6:
            await self.audience.to_everyone("numbered", payload)
        else:
            eio_sid = self.dice.choice(list(self.said))
            sid = self.server.sio.manager.sid_from_eio_sid(eio_sid, "/")
            self.said[eio_sid].append(number)
            if way == 7:  # as the library does during an upgrade: past every `send`
                pkt = packet.Packet(packet.MESSAGE, f'2["numbered",{payload}]')
                if self.server.sio.fan_out:
                    self.server.sio.fan_out.flush()
                await self.server.sio.eio.sockets[eio_sid].queue.put(pkt)
            else:
                await self.server.sio.tell(sid, "numbered", payload)
            return
        for numbers in self.said.values():
            numbers.append(number)


async def joins(stack, url, kind, user_id):
    client = await stack.enter_async_context(kind(url))
    await client.enters(user_id)
    assert (await client.asks("joinAuction", AUCTION))["ok"]
    return client


async def hears_all(client):
    """The numbers that it hears until everybody is told that it is over."""
    heard = []
    while True:
        said = await client.hears_anything()
        if said.startswith('42["over"'):
            return heard
        if said.startswith('42["numbered"'):
            heard.append(json.loads(said[2:])[1]["number"])


@pytest.mark.parametrize(("path", "seed"), [("fast", 1), ("fast", 2), ("fast", 3), ("stock", 1)])
async def test_nothing_overtakes_anything_over_any_transport(tmp_path, path, seed):
    dice = random.Random(seed)
    settings = UNHURRIED | {"send_buffer_bytes_max": 0, "fan_out": path}
    async with (
        server_in_process(tmp_path, updates="delta", **settings) as neighbours,
        AsyncExitStack() as stack,
    ):
        announcer = Announcer(neighbours.server, dice)
        clients = []
        for place, kind in enumerate([*KINDS.values()] * 2):
            clients.append(await joins(stack, neighbours.url, kind, 2 + place))
            announcer.join(clients[-1])
        # Half of them read all the time, the others when it is over.
        listening = [asyncio.create_task(hears_all(client)) for client in clients[:4]]
        for _ in range(300):
            await announcer.says_something()
            if not dice.randrange(3):
                for _ in range(dice.randrange(10)):
                    await asyncio.sleep(0)
            if not dice.randrange(50):
                await asyncio.sleep(0.02)
        await announcer.audience.to_everyone("over", encode({}))
        listening += [asyncio.create_task(hears_all(client)) for client in clients[4:]]
        for client, heard in zip(clients, await asyncio.gather(*listening), strict=True):
            assert heard == announcer.said[client.sid]
            if isinstance(client, CompressedStranger):
                assert bool(client.compressed) == (path == "fast")


def numbers(phone):
    return [heard["number"] for heard in phone.heard("numbered")]


@pytest.mark.parametrize("path", PATHS)
async def test_the_official_client_misses_nothing_while_it_upgrades(tmp_path, path):
    """Phones come while the room is loud, some stay and some go; each hears all of its time there."""
    NodePhones.require()
    ways = [
        {},  # polling first, then the upgrade
        {"transports": ["websocket"]},
        {"transports": ["websocket"], "perMessageDeflate": False},
        {"transports": ["polling"]},
    ]
    async with (
        server_in_process(tmp_path, updates="delta", fan_out=path, **UNHURRIED) as neighbours,
        NodePhones() as phones,
    ):
        audience = neighbours.server.audience
        last, loud = 0, True

        async def speaks():
            nonlocal last
            dice = random.Random(path)
            while loud:
                for _ in range(dice.randrange(1, 4)):
                    last += 1
                    text = "x" * dice.choice([10, 10, 2_000, 20_000])
                    payload = encode({"number": last, "text": text})
                    await audience.to_room(1, "numbered", payload, payload)
                await asyncio.sleep(0.02)  # Node has to tell us of each

        speaking = asyncio.create_task(speaks())
        stay = []
        for place in range(16):
            user = 2 + place
            auth = {"token": token(SECRET, user)}
            phone = await phones.open(neighbours.url, user, auth=auth, **ways[place % 4])
            await phone.lives_through("connect")
            assert (await phone.emits("joinAuction", AUCTION))["ok"]
            if place % 8 < 4:
                stay.append(phone)
            else:
                await phone.until(lambda phone=phone: len(numbers(phone)) > 5, "five numbers")
                await phone.hangs_up()
        for phone in stay[::4]:
            await phone.lives_through("upgrade")
        loud = False
        await speaking
        for phone in stay:
            await phone.until(lambda phone=phone: numbers(phone)[-1:] == [last], f"number {last}")
            heard = numbers(phone)
            assert heard == list(range(heard[0], last + 1))
        websockets = [client.websocket for client in neighbours.sockets.values()]
        agreed = [bool(one and one.compresses) for one in websockets]
        assert sum(agreed) == (4 if path == "fast" else 0)  # of each four, two offered to compress


async def test_what_goes_over_the_wire_is_one_frame_for_all(tmp_path):
    """Seen by hand: the same bytes for everybody who agreed to compress, readable by themselves."""
    async with server_in_process(tmp_path, **UNHURRIED) as neighbours, AsyncExitStack() as stack:
        plain = await joins(stack, neighbours.url, WebSocketStranger, 2)
        first, second = [
            await joins(stack, neighbours.url, CompressedStranger, user) for user in (3, 4)
        ]
        audience = neighbours.server.audience
        texts = ["short", "long " * 1_000, "with a ring 💍 " * 1_000]
        for text in texts:
            payload = encode({"text": text})
            await audience.to_room(1, "told", payload, payload)
        told = []
        for client in (plain, first, second):
            frames = []
            while len(frames) < len(texts):
                got = await client.line.frame()
                if got.compressed or got.payload.startswith(b'42["told"'):
                    frames.append(got)
            told.append(frames)
        assert told[1] == told[2]
        assert [got.compressed for got in told[0]] == [False, False, False]
        assert [got.compressed for got in told[1]] == [False, True, True]
        for as_plain, as_compressed in zip(*told[:2], strict=True):
            assert as_plain.payload == (
                zlib.decompressobj(-15).decompress(as_compressed.payload + b"\0\0\xff\xff")
                if as_compressed.compressed
                else as_compressed.payload
            )


async def test_whoever_does_not_offer_or_wants_a_smaller_window_is_sent_plain_text(tmp_path):
    offers = ("", "permessage-deflate; server_max_window_bits=9", "permessage-deflate; nonsense")
    async with server_in_process(tmp_path, **UNHURRIED) as neighbours:
        for offer in offers:
            headers = {"Sec_WebSocket_Extensions": offer}
            async with WebSocketStranger(neighbours.url, **headers) as stranger:
                await stranger.enters(2)
                assert (await stranger.asks("joinAuction", AUCTION))["ok"]
                payload = encode({"text": "long " * 1_000})
                audience = neighbours.server.audience
                await audience.to_room(1, "told", payload, payload)
                assert await stranger.hears("told") == json.loads(payload)


async def test_with_compression_off_nobody_is_offered_any(tmp_path):
    async with (
        server_in_process(tmp_path, compression=False, **UNHURRIED) as neighbours,
        AsyncExitStack() as stack,
    ):
        stranger = await joins(stack, neighbours.url, CompressedStranger, 2)
        payload = encode({"text": "long " * 1_000})
        audience = neighbours.server.audience
        await audience.to_room(1, "told", payload, payload)
        assert await stranger.hears("told") == json.loads(payload)
        assert not stranger.compressed


async def test_what_a_client_compresses_is_read_and_what_explodes_is_not(tmp_path):
    async with server_in_process(tmp_path, message_bytes_max=2_000, **UNHURRIED) as neighbours:
        async with CompressedStranger(neighbours.url) as stranger:
            await stranger.enters(2)
            comment = b'427["comment",{"auctionId":1,"comment":"squeezed"}]'
            await stranger.line.sends(frame(squeezed(comment), reserved=4))
            assert (await stranger.answered(7))["ok"]
            bomb = b'42["comment",{"auctionId":1,"comment":"' + b"x" * 5_000_000 + b'"}]'
            await stranger.line.sends(frame(squeezed(bomb), reserved=4))
            await stranger.is_hung_up_on()
        await neighbours.bilal_bids()


def squeezed(message):
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (press.compress(message) + press.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")


@pytest.mark.parametrize("path", PATHS)
async def test_a_viewer_whom_nobody_tells_anything_stays(tmp_path, path):
    """Pings go past the queue too, and the library's writer gives up on a queue in which nothing comes."""
    pings = (0.05, 0.5)
    settings = UNHURRIED | {"fan_out": path}
    async with (
        server_in_process(tmp_path, updates="delta", pings=pings, **settings) as neighbours,
        AsyncExitStack() as stack,
    ):
        idle = await stack.enter_async_context(WebSocketStranger(neighbours.url))
        await idle.enters(2)
        for _ in range(30):
            assert (await idle.line.frame()).payload == b"2"
            await idle.says("3")
        await neighbours.server.audience.to_everyone("numbered", encode({"number": 1}))
        assert (await idle.hears("numbered")) == {"number": 1}


# --- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("tls") / "both.pem")


@asynccontextmanager
async def encrypted(server, certificate):
    """The same server on another port, with TLS. Yields its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    yield await server.listen("127.0.0.1", 0, context)


async def test_order_is_kept_under_tls_too(tmp_path, certificate):
    NodePhones.require()
    async with (
        server_in_process(
            tmp_path, updates="delta", send_buffer_bytes_max=0, **UNHURRIED
        ) as neighbours,
        encrypted(neighbours.server, certificate) as url,
        NodePhones() as phones,
    ):
        crowd = []
        for place, more in enumerate([{}, {"perMessageDeflate": False}] * 3):
            options = {"transports": ["websocket"], "rejectUnauthorized": False} | more
            auth = {"token": token(SECRET, 2 + place)}
            phone = await phones.open(url, 2 + place, auth=auth, **options)
            await phone.lives_through("connect")
            assert (await phone.emits("joinAuction", AUCTION))["ok"]
            crowd.append(phone)
        audience = neighbours.server.audience
        for number in range(200):
            payload = encode({"number": number, "text": "x" * (number % 7) * 10_000})
            await audience.to_room(1, "numbered", payload, payload)
            if number % 3 == 0:
                await asyncio.sleep(0)
        for phone in crowd:
            await phone.until(lambda phone=phone: numbers(phone)[-1:] == [199], "number 199")
            assert numbers(phone) == list(range(200))


# --- when it does not fit


def test_the_libraries_are_the_versions_that_were_read():
    """After an upgrade: read the places that `fastpath` names again, then change READ_IN."""
    for name, read in fastpath.READ_IN.items():
        assert version(name).startswith(f"{read}."), name


async def another_writer(self, ws):
    """As if a new version of the library wrote what is queued in another way."""
    self.connected = self.upgraded = True
    while (pkt := await self.queue.get()) is not None:
        await ws.send(pkt.encode())


UPGRADES = {
    "another writer": (async_socket.AsyncSocket, "_websocket_handler", another_writer),
    "another handshake": (web.WebSocketResponse, "_handshake", lambda _self, _request: ({}, None)),
    "another reader": (web.WebSocketResponse, "_post_start", lambda _self, _request: None),
    "another name": (web.WebSocketResponse, "_pre_start", None),
}


@pytest.mark.parametrize("what", UPGRADES)
async def test_where_it_does_not_fit_the_server_says_so_and_takes_the_stock_path(
    tmp_path, monkeypatch, caplog, what
):
    """Only the check at start sees the upgrade: the stock path of the real library has to serve."""
    check = fastpath_check.check

    async def with_another_version(sio, *, compression):
        with monkeypatch.context() as upgraded:
            upgraded.setattr(*UPGRADES[what])
            await check(sio, compression=compression)

    monkeypatch.setattr(fastpath_check, "check", with_another_version)
    async with server_in_process(tmp_path, **UNHURRIED) as neighbours:
        (line,) = [
            record.getMessage() for record in caplog.records if "fast path" in record.message
        ]
        assert line.startswith("the fast path does not fit the installed libraries")
        assert neighbours.inspect().subscribers is None
        async with CompressedStranger(neighbours.url) as stranger:
            await stranger.enters(2)
            assert (await stranger.asks("joinAuction", AUCTION))["ok"]
            await neighbours.bilal_bids()
            assert (await stranger.hears("newBid"))["newBid"]["bid"] == neighbours.amount
            assert not stranger.compressed


async def test_where_it_fits_nothing_is_said(tmp_path, caplog):
    async with server_in_process(tmp_path) as neighbours:
        assert neighbours.inspect().subscribers is not None
        assert not [record for record in caplog.records if "fast path" in record.getMessage()]


async def test_it_can_be_switched_off(tmp_path):
    async with server_in_process(tmp_path, fan_out="stock") as neighbours:
        assert neighbours.inspect().subscribers is None
        await neighbours.bilal_bids()


# --- viewers that do not read, and those who go


async def test_a_slow_viewer_misses_old_lists_and_never_the_newest(tmp_path):
    """The others hear everything meanwhile (D25)."""
    limits = UNHURRIED | {"send_buffer_bytes_max": 1_000_000}
    async with (
        server_in_process(tmp_path, updates="delta", **limits) as neighbours,
        AsyncExitStack() as stack,
    ):
        slow = await joins(stack, neighbours.url, SlowReader, 2)
        keeping_up = await joins(stack, neighbours.url, PollingStranger, 3)
        bids, heard, read = 300, [], None
        for amount in range(1, bids + 1):
            answer = await neighbours.bilal.emits("placeBid", AUCTION | {"amount": amount})
            assert answer["ok"]
            heard.append((await keeping_up.hears("newBid"))["newBid"]["bid"])
            if amount % 2:  # one list, while there are two
                read = await slow.hears("newBid")
        assert heard == list(range(1, bids + 1))
        seen = []
        while read["newBid"]["bid"] < bids:
            amount = read["newBid"]["bid"]
            assert [row["bid"] for row in read["auctionBids"]] == list(range(amount, 0, -1))
            seen.append(amount)
            read = await slow.hears("newBid")
        assert seen == sorted(set(seen))
        assert len(seen) < bids // 2 - 20  # of the other half


async def test_a_join_of_many_is_told_a_few_times_a_second(tmp_path, monkeypatch):
    """Not once to each of those who are there for each of those who come (D9)."""
    monkeypatch.setattr(presence, "COUNT_INTERVAL_SECONDS", 1)
    many = 300
    async with (
        server_in_process(
            tmp_path, updates="delta", connections_per_address_max=0, **UNHURRIED
        ) as neighbours,
        AsyncExitStack() as stack,
    ):
        clients = await asyncio.gather(
            *(joins(stack, neighbours.url, WebSocketStranger, 2 + n % 50) for n in range(many))
        )
        await neighbours.bilal.until(
            lambda: neighbours.bilal.heard("userCountUpdate")[-1]["userCount"] == 1 + many, "all"
        )
        counts = [heard["userCount"] for heard in neighbours.bilal.heard("userCountUpdate")]
        assert counts == sorted(counts)
        assert len(counts) < many / 4
        for client in clients:
            client.line.reset()
        await neighbours.bilal.until(
            lambda: neighbours.bilal.heard("userCountUpdate")[-1]["userCount"] == 1, "alone"
        )


@pytest.mark.slow
async def test_of_hundreds_who_stall_no_socket_task_or_object_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "POLL_AGAIN_SECONDS", 0.1)  # a session that polled is kept so long
    limits = UNHURRIED | {"send_buffer_bytes_max": 100_000, "connections_per_address_max": 0}
    async with server_in_process(tmp_path, updates="delta", **limits) as neighbours:
        audience = neighbours.server.audience
        payload = encode({"text": "0123456789" * 2_000})

        async def is_loud():
            await audience.to_room(1, "loud", payload, payload)
            await asyncio.sleep(0.002)

        await neighbours.bilal_bids()
        before, subscribers = neighbours.possessions(), neighbours.inspect().subscribers
        objects = in_memory()
        for _ in range(3):
            async with AsyncExitStack() as stack:
                kinds = itertools.cycle([SlowReader, PollingStranger, SlowReader])
                crowd = [joins(stack, neighbours.url, next(kinds), 2 + n % 50) for n in range(150)]
                stalled = await asyncio.gather(*crowd)
                for gone in stalled[:20]:  # some are gone before they are missed
                    await gone.__aexit__(None, None, None)
                while len(neighbours.sockets) > 2:
                    await is_loud()
                del crowd, stalled, gone
        await until(lambda: in_memory() <= objects, in_memory)
        await until(lambda: still(neighbours.possessions(), before), neighbours.possessions)
        assert neighbours.inspect().subscribers == subscribers
        await neighbours.bilal_bids()


def in_memory():
    """How many sockets and transports there are, referred to by whomever."""
    gc.collect()
    return sum(isinstance(one, GuardedSocket | asyncio.Transport) for one in gc.get_objects())


def still(now, before):
    return all(now[name] <= before[name] for name in before)
