"""A lot that closes by the clock, through the whole server: phones of the guide, two servers, faults (D44, D45)."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select

from baraka_server.contract import clock as asked
from baraka_server.contract.client_events import JoinAuction, PlaceBid
from baraka_server.live.clock_measure import seconds_counted
from baraka_server.store import audit
from baraka_server.store.tables import auctions
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.crowd import join, open_sale, put_on_block
from tests.support.servers.baraka import Baraka
from tests.support.servers.databases import only_mariadb
from tests.support.servers.neighbours import until

AUCTION = {"auctionId": 1}
INTERRUPTED = "The clock was stopped: the server was interrupted."
POLLS = {"BARAKA_LEDGER_POLL_SECONDS": 0.1}


def start(seconds, **more):
    return asked.StartClock(auction_id=1, seconds=seconds, **more)


def bid(amount):
    return PlaceBid(auction_id=1, amount=amount)


async def says(phone, event):
    answer = await phone.emits(event)
    assert answer["ok"], answer
    return answer


async def of_guide(crowd, url, user_id, way="official websocket"):
    """A phone that knows the guide alone: it asks for no acknowledgement."""
    phone = await crowd.pick_up(url, user_id, way)
    await phone.says("joinAuction", AUCTION)
    await phone.hears("userCountUpdate")
    return phone


@asynccontextmanager
async def resuming(amina):
    """Amina lets the clock run on whenever a busy machine stood still for more than a second."""

    async def go_on():
        while True:
            await amina.hears("auctionClock", lambda heard: heard.get("reason"))
            await amina.emits(asked.ResumeClock(auction_id=1))

    going_on = asyncio.create_task(go_on())
    yield
    going_on.cancel()
    await asyncio.wait([going_on])


async def expected_at_the_end(store, servers):
    """Wait until so many servers have written that they have somebody in the room."""

    async def written():
        while len(await store.attendance(1)) < servers:
            await asyncio.sleep(0.05)

    await asyncio.wait_for(written(), 20)


def comments(phone):
    return [heard["newComment"]["comment"] for heard in phone.heard("newComment")]


async def test_a_phone_of_the_guide_follows_a_lot_from_its_first_warning_to_its_award(
    baraka, crowd, store
):
    amina, bilal = [
        await crowd.pick_up(baraka.url, user_id, "python websocket") for user_id in (1, 2)
    ]
    await open_sale(amina)
    await join([amina, bilal])
    dina = await of_guide(crowd, baraka.url, 3)
    farah = await of_guide(crowd, baraka.url, 6, "official polling")

    await says(amina, asked.FairWarning(auction_id=1, stage=1))
    assert (await bilal.hears("fairWarning"))["stage"] == 1
    await says(amina, asked.PauseBidding(auction_id=1, say="One moment"))
    await dina.hears("newComment", lambda heard: heard["newComment"]["comment"] == "One moment")
    await dina.says("placeBid", AUCTION | {"amount": 10})
    await dina.hears_error("Bidding is paused")
    await says(amina, asked.ResumeBidding(auction_id=1))
    await dina.says("placeBid", AUCTION | {"amount": 10})
    await dina.hears("newBid")

    await says(amina, start(1, extend_seconds=1, window_seconds=1, award="auto"))
    clock = await bilal.hears("auctionClock")
    assert (clock["remainingMs"], clock["running"], clock["award"]) == (1000, True, "auto")
    placed = await says(bilal, bid(20))
    heard = await bilal.hears("newBid", lambda heard: heard["seq"] == placed["seq"])
    assert 0 < heard["clock"]["remainingMs"] <= 1000
    async with resuming(amina):
        for phone in (dina, farah):
            ended = await phone.hears("auctionEnded")
            assert (ended["winningUser"]["id"], ended["winningBid"]["bid"]) == (2, 20)
            assert comments(phone)[:4] == [
                *("Going once", "One moment", "Bidding goes on", "Bidding closes in 1 second")
            ]
    words = [entry.what async for entry in audit.history(store, 1)]
    assert re.fullmatch("the clock ran out: Gold Ring went to .+ for 20", words[-1])
    assert (await audit.verify(store, 1)).ok
    await assert_sale_holds(store)


async def test_behind_the_end_bidding_is_closed_whoever_asks_first(baraka, crowd, store):
    amina, bilal = [
        await crowd.pick_up(baraka.url, user_id, "python websocket") for user_id in (1, 2)
    ]
    await open_sale(amina)
    await join([amina, bilal])
    dina = await of_guide(crowd, baraka.url, 3)
    await says(amina, start(1, window_seconds=0))

    async def closed():
        while (await bilal.emits(JoinAuction(auction_id=1)))["bidding"] == "open":
            await asyncio.sleep(0.05)

    await asyncio.wait_for(closed(), 20)
    await dina.says("placeBid", AUCTION | {"amount": 10})
    error = await dina.hears_error("Bidding is closed")
    assert (error["code"], error["clock"]["remainingMs"]) == ("bidding_closed", 0)
    assert (await amina.emits(asked.StopClock(auction_id=1)))["code"] == "bidding_closed"
    await says(amina, start(600))  # behind one that ran out
    await says(bilal, bid(10))
    await put_on_block(amina, "Pearl")
    state = await bilal.emits(JoinAuction(auction_id=1))
    assert (state["clock"], state["bidding"]) == (None, "open")
    await assert_sale_holds(store)


async def test_two_servers_close_together_and_one_of_them_awards(
    sale_database, tmp_path, crowd, store
):
    async with (
        Baraka(sale_database, tmp_path, **POLLS) as here,
        Baraka(sale_database, tmp_path, **POLLS) as there,
    ):
        amina = await crowd.pick_up(here.url, 1, "python websocket")
        bilal = await crowd.pick_up(here.url, 2, "python websocket")
        dina = await crowd.pick_up(there.url, 3, "python websocket")
        await open_sale(amina)
        await join([amina, bilal, dina])
        farah = await of_guide(crowd, there.url, 6)
        await says(amina, start(3, extend_seconds=2, window_seconds=2, award="auto"))
        await dina.hears("auctionClock")
        await says(bilal, bid(10))
        await says(dina, bid(20))
        async with resuming(amina):
            for phone in (bilal, dina, farah):
                ended = await phone.hears("auctionEnded")
                assert ended["winningUser"]["id"] == 3
    ledger = await assert_sale_holds(store)
    assert [entry.kind for entry in ledger].count("awarded") == 1
    assert (await audit.verify(store, 1)).ok


@only_mariadb
async def test_a_clock_counts_the_viewers_of_every_worker_and_awards_once(
    sale_database, tmp_path, crowd, store
):
    async with Baraka(sale_database, tmp_path, fork=False, BARAKA_WORKERS=2) as server:
        amina, *viewers = [
            await crowd.pick_up(server.url, user_id, "python websocket") for user_id in range(1, 6)
        ]
        of_worker = {phone.life[0][1]["sid"].split(".")[1]: phone for phone in viewers}
        await open_sale(amina)
        await join([amina, *viewers])
        for phone in viewers:
            await phone.hears("userCountUpdate", lambda heard: heard["userCount"] == 5)
        await says(amina, start(3, extend_seconds=2, window_seconds=2, award="auto"))
        await expected_at_the_end(store, 2)
        for amount, phone in zip((10, 20), of_worker.values(), strict=True):
            await says(phone, bid(amount))
        async with resuming(amina):
            for phone in viewers:
                ended = await phone.hears("auctionEnded")
                assert ended["winningBid"]["bid"] == 20
    ledger = await assert_sale_holds(store)
    assert [entry.kind for entry in ledger].count("awarded") == 1
    for phone in viewers:
        assert len(phone.heard("auctionEnded")) == 1


@pytest.mark.chaos
async def test_a_server_that_is_killed_in_the_last_seconds_awards_nothing_when_it_is_back(
    sale_database, tmp_path, crowd, store
):
    async with Baraka(sale_database, tmp_path) as baraka:
        amina, bilal = [
            await crowd.pick_up(baraka.url, user_id, "python websocket") for user_id in (1, 2)
        ]
        await open_sale(amina)
        await join([amina, bilal])
        await says(amina, start(2, award="auto"))
        await says(bilal, bid(10))
        await baraka.kill()
        await baraka.start()
        amina, bilal = [
            await crowd.pick_up(baraka.url, user_id, "python websocket") for user_id in (1, 2)
        ]
        (state, _) = await join([bilal, amina])
        assert (state["bidding"], state["clock"]["reason"]) == ("open", "interrupted")
        assert state["auctionComments"][-1]["comment"] == INTERRUPTED
        await says(bilal, bid(20))
        await says(amina, asked.ResumeClock(auction_id=1, seconds=1))
        assert (await bilal.hears("auctionClock"))["remainingMs"] >= 10_000
    assert (await audit.verify(store, 1)).ok
    await assert_sale_holds(store)


@pytest.mark.chaos
async def test_a_server_that_was_frozen_across_the_end_counts_the_bids_that_it_had_not_read(
    sale_database, tmp_path, crowd, store
):
    async with Baraka(sale_database, tmp_path) as baraka:
        amina = await crowd.pick_up(baraka.url, 1, "python websocket")
        bilal = await crowd.pick_up(baraka.url, 2, "python websocket")
        await open_sale(amina)
        await join([amina, bilal])
        dina = await of_guide(crowd, baraka.url, 3)
        await says(amina, start(1, window_seconds=0, award="auto"))
        baraka.send(signal.SIGSTOP)
        bidding = asyncio.create_task(bilal.emits(bid(10)))
        frozen = seconds_counted()
        await until(lambda: seconds_counted() > frozen + 2.5)
        baraka.send(signal.SIGCONT)
        assert (await bidding)["ok"]
        stopped = await bilal.hears("auctionClock", lambda heard: not heard["running"])
        assert stopped["reason"] == "interrupted"
        assert 0 < stopped["remainingMs"] <= 1000
        await dina.hears("newComment", lambda heard: heard["newComment"]["comment"] == INTERRUPTED)
        assert dina.heard("auctionEnded") == []
    assert (await audit.verify(store, 1)).ok
    await assert_sale_holds(store)


@only_mariadb
@pytest.mark.chaos
async def test_bids_that_wait_for_a_locked_row_across_the_end_are_punctual(
    sale_database, tmp_path, crowd, store
):
    """They wait so long that the database gives up on them once; the server asks again."""
    async with Baraka(sale_database, tmp_path, BARAKA_DATABASE_TIMEOUT_SECONDS=6) as baraka:
        amina = await crowd.pick_up(baraka.url, 1, "python websocket")
        bilal = await crowd.pick_up(baraka.url, 2, "python websocket")
        await open_sale(amina)
        await join([amina, bilal])
        await says(amina, start(1, window_seconds=0, award="auto"))
        async with store.writing() as connection:
            locking = select(auctions.c.id).where(auctions.c.id == 1).with_for_update()
            await connection.execute(locking)
            bidding = asyncio.create_task(bilal.emits(bid(10)))
            for _ in range(40):  # a transaction that says nothing is ended soon
                await connection.execute(select(1))
                await asyncio.sleep(0.1)
            assert not bidding.done()
        assert (await bidding)["ok"]
        stopped = await bilal.hears("auctionClock", lambda heard: not heard["running"])
        assert (stopped["reason"], 0 < stopped["remainingMs"] <= 1000) == ("interrupted", True)
    (placed,) = [entry for entry in await assert_sale_holds(store) if entry.kind == "bid"]
    assert placed.event.late_ms > 1000
    assert (await audit.verify(store, 1)).ok


@only_mariadb  # with SQLite a frozen process may keep the file locked, for everybody
@pytest.mark.chaos
async def test_a_clock_waits_for_a_server_that_is_frozen_and_then_stops(
    sale_database, tmp_path, crowd, store
):
    """It may have read a punctual bid. The host goes on without it, once it was waited for."""
    async with (
        Baraka(sale_database, tmp_path, **POLLS) as here,
        Baraka(sale_database, tmp_path, **POLLS) as there,
    ):
        amina = await crowd.pick_up(here.url, 1, "python websocket")
        bilal = await crowd.pick_up(here.url, 2, "python websocket")
        dina = await crowd.pick_up(there.url, 3, "python websocket")
        await open_sale(amina)
        await join([amina, bilal, dina])
        await expected_at_the_end(store, servers=2)
        await says(
            amina, start(2, extend_seconds=0, window_seconds=0, award="auto", say="Two seconds")
        )
        await dina.hears("auctionClock")
        await says(bilal, bid(10))
        there.send(signal.SIGSTOP)
        try:
            stopped = await bilal.hears("auctionClock", lambda heard: not heard["running"])
            assert stopped["reason"] == "interrupted"
            assert bilal.heard("auctionEnded") == []
            await says(amina, asked.ResumeClock(auction_id=1, seconds=1))
            async with resuming(amina):
                assert (await bilal.hears("auctionEnded"))["winningUser"]["id"] == 2
        finally:
            there.send(signal.SIGCONT)
        assert (await dina.hears("auctionEnded"))["winningUser"]["id"] == 2
    ledger = await assert_sale_holds(store)
    assert [entry.kind for entry in ledger].count("awarded") == 1
