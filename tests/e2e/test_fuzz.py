"""Thousands of random and mutated packets at one server, beside a sale that must not notice any of them.

It throws the same packets each time; other ones with BARAKA_FUZZ_SEED=5 pytest tests/e2e/test_fuzz.py
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from contextlib import suppress
from urllib.parse import unquote_plus

import pytest

from baraka_server.store import audit
from baraka_server.store.engine import open_engine
from baraka_server.store.store import Store
from tests.support.checks.proof import the_ledger
from tests.support.clients.attacks import FRAMES, MALFORMED, NAMELESS, NO_HTTP, UNKNOWN, UNSPEAKABLE
from tests.support.clients.phones import PythonPhones, token
from tests.support.clients.stranger import (
    PACKETS,
    PATH,
    HungUp,
    Line,
    PollingStranger,
    frame,
    request,
    upgrade_headers,
)
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.neighbours import Neighbourhood, prepare

PACKETS_PER_SOCKET = 8
STRANGERS_AT_ONCE = 10
MEMORY_GROWTH_BYTES_MAX = 60_000_000
SALE, TRIAL, PLAYGROUND = 1, 3, 2
"""Auctions. Strangers who exist bid in the playground only; those in the sale are nobody."""
NOBODY = 999
HOST, BIDDERS = 1, (2, 3, 4)
STRANGERS = range(10, 60)

VALID = [
    '42["startLiveAuction",{"auctionId":2}]',
    '421["joinAuction",{"auctionId":2}]',
    '422["joinAuction",{"auctionId":2,"lastSeq":1}]',
    '423["leaveAuction",{"auctionId":2}]',
    '424["placeBid",{"auctionId":2,"amount":1500,"requestId":"a","round":1}]',
    '42["placeBid",{"auctionId":2,"amount":1500.0}]',
    '42["comment",{"auctionId":2,"comment":"Great \\ud83d\\udc8d \\u00e9 \\"item\\"","requestId":"b"}]',
    '425["comment",{"auctionId":2,"comment":"é 💍 <b>"}]',
    '42["awardingAuction",{"auctionId":2,"product":"Ring","weight":"5g"}]',
    '42["changeCuurentProduct",{"auctionId":2,"product":"Ring","minBidPrice":1,"bidPrice":2,"actualPrice":3}]',
    '42["cancelAuction",{"auctionId":2}]',
    '42["endAuction",{"auctionId":2}]',
    '42["broadCasterLeave",{"auctionId":2}]',
    "40",
    "41",
    "3",
    "5",
    "1",
    "2probe",
    "40/other,{}",
]
TABLES = [*UNKNOWN.values(), *NAMELESS, *MALFORMED.values(), *UNSPEAKABLE.values()]
SEED = 1
SEEDS = [packet.encode() if isinstance(packet, str) else packet for packet in VALID * 4 + TABLES]
ODD = [
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\x1e",
    b'"',
    b"\\",
    b"[",
    b"]",
    b"{",
    b"}",
    b"1e999",
    b"-0",
]


class Dice(random.Random):
    def packet(self) -> bytes:
        packet = self.choice(SEEDS)
        for _ in range(self.choice([0, 1, 1, 2, 4])):
            packet = self.choice(MUTATIONS)(self, packet)
        return packet[:99_000]

    def place(self, packet: bytes) -> int:
        return self.randrange(len(packet) + 1)


def truncated(dice: Dice, packet: bytes) -> bytes:
    return packet[: dice.place(packet)]


def flipped(dice: Dice, packet: bytes) -> bytes:
    bits = bytearray(packet)
    for _ in range(dice.randint(1, 4) if bits else 0):
        bits[dice.randrange(len(bits))] ^= 1 << dice.randrange(8)
    return bytes(bits)


def repeated(dice: Dice, packet: bytes) -> bytes:
    start, end = sorted((dice.place(packet), dice.place(packet)))
    return packet[:end] + packet[start:end] * dice.randint(1, 20) + packet[end:]


def spliced(dice: Dice, packet: bytes) -> bytes:
    other = dice.choice(SEEDS)
    return packet[: dice.place(packet)] + other[dice.place(other) :]


def sprinkled(dice: Dice, packet: bytes) -> bytes:
    at = dice.place(packet)
    return packet[:at] + dice.choice(ODD) + packet[at:]


def anything(dice: Dice, packet: bytes) -> bytes:
    return dice.randbytes(dice.randrange(200))


def any_text(dice: Dice, packet: bytes) -> bytes:
    chars = (chr(dice.randrange(0x110000)) for _ in range(dice.randrange(50)))
    return packet[:2] + "".join(chars).encode(errors="replace")


MUTATIONS = [truncated, flipped, repeated, spliced, sprinkled, anything, any_text]


def concerns_the_sale(packet: bytes) -> bool:
    """Whether somebody who exists could change the sale with it: a bit may turn auction 2 into 1."""
    text = unquote_plus(packet.decode(errors="replace"))
    return any("1" in part[:12] or "\\u" in part[:12] for part in text.split("auctionId")[1:])


# --- the strangers


async def over_websocket(dice: Dice, url: str, user_id: int, packets: list[bytes]) -> None:
    """All in one go, so that the server finds much behind the handshake."""
    async with Line(url) as line:
        said = frame("40" + entry(user_id)) + b"".join(map(frame, packets))
        if user_id == NOBODY and dice.random() < 0.2:
            said += flipped(dice, dice.choice(list(FRAMES.values())))
        await line.sends(request("GET", PATH + "websocket", **upgrade_headers()) + said)
        assert (await line.answer()).status == 101
        await line.sends(frame("427777[]"))
        while not (await line.frame()).payload.startswith(b"437777"):
            pass


async def over_polling(dice: Dice, url: str, user_id: int, packets: list[bytes]) -> None:
    async with PollingStranger(url) as stranger:
        await stranger.says("40" + entry(user_id))
        if dice.random() < 0.5:
            await stranger.posts(PACKETS.encode().join(packets))
        else:
            for packet in packets:
                await stranger.posts(packet)
        await stranger.says("427777[]")
        await stranger.answered(7777)
        await stranger.says("1")


async def over_http(dice: Dice, url: str) -> None:
    target = f"{PATH}polling&sid=x"
    whole = dice.choice(
        [
            request("POST", target, dice.packet()),
            request("GET", PATH + "polling"),
            request("GET", PATH + "websocket", **upgrade_headers()),
            request("GET", "/api/auctions/2", Authorization="Bearer x"),
            *NO_HTTP,
        ]
    )
    async with Line(url) as line:
        for _ in range(dice.randint(1, 3)):
            await line.sends(flipped(dice, whole))
        line.ends()
        with suppress(ConnectionError):
            await asyncio.wait_for(line.reader.read(1), 0.2)


def entry(user_id: int) -> str:
    return json.dumps({"token": token(SECRET, user_id), "updates": "delta"})


class Fuzz:
    def __init__(self, seed: int, url: str, packets: int) -> None:
        self.packets = packets
        self.dice = Dice(seed)
        self.url = url
        self.sent = 0
        self.sale_is_over = False
        self.ends: Counter[str] = Counter()

    async def run(self) -> None:
        await asyncio.gather(*(self._stranger() for _ in range(STRANGERS_AT_ONCE)))

    async def _stranger(self) -> None:
        while self.sent < self.packets or not self.sale_is_over:
            self.sent += PACKETS_PER_SOCKET
            dice = Dice(self.dice.randrange(2**32))
            user_id = dice.choice(STRANGERS) if dice.random() < 0.3 else NOBODY
            packets = [dice.packet() for _ in range(PACKETS_PER_SOCKET)]
            if user_id != NOBODY:
                packets = [packet for packet in packets if not concerns_the_sale(packet)]
            kind = dice.choice([over_websocket, over_websocket, over_polling])
            try:
                if dice.random() < 0.1:
                    await over_http(dice, self.url)
                else:
                    await kind(dice, self.url, user_id, packets)
                self.ends["lived"] += 1
            except (HungUp, TimeoutError):
                self.ends["disconnected"] += 1


# --- the sale


async def hold_a_sale(url: str, auction_id: int, lots: int) -> list[tuple[object, ...]]:
    """The same sale each time. Returns every answer, as far as it does not depend on the time."""
    answers = []

    async with PythonPhones() as phones:

        async def pick_up(user_id):
            auth = {"token": token(SECRET, user_id)}
            return await phones.open(url, user_id, auth=auth, transports=["websocket"])

        host, *bidders = [await pick_up(user_id) for user_id in (HOST, *BIDDERS)]

        async def send(phone, event, **fields):
            answer = await phone.emits(event, {"auctionId": auction_id} | fields)
            kept = (answer.get("ok"), answer.get("code"), answer.get("seq"), answer.get("round"))
            answers.append((event, phone.user_id, *kept))

        await send(host, "startLiveAuction")
        for phone in bidders:
            await send(phone, "joinAuction")
        for lot in range(lots):
            prices = {"minBidPrice": 100, "bidPrice": 120, "actualPrice": 300}
            await send(host, "changeCuurentProduct", product=f"Ring {lot}", **prices)
            for amount in range(90, 250, 10):
                phone = bidders[amount // 10 % 3]
                await send(phone, "placeBid", amount=amount)
                await send(phone, "placeBid", amount=amount)  # too low, the second time
            await send(bidders[lot], "comment", comment=f"Is it 18K? {lot} 💍")
            await send(host, "awardingAuction", product=f"Ring {lot}", weight="5g")
        await send(host, "endAuction")
        for phone in (host, *bidders):
            assert [what for what, _ in phone.life] == ["connect"]
    return answers


async def story(store, auction_id):
    """The ledger, without what differs from one sale to the next: times, and ids of rows."""

    def told(event):
        fields = {name: getattr(event, name) for name in getattr(event, "__slots__", ())}
        return type(event).__name__, [
            str(fields.get(name)) for name in ("amount", "comment", "lot", "product", "weight")
        ]

    return [
        (entry.seq, entry.round, entry.user_id, *told(entry.event))
        for entry in await the_ledger(store, auction_id)
    ]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("packets", "lots"), [(2_000, 1), pytest.param(10_000, 3, marks=pytest.mark.long)]
)
async def test_broken_packets_change_nothing_of_a_sale(tmp_path, packets, lots):
    seed = int(os.environ.get("BARAKA_FUZZ_SEED") or SEED)
    print(f"BARAKA_FUZZ_SEED={seed}")
    database_url = await prepare(tmp_path)
    async with Baraka(database_url, tmp_path, BARAKA_CONNECT_SECONDS_MAX=3) as server:
        expected = await hold_a_sale(server.url, TRIAL, lots)
        async with PythonPhones() as phones:
            auth = {"token": token(SECRET, HOST)}
            host = await phones.open(server.url, HOST, auth=auth, transports=["websocket"])
            assert (await host.emits("startLiveAuction", {"auctionId": PLAYGROUND}))["ok"]
        street = Neighbourhood(server.url, host, host, baraka=server)
        fuzz = Fuzz(seed, server.url, packets)
        memory = street.memory_bytes
        fuzzing = asyncio.create_task(fuzz.run())
        held = await hold_a_sale(server.url, SALE, lots)
        fuzz.sale_is_over = True
        await fuzzing
        print(f"{fuzz.sent} packets, {fuzz.ends}, {street.memory_bytes - memory} bytes more")
        assert held == expected
        assert fuzz.ends["lived"] > packets / 500
        assert fuzz.ends["disconnected"] > packets / 50
        street.assert_log_is_calm()
        assert street.memory_bytes < memory + MEMORY_GROWTH_BYTES_MAX
    store = Store(open_engine(database_url), timeout_seconds=10)
    try:
        assert await story(store, SALE) == await story(store, TRIAL)
        for auction_id in (SALE, TRIAL, PLAYGROUND):
            assert (await audit.verify(store, auction_id)).ok
    finally:
        await store.close()
