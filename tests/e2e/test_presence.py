"""Viewer counts: the number of sockets in the room, however they join and leave (D9)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

import pytest

from baraka_server.app import Server
from baraka_server.settings import Settings
from tests.support.clients.crowd import WAYS, Crowd, join, on_both_paths, open_sale
from tests.support.clients.phones import PATIENCE_SECONDS
from tests.support.clients.raw import ACK, RawSocket
from tests.support.servers.baraka import SECRET
from tests.support.servers.databases import only_sqlite

AUCTION = {"auctionId": 1}
COUNTS_PER_SECOND_MAX = 4

pytestmark = only_sqlite


@pytest.fixture
async def witness(baraka, crowd):
    """A phone in the room of a live auction, alone."""
    amina = await crowd.pick_up(baraka.url, 1)
    await open_sale(amina)
    witness = await crowd.pick_up(baraka.url, 2)
    await join([witness])
    return witness


async def hears_count(phone, count):
    """Wait until the last count that the phone heard is this one."""
    await phone.until(
        lambda: [heard["userCount"] for heard in phone.heard("userCountUpdate")][-1:] == [count],
        f"a count of {count}; heard {phone.heard('userCountUpdate')[-3:]}",
    )


async def until_alone(witness):
    """Wait until nobody is left when the witness leaves, and it is alone when it is back."""

    async def is_alone():
        while True:
            left = (await witness.emits("leaveAuction", AUCTION))["userCount"]
            (state,) = await join([witness])
            if (left, state["userCount"]) == (0, 1):
                return

    await asyncio.wait_for(is_alone(), PATIENCE_SECONDS)


async def test_who_disconnects_at_once_after_joining_is_not_counted(baraka, witness, crowd):
    for _ in range(2):
        phones = await crowd.pick_up_many(baraka.url, range(4, 14), WAYS[:2])
        async with AsyncExitStack() as stack:
            for _ in range(10):
                raw = await stack.enter_async_context(RawSocket(baraka.url, 3))
                await raw.asks("joinAuction", AUCTION)
                await asyncio.sleep(0.001)
                raw.is_reset()
            for phone in phones:
                await phone.says("joinAuction", AUCTION)
                await phone.hangs_up()
            for phone in phones:
                await phone.lives_through("disconnect")
            await until_alone(witness)
    await hears_count(witness, 1)


async def test_joining_and_leaving_twice_change_nothing_and_two_tabs_are_two(
    baraka, witness, crowd
):
    phone, second_tab, unseen = await crowd.pick_up_many(baraka.url, [3, 3, 4])
    assert [(await join([phone]))[0]["userCount"] for _ in range(3)] == [2, 2, 2]
    assert (await join([second_tab]))[0]["userCount"] == 3
    await hears_count(witness, 3)
    assert (await unseen.emits("leaveAuction", AUCTION))["userCount"] == 3  # it was never there
    counts = [(await phone.emits("leaveAuction", AUCTION))["userCount"] for _ in range(3)]
    assert counts == [2, 2, 2]
    await second_tab.hangs_up()
    await hears_count(witness, 1)
    await phone.hangs_up()  # it had left before
    await until_alone(witness)


async def test_every_room_of_a_lost_socket_goes_down_by_one(baraka, witness, crowd):
    amina = await crowd.pick_up(baraka.url, 1)
    second = {"auctionId": 2}
    await amina.emits("startLiveAuction", second)
    await amina.emits("joinAuction", second)
    async with AsyncExitStack() as stack:
        lost = [await stack.enter_async_context(RawSocket(baraka.url, 3)) for _ in range(5)]
        for raw in lost:
            for auction in (AUCTION, second, AUCTION):
                await raw.asks("joinAuction", auction)
                await raw.hears(ACK)
        await hears_count(witness, 6)
        await amina.until(
            lambda: [h["userCount"] for h in amina.heard("userCountUpdate")][-1:] == [6], "6"
        )
        for raw in lost:
            raw.is_reset()
        await hears_count(witness, 1)
        await amina.until(
            lambda: [h["userCount"] for h in amina.heard("userCountUpdate")][-1:] == [1], "1"
        )
    assert (await amina.emits("leaveAuction", second))["userCount"] == 0
    await until_alone(witness)


@asynccontextmanager
async def in_this_process(database_url, *, ping_seconds):
    """A server that misses a silent client after seconds, instead of after three quarters of a minute."""
    server = Server(
        Settings(database_url=database_url, jwt_secret=SECRET, host="127.0.0.1", port=0)
    )
    server.sio.eio.ping_interval = server.sio.eio.ping_timeout = ping_seconds
    try:
        yield await server.start()
    finally:
        await server.stop()


async def test_a_polling_phone_that_vanishes_is_missed_before_long(sale_database, crowd):
    async with in_this_process(sale_database, ping_seconds=2) as url:
        amina = await crowd.pick_up(url, 1)
        await open_sale(amina)
        await join([amina])
        async with Crowd() as lost:
            phones = await lost.pick_up_many(url, range(3, 9), WAYS[1:2], reconnection=False)
            await join(phones)
            await hears_count(amina, 7)
        # Their process has ended, and none of them said goodbye.
        await hears_count(amina, 1)
        assert (await amina.emits("leaveAuction", AUCTION))["userCount"] == 0


@on_both_paths
async def test_a_busy_room_is_told_four_times_a_second_and_the_last_change_always(
    baraka, witness, crowd
):
    phones = await crowd.pick_up_many(baraka.url, range(3, 19))
    for _ in range(6):
        await join(phones)
        await asyncio.gather(*(phone.emits("leaveAuction", AUCTION) for phone in phones))
    await join(phones[:5])
    await hears_count(witness, 6)
    heard = witness.heard("userCountUpdate")
    assert heard[0]["userCount"] == 1
    times = [datetime.fromisoformat(one["serverTime"]).timestamp() for one in heard]
    assert len(heard) <= COUNTS_PER_SECOND_MAX * (times[-1] - times[0]) * 1.2 + 2
    await asyncio.gather(*(phone.hangs_up() for phone in phones))
    await hears_count(witness, 1)
    await until_alone(witness)
