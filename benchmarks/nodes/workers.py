"""One server of one process and of two: a bid to everybody, again and again."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import contenders
from benchmarks.contenders import Contender
from benchmarks.cpu import Meter, process_seconds
from benchmarks.load import Crowd
from benchmarks.nodes.place import AUCTION, Place
from benchmarks.report import DELIVERY, RATE, Goal, Measured, Results, table

COUNTS = (1, 2)
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
    plan = place.plan
    async with Crowd(
        place.whole.program, server.port, place.whole.tokens, viewers=plan.viewers, delta=True
    ) as crowd:
        await crowd.do("start", AUCTION)
        await crowd.do("lot", AUCTION)
        await crowd.do("join", AUCTION)
        await crowd.do("quiet", plan.quiet_ms)
        crowd_before, database_before = process_seconds(crowd.pid), _seconds(place)
        meter = Meter(server.pids, [crowd.pid, *place.helpers])
        heard = await crowd.do("bids", AUCTION, plan.bids, 1)
        spent = meter.stop()
        values = {
            RATE: heard["deliveries"] / heard["seconds"],
            DELIVERY: spent.server / heard["deliveries"] * 1e6,
            LAST: heard["last_viewer_ms"][0],
            SERVER: spent.server / spent.wall,
            CROWD: (process_seconds(crowd.pid) - crowd_before) / spent.wall,
            DATABASE: (_seconds(place) - database_before) / spent.wall,
        }
    return Measured(values, spent)


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
