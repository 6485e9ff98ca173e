"""Lag between servers: how much later than a bid's own server another one tells of it, beside its commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from benchmarks import bid_path
from benchmarks.contenders import UNLIMITED
from benchmarks.cpu import Spent
from benchmarks.load import Crowd
from benchmarks.nodes.place import AUCTION, Place, nodes, relay_is
from benchmarks.report import Goal, Measured, Results, table
from tests.support.chaos.proxy import Proxy
from tests.support.servers.baraka import Baraka
from tests.support.servers.redis import Redis

P50, P99, MOST = "ms p50", "ms p99", "ms most"
COMMIT, ANSWER = "a transaction alone, beside it", "from a bid to its answer"
HEALTHY, DEGRADED = "lag, Redis healthy", "lag, Redis killed"
LOST = "lag, its message lost"
ROWS = (COMMIT, ANSWER, HEALTHY, DEGRADED, LOST)
COMMITS_AUCTION = AUCTION + 1
NEWS = f":a:{AUCTION}\r\n".encode()
"""The end of the channel of what happens in the auction."""
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
    async with Proxy(redis.port) as proxy:
        settings: dict[str, Any] = UNLIMITED | {
            "BARAKA_NODE_ID": "n3",
            "BARAKA_REDIS_URL": proxy.before(redis.url),
        }
        async with Baraka(there.database_url, place.folder, fork=False, **settings) as here:
            await relay_is("healthy", [there, here])
            async with _two_viewers(place, [there, here]) as crowd:
                lags, losing = [], Losing()
                for _ in range(LOST_TIMES):
                    proxy.tamper = losing
                    heard = await crowd.do("bids", AUCTION, 1, 1)
                    proxy.tamper = None
                    lags.append(heard["lag_ms"][2])
                if losing.lost < LOST_TIMES:
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


class Losing:
    """A relay that loses the news of the auction, and counts them."""

    def __init__(self) -> None:
        self.lost = 0

    def __call__(self, message: bytes) -> list[bytes]:
        if NEWS not in message:
            return [message]
        self.lost += 1
        return []


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
