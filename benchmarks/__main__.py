"""`python -m benchmarks`: the measurements of docs/performance.md, in interleaved rounds.

Talk goes to stderr; the tables, in Markdown, to stdout.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks import bid_path, contenders, fanout, machine, whole
from benchmarks.load import CrowdError, compiled, compiler, write_tokens
from benchmarks.nodes import part as nodes
from benchmarks.nodes.place import Place
from benchmarks.nodes.place import Plan as NodesPlan
from benchmarks.report import RATE, Goal, Results, goals_table
from tests.support.servers.baraka import SECRET
from tests.support.servers.mariadb import MariaDB

PARTS = ("fanout", "lengths", "path", "whole", "nodes")


@dataclass(frozen=True, slots=True)
class Plan:
    """The extent of the measurement. After `minutes` no new round begins."""

    rounds: int = 5
    minutes: float = 25
    parts: Sequence[str] = PARTS
    fan_out: fanout.Plan = field(default_factory=fanout.Plan)
    lengths: fanout.Plan = field(
        default_factory=lambda: fanout.Plan(viewers=1_000, deliveries=20_000)
    )
    whole: whole.Plan = field(default_factory=whole.Plan)
    path: bid_path.Plan = field(default_factory=bid_path.Plan)
    nodes: NodesPlan = field(default_factory=NodesPlan)


QUICK = Plan(
    rounds=1,
    minutes=2,
    fan_out=fanout.Plan(viewers=50, deliveries=500, tries=1),
    lengths=fanout.Plan(viewers=10, deliveries=100, tries=1),
    whole=whole.Plan(viewers=(20, 40), auctions=(1, 2), seconds=0.5, bidders=10, warm_up_lots=1),
    path=bid_path.Plan(seconds=0.3, bidders=10),
    nodes=NodesPlan(
        viewers=50,
        bids=3,
        seconds=0.5,
        bidders=8,
        crowd=12,
        watching=8,
        nodes=2,
        auctions=2,
        alone=20,
        alone_degraded=2,
        returning=6,
        quiet_ms=50,
    ),
)
"""Whether everything works, in half a minute. Its numbers mean nothing."""


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@dataclass(slots=True)
class Bench:
    """The things that all parts need: a folder, the crowd, databases, and the results."""

    plan: Plan
    folder: Path
    mariadb: MariaDB | None
    place: whole.Place
    results: Results = field(default_factory=Results)
    databases: int = 0

    async def database(self) -> str:
        """The URL of a fresh database."""
        self.databases += 1
        name = f"bench_{self.databases}"
        if self.mariadb:
            url = self.mariadb.create_database(name)
        else:
            url = f"sqlite:///{self.folder / name}.db"
        await contenders.prepare(url)
        return url

    @property
    def helpers(self) -> list[int]:
        """The pids of this run that are neither server nor crowd."""
        return [self.mariadb.pid] if self.mariadb else []

    # --- the parts; each is one round

    async def fanout(self, turn: int) -> None:
        async with AsyncExitStack() as stack:
            servers = [
                await stack.enter_async_context(
                    contenders.ours(await self.database(), self.folder)
                ),
                await stack.enter_async_context(contenders.stock()),
                await stack.enter_async_context(contenders.floor(compiled("floor", self.folder))),
            ]
            if not contenders.node_missing():
                servers.append(await stack.enter_async_context(contenders.node()))
            first = turn % len(servers)
            await fanout.measure_round(
                servers[first:] + servers[:first],
                self.plan.fan_out,
                self.place.program,
                self.place.tokens,
                self.results,
                self.helpers,
                say,
            )

    async def lengths(self, _turn: int) -> None:
        async with contenders.ours(await self.database(), self.folder) as server:
            await fanout.measure_lengths(
                server,
                self.plan.lengths,
                self.place.program,
                self.place.tokens,
                self.results,
                self.helpers,
                say,
            )

    async def path(self, _turn: int) -> None:
        url = await self.database()
        for auction_id, name in enumerate(bid_path.WAYS, start=1):
            measured = await bid_path.measure(name, url, auction_id, self.plan.path, self.helpers)
            self.results.add(name, measured)
            say(f"{name}: {measured.values[RATE]:,.0f} bids/s")

    async def whole(self, _turn: int) -> None:
        plan = self.plan.whole
        async with contenders.ours(await self.database(), self.folder) as server:
            for count in plan.auctions:
                measured = await whole.several_auctions(
                    server, count, plan, self.place, self.results
                )
                say(f"{count} auctions at once: {measured.values[RATE]:,.0f} bids/s")
        for viewers in plan.viewers:
            for way in (whole.DELTA, whole.LISTS):
                await self._hot("ours", way, viewers)
                if viewers == plan.viewers[0]:
                    await self._hot("stock", way, viewers)
        if contenders.nest_missing():
            self.results.add(whole.ASSUMED, whole.assumed())
        else:
            await self._hot("nest", whole.LISTS, plan.viewers[0])

    async def nodes(self, turn: int) -> None:
        await nodes.measure_round(self.nodes_place, turn)

    @property
    def nodes_place(self) -> Place:
        return Place(
            self.plan.nodes,
            self.folder,
            self.place,
            self.database,
            self.helpers,
            self.results,
            say,
        )

    async def _hot(self, name: str, way: str, viewers: int) -> None:
        # A fresh server each time, whose memory nobody used before.
        url = await self.database()
        servers = {
            "ours": lambda: contenders.ours(url, self.folder),
            "stock": lambda: contenders.stock(url),
            "nest": lambda: contenders.nest(url),
        }
        async with servers[name]() as contender:
            measured = await whole.hot_auction(
                contender, way, viewers, self.plan.whole, self.place, self.results
            )
        say(f"{name}, {viewers} viewers of {way}: {measured.values[RATE]:,.0f} bids/s")


@asynccontextmanager
async def set_up(plan: Plan) -> AsyncIterator[Bench]:
    raise_open_files()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baraka-bench-")))
        missing = MariaDB.missing()
        mariadb = None if missing else stack.enter_context(MariaDB())
        place = whole.Place(
            compiled("load", folder),
            write_tokens(SECRET, folder / "tokens"),
            mariadb.pid if mariadb else None,
        )
        bench = Bench(plan, folder, mariadb, place)
        if missing:
            what = ", ".join(missing)
            bench.results.notes.append(f"On SQLite, since {what} is missing. Try: make servers")
        if node := contenders.node_missing():
            bench.results.notes.append(f"Without Node: {node}")
        if "whole" in plan.parts and (nest := contenders.nest_missing()):
            bench.results.notes.append(whole.not_measured(nest))
        if "nodes" in plan.parts:
            bench.results.notes.extend(nodes.missing())
        yield bench


async def run(plan: Plan) -> Results:
    deadline = time.monotonic() + 60 * plan.minutes
    async with set_up(plan) as bench:
        for turn in range(plan.rounds):
            if turn and time.monotonic() > deadline:
                bench.results.notes.append(f"Stopped after {turn} of {plan.rounds} rounds: late.")
                break
            for part in plan.parts:
                say(f"round {turn + 1} of {plan.rounds}: {part}")
                try:
                    await getattr(bench, part)(turn)
                except CrowdError as error:  # what was measured before it is worth keeping
                    say(f"{part} of round {turn + 1} was given up: {error}")
                    bench.results.notes.append(f"{part} of round {turn + 1}: {error}.")
        return bench.results


def goals(plan: Plan, results: Results) -> Iterator[Goal]:
    if "fanout" in plan.parts:
        yield from fanout.goals()
    if "path" in plan.parts:
        yield bid_path.GOAL
    if "whole" in plan.parts:
        yield from whole.goals(plan.whole, results)
    if "nodes" in plan.parts:
        yield from nodes.goals(plan.nodes)


def printed(plan: Plan, results: Results) -> Iterator[str]:
    yield "\n".join(machine.described())
    yield f"Rounds: {plan.rounds} at most; medians, with the least and the most in brackets."
    yield " ".join([results.disturbance, *results.notes])
    if "fanout" in plan.parts:
        yield f"**One bid to everybody**, {plan.fan_out.viewers:,} viewers"
        yield from fanout.tables(results)
    if "lengths" in plan.parts:
        yield f"**By the bids in the list**, {plan.lengths.viewers:,} viewers"
        yield from fanout.length_tables(results)
    if "path" in plan.parts:
        yield f"**One hot auction**, {plan.path.bidders} bidders, nobody watching"
        yield bid_path.tables(results)
    if "whole" in plan.parts:
        yield f"**The whole server**, {plan.whole.bidders} of the viewers bid without a pause"
        yield from whole.tables(results, plan.whole)
    if "nodes" in plan.parts:
        yield "**Many cores, several servers**"
        yield from nodes.tables(results, plan.nodes)
    yield "**Goals**"
    yield goals_table(goals(plan, results), results)


def raise_open_files() -> None:
    """For the servers too, which inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=QUICK_HELP)
    parser.add_argument("--parts", default=",".join(PARTS), help="some of: %(default)s")
    parser.add_argument("--rounds", type=int, help="how often everything is measured")
    parser.add_argument("--minutes", type=float, help="after which no new round begins")
    parser.add_argument(
        "--tries", type=int, help="how often a disturbed measurement of a delivery is made at most"
    )
    parser.add_argument("--json", type=Path, help="a file for every single measurement")
    chosen = parser.parse_args(arguments)
    plan = QUICK if chosen.quick else Plan()
    parts = chosen.parts.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if compiler() is None:
        print("There is no C compiler. Try: apt-get install gcc libc6-dev", file=sys.stderr)
        return 1
    plan = replace(
        plan,
        parts=parts,
        rounds=chosen.rounds or plan.rounds,
        minutes=chosen.minutes or plan.minutes,
    )
    if chosen.tries:
        plan = replace(
            plan,
            fan_out=replace(plan.fan_out, tries=chosen.tries),
            lengths=replace(plan.lengths, tries=chosen.tries),
        )
    results = asyncio.run(run(plan))
    print("\n\n".join(printed(plan, results)))
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(results), indent=1, default=dict))
    return 0


QUICK_HELP = "see whether everything works, in half a minute; its numbers mean nothing"

if __name__ == "__main__":
    sys.exit(main())
