"""Lag between servers: how much later than a bid's own server another one tells of it, beside its commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from benchmarks import bid_path
from benchmarks.contenders import UNLIMITED
from benchmarks.cpu import Spent
from benchmarks.load import Crowd
from benchmarks.nodes.place import AUCTION, Place, nodes, relay_is
from benchmarks.report import Goal, Measured, Results, table
from tests.support.servers.baraka import Baraka
from tests.support.servers.redis import Redis

P50, P99, MOST = "ms p50", "ms p99", "ms most"
COMMIT, ANSWER = "a transaction alone, beside it", "from a bid to its answer"
HEALTHY, DEGRADED = "lag, Redis healthy", "lag, Redis killed"
LOST = "lag, its message lost"
ROWS = (COMMIT, ANSWER, HEALTHY, DEGRADED, LOST)
COMMITS_AUCTION = AUCTION + 1
LOST_TIMES = 3


async def measure(place: Place, turn: int) -> None:
    with Redis() as redis:
        async with nodes(place, 2, redis) as servers:
            commits = await bid_path.one_by_one(
                servers[0].database_url,
                COMMITS_AUCTION,
                bidders=1,
                seconds=place.plan.seconds / 2,
            )
            _add(place, COMMIT, _quantiles(commits.ms))
            async with _two_viewers(place, servers) as crowd:
                healthy = await crowd.do("bids", AUCTION, place.plan.alone, 1)
                _add(place, ANSWER, healthy["answer_ms"])
                _add(place, HEALTHY, healthy["lag_ms"])
                redis.kill()
                await relay_is("degraded", servers)
                degraded = await crowd.do("bids", AUCTION, place.plan.alone_degraded, 1)
                _add(place, DEGRADED, degraded["lag_ms"])
            redis.start()
            await relay_is("healthy", servers)
            await _measure_lost(place, servers[0], redis)


async def _measure_lost(place: Place, there: Baraka, redis: Redis) -> None:
    """A bid whose message the other server never gets, and none behind it."""
    async with LossyLine(redis.port) as line:
        settings: dict[str, Any] = UNLIMITED | {
            "BARAKA_NODE_ID": "n3",
            "BARAKA_REDIS_URL": f"redis://127.0.0.1:{line.port}/0",
        }
        async with Baraka(there.database_url, place.folder, fork=False, **settings) as here:
            await relay_is("healthy", [there, here])
            async with _two_viewers(place, [there, here]) as crowd:
                lags = []
                for _ in range(LOST_TIMES):
                    line.loses = True
                    heard = await crowd.do("bids", AUCTION, 1, 1)
                    line.loses = False
                    lags.append(heard["lag_ms"][2])
                if line.lost < LOST_TIMES:
                    raise RuntimeError("no message was lost")
                _add(place, LOST, _quantiles(lags))


@asynccontextmanager
async def _two_viewers(place: Place, servers: list[Baraka]) -> AsyncIterator[Crowd]:
    """One on each server."""
    async with Crowd(
        place.whole.program,
        [server.port for server in servers],
        place.whole.tokens,
        viewers=len(servers),
        delta=True,
    ) as crowd:
        await crowd.do("start", AUCTION)
        await crowd.do("lot", AUCTION)
        await crowd.do("join", AUCTION)
        await crowd.do("quiet", place.plan.quiet_ms)
        yield crowd


def _quantiles(ms: Sequence[float]) -> list[float]:
    ranked = sorted(ms)
    return [ranked[int(len(ranked) * share)] for share in (0.5, 0.95, 0.99)]


def _add(place: Place, what: str, quantiles: list[float]) -> None:
    values = {P50: quantiles[0], P99: quantiles[2]}
    place.results.add(what, Measured(values, Spent(0, 0, 0)))
    place.say(f"{what}: p50 {values[P50]:.2f} ms, p99 {values[P99]:.2f} ms")


class LossyLine:
    """A proxy to Redis that keeps the news of auctions from a server while `loses` is set."""

    def __init__(self, redis_port: int) -> None:
        self.port = 0
        self.loses = False
        self.lost = 0
        self._redis_port = redis_port
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(
        self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
        redis, to_redis = await asyncio.open_connection("127.0.0.1", self._redis_port)
        answers = asyncio.create_task(self._pass_on(redis, to_client, may_lose=True))
        with suppress(OSError):
            await self._pass_on(client, to_redis)
        answers.cancel()
        for end in (to_client, to_redis):
            end.transport.abort()

    async def _pass_on(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, may_lose: bool = False
    ) -> None:
        while data := await source.read(65536):
            if may_lose and self.loses and f":a:{AUCTION}\r\n".encode() in data:
                self.lost += 1
                continue
            to.write(data)


def goals() -> Iterator[Goal]:
    what = "lag between nodes, p99, healthy Redis ÷"
    yield Goal(f"{what} commit p99", HEALTHY, COMMIT, P99, must=1, aim=0.5)
    yield Goal(f"{what} p99 of a bid's answer", HEALTHY, ANSWER, P99, must=None, aim=0.5)
    yield Goal("lag without Redis, p99, ms", DEGRADED, None, P99, must=300, aim=150)
    yield Goal("lag of a lost last message, ms", LOST, None, P99, must=1_200, aim=1_000)


def tables(results: Results) -> str:
    lines = [
        [row, *(str(results.summary(row, value) or "–") for value in (P50, P99))] for row in ROWS
    ]
    return table(["", "ms, p50", "p99"], lines)
