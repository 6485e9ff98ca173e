"""Place of the measurements of nodes: their extent, and servers of one database that hear each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import whole
from benchmarks.contenders import UNLIMITED
from benchmarks.report import Results
from tests.support.servers.baraka import Baraka
from tests.support.servers.private_server import free_port
from tests.support.servers.redis import Redis

AUCTION = 3
RELAY_SECONDS_MAX = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """The extent of one round. Further rounds than `rounds` are not measured."""

    rounds: int = 3
    viewers: int = 4_000
    bids: int = 40
    """How many bids all viewers are told, one after the other."""
    seconds: float = 3.0
    bidders: int = 48
    """Of the hot auctions, divided evenly among the nodes. Each waits for the answer to its bid."""
    crowd: int = 256
    """So many bidders that one server alone is always busy, and more of them bring no more bids."""
    watching: int = 200
    nodes: int = 4
    auctions: int = 16
    alone: int = 300
    """How many bids are made one after the other, for the lag between two nodes."""
    alone_degraded: int = 30
    returning: int = 40
    """How many viewers a node has that is killed."""
    quiet_ms: int = 500


@dataclass(slots=True)
class Place:
    """The environment of the measurements."""

    plan: Plan
    folder: Path
    whole: whole.Place
    database: Callable[[], Awaitable[str]]
    """The URL of a fresh database."""
    helpers: list[int]
    """The pids of this run that are neither server nor crowd."""
    results: Results
    say: Callable[[str], None]


@asynccontextmanager
async def nodes(
    place: Place, count: int, redis: Redis | None, **settings: Any
) -> AsyncIterator[list[Baraka]]:
    """Servers n1, n2, … of one fresh database, which hear each other when they are yielded."""
    url = await place.database()
    async with AsyncExitStack() as stack:
        started = [
            Baraka(url, place.folder, fork=False, **UNLIMITED | _of_node(number, redis) | settings)
            for number in range(1, count + 1)
        ]
        await asyncio.gather(*(stack.enter_async_context(one) for one in started))
        if redis:
            await relay_is("healthy", started)
        yield started


def _of_node(number: int, redis: Redis | None) -> dict[str, Any]:
    return {
        "BARAKA_NODE_ID": f"n{number}",
        "BARAKA_REDIS_URL": redis.url if redis else None,
        "BARAKA_TRUSTED_PROXIES": "127.0.0.1",
        "BARAKA_INTERNAL_ADDRESS": f"127.0.0.1:{free_port()}" if redis else None,
    }


async def relay_is(state: str, servers: list[Baraka]) -> None:
    """Wait until each server says this of its relay."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(RELAY_SECONDS_MAX):
        for one in servers:
            while await _relay(http, one) != state:
                await asyncio.sleep(0.02)


async def _relay(http: aiohttp.ClientSession, server: Baraka) -> str:
    async with http.get(f"{server.url}/readyz") as answer:
        return str((await answer.json()).get("relay"))
