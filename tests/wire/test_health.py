"""`/readyz`: whether a sale could write now, and which part fails if not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from baraka_server.store import migrate
from baraka_server.store.errors import Trouble
from tests.support.servers.baraka import Baraka
from tests.support.servers.databases import only_mariadb

PATIENCE_SECONDS = 30


async def until(http, status):
    async def looks():
        while True:
            async with http.get("/readyz") as answer:
                if answer.status == status:
                    return await answer.json()
            await asyncio.sleep(0.1)

    return await asyncio.wait_for(looks(), PATIENCE_SECONDS)


@pytest.mark.chaos
@only_mariadb
async def test_a_primary_that_only_reads_is_not_ready_until_it_writes_again(
    mariadb, sale_database, tmp_path
):
    mariadb.sql("CREATE OR REPLACE USER clerk@'%'")
    mariadb.sql(f"GRANT ALL ON `{sale_database.rpartition('/')[2]}`.* TO clerk@'%'")
    async with (
        Baraka(sale_database.replace("root@", "clerk@"), tmp_path) as server,
        aiohttp.ClientSession(server.url) as http,
    ):
        assert await until(http, 200) == {"ok": True}
        mariadb.sql("SET GLOBAL read_only = 1")
        try:
            assert await until(http, 503) == {
                "ok": False,
                "code": "unavailable",
                "message": "The database only reads.",
                "database": "read_only",
            }
        finally:
            mariadb.sql("SET GLOBAL read_only = 0")
        await until(http, 200)
    told = [line for line in server.log if str(line.get("event")).startswith("database_")]
    assert [line["event"] for line in told] == ["database_gone", "database_back"]
    assert told[0]["database"] == "read_only"


async def test_a_downgrade_under_a_running_server_makes_it_not_ready(sale_database, tmp_path):
    async with Baraka(sale_database, tmp_path) as server, aiohttp.ClientSession(server.url) as http:
        await until(http, 200)
        await migrate.downgrade(sale_database)
        assert (await until(http, 503))["database"] == "schema"
        await migrate.upgrade(sale_database)
        await until(http, 200)


@pytest.mark.chaos
@only_mariadb
async def test_a_database_that_never_answers_is_told_long_before_a_transaction_is_given_up(
    mariadb, sale_database, tmp_path
):
    patient = {"BARAKA_DATABASE_TIMEOUT_SECONDS": 10 * PATIENCE_SECONDS}
    async with (
        Baraka(sale_database, tmp_path, **patient) as server,
        aiohttp.ClientSession(server.url) as http,
    ):
        await until(http, 200)
        mariadb.freeze()
        try:
            assert (await until(http, 503))["database"] == "silent"
        finally:
            mariadb.thaw()
        await until(http, 200)


def test_the_manual_has_every_trouble():
    manual = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
    rows = [line.split("`")[1] for line in manual.splitlines() if line.startswith("| `")]
    assert rows[1 : len(Trouble) + 1] == list(Trouble)
