"""Benchmark of the fan-out: the server's CPU for each delivery of a bid, by its length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.cpu import Meter
from benchmarks.load import Crowd
from benchmarks.report import BYTES, DELIVERY, FURTHER, Goal, Measured, Results, grid

SIZES = {"0.4 KB": 0, "8 KB": 24, "80 KB": 245}
"""By how many bids are in the list. Without a list it is the bid alone, to viewers of deltas."""

LENGTHS = {"10 bids": 10, "100 bids": 100, "1,000 bids": 1_000}
"""The lists of the growth curve, by what the table calls them."""

PLAIN, COMPRESSED, JOINED = "plain", "compressed", "joined"
LISTS, DELTA = "lists", "deltas"
JOINED_BIDS = 8
LOBBY = 60
"""The auction in whose room the crowd waits."""
FRAME_HEAD_BYTES = 4
BIDS_ALONE = 100
"""How many bids are made while nobody is in the room, to know what a bid itself costs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The extent of the measurement: viewers, and about how many deliveries one takes."""

    viewers: int = 2_000
    deliveries: int = 60_000
    tries: int = 2
    """How often a disturbed measurement is made at most. The least disturbed one counts."""
    quiet_ms: int = 500
    """For how long nothing was heard when it begins."""

    def times(self, size: str) -> int:
        """The number of bids: fewer long ones, and no more than a list may grow by meanwhile."""
        rows = rows_of(size)
        share = max(0.1, 200 / (200 + rows))
        times = max(2, round(self.deliveries * share / self.viewers))
        return min(times, 2 * rows) if rows else times


def rows_of(size: str) -> int:
    return (SIZES | LENGTHS)[size]


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the table. `cell.key` names it in the results."""

    contender: str
    size: str
    way: str = PLAIN

    @property
    def key(self) -> str:
        return key(f"{self.contender} {self.way}", self.size)


def key(row: str, size: str) -> str:
    return f"{row} {size}"


@dataclass(frozen=True, slots=True)
class Scene:
    """One crowd and the cells that it measures. A crowd hears deltas or lists, compressed or not."""

    delta: bool
    compress: bool
    cells: Sequence[Cell]


def scenes(contender: str) -> Iterator[Scene]:
    """The measurements of a contender. Only ours joins; Node compresses for nobody by default."""
    lists = [size for size in SIZES if SIZES[size]]
    joined = [Cell(contender, "0.4 KB", JOINED)] if contender == "ours" else []
    yield Scene(True, False, [Cell(contender, "0.4 KB"), *joined])
    yield Scene(False, False, [Cell(contender, size) for size in lists])
    if contender in {"ours", "stock"}:
        yield Scene(True, True, [Cell(contender, "0.4 KB", COMPRESSED)])
        yield Scene(False, True, [Cell(contender, size, COMPRESSED) for size in lists])


async def measure_round(
    contenders: Sequence[Contender],
    plan: Plan,
    program: Path,
    tokens: Path,
    results: Results,
    also_ours: Sequence[int],
    say: Callable[[str], None],
) -> None:
    """Every cell once. `also_ours` are pids of the run that are neither server nor crowd."""
    for contender in contenders:
        for scene in scenes(contender.name):
            async with Crowd(
                program,
                contender.port,
                tokens,
                viewers=plan.viewers,
                compress=scene.compress,
                delta=scene.delta,
            ) as crowd:
                for auction, cell in enumerate(scene.cells, start=1):
                    measured = await _measure(
                        contender, crowd, cell, auction, plan, also_ours, results
                    )
                    results.add(cell.key, measured)
                    say(f"{cell.key}: {measured.values[DELIVERY]:.1f} µs")


async def measure_lengths(
    contender: Contender,
    plan: Plan,
    program: Path,
    tokens: Path,
    results: Results,
    also_ours: Sequence[int],
    say: Callable[[str], None],
) -> None:
    """The growth curve: longer and longer lists, to viewers of lists and to viewers of deltas."""
    for way in (LISTS, DELTA):
        async with Crowd(
            program, contender.port, tokens, viewers=plan.viewers, delta=way == DELTA
        ) as crowd:
            for auction, length in enumerate(LENGTHS, start=1):
                cell = Cell(contender.name, length, way)
                measured = await _measure(contender, crowd, cell, auction, plan, also_ours, results)
                results.add(cell.key, measured)
                say(f"{cell.key}: {measured.values[DELIVERY]:.1f} µs")


async def _measure(
    contender: Contender,
    crowd: Crowd,
    cell: Cell,
    auction: int,
    plan: Plan,
    also_ours: Sequence[int],
    results: Results,
) -> Measured:
    await crowd.do("start", auction)
    await crowd.do("start", LOBBY)
    burst = JOINED_BIDS if cell.way == JOINED else 1
    times = max(2, plan.times(cell.size) // burst)
    tries: list[Measured] = []
    while len(tries) < plan.tries and not (tries and not tries[-1].spent.disturbed):
        alone = await _bid_alone(contender, crowd, auction, burst, plan)
        await _set_scene(contender, crowd, cell, auction, times, plan, results)
        meter = Meter(contender.pid, [crowd.pid, *also_ours])
        heard = await crowd.do("bids", auction, times, burst)
        spent = meter.stop()
        if heard["accepted"] != times * burst:
            raise RuntimeError(f"{cell.key}: {heard['accepted']} of {times * burst} bids accepted")
        p50, p95, p99 = heard["last_viewer_ms"]
        tries.append(
            Measured(
                {
                    DELIVERY: spent.server / heard["deliveries"] * 1e6,
                    FURTHER: (spent.server / heard["accepted"] - alone) / plan.viewers * 1e6,
                    "ms of a bid": alone * 1e3,
                    BYTES: heard["bytes"] / heard["deliveries"],
                    "p50 ms": p50,
                    "p95 ms": p95,
                    "p99 ms": p99,
                },
                spent,
            )
        )
    return min(tries, key=lambda one: one.spent.foreign_cores)


async def _bid_alone(
    contender: Contender, crowd: Crowd, auction: int, burst: int, plan: Plan
) -> float:
    """Seconds of the server's CPU for one bid that nobody hears."""
    await crowd.do("join", LOBBY)
    await crowd.do("lot", auction)
    await crowd.do("quiet", plan.quiet_ms)
    bids = max(burst, min(BIDS_ALONE, plan.deliveries // 10))
    meter = Meter(contender.pid)
    filled = await crowd.do("fill", auction, bids, burst)
    return meter.stop().server / float(filled["accepted"])


async def _set_scene(
    contender: Contender,
    crowd: Crowd,
    cell: Cell,
    auction: int,
    times: int,
    plan: Plan,
    results: Results,
) -> None:
    """A list of such a length that it has the wanted one in the middle of the measurement.

    It grows while nobody is in the room: a crowd that hears it grow would take minutes.
    """
    rows = rows_of(cell.size)
    await crowd.do("join", LOBBY)
    await crowd.do("lot", auction)
    if rows:
        await crowd.do("fill", auction, max(1, rows - times // 2), 50)
    if contender.name == "floor":
        await crowd.do("size", _floor_bytes(cell, results))
    await crowd.do("join", auction)
    await crowd.do("quiet", plan.quiet_ms)


def _floor_bytes(cell: Cell, results: Results) -> int:
    """As long as what ours sent last: who sends less has less to do."""
    ours = results.values(Cell("ours", cell.size).key, BYTES)
    return round(ours[-1]) - FRAME_HEAD_BYTES if ours else 400 + 325 * rows_of(cell.size)


ROWS = {
    "stock plain": "stock python-socketio on aiohttp",
    "stock compressed": "the same, to clients that offer compression",
    "node plain": "Node socket.io",
    "ours plain": "**Baraka**",
    "ours compressed": "**Baraka**, to clients that offer compression",
    "ours joined": f"**Baraka**, {JOINED_BIDS} bids at once",
    "floor plain": "C, write() in a loop",
}


def tables(results: Results) -> Iterator[str]:
    columns = {size: size for size in SIZES}
    yield grid(results, "µs of server CPU for one delivery", columns, ROWS, key, DELIVERY)
    yield grid(results, "the same, of one viewer more", columns, ROWS, key, FURTHER)
    yield grid(results, "ms of CPU of a bid that nobody hears", columns, ROWS, key, "ms of a bid")
    yield grid(results, "bytes of one delivery", columns, ROWS, key, BYTES)
    yield grid(results, "ms to the last viewer, p50", columns, ROWS, key, "p50 ms")


def length_tables(results: Results) -> Iterator[str]:
    columns = {length: length for length in LENGTHS}
    rows = {f"ours {LISTS}": "viewers of lists", f"ours {DELTA}": "viewers of deltas"}
    yield grid(results, "µs of server CPU for one delivery", columns, rows, key, DELIVERY)
    yield grid(results, "bytes of one delivery", columns, rows, key, BYTES)


def goals() -> Iterator[Goal]:
    for size in SIZES:
        long = size == "80 KB"
        ours = Cell("ours", size).key
        for value, what in ((DELIVERY, ""), (FURTHER, ", one viewer more")):
            yield Goal(
                f"ours ÷ C, {size}{what}",
                ours,
                Cell("floor", size).key,
                value,
                must=1.3 if long else 1.6,
                aim=1.25,
            )
        yield Goal(
            f"stock ÷ ours, {size}",
            Cell("stock", size).key,
            ours,
            DELIVERY,
            must=3 if long else 4,
            aim=6,
            at_least=True,
        )
        yield Goal(
            f"Node ÷ ours, {size}",
            Cell("node", size).key,
            ours,
            DELIVERY,
            must=1.2,
            aim=2,
            at_least=True,
        )
    compressed, plain = Cell("ours", "80 KB", COMPRESSED).key, Cell("ours", "80 KB").key
    yield Goal("compressed ÷ plain, 80 KB, CPU", compressed, plain, DELIVERY, 0.7, 0.5)
    yield Goal("compressed ÷ plain, 80 KB, bytes", compressed, plain, BYTES, 0.2, 0.15)
    yield Goal(
        f"{JOINED_BIDS} joined ÷ {JOINED_BIDS} single, 0.4 KB",
        Cell("ours", "0.4 KB", JOINED).key,
        Cell("ours", "0.4 KB").key,
        DELIVERY,
        0.3,
        0.2,
    )
