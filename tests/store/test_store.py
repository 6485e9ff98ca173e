"""Transactions on one auction: none is lost, none happens twice, and no answer is a guess."""

from __future__ import annotations

import asyncio
import random
import sqlite3

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.client_events import (
    BroadcasterLeave,
    CancelAuction,
    StartAuction,
)
from baraka_server.domain.decision import Command
from baraka_server.domain.state import State, apply
from baraka_server.store import audit, ledger
from baraka_server.store.errors import Contention, OutcomeUnknown, StoreError, Unavailable
from tests.support.checks.proof import the_ledger
from tests.support.servers.databases import only_mariadb, only_sqlite
from tests.support.servers.line import Cut, Line
from tests.support.servers.sales import award, bid, by_host, change_lot, comment, prepare_sale, take
from tests.support.servers.stores import opened, said, says

pytestmark = pytest.mark.usefixtures("patient_probe")

# --- many writers


async def test_writers_in_two_programs_take_turns(sale_database, live):
    async with opened(sale_database) as other:
        texts = [f"{n}" for n in range(40)]
        await asyncio.gather(
            *(take((live, other)[n % 2], 1, [says(text)]) for n, text in enumerate(texts))
        )
    assert sorted(await said(live), key=int) == texts
    assert (await audit.verify(live, 1)).ok


async def test_a_transaction_that_is_canceled_happened_whole_or_not_at_all(sale_database, live):
    dice = random.Random(1)
    async with opened(sale_database, connections_max=3) as store:
        finished = []

        async def says_two_things(n: int) -> None:
            await take(store, 1, [says(f"{n}a"), says(f"{n}b")])
            finished.append(n)

        clock = asyncio.get_running_loop().time
        usual = -clock()
        await take(store, 1, [says("first")])
        usual += clock()
        for n in range(40):
            task = asyncio.create_task(says_two_things(n))
            await asyncio.wait([task], timeout=dice.uniform(0, 2 * usual))
            task.cancel()
            await asyncio.wait([task])
        await take(store, 1, [says("last")])  # no connection was lost on the way
    texts = await said(live)
    for n in range(40):
        assert (f"{n}a" in texts) == (f"{n}b" in texts)
    assert {f"{n}a" for n in finished} <= set(texts)
    assert 0 < len(finished) < 40
    assert (await audit.verify(live, 1)).ok


async def test_users_that_a_transaction_will_ask_for_are_read_with_its_beginning(engine, live):
    """Every query of its own costs each transaction of a hot auction a round trip."""
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement.partition(" ")[0])

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    nobody = 404

    async def work(auction):
        return await auction.users({2, 3, nobody})

    asked = await live.change(1, work, users={2, 3, nobody})
    assert [each for each in statements if each != "BEGIN"] == [
        "SELECT"
    ] * 2  # its row, and the end
    assert asked.keys() == {2, 3}
    assert asked == await live.change(1, work, users={3, 5}) == await live.change(1, work)


@only_sqlite
async def test_a_transaction_that_is_cut_off_lets_go_of_the_file(sale_database, live):
    dice = random.Random(2)
    other = sqlite3.connect(sale_database.partition("///")[2], isolation_level=None, timeout=0)
    for _ in range(60):
        task = asyncio.create_task(take(live, 1, [says("hello")]))
        await asyncio.wait([task], timeout=dice.uniform(0, 0.015))
        task.cancel()
        await asyncio.wait([task])
        other.execute("BEGIN IMMEDIATE")  # at once
        other.execute("ROLLBACK")
    other.close()


# --- a commit without an answer


@pytest.mark.chaos
@only_mariadb
@pytest.mark.parametrize(("cut", "arrives"), [(Cut.BEFORE, False), (Cut.BEHIND, True)])
async def test_a_commit_whose_answer_was_lost_is_looked_up(
    sale_database, mariadb, live, cut, arrives
):
    async with Line(mariadb.port) as line, opened(line.over(sale_database)) as store:
        line.next_commit = cut
        if arrives:
            await take(store, 1, [says("hello")])
        else:
            with pytest.raises(Unavailable):
                await take(store, 1, [says("hello")])
        assert line.cuts == 1
        assert await said(live) == ["hello"] * arrives
        await take(store, 1, [says("again")])


@pytest.mark.chaos
@only_mariadb
@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.BEHIND])
async def test_when_nobody_can_be_asked_the_outcome_is_unknown(sale_database, mariadb, live, cut):
    async with (
        Line(mariadb.port) as line,
        opened(line.over(sale_database), timeout_seconds=1) as store,
    ):
        line.next_commit, line.stays_cut = cut, True
        with pytest.raises(OutcomeUnknown):
            await take(store, 1, [says("hello")])
        with pytest.raises(Unavailable):
            await take(store, 1, [says("one more")])
        line.mend()
        await take(store, 1, [says("again")])
        assert await said(live) == ["hello"] * (cut is Cut.BEHIND) + ["again"]


@pytest.mark.parametrize("takes_place", [True, False])
async def test_whatever_a_driver_raises_for_a_commit_it_is_looked_up(
    live, monkeypatch, takes_place
):
    commit = AsyncConnection.commit

    async def breaks(connection: AsyncConnection) -> None:
        monkeypatch.setattr(AsyncConnection, "commit", commit)
        if takes_place:
            await commit(connection)
        raise RuntimeError("nobody has seen this one before")

    monkeypatch.setattr(AsyncConnection, "commit", breaks)
    if takes_place:
        await take(live, 1, [says("hello")])
    else:
        with pytest.raises(Unavailable):
            await take(live, 1, [says("hello")])
    assert await said(live) == ["hello"] * takes_place


async def test_a_connection_that_is_lost_behind_a_commit_changes_nothing(live, monkeypatch):
    close = AsyncConnection.close

    async def breaks(connection: AsyncConnection) -> None:
        monkeypatch.setattr(AsyncConnection, "close", close)
        await close(connection)
        raise OSError("connection reset")

    monkeypatch.setattr(AsyncConnection, "close", breaks)
    await take(live, 1, [says("hello")])
    assert await said(live) == ["hello"]


# --- a database that is in the way


@only_sqlite
async def test_a_file_that_another_program_keeps_locked_is_given_up(sale_database, live):
    other = sqlite3.connect(sale_database.partition("///")[2], isolation_level=None)
    async with opened(sale_database, timeout_seconds=0.5) as store:
        await store.probe()
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises((Contention, Unavailable)):
                await take(store, 1, [says("hello")])
        with pytest.raises((Contention, Unavailable)):
            await store.probe()
        assert (await store.snapshot(1)).seq == 2  # who only looks is served
        other.execute("ROLLBACK")
        await take(store, 1, [says("again")])
        await store.probe()
    other.close()
    assert await said(live) == ["again"]


@only_sqlite
async def test_a_lock_that_goes_away_in_time_is_waited_for(sale_database, live):
    other = sqlite3.connect(sale_database.partition("///")[2], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(take(live, 1, [says("hello")]))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    other.execute("ROLLBACK")
    await waiting
    other.close()
    assert await said(live) == ["hello"]


@pytest.mark.chaos
@only_mariadb
async def test_a_database_that_freezes_costs_no_connection(sale_database, mariadb, live):
    async with opened(sale_database, timeout_seconds=0.5, connections_max=2) as store:
        await take(store, 1, [says("before")])
        mariadb.freeze()
        for _ in range(4):  # twice the connections that there are
            with pytest.raises(StoreError):
                await take(store, 1, [says("meanwhile")])
            with pytest.raises(StoreError):
                await store.probe()
        mariadb.thaw()

        async def recovers() -> None:
            while True:
                try:
                    return await store.probe()
                except StoreError:
                    await asyncio.sleep(0.05)

        await asyncio.wait_for(recovers(), 20)
        await take(store, 1, [says("after")])
    texts = await said(live)
    assert [text for text in texts if text != "meanwhile"] == ["before", "after"]
    assert (await audit.verify(live, 1)).ok


@only_mariadb
async def test_a_server_that_lets_nobody_in_is_unavailable(sale_database):
    for elsewhere in (
        sale_database.replace("root@", "nobody:secret@"),
        sale_database + "_is_not_there",
    ):
        async with opened(elsewhere) as store:
            with pytest.raises(Unavailable):
                await store.probe()


# --- the state at the end of a ledger


async def test_the_state_is_read_from_a_few_entries_as_if_from_all(store):
    sale = await prepare_sale(store)
    this = sale.auction.id
    steps = [
        [Command(StartAuction(auction_id=this), sale.amina.id)],
        [change_lot(sale, "Gold Ring", 800)],
        [comment(sale, sale.dina, "Is it 18K?")],
        [bid(sale, sale.bilal, 800), bid(sale, sale.dina, 950)],
        [change_lot(sale, "Gold Ring", 100)],
        [award(sale, "Gold Ring", "5.2g")],
        [by_host(sale, BroadcasterLeave(auction_id=this))],
        [change_lot(sale, "Silver Necklace", 100), bid(sale, sale.bilal, 150)],
        [change_lot(sale, "Golden Chain", 100)],
        [bid(sale, sale.bilal, 150)],
        [by_host(sale, StartAuction(auction_id=this))],
        [by_host(sale, CancelAuction(auction_id=this))],
    ]
    async with store.reading() as connection:
        assert await ledger.read_state(connection, this) == State()
    for step in steps:
        await take(store, this, step)
        state = State()
        for entry in await the_ledger(store, this):
            state = apply(state, entry)
        async with store.reading() as connection:
            assert await ledger.read_state(connection, this) == state
