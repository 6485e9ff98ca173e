"""Faults of the database, and of the way of each server to it; and a fail-over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial

from sqlalchemy import delete, select

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.store import ledger
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, events, requests
from tests.support.chaos.evidence import Kind
from tests.support.chaos.fault import LOOK_SECONDS, SHORT, Fault, at_once, slow
from tests.support.chaos.nodes import Installation
from tests.support.chaos.proxy import Proxy
from tests.support.checks.proof import the_ledger

QUERY_DELAY_SECONDS = 0.02
LOST_COMMITS = 8
REFILLED_SECONDS_MAX = 10


def of_database(here: Installation) -> Iterator[Fault]:
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
        yield fault(f"{name} reset", 0, partial(at_once, node.database.reset), target)
        yield fault(f"{name} stalls", SHORT, partial(_stalls, node.database), target)
        late = partial(slow, node.database, QUERY_DELAY_SECONDS)
        yield fault(f"{name} slow", SHORT, late, target)


async def _stalls(proxy: Proxy) -> None:
    proxy.stall()
    await asyncio.sleep(SHORT)
    proxy.flow()


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
