"""Every fault that can happen to an installation, each from its beginning until it is healed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random

import psutil
from sqlalchemy import delete, select

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import LedgerEntry
from baraka_server.live.relay import RelayedEntries
from baraka_server.relay.messages import Beat, Codec, Counts, Entries
from baraka_server.store import ledger
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, events, requests
from tests.support.chaos.evidence import Kind
from tests.support.chaos.nodes import Installation, Node
from tests.support.chaos.proxy import Proxy
from tests.support.checks.proof import the_ledger
from tests.support.servers.baraka import SECRET

SHORT, LONG, LONGEST = 2, 10, 60
"""For how many seconds processes are frozen."""
NOTICED_SECONDS = 5
"""After which a connection that carries nothing is made anew, by the nodes themselves."""
RELAY_DELAY_SECONDS = 0.3
QUERY_DELAY_SECONDS = 0.02
LOST_SHARE = 0.4
FORGED = 20
FORGED_PAUSE_SECONDS = 0.1
LOST_COMMITS = 8
COMMIT_SECONDS_MAX = 3
REFILLED_SECONDS_MAX = 10
REPLACED_SECONDS_MAX = 20
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Fault:
    """A fault: `target` is what it happens to, `seconds` how long it takes, roughly."""

    name: str
    kind: Kind
    target: str
    seconds: float
    happens: Callable[[], Awaitable[None]]


class Unreliable:
    """A `Tamper` that loses, doubles and reorders messages, by the seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._held: list[bytes] = []

    def __call__(self, message: bytes) -> Iterator[bytes]:
        if self._random.random() > LOST_SHARE:
            yield message
            yield from self._held
            self._held = []
            return
        match self._random.randrange(3):
            case 0:
                self._held.append(message)
            case 1:
                yield from (message, message)


def faults_of(here: Installation, store: Store, random: Random) -> list[Fault]:
    """All that can happen to an installation, but for long freezes and a fail-over."""
    found = [*_of_database(here)]
    if here.set_up.has_redis:
        found += _of_redis(here, store, random)
    for node in here.nodes:
        found += _of_node(node)
        if here.set_up.workers > 1:
            found += _of_workers(node, random)
    if here.set_up.named and (here.set_up.nodes > 1 or here.set_up.workers > 1):
        found += _of_owner(here)
    return found


# --- Redis


def _of_redis(here: Installation, store: Store, random: Random) -> Iterator[Fault]:
    redis = here.redis

    async def killed() -> None:
        await asyncio.to_thread(redis.kill)
        await asyncio.sleep(NOTICED_SECONDS)
        await asyncio.to_thread(redis.start)

    async def frozen() -> None:
        redis.freeze()
        await asyncio.sleep(NOTICED_SECONDS)
        redis.thaw()

    async def asked(*command: str) -> None:
        with suppress(OSError):
            await asyncio.to_thread(redis.ask, *command)

    def fault(
        name: str, seconds: float, happens: Callable[[], Awaitable[None]], target: str = "redis"
    ) -> Fault:
        return Fault(name, Kind.REDIS, target, seconds, happens)

    yield fault("Redis killed", NOTICED_SECONDS, killed)
    yield fault("Redis frozen", NOTICED_SECONDS, frozen)
    yield fault("Redis emptied", 0, partial(asked, "FLUSHALL"))
    yield fault("subscribers cut", 0, partial(asked, "CLIENT", "KILL", "TYPE", "pubsub"))
    yield fault("publishers cut", 0, partial(asked, "CLIENT", "KILL", "TYPE", "normal"))
    forging = FORGED * FORGED_PAUSE_SECONDS
    yield fault("messages forged", forging, partial(forge, here, store), "relay")
    for node in here.nodes:
        line = node.redis
        assert line
        target = f"relay of {node.name}"
        for name, cut in (("half open", line.half_open), ("mute", line.mute)):
            yield fault(
                f"{target} {name}", NOTICED_SECONDS, partial(_noticed, cut), f"relay {node.name}"
            )
        yield fault(f"{target} reset", 0, partial(_at_once, line.reset), f"relay {node.name}")
        slow = partial(_slow, line, RELAY_DELAY_SECONDS)
        yield fault(f"{target} slow", SHORT, slow, f"relay {node.name}")
        unreliable = partial(_unreliable, line, random.randrange(1_000))
        yield fault(
            f"{target} loses, doubles, reorders", NOTICED_SECONDS, unreliable, f"relay {node.name}"
        )


async def _noticed(cut: Callable[[], None]) -> None:
    cut()
    await asyncio.sleep(NOTICED_SECONDS)


async def _at_once(does: Callable[[], None]) -> None:
    does()


async def _slow(proxy: Proxy, seconds: float) -> None:
    proxy.delay_seconds = seconds
    await asyncio.sleep(SHORT)
    proxy.delay_seconds = 0


async def _unreliable(proxy: Proxy, seed: int) -> None:
    proxy.tamper = Unreliable(seed)
    await asyncio.sleep(NOTICED_SECONDS)
    proxy.tamper = None


async def forge(here: Installation, store: Store) -> None:
    """Publish what nobody with the secret wrote, what is of a newer version, and bytes of nothing."""
    everybody, auction = f"{here.prefix}:all", f"{here.prefix}:a:1"
    stranger, ours = Codec("another secret, of another installation"), Codec(SECRET)
    newer = '{"v":2,"n":"newer","t":"entries","a":1}', '{"v":1,"n":"newer","t":"news","a":1}'
    for number in range(FORGED):
        end = (await the_ledger(store))[-1]
        bid = LedgerEntry(
            end.seq + 1, end.round, 2, end.at, BidPlaced(1_000_000 + number), "f" * 64
        )
        news = RelayedEntries(1, end.seq, end.hash, bid.seq, bid.hash, (bid,))
        for channel, message in (
            (everybody, stranger.written(Beat("ghost", "boot", "1", counts={1: 500}))),
            (everybody, stranger.written(Counts("n1", {1: 0}))),
            (auction, stranger.written(Entries("ghost", news))),
            (auction, ours.signed(newer[number % 2].encode())),
            (everybody, b"\x00 no message" * (number + 1)),
        ):
            with suppress(OSError):
                await asyncio.to_thread(here.redis.publish, channel, message)
        await asyncio.sleep(FORGED_PAUSE_SECONDS)


# --- the database


def _of_database(here: Installation) -> Iterator[Fault]:
    mariadb = here.mariadb

    async def killed() -> None:
        await asyncio.to_thread(mariadb.kill)
        await asyncio.sleep(SHORT)
        await asyncio.to_thread(mariadb.start)

    async def frozen() -> None:
        mariadb.freeze()
        await asyncio.sleep(SHORT)
        mariadb.thaw()

    def fault(
        name: str, seconds: float, happens: Callable[[], Awaitable[None]], target: str = "database"
    ) -> Fault:
        return Fault(name, Kind.DATABASE, target, seconds, happens)

    yield fault("MariaDB killed", SHORT + 1, killed)
    yield fault("MariaDB frozen", SHORT, frozen)
    for node in here.nodes:
        name, target = f"database of {node.name}", f"database {node.name}"
        yield fault(f"{name} reset", 0, partial(_at_once, node.database.reset), target)
        yield fault(f"{name} stalls", SHORT, partial(_stalls, node.database), target)
        slow = partial(_slow, node.database, QUERY_DELAY_SECONDS)
        yield fault(f"{name} slow", SHORT, slow, target)


async def _stalls(proxy: Proxy) -> None:
    proxy.stall()
    await asyncio.sleep(SHORT)
    proxy.flow()


# --- processes


def _of_node(node: Node) -> Iterator[Fault]:
    async def killed() -> None:
        await node.kill()
        await node.start()

    async def killed_behind_a_commit() -> None:
        # A server that has another one write commits nothing: it is killed all the same.
        await node.database.swallows_a_commit(COMMIT_SECONDS_MAX)
        await killed()

    async def stopped() -> None:
        if node.baraka.running:
            await node.baraka.stop()
        await node.start()

    def fault(name: str, seconds: float, happens: Callable[[], Awaitable[None]]) -> Fault:
        return Fault(f"{node.name} {name}", Kind.NODE, node.name, seconds, happens)

    yield fault("killed", 3, killed)
    yield fault("killed between commit and publish", 4, killed_behind_a_commit)
    yield fault("stopped and started", 4, stopped)
    yield freeze(node, SHORT)


def freeze(node: Node, seconds: float, worker: int | None = None) -> Fault:
    """Stop a server, or one of its workers, and let it go on after so long."""

    async def frozen() -> None:
        stopped = node.processes()
        if worker is not None:
            stopped = node.workers()[worker : worker + 1]
        elif len(stopped) > 1:
            stopped = stopped[:1]  # the parent alone: its workers go on
        for one in stopped:
            with suppress(psutil.Error):
                one.suspend()
        await asyncio.sleep(seconds)
        for one in stopped:
            with suppress(psutil.Error):
                one.resume()

    who = node.name if worker is None else f"a worker of {node.name}"
    return Fault(f"{who} frozen for {seconds} s", Kind.NODE, node.name, seconds, frozen)


def _of_workers(node: Node, random: Random) -> Iterator[Fault]:
    async def killed() -> None:
        await _replaced(node, at)

    async def replaced() -> None:
        before = set(node.workers())
        if not before:
            return
        node.baraka.send(signal.SIGHUP)
        await _until(lambda: not before & set(node.workers()))

    at = random.randrange(2)
    yield Fault(f"a worker of {node.name} killed", Kind.NODE, node.name, 3, killed)
    yield Fault(f"workers of {node.name} replaced", Kind.NODE, node.name, 8, replaced)
    yield freeze(node, SHORT, at)


async def _replaced(node: Node, number: int) -> None:
    """Kill a worker, and wait for another one."""
    there = node.workers()
    if not there:
        return
    one = there[number % len(there)]
    with suppress(psutil.Error):
        one.kill()
    await _until(lambda: one not in node.workers() and len(node.workers()) >= len(there))


def _of_owner(here: Installation) -> Iterator[Fault]:
    """The server or worker that writes the auction for others."""

    async def killed() -> None:
        node, number = here.owner()
        if here.set_up.workers > 1:
            await _replaced(node, number)
        else:
            await node.kill()
            await node.start()

    async def killed_behind_a_commit() -> None:
        node, _ = here.owner()
        await node.database.swallows_a_commit(COMMIT_SECONDS_MAX)
        await killed()

    async def frozen() -> None:
        node, number = here.owner()
        worker = number if here.set_up.workers > 1 else None
        await freeze(node, SHORT, worker).happens()

    yield Fault("owner killed", Kind.NODE, "owner", 3, killed)
    behind = "owner killed between commit and publish"
    yield Fault(behind, Kind.NODE, "owner", 4, killed_behind_a_commit)
    yield Fault(f"owner frozen for {SHORT} s", Kind.NODE, "owner", SHORT, frozen)


async def _until(condition: Callable[[], bool]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(REPLACED_SECONDS_MAX):
            while not condition():
                await asyncio.sleep(LOOK_SECONDS)


# --- a fail-over


async def fail_over(here: Installation, store: Store) -> int:
    """The database comes back without its last commits, and is refilled past where it was.

    One server alone reaches it until there are as many entries again. Returns the last entry that was kept.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(REFILLED_SECONDS_MAX):
            while not all(
                isinstance(entry.event, BidPlaced) for entry in (await the_ledger(store))[-4:]
            ):
                await asyncio.sleep(LOOK_SECONDS)
    for node in here.nodes:
        node.database.stall()
        node.database.reset()
    kept, end = await _lose_commits(store)
    first, *others = here.nodes
    first.database.flow()
    until = asyncio.get_running_loop().time() + REFILLED_SECONDS_MAX
    while len(await the_ledger(store)) < end and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(LOOK_SECONDS)
    for node in others:
        node.database.flow()
    return kept


async def _lose_commits(store: Store) -> tuple[int, int]:
    """Take the last bids out of the ledger and all tables. Returns its new end, and the old one."""
    async with store.writing() as connection:
        await connection.execute(select(auctions.c.id).where(auctions.c.id == 1).with_for_update())
        entries = [entry async for entry in ledger.all_entries(connection, 1)]
        first = len(entries) - 1
        # Copies have whole transactions, whose entries are of one time.
        while first > 0 and (
            len(entries) - first < LOST_COMMITS or entries[first].at == entries[first - 1].at
        ):
            if not isinstance(entries[first - 1].event, BidPlaced):
                break
            first -= 1
        lost = entries[first:]
        ids = [one.event.bid_id for one in lost if isinstance(one.event, BidPlaced)]
        if len(ids) < len(lost) or entries[first - 1].at == lost[0].at:
            return len(entries), len(entries)
        await connection.execute(delete(bids).where(bids.c.id.in_(ids)))
        await connection.execute(
            delete(events).where(events.c.auction_id == 1, events.c.seq > first)
        )
        await connection.execute(delete(requests).where(requests.c.at >= lost[0].at))
        return first, len(entries)
