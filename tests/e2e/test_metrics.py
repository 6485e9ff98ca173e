"""Metrics of a node of two workers: one of them dies, one of them stands still."""

from __future__ import annotations

import asyncio
import os
import signal

import aiohttp
import psutil

from tests.support.clients.phones import PATIENCE_SECONDS, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_sqlite
from tests.wire.test_metrics import BEARER, TOKEN, samples

pytestmark = only_sqlite

SILENT = "baraka_worker_silent_seconds"
TOLD = 'baraka_commands_total{event="joinAuction"}'


async def scraped(http: aiohttp.ClientSession, url: str) -> dict[str, float]:
    async with http.get(url, headers=BEARER) as answer:
        assert answer.status == 200, await answer.text()
        return samples(await answer.text())


async def until(http, url, condition) -> dict[str, float]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition(said := await scraped(http, url)):
            await asyncio.sleep(0.1)
    return said


async def test_counters_survive_a_worker_and_a_frozen_one_keeps_nobody_waiting(
    sale_database, tmp_path
) -> None:
    settings = {
        "BARAKA_WORKERS": 2,
        "BARAKA_METRICS_TOKEN": TOKEN,
        "BARAKA_METRICS_PORT": 0,
    }
    async with (
        Baraka(sale_database, tmp_path, fork=False, **settings) as node,
        PythonPhones() as phones,
        aiohttp.ClientSession() as http,
    ):
        own = next(line["url"] for line in node.log if line.get("event") == "metrics")
        of_clients = node.url + "/metrics"
        for user in range(2, 8):
            phone = await phones.open(node.url, user, auth={"token": token(SECRET, user)})
            await phone.emits("joinAuction", {"auctionId": 1})
        # A worker and the parent say the same of both.
        for url in (own, of_clients):
            said = await until(http, url, lambda said: said.get(TOLD) == 6)
            assert said["baraka_workers"] == 2
            assert said['baraka_refusals_total{code="not_live"}'] == 6

        os.kill(psutil.Process(node.pid).children()[0].pid, signal.SIGKILL)
        said = await until(http, own, lambda said: said["baraka_worker_deaths_total"] == 1)
        assert said[TOLD] >= 6
        await until(http, own, lambda said: said["baraka_workers"] == 2 and said[TOLD] >= 6)

        frozen = psutil.Process(node.pid).children()[0]
        frozen.suspend()
        try:
            said = await until(
                http, own, lambda said: any(v > 1.5 for n, v in said.items() if SILENT in n)
            )
            assert said[TOLD] >= 6
        finally:
            frozen.resume()
