"""`baraka simulate` with every preset, shortened: on two servers behind HAProxy, and on two workers of one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from baraka_cli.simulator.result import Promise, Result
from baraka_cli.simulator.scenario import PRESETS
from tests.support.clients.command_line import Answer, run
from tests.support.servers.balancers import HAProxy
from tests.support.servers.baraka import Baraka
from tests.support.servers.databases import only_mariadb
from tests.support.servers.redis import Redis

SECONDS_MAX = 200
POLLING = "/socket.io/?EIO=4&transport=polling"
SHORTENED: dict[str, tuple[str, ...]] = {
    "smoke": ("--duration=4",),
    "evening-sale": ("--viewers=24", "--bidders=8", "--duration=12"),
    "rush": ("--viewers=40", "--bidders=8", "--duration=6"),
    "ramp-up": ("--viewers=20", "--bidders=8", "--duration=9", "--ramp-up=6", "--rate=20"),
    "soak": ("--viewers=20", "--bidders=8", "--duration=10"),
    "mistakes": ("--duration=9",),
    "house": ("--duration=12",),
    "find-limit": ("--viewers=12", "--bidders=8", "--duration=8", "--find-limit=3"),
    "bid-storm": ("--viewers=12", "--bidders=8", "--duration=5"),
}


@dataclass
class Place:
    """Where a sale is held, and the names of all of its nodes."""

    url: str
    database_url: str
    folder: Path
    nodes: set[str] = field(default_factory=set)


@asynccontextmanager
async def two_nodes(database_url: str, folder: Path, redis: Redis) -> AsyncIterator[Place]:
    HAProxy.require()
    n1, n2 = (
        Baraka(
            database_url,
            folder,
            BARAKA_NODE_ID=name,
            BARAKA_REDIS_URL=redis.url,
            BARAKA_REDIS_PREFIX=folder.name,
            BARAKA_TRUSTED_PROXIES="127.0.0.1",
            BARAKA_INTERNAL_ADDRESS="127.0.0.1:0",
        )
        for name in ("n1", "n2")
    )
    async with n1, n2, HAProxy([n1.port, n2.port]) as balancer:
        yield Place(balancer.url, database_url, folder, {"n1.1", "n2.1"})


@asynccontextmanager
async def two_workers(database_url: str, folder: Path, _redis: Redis) -> AsyncIterator[Place]:
    settings = {"BARAKA_NODE_ID": "n1", "BARAKA_WORKERS": 2}
    async with Baraka(database_url, folder, fork=False, **settings) as server:
        yield Place(server.url, database_url, folder, {"n1.1", "n1.2"})


@pytest.fixture(params=[two_nodes, two_workers])
async def place(request, sale_database, tmp_path, redis) -> AsyncIterator[Place]:
    async with request.param(sale_database, tmp_path, redis) as place:
        yield place


async def simulate(place: Place, *words: str) -> Answer:
    return await asyncio.to_thread(
        run,
        *("simulate", *words, f"--url={place.url}", "--users=60", "--json"),
        folder=place.folder,
        seconds_max=SECONDS_MAX,
    )


async def assert_spread(place: Place) -> None:
    """New sessions are on all nodes, so that the crowd of a sale is as well."""
    async with aiohttp.ClientSession() as http:

        async def opened() -> str:
            async with http.get(place.url + POLLING) as answer:
                sid = json.loads((await answer.text())[1:])["sid"]
            return ".".join(sid.split(".")[:2])

        found = await asyncio.gather(*(opened() for _ in range(8)))
    assert set(found) == place.nodes


async def assert_kept(place: Place, preset: str) -> None:
    await assert_spread(place)
    to_look = f"--database-url={place.database_url}"
    done = await simulate(place, preset, *SHORTENED[preset], to_look)
    assert done.code == 0, done.out + done.err
    result = Result.model_validate_json(done.out)
    assert not any(one.broken or one.unchecked for one in result.findings), done.out
    checked = {one.promise: one.checked for one in result.findings}
    assert checked[Promise.COUNTS_AGREE]
    assert result.totals.accepted > 0


def test_every_preset_is_shortened():
    assert SHORTENED.keys() == PRESETS.keys()


@only_mariadb
async def test_smoke_on_two_workers(sale_database, tmp_path, redis):
    async with two_workers(sale_database, tmp_path, redis) as place:
        await assert_kept(place, "smoke")


@only_mariadb
@pytest.mark.long
@pytest.mark.parametrize("preset", SHORTENED)
async def test_every_preset_keeps_every_promise(place, preset):
    await assert_kept(place, preset)


@only_mariadb
@pytest.mark.long
async def test_every_hostile_probe_is_refused(place):
    done = await simulate(place, "hostile")
    assert done.code == 0, done.out + done.err
