"""Hot auctions: one that is asked on several servers, and many on one server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks import contenders, whole
from benchmarks.cpu import Meter
from benchmarks.load import Crowd, CrowdError
from benchmarks.nodes.place import AUCTION, Place, Plan, nodes
from benchmarks.report import RATE, Goal, Measured, Results, table
from tests.support.servers.baraka import Baraka
from tests.support.servers.redis import Redis

ACCEPTED, CPU, ANSWER, LAST = "accepted/s", "µs a bid", "answer p99", "last viewer p99"
LOT_BIDS = 500
"""The host puts another lot up after so many bids."""


def key(bidders: int, count: int) -> str:
    return f"{bidders} on {count}"


async def measure_one(place: Place, turn: int) -> None:
    """One hot auction, asked on one server that is alone, and on several that hear each other."""
    several = place.plan.nodes
    for bidders in _bidders(place.plan):
        for count in (1, several) if turn % 2 else (several, 1):
            if count == 1:
                async with nodes(place, 1, None) as servers:
                    measured = await _measure(servers, place, bidders)
            else:
                with Redis() as redis:
                    async with nodes(place, count, redis) as servers:
                        measured = await _measure(servers, place, bidders, redis)
            place.results.add(key(bidders, count), measured)
            rate = f"{measured.values[RATE]:,.0f} bids/s"
            place.say(f"one hot auction, {bidders} bidders, on {count} servers: {rate}")


def _bidders(plan: Plan) -> tuple[int, ...]:
    return plan.crowd, plan.bidders


async def _measure(
    servers: list[Baraka], place: Place, bidders: int, redis: Redis | None = None
) -> Measured:
    plan = place.plan
    async with Crowd(
        place.whole.program,
        [server.port for server in servers],
        place.whole.tokens,
        viewers=bidders,
        delta=True,
    ) as crowd:
        await crowd.do("start", AUCTION)
        await crowd.do("lot", AUCTION)
        await crowd.do("join", AUCTION)
        await crowd.do("quiet", plan.quiet_ms)
        await crowd.do("hot", AUCTION, plan.seconds / 4, bidders, LOT_BIDS)
        ours = [crowd.pid, *place.helpers, *([redis.pid] if redis else [])]
        meter = Meter([server.pid for server in servers], ours)
        hot = await crowd.do("hot", AUCTION, plan.seconds, bidders, LOT_BIDS)
        spent = meter.stop()
    if not hot["accepted"]:
        raise CrowdError("no bid was accepted")
    values = {
        RATE: hot["answered"] / hot["answered_in"],
        ACCEPTED: hot["accepted"] / hot["seconds"],
        CPU: spent.server / hot["answered"] * 1e6,
        "cores": spent.server / spent.wall,
        ANSWER: hot["answer_ms"][2],
        LAST: hot["last_viewer_ms"][2],
    }
    return Measured(values, spent)


async def measure_many(place: Place, turn: int) -> None:
    """The same viewers and bidders in one auction, and spread over many that are hot at once."""
    plan = whole.Plan(
        viewers=(place.plan.watching,),
        auctions=(1, place.plan.auctions),
        seconds=place.plan.seconds,
        bidders=place.plan.bidders,
        quiet_ms=place.plan.quiet_ms,
    )
    counts = plan.auctions if turn % 2 else tuple(reversed(plan.auctions))
    async with contenders.ours(await place.database(), place.folder) as server:
        for count in counts:
            several = replace(plan, auctions=(count,))
            measured = await whole.several_auctions(
                server, count, several, place.whole, place.results, cell=many_key(count)
            )
            place.say(f"{count} auctions at once: {measured.values[whole.CPU]:,.0f} µs a bid")


def many_key(count: int) -> str:
    return f"nodes, auctions {count}"


def goals(plan: Plan) -> Iterator[Goal]:
    for bidders in _bidders(plan):
        several, one = key(bidders, plan.nodes), key(bidders, 1)
        must = 0.95 if bidders == plan.crowd else None
        what = f"of one hot auction, {bidders} bidders, asked on {plan.nodes} nodes ÷ on one"
        yield Goal(f"bids/s {what}", several, one, RATE, must=must, aim=1.1, at_least=True)
        yield Goal(f"accepted {what}", several, one, ACCEPTED, must=None, aim=1.1, at_least=True)
    many, single = many_key(plan.auctions), many_key(1)
    what = f"CPU for a bid at {plan.auctions} hot auctions ÷ at one"
    yield Goal(what, many, single, whole.CPU, must=2, aim=1.3)


def tables(results: Results, plan: Plan) -> Iterator[str]:
    columns = {
        RATE: "bids answered/s",
        ACCEPTED: "accepted/s",
        CPU: "µs of all servers' CPU for a bid",
        "cores": "cores of all servers",
        ANSWER: "ms to the answer p99",
        LAST: "ms to the last viewer p99",
    }
    lines = [
        [
            str(bidders),
            str(count),
            *(str(results.summary(key(bidders, count), value) or "–") for value in columns),
        ]
        for bidders in _bidders(plan)
        for count in (1, plan.nodes)
    ]
    yield table(["one hot auction, bidders", "asked on servers", *columns.values()], lines)
    many = {
        RATE: "bids answered/s",
        whole.CPU: "µs of server CPU for a bid",
        "cores": "cores",
        "answer p99": "ms to the answer p99",
    }
    lines = [
        [str(count), *(str(results.summary(many_key(count), value) or "–") for value in many)]
        for count in (1, plan.auctions)
    ]
    yield table(["auctions that are hot at once", *many.values()], lines)
