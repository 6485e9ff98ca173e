"""One sale under faults, from the first lot to the verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import psutil

from baraka_server.contract.client_events import StartAuction
from baraka_server.store.engine import open_engine
from baraka_server.store.store import Store
from tests.support.chaos import checks
from tests.support.chaos.app import App
from tests.support.chaos.database_faults import fail_over
from tests.support.chaos.evidence import Evidence, Kind, Window, now
from tests.support.chaos.fault import Fault
from tests.support.chaos.judged import Sale
from tests.support.chaos.lag import Lag, lags
from tests.support.chaos.nodes import Installation, SetUp, installed
from tests.support.chaos.people import Bidder, Host, Person
from tests.support.chaos.plan import Plan, drawn, drawn_set_up
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.phones import Phone, token
from tests.support.servers.baraka import SECRET
from tests.support.servers.mariadb import MariaDB
from tests.support.servers.redis import Redis

BIDDERS = 6
PAUSE_SECONDS = (0.3, 1.0)
CALM_SECONDS = 2.0
"""How long people bid before the first fault and after the last one."""
BACK_SECONDS_MAX = 45
"""How long everybody may take to be back after the last fault, and all have heard the end."""
LOOK_SECONDS = 0.05
READY_LOOK_SECONDS = 0.3
STARTED_SECONDS = 10
"""A process that is as old has imported what it needs: from then on it is looked at for growth."""
READY_SECONDS_MAX = 10
ASKED_AGAIN_MAX = 60
DATABASE_SECONDS_MAX = 10
"""How long a server waits for its database."""

Draw = Callable[[int, Installation, Store], Plan]


@dataclass
class Verdict:
    """What came of a seed."""

    seed: int
    set_up: str
    faults: list[str]
    violations: dict[str, list[str]]
    bids: int = 0
    accepted: int = 0
    forwarded: int = 0
    """How often servers began to have another one write the auction."""
    counted_seconds: float | None = None
    lag: dict[str, Lag] = field(default_factory=dict)
    memory_grown_mb: float = 0
    seconds: float = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    """What the servers had to say, where something is broken."""


async def run(
    seed: int,
    folder: Path,
    mariadb: MariaDB,
    redis: Redis,
    *,
    set_up: SetUp | None = None,
    draw: Draw = drawn,
    **settings: Any,
) -> Verdict:
    """Hold the sale of a seed. `set_up` and `draw` take the place of what it draws."""
    began, set_up = now(), set_up or drawn_set_up(seed)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(
            installed(set_up, folder, mariadb, redis, **settings)
        )
        store = Store(open_engine(here.database_url), timeout_seconds=10)
        stack.push_async_callback(store.close)
        plan = draw(seed, here, store)
        verdict = Verdict(seed, str(set_up), plan.words, {})
        evidence = Evidence()
        watch = asyncio.create_task(_watch(here, evidence))
        try:
            people = await _open(stack, here, seed)
            await asyncio.sleep(CALM_SECONDS)
            await _happen(here, store, plan, evidence, seed)
            await asyncio.sleep(CALM_SECONDS)
            await _end(store, people, evidence)
        finally:
            watch.cancel()
        evidence.windows += _slow_database(here)
        await _judge(store, people, evidence, verdict)
        verdict.lag = lags(here, people, evidence)
        verdict.forwarded = len(here.said("forwarding"))
        verdict.seconds = now() - began
        if verdict.violations:
            verdict.log = [
                {"node": node.name, **line}
                for node in here.nodes
                for line in node.baraka.log
                if line.get("level") not in {"DEBUG", "INFO"}
            ]
    return verdict


async def _open(stack: AsyncExitStack, here: Installation, seed: int) -> list[Person]:
    """Start the auction, and let everybody in; the first of them hosts."""

    async def phone(number: int, user_id: int) -> Phone:
        url = here.nodes[number % len(here.nodes)].baraka.url
        app = App(url, user_id, token(SECRET, user_id))
        return (await stack.enter_async_context(app)).phone

    amina = await phone(seed, 1)
    assert (await amina.emits(StartAuction(auction_id=1)))["ok"]

    async def bidder(number: int) -> Bidder:
        watches = here.set_up.first_watches and number % len(here.nodes) == 0
        return Bidder(await phone(number, number + 2), seed * 10 + number, bids=not watches)

    bidders = [await bidder(number) for number in range(BIDDERS)]
    host = Host(amina, seed, lambda: max(one.price for one in bidders))
    for one in (host, *bidders):
        await stack.enter_async_context(one)
    for one in bidders:
        await one.phone.hears("auctionState")
    return [host, *bidders]


async def _happen(
    here: Installation, store: Store, plan: Plan, evidence: Evidence, seed: int
) -> None:
    pauses = Random(f"pauses {seed}")
    for step in plan.steps:
        await asyncio.sleep(pauses.uniform(*PAUSE_SECONDS))
        await asyncio.gather(*(_happens(fault, evidence) for fault in step))
    if plan.fails_over:
        window = Window("a fail-over", Kind.DATABASE, now())
        evidence.windows.append(window)
        evidence.kept_seq = await fail_over(here, store)
        window.end = now()
        evidence.lost_at = window.end


async def _happens(fault: Fault, evidence: Evidence) -> None:
    window = Window(fault.name, fault.kind, now())
    evidence.windows.append(window)
    await fault.happens()
    window.end = now()


async def _end(store: Store, people: Sequence[Person], evidence: Evidence) -> None:
    """Let everybody finish; wait until all are back, have heard the end, and the counts are exact."""
    healed = max((window.end for window in evidence.windows), default=now())
    await asyncio.gather(*(one.stops() for one in people), return_exceptions=True)
    bidders = [one for one in people if isinstance(one, Bidder)]
    end = (await the_ledger(store))[-1].seq

    async def until(condition: Callable[[], bool]) -> bool:
        over = now() + BACK_SECONDS_MAX
        while not condition():
            if now() > over:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    await until(lambda: all(one.connected and one.joined_at < now() for one in bidders))
    if await until(lambda: all(one.count == len(bidders) for one in bidders)):
        heard_at = max(_counted_at(one, len(bidders)) for one in bidders)
        joined = [one.joined_at for one in bidders if one.joined_at < float("inf")]
        evidence.counted_seconds = max(0.0, heard_at - max([healed, *joined]))
    if not await until(lambda: all(one.seq >= end for one in bidders)):
        evidence.behind = {
            one.phone.user_id or 0: f"heard up to {one.seq} of {end}; {one.phone.life[-3:]}"
            for one in bidders
            if one.seq < end
        }
    await _ask_again(people)


def _counted_at(one: Bidder, count: int) -> float:
    """Since when somebody hears this count."""
    since = 0.0
    for at, (_, payload) in enumerate(one.phone.events):
        heard = payload.get("userCount") if payload else None
        if heard == count:
            since = since or one.phone.heard_at[at]
        elif heard is not None:
            since = 0.0
    return since


async def _ask_again(people: Sequence[Person]) -> None:
    """Send some settled requests once more: those that were not settled at once, and the last ones."""
    for one in people:
        doubtful = [asked for asked in one.asked if len(asked.attempts) > 1]
        some = [*doubtful, *one.asked[-5:]][: ASKED_AGAIN_MAX // len(people)]
        for asked in some:
            await one.asks(asked)


def _slow_database(here: Installation) -> list[Window]:
    """The times in which a server waited in vain for the database: a busy machine starves it, no Redis does."""
    windows = []
    offset = now() - datetime.now(UTC).timestamp()
    for line in here.said("database_gone"):
        gave_up = datetime.fromisoformat(line["time"]).timestamp() + offset
        begin = gave_up - DATABASE_SECONDS_MAX
        windows.append(Window("a database that was slow", Kind.DATABASE, begin, gave_up))
    return windows


async def _judge(
    store: Store, people: Sequence[Person], evidence: Evidence, verdict: Verdict
) -> None:
    ledger = await the_ledger(store)
    verdict.violations = checks.violations(Sale(ledger, people, evidence))
    try:
        await assert_sale_holds(store)
    except AssertionError as error:
        verdict.violations["ledger"] = [str(error) or "the ledger contradicts itself or the tables"]
    bids = [asked for one in people if isinstance(one, Bidder) for asked in one.asked]
    verdict.bids = len(bids)
    verdict.accepted = sum(asked.accepted is not None for asked in bids)
    verdict.counted_seconds = evidence.counted_seconds
    verdict.memory_grown_mb = max(evidence.memory_grown_bytes.values(), default=0) / 1_000_000


async def _watch(here: Installation, evidence: Evidence) -> None:
    """Ask every server whether it is ready, again and again, and look at its memory."""
    first: dict[int, int] = {}
    seen_at: dict[int, float] = {}

    async def ready(http: aiohttp.ClientSession, name: str, url: str) -> None:
        at, said = now(), ""
        try:
            async with http.get(url + "/readyz") as answer:
                said = "" if answer.status == 200 else await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            said = f"{type(error).__name__}: {error}"
        if said:
            evidence.not_ready.append((at, name, said))

    timeout = aiohttp.ClientTimeout(total=READY_SECONDS_MAX)
    async with aiohttp.ClientSession(timeout=timeout) as http, AsyncExitStack() as stack:
        asking: set[asyncio.Task[None]] = set()
        stack.callback(lambda: [task.cancel() for task in asking])
        while True:
            for node in here.nodes:
                task = asyncio.create_task(ready(http, node.name, node.baraka.url))
                asking.add(task)
                task.add_done_callback(asking.discard)
                for process in node.processes():
                    with suppress(psutil.Error):
                        used = process.memory_info().rss
                        if now() - seen_at.setdefault(process.pid, now()) < STARTED_SECONDS:
                            first[process.pid] = used
                        grown = used - first.setdefault(process.pid, used)
                        most = evidence.memory_grown_bytes.get(node.name, 0)
                        evidence.memory_grown_bytes[node.name] = max(most, grown)
            await asyncio.sleep(READY_LOOK_SECONDS)
