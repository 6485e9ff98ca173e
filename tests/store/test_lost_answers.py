"""Commits whose answer was lost: the outcome is found out, and a lost connection locks nobody out."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import event, insert, text

from baraka_server.store import engine as engines
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import Unavailable
from baraka_server.store.ledger import Tail
from baraka_server.store.tables import categories
from tests.support.servers.databases import only_mariadb, only_sqlite
from tests.support.servers.line import Cut, Line
from tests.support.servers.sales import take
from tests.support.servers.stores import opened, said, says


async def until(condition):
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


# --- what a commit came to


@pytest.mark.chaos
@only_mariadb
async def test_a_commit_that_arrives_late_is_waited_for(sale_database, mariadb, live):
    """Whoever asked at once would find nothing, and call a bid refused that stands a moment later."""
    async with Line(mariadb.port) as line, opened(line.over(sale_database)) as store:
        line.next_commit = Cut.HELD
        asked = asyncio.create_task(take(store, 1, [says("hello")]))
        await line.cut.wait()
        running = (
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%FOR UPDATE'"
        )

        async def waits_or_answers():
            found = await asyncio.to_thread(mariadb.sql, running)
            return asked.done() or int(found) > 0

        await until(waits_or_answers)
        line.release.set()
        await asked
    assert await said(live) == ["hello"]


@pytest.mark.chaos
@only_mariadb
async def test_the_entry_of_another_node_is_not_taken_for_ours(sale_database, mariadb, live):
    async with Line(mariadb.port) as line, opened(line.over(sale_database)) as store:
        line.next_commit, line.stays_cut = Cut.BEFORE, True
        asked = asyncio.create_task(take(store, 1, [says("mine")]))
        await line.cut.wait()
        await take(live, 1, [says("theirs")])  # by the same number in the ledger
        line.mend()
        with pytest.raises(Unavailable, match="did not arrive"):
            await asked
    assert await said(live) == ["theirs"]


@only_sqlite
async def test_on_sqlite_too_a_transaction_that_has_not_ended_is_waited_for(
    sale_database, engine, live
):
    """A thread of the driver may still be at the commit that we gave up."""
    begun = asyncio.Event()

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("BEGIN"):
            begun.set()

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    record, tail = SimpleNamespace(id=1), Tail(3, 0, datetime.now(UTC), "f" * 64)
    with closing(sqlite3.connect(sale_database.partition("///")[2], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute(
            "INSERT INTO baraka_events (auction_id, seq, round, kind, data, at, hash) "
            "VALUES (1, 3, 0, 'started', '{}', '2027-01-01 00:00:00.000', ?)",
            [tail.hash],
        )
        asked = asyncio.create_task(live.was_committed(SimpleNamespace(record=record, tail=tail)))
        await begun.wait()
        await asyncio.wait([asked], timeout=0.3)  # whoever only reads has an answer by now
        other.execute("COMMIT")
    assert await asked is True


# --- what a connection promises


@only_sqlite
async def test_what_sqlite_acknowledges_is_on_the_disk(live):
    async with live.writing() as connection:
        found = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        }
    assert found == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}  # 2 is FULL


@only_mariadb
async def test_a_value_that_does_not_fit_is_refused_whatever_the_server_is_set_to(
    mariadb, sale_database
):
    before = mariadb.sql("SELECT @@global.sql_mode").strip()
    mariadb.sql("SET GLOBAL sql_mode = ''")
    try:
        async with opened(sale_database) as store:
            row = {"name": "x" * 192, "pic_url": "x", "updatedAt": datetime.now(UTC)}
            with pytest.raises(Exception, match="1406"):
                async with store.writing() as connection:
                    await connection.execute(insert(categories).values(row))
    finally:
        mariadb.sql(f"SET GLOBAL sql_mode = '{before}'")


# --- a path that is gone


@pytest.mark.chaos
@only_mariadb
async def test_whoever_vanishes_with_the_whole_path_locks_nobody_out(sale_database, mariadb, live):
    """No end of the connection is ever heard: the database would wait for eight hours."""
    async with (
        Line(mariadb.port) as line,
        opened(line.over(sale_database), timeout_seconds=4) as vanished,
        opened(sale_database, timeout_seconds=4) as another_node,
    ):
        line.next_commit = Cut.SWALLOWED
        lost = asyncio.create_task(take(vanished, 1, [says("never heard")]))
        await line.cut.wait()
        await take(another_node, 1, [says("we go on")])  # within its own four seconds
        lost.cancel()
        await asyncio.wait([lost])
    assert await said(live) == ["we go on"]


@only_mariadb
async def test_a_session_that_waits_for_a_row_gives_up_before_who_asked_does(
    sale_database, mariadb, live
):
    async with opened(sale_database, timeout_seconds=4) as store:

        async def limits(connection):
            query = text(
                "SELECT @@wait_timeout, @@idle_transaction_timeout, @@innodb_lock_wait_timeout"
            )
            return tuple((await connection.execute(query)).one())

        async with store.reading() as connection:
            assert await limits(connection) == (60, 2, 2)
    patient = open_engine(sale_database, patient=True)
    async with patient.connect() as connection:
        assert (await limits(connection))[1:] == (0, 50)
    await patient.dispose()


@only_mariadb
async def test_a_connection_that_the_database_closed_for_idling_costs_nothing(
    sale_database, mariadb, monkeypatch
):
    monkeypatch.setattr(engines, "IDLE_SECONDS", 1)
    async with opened(sale_database, timeout_seconds=2, connections_max=3) as store:

        async def own():
            async with store.reading() as connection:
                await asyncio.sleep(0)
                return (await connection.execute(text("SELECT CONNECTION_ID()"))).scalar()

        async def are_closed():
            there = await asyncio.to_thread(
                mariadb.sql, "SELECT ID FROM information_schema.PROCESSLIST"
            )
            return not old & set(map(int, there.split()))

        old = set(await asyncio.gather(*(own() for _ in range(3))))
        await until(are_closed)
        new = set(await asyncio.gather(*(own() for _ in range(3))))
        assert not old & new
