"""Servers of two versions side by side, in the middle of a sale (D55)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from baraka_cli.simulator.result import Promise
from baraka_server.contract.client_events import JoinAuction, PlaceBid, StartAuction
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.store import audit
from baraka_server.store.store import Store
from tests.live.ring import RING, bid
from tests.support.checks.proof import the_ledger
from tests.support.checks.schema import query
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.clients.simulated import STORM, hold
from tests.support.servers.balancers import HAProxy
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_mariadb
from tests.support.servers.newer_program import NewerProgram
from tests.support.servers.redis import Redis

BIDS_BEFORE = 8
"""How many bids are written before the older server is restarted."""

pytestmark = [only_mariadb, pytest.mark.long]


async def picked_up(phones: PythonPhones, server: Baraka, user_id: int) -> Phone:
    return await phones.open(server.url, auth={"token": token(SECRET, user_id)})


async def bids(phone: Phone, user_id: int, amounts: range) -> list[tuple[int, int]]:
    """What of these bids was acknowledged."""
    answers = [(amount, await phone.emits(bid(amount))) for amount in amounts]
    assert all(said["ok"] or said["code"] == "bid_too_low" for _, said in answers)
    return [(user_id, amount) for amount, said in answers if said["ok"]]


async def hears_bid(phone: Phone, amount: int) -> None:
    await phone.hears("newBid", lambda told: told["newBid"]["bid"] == amount)


def assert_no_gap(phone: Phone) -> None:
    told = [said["seq"] for name, said in phone.events if name in {"newBid", "auctionEntry"}]
    assert list(dict.fromkeys(told)) == list(range(told[0], told[-1] + 1))


async def test_an_older_server_goes_on_and_starts_again_beside_a_newer_one(
    sale_database: str, tmp_path: Path, redis: Redis, store: Store
) -> None:
    settings = {"BARAKA_REDIS_URL": redis.url}
    newer = await asyncio.to_thread(NewerProgram, tmp_path)
    async with Baraka(sale_database, tmp_path, **settings) as old, PythonPhones() as phones:
        amina, bilal = [await picked_up(phones, old, user_id) for user_id in (1, 2)]
        await amina.emits(StartAuction(auction_id=1))
        await bilal.emits(JoinAuction(auction_id=1))
        await amina.emits(RING)
        acknowledged = await bids(bilal, 2, range(10, 12))

        await newer.run("db", "upgrade", f"--database-url={sale_database}")
        acknowledged += await bids(bilal, 2, range(12, 13))

        async with newer.server(sale_database, tmp_path, **settings) as new:
            host, dina = [await picked_up(phones, new, user_id) for user_id in (1, 3)]
            await dina.emits(JoinAuction(auction_id=1))
            racing = bids(bilal, 2, range(20, 50, 2)), bids(dina, 3, range(21, 51, 2))
            for won in await asyncio.gather(*racing):
                acknowledged += won
            highest = max(amount for _, amount in acknowledged)
            await asyncio.gather(hears_bid(bilal, highest), hears_bid(dina, highest))
            await host.emits("setSpotlight", {"auctionId": 1, "on": 1})
            await bilal.hears("auctionEntry")
            acknowledged += await bids(bilal, 2, range(100, 101))
            assert_no_gap(bilal)

            await old.stop()
            acknowledged += await bids(dina, 3, range(101, 103))
            await old.start()
            assert [line["event"] for line in old.log].count("newer_database") == 1
            amina, bilal = [await picked_up(phones, old, user_id) for user_id in (1, 2)]
            await bilal.emits(JoinAuction(auction_id=1))
            acknowledged += await bids(bilal, 2, range(103, 105))
            await hears_bid(dina, 104)

            assert (await host.emits("setPremium", {"auctionId": 1, "percent": 10}))["ok"]
            assert (await bilal.emits(bid(200)))["code"] == "unavailable"
            acknowledged += await bids(dina, 3, range(201, 203))
            await hears_bid(bilal, 202)
            farah = await picked_up(phones, old, 4)
            assert (await farah.emits(JoinAuction(auction_id=1)))["ok"]
            assert_no_gap(bilal)
            assert_no_gap(dina)

            await amina.emits(StartAuction(auction_id=2))
            await bilal.emits(JoinAuction(auction_id=2))
            await amina.emits(RING.model_copy(update={"auction_id": 2}))
            assert (await bilal.emits(PlaceBid(auction_id=2, amount=10)))["ok"]

    written = [
        (entry.user_id, entry.event.amount)
        for entry in await the_ledger(store, 1)
        if isinstance(entry.event, BidPlaced)
    ]
    assert sorted(written) == sorted(acknowledged)
    by_newer = "SELECT COUNT(*) FROM baraka_events WHERE kind = 'bid' AND channel = 'app'"
    assert (await query(sale_database, by_newer))[0][0] == len(
        [1 for who, _ in written if who == 3]
    )
    verdict = await audit.verify(store, 1)
    assert (verdict.ok, verdict.unknownEntries) == (True, 2)
    theirs = await newer.run("auction", "verify", "1", "--json", f"--database-url={sale_database}")
    assert (theirs["ok"], theirs["unknownEntries"]) == (True, 0)


async def test_a_simulated_sale_on_both_keeps_its_promises_while_the_older_one_is_restarted(
    sale_database: str, tmp_path: Path, redis: Redis
) -> None:
    HAProxy.require()
    settings = {"BARAKA_REDIS_URL": redis.url, "BARAKA_TRUSTED_PROXIES": "127.0.0.1"}
    newer = await asyncio.to_thread(NewerProgram, tmp_path)
    await newer.run("db", "upgrade", f"--database-url={sale_database}")
    async with (
        Baraka(sale_database, tmp_path, BARAKA_NODE_ID="n1", **settings) as old,
        newer.server(sale_database, tmp_path, BARAKA_NODE_ID="n2", **settings) as new,
        HAProxy([old.port, new.port]) as balancer,
    ):
        restarted = asyncio.create_task(restart_in_the_middle(old, sale_database))
        result = await hold(
            balancer.url, STORM, sale_database, exempt=frozenset({Promise.CONNECTIONS_HOLD})
        )
        await restarted
    broken = {one.promise: one.first for one in result.findings if one.broken}
    assert (result.could_not, broken) == ("", {})
    assert result.totals.accepted > BIDS_BEFORE
    by_each = "SELECT COUNT(*), COUNT(channel) FROM baraka_events WHERE kind = 'bid'"
    ((all_bids, by_newer),) = await query(sale_database, by_each)
    assert 0 < by_newer < all_bids, "both took bids"


async def restart_in_the_middle(old: Baraka, database_url: str) -> None:
    count = "SELECT COUNT(*) FROM baraka_events WHERE kind = 'bid'"
    while (await query(database_url, count))[0][0] < BIDS_BEFORE:
        await asyncio.sleep(0.05)
    await old.stop()
    await old.start()
