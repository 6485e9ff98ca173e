"""Limits of a user over two servers and over two workers; two servers of one node id, which both serve."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count

import aiohttp
import psutil
import pytest

from baraka_server.contract.client_events import JoinAuction, StartAuction
from tests.e2e.test_relay import counts, relay_is, server
from tests.live.ring import RING, bid
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until

A_SECOND = 2
BURST = 5 * A_SECOND
LIMIT = {"BARAKA_BIDS_PER_SECOND_MAX": A_SECOND}


async def allowed(phone: Phone, amounts: Iterator[int], asked: int) -> int:
    """How many bids are accepted until one comes too fast; a pause lets news of them travel."""
    for accepted in range(asked):
        answer = await phone.emits(bid(next(amounts)))
        if not answer["ok"]:
            assert answer["code"] == "too_fast"
            return accepted
        await asyncio.sleep(0.01)
    return asked


async def open_sale(amina: Phone, *viewers: Phone) -> None:
    await amina.emits(StartAuction(auction_id=1))
    for viewer in viewers:
        assert (await viewer.emits(JoinAuction(auction_id=1)))["ok"]
    await amina.emits(RING)
    for viewer in viewers:
        await viewer.hears("auction_change_product")


@pytest.mark.mariadb
async def test_two_servers_of_one_node_id_share_limits_and_counts_and_say_that_they_are_two(
    sale_database, tmp_path, redis
):
    settings = LIMIT | {"BARAKA_NODE_ID": "n1"}
    async with (
        server(sale_database, tmp_path, redis, **settings) as here,
        server(sale_database, tmp_path, redis, **settings) as there,
        PythonPhones() as phones,
    ):
        await relay_is("healthy", here, there)
        amina = await phones.open(here.url, auth={"token": token(SECRET, 1)})
        bilal, bilals_other, dina, dinas_other = [
            await phones.open(one.url, auth={"token": token(SECRET, user)})
            for user in (2, 3)
            for one in (here, there)
        ]
        await open_sale(amina, bilal, bilals_other, dina, dinas_other)
        for one in (here, there):
            await until(lambda one=one: "duplicate_node_id" in {e.get("event") for e in one.log})
            async with aiohttp.ClientSession() as http, http.get(f"{one.url}/readyz") as answer:
                assert (answer.status, (await answer.json())["duplicateNodeId"]) == (200, True)
        for phone in (bilal, bilals_other):
            await counts(phone, 4)

        amounts = count(10)
        assert await allowed(bilal, amounts, 20) >= BURST
        assert await allowed(bilals_other, amounts, BURST) < BURST / 2, "told by the other server"

        redis.freeze()
        assert await allowed(dina, amounts, BURST) == BURST
        assert await allowed(dinas_other, amounts, BURST) == BURST, "each server counts by itself"
        await relay_is("degraded", here, there)
        redis.thaw()
        await relay_is("healthy", here, there)


@only_sqlite
async def test_two_workers_share_the_limits_of_a_user(sale_database, tmp_path):
    async with (
        Baraka(sale_database, tmp_path, fork=False, BARAKA_WORKERS=2, **LIMIT) as workers,
        PythonPhones() as phones,
    ):

        async def phone(user_id: int) -> Phone:
            auth = {"token": token(SECRET, user_id)}
            return await phones.open(workers.url, auth=auth, transports=["websocket"])

        def sockets() -> list[int]:
            """How many are open at each worker."""
            children = psutil.Process(workers.pid).children()
            return [sum(bool(one.raddr) for one in child.net_connections()) for child in children]

        amina, dina = await phone(1), await phone(3)
        bilals: dict[int, Phone] = {}  # by his worker
        async with asyncio.timeout(20):
            while len(bilals) < 2:
                before = sockets()
                newest = await phone(2)
                bilals[sockets()[0] - before[0]] = newest
        bilal, bilals_other = bilals.values()
        await open_sale(amina, bilal, bilals_other, dina)

        amounts = count(10)
        assert await allowed(bilal, amounts, 20) >= BURST
        assert await allowed(bilals_other, amounts, BURST) < BURST / 2
        assert await allowed(dina, amounts, BURST) == BURST, "of another user"
        assert "duplicate_node_id" not in {one.get("event") for one in workers.log}
