"""Work for many at once is done in slices, between which others have their turn: a bid waits for one of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

from sqlalchemy import insert

from baraka_server.contract.records import BidWithUser, User, UserType
from baraka_server.live.encoded import encode
from baraka_server.live.lists import People, listed
from baraka_server.store import rows
from baraka_server.store.slices import SLICE_ROWS
from baraka_server.store.tables import bids
from baraka_server.wire.fanout import TOLD_AT_ONCE, FanOut, Subscriber
from baraka_server.wire.server import CHECKED_AT_ONCE, HUNG_UP_ON_AT_ONCE, GuardedServer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.sales import prepare_sale

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Turns:
    """Which turn of the loop it is, and what was done in each."""

    def __init__(self):
        self.number = 0
        self.done = Counter()

    def note(self, *_):
        self.done[self.number] += 1

    @property
    def most(self):
        return max(self.done.values())


@asynccontextmanager
async def turns():
    found = Turns()

    async def count():
        while True:
            found.number += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    yield found
    counting.cancel()


def user(user_id):
    fields = {"category_id": None, "number": "", "otpCode": None}
    return User(
        id=user_id, name="?", type=UserType.Normal, createdAt=NOON, updatedAt=NOON, **fields
    )


def bid(bid_id):
    return BidWithUser(
        id=bid_id,
        auction_id=1,
        user_id=bid_id,
        bid=bid_id,
        createdAt=NOON,
        updatedAt=NOON,
        user=user(bid_id),
    )


async def test_a_long_list_is_made_in_slices():
    people = People(whole_numbers=False)
    async with turns() as seen:
        met = people.meet

        def noted(user):
            seen.note()
            return met(user)

        people.meet = noted
        made = await listed(people, [bid(n) for n in range(1, 6 * SLICE_ROWS)])
    assert made.tally().count == sum(seen.done.values()) == 6 * SLICE_ROWS - 1
    assert seen.most <= SLICE_ROWS


async def test_people_of_a_list_that_is_being_made_are_not_forgotten(monkeypatch):
    monkeypatch.setattr("baraka_server.live.lists.USERS_KEPT_MAX", 10)
    people = People(whole_numbers=False)
    made = await listed(people, [bid(n) for n in range(1, 100)])
    assert len(made.users()) == 99
    assert made.text.count('"user":') == 99


@only_sqlite
async def test_rows_of_a_database_are_read_in_slices(store, monkeypatch):
    this = (await prepare_sale(store)).auction.id
    count = 3 * SLICE_ROWS
    async with store.writing() as connection:
        await connection.execute(
            insert(bids),
            [
                {"auction_id": this, "user_id": 1, "bid": n, "updatedAt": NOON}
                for n in range(1, count)
            ],
        )
    read, sizes = rows.records_with_users, []

    def noted(connection, kind, table, some):
        sizes.append(len(some))
        return read(connection, kind, table, some)

    monkeypatch.setattr(rows, "records_with_users", noted)
    async with store.reading() as connection:
        found = await rows.read_bids(connection, this)
    assert sizes == [SLICE_ROWS, SLICE_ROWS, SLICE_ROWS - 1]
    assert [one.bid for one in found] == sorted((one.bid for one in found), reverse=True)


async def test_everybody_is_told_a_slice_at_a_time_and_each_once():
    async with turns() as seen:
        heard = Counter()

        def listener(name):
            def hears(_batch):
                heard[name] += 1
                seen.note()
                if name == 5:  # somebody joins while others are told
                    fan_out.enter(everybody[-1], "auction_1")

            return Subscriber(hears, 100, lambda _: None)

        count = 4 * TOLD_AT_ONCE + 7
        everybody = [listener(name) for name in range(count)]
        fan_out = FanOut(lambda: everybody)
        await fan_out.announce_to_everyone("auctionStarted", encode({}), but_rooms=("auction_1",))
    assert seen.most <= TOLD_AT_ONCE
    assert heard == Counter(range(count - 1))


async def test_many_who_say_nothing_are_hung_up_on_a_few_at_a_time():
    async with turns() as seen:

        async def hang_up(reason):
            seen.note(reason)

        silent = SimpleNamespace(sid="x", silent_since=0, hang_up=hang_up)
        sockets = dict.fromkeys(range(5 * HUNG_UP_ON_AT_ONCE), silent)
        looks = Counter()
        manager = SimpleNamespace(
            sid_from_eio_sid=lambda *_: looks.update([seen.number])  # None: it never connected
        )
        server = SimpleNamespace(
            clock=lambda: 100,
            eio=SimpleNamespace(sockets=sockets),
            limits=SimpleNamespace(connect_seconds_max=10),
            manager=manager,
        )
        await GuardedServer.hang_up_on_silent(server)
    assert sum(seen.done.values()) == len(sockets)
    assert seen.most <= HUNG_UP_ON_AT_ONCE
    assert max(looks.values()) <= CHECKED_AT_ONCE
