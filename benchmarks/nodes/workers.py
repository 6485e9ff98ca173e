"""One server of one process and of two: bids to everybody in two auctions, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

from benchmarks import contenders
from benchmarks.contenders import Contender
from benchmarks.cpu import Meter, process_seconds
from benchmarks.load import Crowd
from benchmarks.nodes.place import AUCTION, Place
from benchmarks.report import DELIVERY, RATE, Goal, Measured, Results, table

COUNTS = (1, 2)
AUCTIONS = 2
"""Bids of two go on at once: one alone leaves the server idle until its last viewer has heard of it."""
CROWD, DATABASE, SERVER, LAST = "crowd cores", "database cores", "server cores", "last viewer p50"


def key(count: int) -> str:
    return f"workers {count}"


async def measure(place: Place, turn: int) -> None:
    for count in COUNTS if turn % 2 else reversed(COUNTS):
        settings = {"BARAKA_WORKERS": count}
        async with contenders.ours(await place.database(), place.folder, **settings) as server:
            measured = await _measure(server, place)
        place.results.add(key(count), measured)
        rate, cpu = measured.values[RATE], measured.values[DELIVERY]
        place.say(f"{count} workers: {rate:,.0f} deliveries/s, {cpu:.1f} µs each")


async def _measure(server: Contender, place: Place) -> Measured:
    async with AsyncExitStack() as stack:
        crowds = [
            (auction, await _crowd(stack, server, auction, place))
            for auction in range(AUCTION, AUCTION + AUCTIONS)
        ]
        pids = [crowd.pid for _, crowd in crowds]
        crowd_before, database_before = sum(map(process_seconds, pids)), _seconds(place)
        meter = Meter(server.pids, [*pids, *place.helpers])
        heard = await asyncio.gather(
            *(crowd.do("bids", auction, place.plan.bids, 1) for auction, crowd in crowds)
        )
        spent = meter.stop()
        deliveries = sum(one["deliveries"] for one in heard)
        values = {
            RATE: deliveries / max(one["seconds"] for one in heard),
            DELIVERY: spent.server / deliveries * 1e6,
            LAST: max(one["last_viewer_ms"][0] for one in heard),
            SERVER: spent.server / spent.wall,
            CROWD: (sum(map(process_seconds, pids)) - crowd_before) / spent.wall,
            DATABASE: (_seconds(place) - database_before) / spent.wall,
        }
    return Measured(values, spent)


async def _crowd(stack: AsyncExitStack, server: Contender, auction: int, place: Place) -> Crowd:
    """Its part of the viewers, in an auction of its own."""
    viewers = place.plan.viewers // AUCTIONS
    crowd = Crowd(place.whole.program, server.port, place.whole.tokens, viewers=viewers, delta=True)
    await stack.enter_async_context(crowd)
    await crowd.do("start", auction)
    await crowd.do("lot", auction)
    await crowd.do("join", auction)
    await crowd.do("quiet", place.plan.quiet_ms)
    return crowd


def _seconds(place: Place) -> float:
    pid = place.whole.database_pid
    return process_seconds(pid) if pid else 0.0


def goals() -> Iterator[Goal]:
    two, one = (key(count) for count in reversed(COUNTS))
    yield Goal(
        "deliveries a second, 2 workers ÷ 1", two, one, RATE, must=None, aim=1.8, at_least=True
    )
    yield Goal("CPU for a delivery, 2 workers ÷ 1", two, one, DELIVERY, must=1.1, aim=1)


COLUMNS = {
    RATE: "deliveries/s",
    DELIVERY: "µs of server CPU for a delivery",
    LAST: "ms to the last viewer",
    SERVER: "cores of the server",
    CROWD: "of the crowd",
    DATABASE: "of the database",
}


def tables(results: Results) -> str:
    lines = [
        [str(count), *(str(results.summary(key(count), value) or "–") for value in COLUMNS)]
        for count in COUNTS
    ]
    return table(["workers", *COLUMNS.values()], lines)
