"""Attacks that cost the server more than the attacker: with one token or none, at the default limits."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from statistics import median

from benchmarks.attack.hands import (
    GONE,
    all_read,
    inside,
    reads,
    steadily,
)
from benchmarks.attack.place import CROWD, ENDED, LONG, OWNER, ROOM, Place, Size, bearer
from tests.support.clients.stranger import PATH, HungUp, Line, WebSocketStranger, request

ATTACKERS = {
    name: 40 + number
    for number, name in enumerate(
        ("ended_joins", "room_joins", "last_seq", "slow_viewer", "comments", "visits")
    )
}
"""The user whose token an attacker has; each has another one, so that none is slowed down already."""
ELSE = 50
"""Somebody who only wants to know the auctions, or to come in."""
MEGABYTE = 1_000_000


def join(auction_id: int, number: int, **more: int) -> str:
    return f"42{number}" + json.dumps(["joinAuction", {"auctionId": auction_id} | more])


def all_stayed(honest: int, gone: int) -> None:
    """Raise for people who did nothing but look on, and were not let in or disconnected."""
    if gone:
        raise AssertionError(f"{gone} of {honest} who only looked on were disconnected")


async def ended_joins(place: Place) -> str:
    """95 joins a second of an auction that has ended."""
    async with inside(place.url, [ATTACKERS["ended_joins"]]) as sockets:
        reading = asyncio.create_task(reads(sockets[0].line, place.size.seconds))
        asked = await steadily(
            place.size.seconds, 95, lambda number: sockets[0].says(join(ENDED, number))
        )
        with suppress(HungUp):
            return f"{asked} joins, {await reading / MEGABYTE:.1f} MB"
        return f"{asked} joins, disconnected"


async def room_joins(place: Place) -> str:
    """Many sockets of one user join a room of many rows, twice each."""
    async with inside(place.url, [ATTACKERS["room_joins"]] * place.size.room_sockets) as sockets:
        for socket in sockets:
            with suppress(*GONE):
                await socket.says(join(ROOM, 1), join(ROOM, 2))
        read, gone = await all_read(sockets, place.size.seconds)
    return f"{len(sockets)} sockets, {read / MEGABYTE:.0f} MB, {gone} disconnected"


async def last_seq(place: Place) -> str:
    """Joins that ask for all that was missed, from the first entry on."""
    async with inside(place.url, [ATTACKERS["last_seq"]] * 10) as sockets:
        for socket in sockets:
            with suppress(*GONE):
                await socket.says(*(join(ROOM, number, lastSeq=0) for number in range(10)))
        read, gone = await all_read(sockets, place.size.seconds)
    return f"100 joins, {read / MEGABYTE:.0f} MB, {gone} disconnected"


async def slow_viewer(place: Place) -> str:
    """Not an attack: somebody who reads half a megabyte a second joins a room of many rows."""
    async with WebSocketStranger(place.url) as viewer:
        await viewer.enters(ATTACKERS["slow_viewer"])
        await viewer.says(join(ROOM, 1))
        begun = time.monotonic()
        try:
            read = await reads(viewer.line, 2 * place.size.seconds, MEGABYTE / 2)
        except HungUp:
            raise AssertionError(
                f"disconnected after {time.monotonic() - begun:.1f} s, although it reads"
            ) from None
    return f"stays, {read / MEGABYTE:.1f} MB"


async def comments(place: Place) -> str:
    """One user comments where many watch a long list of comments."""
    viewers = CROWD[: place.size.viewers]
    async with (
        inside(place.url, viewers) as sockets,
        inside(place.url, [ATTACKERS["comments"]], updates="delta") as mine,
    ):
        for start in range(0, len(sockets), 5):  # politely: the joins are not what is measured
            some = sockets[start : start + 5]
            await asyncio.gather(*(socket.says(join(ROOM, 1)) for socket in some))
            await all_read(some, 0.2)
        await mine[0].says(join(ROOM, 1))
        reading = asyncio.create_task(all_read([*sockets, *mine], place.size.seconds))
        comment = json.dumps(["comment", {"auctionId": ROOM, "comment": "?"}])
        asked = await steadily(place.size.seconds, 6, lambda _: mine[0].says(f"42{comment}"))
        read, gone = await reading
    all_stayed(len(viewers), len(viewers) - len(sockets) + gone)
    rate = read / MEGABYTE / place.size.seconds
    return f"{asked} comments, {rate:.0f} MB/s to {len(sockets)} viewers"


def watchers(size: Size) -> list[int]:
    """The users of those who only look on, each on several sockets."""
    return [60 + number % 40 for number in range(size.watchers)]


async def starts(place: Place) -> str:
    """An owner announces the same auction 48 times a second to everybody who is connected."""
    users = watchers(place.size)
    async with inside(place.url, users) as sockets, inside(place.url, [OWNER]) as mine:
        reading = asyncio.create_task(all_read([*sockets, *mine], place.size.seconds))
        start = json.dumps(["startLiveAuction", {"auctionId": ROOM}])
        asked = await steadily(place.size.seconds, 48, lambda _: mine[0].says(f"42{start}"))
        read, gone = await reading
    all_stayed(len(users), len(users) - len(sockets) + gone)
    return f"{asked} starts, {read / MEGABYTE:.1f} MB to {len(sockets)} sockets"


async def histories(place: Place) -> str:
    """The owner of a long ledger reads it 25 times at once, page after page; another one the auctions."""
    latest = time.monotonic() + place.size.seconds
    statuses: Counter[int] = Counter()
    waits: list[float] = []

    async def turns_pages() -> None:
        async with Line(place.url) as line:
            after = 0
            while time.monotonic() < latest:
                target = f"/api/auctions/{LONG}/history?after={after}"
                answer = await line.requests("GET", target, Authorization=bearer(OWNER))
                statuses[answer.status] += 1
                if answer.status == 200:
                    after = (after + 1_000) % place.size.ledger
                await asyncio.sleep(0.1)

    async def looks_for_auctions() -> None:
        async with Line(place.url) as line:
            while time.monotonic() < latest:
                begun = time.monotonic()
                answer = await line.requests(
                    "GET", "/api/auctions?live=true", Authorization=bearer(ELSE)
                )
                waits.append(time.monotonic() - begun)
                if answer.status != 200:
                    raise AssertionError(f"somebody else's list was answered with {answer.status}")
                await asyncio.sleep(0.3)

    await asyncio.gather(*(turns_pages() for _ in range(25)), looks_for_auctions())
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    return f"{told}; somebody else's list took {1000 * median(waits):.0f} ms"


async def handshakes(place: Place) -> str:
    """Polling handshakes without a token, as fast as they go, from ten addresses."""
    addresses = [f"127.0.0.{number}" for number in range(2, 12)]
    each, together = place.size.handshakes // len(addresses), 50
    knock = request("GET", PATH + "polling")
    statuses: Counter[int] = Counter()
    latest = time.monotonic() + max(4.0, place.size.seconds)

    async def floods(address: str) -> None:
        done = 0
        while done < each and time.monotonic() < latest:
            with suppress(*GONE):
                async with Line(place.url, source=address) as line:
                    while done < each and time.monotonic() < latest:
                        await line.sends(knock * together)
                        done += together
                        for _ in range(together):
                            statuses[(await line.answer()).status] += 1

    flooding = [asyncio.create_task(floods(address)) for address in addresses]
    waits, refused = [], 0
    async with AsyncExitStack() as stack:
        while not all(task.done() for task in flooding):
            begun = time.monotonic()
            try:
                socket = await stack.enter_async_context(WebSocketStranger(place.url))
                await socket.enters(ELSE)
                waits.append(time.monotonic() - begun)
            except GONE:
                refused += 1
            await asyncio.sleep(0.2)
    await asyncio.gather(*flooding)
    if refused:
        raise AssertionError(f"{refused} others of {refused + len(waits)} were not let in")
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    return f"{told}; others came in within {1000 * max(waits):.0f} ms"
