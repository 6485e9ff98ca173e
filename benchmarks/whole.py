"""Benchmark of the whole server: one hot auction end to end, and several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.cpu import Meter, Spent, process_seconds, resident_bytes
from benchmarks.load import BIDDERS, Crowd
from benchmarks.report import BYTES, RATE, Goal, Measured, Results, grid, short, table

PLAIN_SERVER_BIDS_PER_SECOND = 180
"""What the goals assume of a plain NestJS and Prisma server where it cannot be measured."""

LOT_BIDS = 50
"""The host puts another lot up after so many bids, so that lists stay as long as in a real sale."""
FIRST_AUCTION = 3
CPU, DATABASE_CPU, MEMORY = "µs a bid", "µs of the database a bid", "bytes a viewer"
ACCEPTED, CONNECT = "accepted per second", "connect s"
LISTS, DELTA = "lists", "delta"
ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Plan:
    viewers: Sequence[int] = (200, 1_000, 5_000)
    auctions: Sequence[int] = (1, 4, 16)
    seconds: float = 8.0
    bidders: int = BIDDERS
    warm_up_lots: int = 4
    """So many lots are bid for before it counts: Node compiles what it ran a while."""
    quiet_ms: int = 600


@dataclass(frozen=True, slots=True)
class Place:
    """The environment of the runs: the programs, and the database of all servers."""

    program: Path
    tokens: Path
    database_pid: int | None


def key(contender: str, way: str, viewers: int) -> str:
    return f"hot {contender} {way} {viewers}"


async def hot_auction(
    contender: Contender, way: str, viewers: int, plan: Plan, place: Place, results: Results
) -> Measured:
    """The first viewers bid, each with one bid under way; all of them hear all bids."""
    before = resident_bytes(contender.pid)
    async with Crowd(
        place.program, contender.port, place.tokens, viewers=viewers, delta=way == DELTA
    ) as crowd:
        await crowd.do("start", FIRST_AUCTION)
        await crowd.do("lot", FIRST_AUCTION)
        await crowd.do("join", FIRST_AUCTION)
        await crowd.do("quiet", plan.quiet_ms)
        memory = resident_bytes(contender.pid) - before
        for _ in range(plan.warm_up_lots):
            await crowd.do("fill", FIRST_AUCTION, LOT_BIDS, plan.bidders)
            await crowd.do("lot", FIRST_AUCTION)
        measured = await _measure(contender, [(FIRST_AUCTION, crowd)], plan.bidders, plan, place)
    values = {**measured.values, MEMORY: memory / crowd.connected["ready"]}
    values[CONNECT] = float(crowd.connected["seconds"])
    measured = Measured(values, measured.spent)
    results.add(key(contender.name, way, viewers), measured)
    return measured


async def several_auctions(
    contender: Contender,
    count: int,
    plan: Plan,
    place: Place,
    results: Results,
    *,
    cell: str | None = None,
) -> Measured:
    """The same viewers and bidders, spread over `count` auctions that are hot at once."""
    viewers, bidders = plan.viewers[0] // count, max(1, plan.bidders // count)
    async with AsyncExitStack() as stack:
        crowds = []
        for auction in range(FIRST_AUCTION, FIRST_AUCTION + count):
            crowd = Crowd(
                place.program,
                contender.port,
                place.tokens,
                viewers=max(viewers, bidders),
                delta=True,
            )
            await stack.enter_async_context(crowd)
            await crowd.do("start", auction)
            await crowd.do("lot", auction)
            await crowd.do("join", auction)
            await crowd.do("quiet", plan.quiet_ms)
            crowds.append((auction, crowd))
        measured = await _measure(contender, crowds, bidders, plan, place)
    results.add(cell or f"auctions {count}", measured)
    return measured


async def _measure(
    contender: Contender,
    crowds: Sequence[tuple[int, Crowd]],
    bidders: int,
    plan: Plan,
    place: Place,
) -> Measured:
    pids = [crowd.pid for _, crowd in crowds]
    database = place.database_pid
    database_before = process_seconds(database) if database else 0.0
    meter = Meter(contender.pid, [*pids, *filter(None, [database])])
    heard = await asyncio.gather(
        *(crowd.do("hot", auction, plan.seconds, bidders, LOT_BIDS) for auction, crowd in crowds)
    )
    spent = meter.stop()
    accepted = sum(one["accepted"] for one in heard)
    if not accepted:
        raise RuntimeError(f"{contender.name} accepted no bid")
    values = {
        RATE: sum(one["answered"] / one["answered_in"] for one in heard),
        ACCEPTED: sum(one["accepted"] / one["seconds"] for one in heard),
        CPU: spent.server / accepted * 1e6,
        "cores": spent.server / spent.wall,
        BYTES: sum(one["bytes"] for one in heard) / sum(one["deliveries"] for one in heard),
    }
    if database:
        values[DATABASE_CPU] = (process_seconds(database) - database_before) / accepted * 1e6
    for name in ("answer", "last_viewer"):
        for place_, quantile in enumerate(("p50", "p95", "p99")):
            values[f"{name} {quantile}"] = max(one[f"{name}_ms"][place_] for one in heard)
    return Measured(values, spent)


ROWS = {
    "ours delta": "Baraka, viewers of deltas",
    "ours lists": "Baraka, viewers of lists",
    "stock delta": "stock, a transaction each, deltas",
    "stock lists": "stock, a transaction each, lists",
    "nest lists": "NestJS and Prisma, lists",
}
COLUMNS: Mapping[str, Callable[[Measured], str]] = {
    "bids answered/s": lambda one: short(one.values[RATE]),
    "accepted/s": lambda one: short(one.values[ACCEPTED]),
    "ms to the answer p50/p95/p99": lambda one: _quantiles(one, "answer"),
    "ms to the last viewer p50/p95/p99": lambda one: _quantiles(one, "last_viewer"),
    "server CPU a bid, µs": lambda one: short(one.values[CPU]),
    "database CPU a bid, µs": lambda one: short(one.values.get(DATABASE_CPU, 0.0)),
    "bytes of a bid to a viewer": lambda one: short(one.values[BYTES]),
    "memory of a viewer, KB": lambda one: short(one.values.get(MEMORY, 0.0) / 1024),
    "s until all are connected": lambda one: short(one.values[CONNECT]),
}


def _quantiles(one: Measured, name: str) -> str:
    return " / ".join(short(one.values[f"{name} {quantile}"]) for quantile in ("p50", "p95", "p99"))


def tables(results: Results, plan: Plan) -> Iterator[str]:
    yield grid(
        results,
        "bids answered in a second, viewers:",
        {str(viewers): f"{viewers:,}" for viewers in plan.viewers},
        ROWS,
        lambda row, viewers: f"hot {row} {viewers}",
        RATE,
    )
    lines = []
    for row, heading in ROWS.items():
        for viewers in plan.viewers:
            middle = in_the_middle(results.cells.get(f"hot {row} {viewers}", []))
            if middle:
                columns = [column(middle) for column in COLUMNS.values()]
                lines.append([heading, f"{viewers:,}", *columns])
    yield table(["server", "viewers", *COLUMNS], lines)
    lines = []
    for count in plan.auctions:
        middle = in_the_middle(results.cells.get(f"auctions {count}", []))
        if middle:
            values = (middle.values[RATE], middle.values[CPU], middle.values["cores"])
            lines.append([str(count), *map(short, values), _quantiles(middle, "answer")])
    yield table(
        [
            "auctions at once",
            "bids answered/s",
            "server CPU a bid, µs",
            "cores",
            "ms to the answer",
        ],
        lines,
    )


def in_the_middle(cell: Sequence[Measured]) -> Measured | None:
    """The round with the median rate, of two the slower one: its numbers belong together."""
    ranked = sorted(cell, key=lambda one: one.values[RATE])
    return ranked[(len(ranked) - 1) // 2] if ranked else None


def not_measured(why: str) -> str:
    return (
        f"**NestJS and Prisma were not measured**: {why}. Of a plain server "
        f"{PLAIN_SERVER_BIDS_PER_SECOND} bids a second are assumed instead."
    )


def assumed() -> Measured:
    return Measured({RATE: PLAIN_SERVER_BIDS_PER_SECOND}, Spent(0, 0, 0))


def goals(plan: Plan, results: Results) -> Iterator[Goal]:
    """The plain server has lists alone, whichever way ours tells of a bid."""
    viewers = plan.viewers[0]
    plain, name = key("nest", LISTS, viewers), "NestJS and Prisma"
    if plain not in results.cells:
        plain, name = ASSUMED, f"a plain server (assumed {PLAIN_SERVER_BIDS_PER_SECOND}/s)"
    for way in (DELTA, LISTS):
        ours = key("ours", way, viewers)
        yield Goal(f"ours ÷ {name}, {way}", ours, plain, RATE, 5, 15, at_least=True)
