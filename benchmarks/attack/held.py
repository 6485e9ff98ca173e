"""Attacks that must have no effect: hostile packets, slow clients, a locked row, a stop."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress

from sqlalchemy import select

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.store import ledger
from baraka_server.store.tables import auctions
from benchmarks.attack.cost import ATTACKERS
from benchmarks.attack.hands import GONE, inside, steadily, survivors
from benchmarks.attack.place import FIRST_VISITED, LAST, LOCKED, STOPPED, Place
from tests.support.clients.attacks import NO_HTTP, TRICKS
from tests.support.clients.stranger import Line, PollingStranger, WebSocketStranger, request

SLOW = 50
"""How many slow ones there are at once."""
VISIT_SECONDS = 0.011
"""The limit of a user is 100 actions a second."""


async def tricks(place: Place) -> str:
    """Paths and requests that mean one thing to a proxy and another to a server, and what is not HTTP."""
    told: Counter[str] = Counter()

    async def tries(data: bytes) -> None:
        async with Line(place.url) as line:
            with suppress(*GONE):
                await line.sends(data)
                line.ends()
            with suppress(*GONE):
                said = await line.hung_up()
                if b" 200 OK" in said:
                    raise RuntimeError(f"{data[:60]!r} was answered with {said[:200]!r}")
                told[said[9:12].decode("latin-1") or "nothing"] += 1

    latest = time.monotonic() + place.size.seconds
    while time.monotonic() < latest:
        await asyncio.gather(*map(tries, [*NO_HTTP, *TRICKS.values()]))
    return ", ".join(f"{count} × {status}" for status, count in sorted(told.items()))


async def endless_headers(place: Place) -> str:
    """Requests whose headers never end."""

    async def goes_on() -> bool:
        async with Line(place.url) as line:
            await line.sends(b"GET / HTTP/1.1\r\nHost: x\r\n")
            await steadily(place.size.seconds, 1_000, lambda _: line.sends(b"X: y\r\n" * 100))
            with suppress(AssertionError):
                await line.hung_up()
                return True
            return False

    cut_off = await asyncio.gather(*(goes_on() for _ in range(SLOW)))
    if not all(cut_off):
        raise AssertionError(f"{cut_off.count(False)} of {SLOW} are still read")
    return f"{SLOW} lines, all cut off"


async def slow_loris(place: Place) -> str:
    """Lines on which a header comes letter by letter."""
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(Line(place.url)) for _ in range(4 * SLOW)]

        async def trickles(line: Line) -> None:
            await line.sends(b"GET / HTTP/1.1\r\nX: ")
            await steadily(place.size.seconds, 5, lambda _: line.sends(b"x"))

        await survivors([trickles(line) for line in lines])
    return f"{len(lines)} lines"


async def slow_post(place: Place) -> str:
    """RoomIndex whose POST comes letter by letter."""

    async def trickles(user_id: int) -> None:
        async with PollingStranger(place.url) as stranger:
            await stranger.enters(user_id)
            whole = request("POST", stranger.target, b"3" * 10_000)
            await stranger.posting.sends(whole[:-9_999])
            await steadily(place.size.seconds, 5, lambda _: stranger.posting.sends(b"3"))

    return _told(await survivors([trickles(60 + number) for number in range(SLOW)]))


async def silent_websockets(place: Place) -> str:
    """Websockets that open and say nothing."""
    opened = 0
    async with AsyncExitStack() as stack:
        for _ in range(place.size.silent):
            with suppress(*GONE):
                await stack.enter_async_context(WebSocketStranger(place.url))
                opened += 1
        await asyncio.sleep(place.size.seconds)
    return f"{opened} websockets"


async def visits(place: Place) -> str:
    """One user looks at one auction after the other."""
    codes: Counter[str] = Counter()
    async with WebSocketStranger(place.url) as stranger:
        await stranger.enters(ATTACKERS["visits"])
        for number in range(place.size.visited):
            answer = await stranger.asks("joinAuction", {"auctionId": FIRST_VISITED + number})
            codes[answer.get("code", "ok")] += 1
            await asyncio.sleep(VISIT_SECONDS)
    return ", ".join(f"{count} × {code}" for code, count in codes.items())


async def cycles(place: Place) -> str:
    """Connect, join, leave, go; over and over."""
    users = itertools.cycle(range(60, 100))

    async def cycle() -> None:
        async with WebSocketStranger(place.url) as stranger:
            await stranger.enters(next(users))
            await stranger.asks("joinAuction", {"auctionId": LAST})
            await stranger.asks("leaveAuction", {"auctionId": LAST})

    told: Counter[str] = Counter()
    for _ in range(0, place.size.cycles, 10):
        told += await survivors([cycle() for _ in range(10)])
    return _told(told)


async def locked_row(place: Place) -> str:
    """Another program keeps the row of an auction locked, while people bid in it."""
    if place.mariadb is None:
        return "not run: SQLite has one lock for everything. Try: make servers"
    waits: list[float] = []
    async with inside(place.url, list(range(60, 70))) as sockets:
        for socket in sockets:
            await socket.asks("joinAuction", {"auctionId": LOCKED})
        async with place.store.writing() as connection:
            await connection.execute(
                select(auctions.c.id).where(auctions.c.id == LOCKED).with_for_update()
            )
            begun = time.monotonic()

            async def bids(socket: WebSocketStranger, amount: int) -> None:
                await socket.asks("placeBid", {"auctionId": LOCKED, "amount": amount})
                waits.append(time.monotonic() - begun)

            bidding = [
                asyncio.create_task(bids(socket, 10 + number))
                for number, socket in enumerate(sockets)
            ]
            while time.monotonic() < begun + place.size.locked_seconds:
                await connection.execute(select(1))  # an idle transaction is ended soon
                await asyncio.sleep(0.5)
        await survivors(bidding)
    if not waits:
        raise AssertionError("nobody was answered")
    return f"{len(waits)} bids in it were answered {min(waits):.1f} to {max(waits):.1f} s later"


async def stop(place: Place) -> str:
    """SIGTERM while 200 bids a second come: nothing is lost or doubled."""
    acknowledged: list[int] = []
    amounts = itertools.count(10)
    users = [STOPPED[number % len(STOPPED)] for number in range(place.size.bidding)]
    async with inside(place.url, users, updates="delta") as sockets:
        for start in range(0, len(sockets), 50):
            some = sockets[start : start + 50]
            await asyncio.gather(*(one.asks("joinAuction", {"auctionId": LAST}) for one in some))

        async def hears(socket: WebSocketStranger) -> None:
            with suppress(*GONE):
                while True:
                    packet = await socket.hears_anything()
                    if packet.startswith("43"):
                        start = packet.index("[")
                        if json.loads(packet[start:])[0]["ok"]:
                            acknowledged.append(int(packet[2:start]))

        hearing = [asyncio.create_task(hears(socket)) for socket in sockets]
        stopping: asyncio.Task[int] | None = None

        async def bid(number: int) -> None:
            nonlocal stopping
            if number == 200:
                stopping = asyncio.create_task(place.server.stop())
            amount = next(amounts)
            bid = {"auctionId": LAST, "amount": amount, "round": 1}
            with suppress(*GONE):
                await sockets[number % len(sockets)].says(
                    f"42{amount}" + json.dumps(["placeBid", bid])
                )

        await steadily(2.5, 200, bid)
        code = await stopping if stopping else -1
        await asyncio.gather(*hearing)
    async with place.store.reading() as connection:
        events = [entry.event async for entry in ledger.all_entries(connection, LAST)]
    written = Counter(event.amount for event in events if isinstance(event, BidPlaced))
    lost = [amount for amount in acknowledged if not written[amount]]
    doubled = [amount for amount, times in written.items() if times > 1]
    if code or lost or doubled or not acknowledged:
        raise AssertionError(f"exit {code}, {len(lost)} lost, {len(doubled)} doubled")
    return (
        f"exit 0; {len(acknowledged)} bids acknowledged, all of them once in the ledger, "
        f"{len(sockets)} sockets"
    )


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items())
