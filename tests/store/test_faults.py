"""A database that is there and cannot be used: refusals, log lines, recovery."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from baraka_server.store import migrate
from baraka_server.store.errors import Contention, StoreError, Trouble, Unavailable
from baraka_server.store.locked import RequestKey
from baraka_server.store.seed import seed
from baraka_server.store.tables import (
    attendance,
    blocked_users,
    categories,
    code_requests,
    codes,
    events,
    lots,
    maxima,
    paddles,
    refresh_tokens,
    requests,
    revisions,
    sessions,
    texts,
)
from baraka_server.store.transactions import PROOF_SECONDS
from tests.support.checks.schema import query
from tests.support.servers.databases import only_mariadb
from tests.support.servers.full_disk import small_disk
from tests.support.servers.line import Line
from tests.support.servers.mariadb import MariaDB
from tests.support.servers.sales import take
from tests.support.servers.stores import START, opened, says

NEW_CATEGORY = {"name": "x", "pic_url": "x", "updatedAt": datetime.now(UTC)}
HELLO = says("hello")

pytestmark = pytest.mark.usefixtures("patient_probe")


async def trouble_of(store, work):
    with pytest.raises(Unavailable) as refused:
        await work
    return refused.value.trouble


@pytest.fixture
def clerk(mariadb, sale_database):
    """The URL of the database for a user who has every right in it, and none on the server."""
    name = sale_database.rpartition("/")[2]
    mariadb.sql("CREATE OR REPLACE USER clerk@'%'")
    mariadb.sql(f"GRANT ALL ON `{name}`.* TO clerk@'%'")
    yield sale_database.replace("root@", "clerk@")
    mariadb.sql("SET GLOBAL read_only = 0")
    mariadb.sql("DROP USER clerk@'%'")


def the_name(url):
    return url.rpartition("/")[2]


# --- a primary that is none any more


@pytest.mark.chaos
@only_mariadb
async def test_after_a_fail_over_the_next_bid_goes_where_the_name_leads_to_now(
    mariadb, clerk, caplog
):
    with MariaDB() as successor:
        elsewhere = successor.create_database(the_name(clerk))
        await migrate.upgrade(elsewhere)
        await seed(elsewhere, users=2, auctions=1)
        successor.sql("CREATE USER clerk@'%'; GRANT ALL ON *.* TO clerk@'%'")
        async with Line(mariadb.port) as line, opened(line.over(clerk)) as store:
            await take(store, 1, [START])
            await asyncio.gather(*(store.probe() for _ in range(4)))  # several connections
            mariadb.sql("SET GLOBAL read_only = 1")
            line.leads_to(successor.port)
            with pytest.raises(Unavailable) as refused:
                await take(store, 1, [HELLO])
            assert refused.value.trouble is Trouble.READ_ONLY
            for _ in range(5):  # each of the old connections would refuse one
                await take(store, 1, [START])
            assert await store.live_auctions() == {1}
    said = [entry for entry in caplog.records if entry.name.endswith("availability")]
    assert [entry.event for entry in said] == ["database_gone", "database_back"]
    assert "only reads" in said[0].message
    assert "read-only" in said[0].message


@only_mariadb
@pytest.mark.parametrize("code", [1290, 1792, 1836, 1047, 1053, 9001])
async def test_what_condemns_one_connection_condemns_them_all(mariadb, sale_database, code):
    async with opened(sale_database, connections_max=3) as store:

        async def connections():
            async def own():
                async with store.reading() as connection:
                    await asyncio.sleep(0)
                    return (await connection.exec_driver_sql("SELECT CONNECTION_ID()")).scalar()

            return set(await asyncio.gather(*(own() for _ in range(3))))

        old = await connections()
        mariadb.sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON Auction_comments FOR EACH ROW "
            f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = 'not here'",
            the_name(sale_database),
        )
        await take(store, 1, [START])
        assert await trouble_of(store, take(store, 1, [HELLO])) in {
            Trouble.READ_ONLY,
            Trouble.UNREACHABLE,
        }
        assert not old & await connections()


@only_mariadb
async def test_every_code_is_told_for_what_it_is(mariadb, sale_database):
    told = {
        1205: Contention,
        1213: Contention,
        1412: Contention,
        3101: Contention,
        1021: Trouble.DISK,
        1114: Trouble.DISK,
        1226: Trouble.BUSY,
        1142: Trouble.NOT_ALLOWED,
        1146: Trouble.SCHEMA,
        1969: Trouble.SILENT,
    }
    async with opened(sale_database) as store:

        async def refused(code, words="no"):
            mariadb.sql(
                "CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON categories FOR EACH ROW "
                f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = '{words}'",
                the_name(sale_database),
            )
            with pytest.raises(StoreError) as refusal:
                async with store.writing() as connection:
                    await connection.execute(insert(categories).values(NEW_CATEGORY))
            return getattr(refusal.value, "trouble", type(refusal.value))

        for code, expected in told.items():
            assert await refused(code) is expected, code
        full = 'Got error 28 "No space left on device" from storage engine InnoDB'
        assert await refused(1030, full) is Trouble.DISK


# --- what a probe finds


@only_mariadb
async def test_a_probe_finds_every_right_that_is_missing(mariadb, clerk):
    name = the_name(clerk)
    needed = {
        "Auction": "SELECT, UPDATE",
        "users": "SELECT",
        "winnings": "SELECT, INSERT, UPDATE, DELETE",
        "Auction_bids": "SELECT, INSERT, DELETE",
        "Auction_comments": "SELECT, INSERT, DELETE",
        events.name: "SELECT, INSERT",
        requests.name: "SELECT, INSERT, DELETE",
        texts.name: "SELECT, INSERT",
        lots.name: "SELECT, INSERT, UPDATE",
        paddles.name: "SELECT, INSERT, DELETE",
        attendance.name: "SELECT, INSERT, UPDATE, DELETE",
        maxima.name: "SELECT, INSERT, DELETE",
        blocked_users.name: "SELECT",
        revisions.name: "SELECT",
        codes.name: "SELECT",
        code_requests.name: "SELECT",
        sessions.name: "SELECT",
        refresh_tokens.name: "SELECT",
    }
    mariadb.sql(f"REVOKE ALL ON `{name}`.* FROM clerk@'%'")
    for table, rights in needed.items():
        mariadb.sql(f"GRANT {rights} ON `{name}`.`{table}` TO clerk@'%'")
    async with opened(clerk) as store:
        await store.probe()
        for table, rights in needed.items():
            for right in rights.split(", "):
                mariadb.sql(f"REVOKE {right} ON `{name}`.`{table}` FROM clerk@'%'")
                assert await trouble_of(store, store.probe()) is Trouble.NOT_ALLOWED, (table, right)
                mariadb.sql(f"GRANT {right} ON `{name}`.`{table}` TO clerk@'%'")
        await store.probe()


async def test_a_probe_finds_a_downgrade_under_a_running_server(sale_database):
    async with opened(sale_database) as store:
        await store.probe()
        await store.probe()
        await migrate.downgrade(sale_database)
        assert await trouble_of(store, store.probe()) is Trouble.SCHEMA
        await migrate.upgrade(sale_database)
        await store.probe()


async def test_a_probe_leaves_nothing_and_writes_nothing_beside_a_sale(engine, store, monkeypatch):
    written = []
    execute = engine.sync_engine.dialect.do_execute

    def do_execute(cursor, statement, parameters, context=None):
        if statement.startswith(f"INSERT INTO {requests.name} (") and "SELECT" not in statement:
            written.append(statement)
        execute(cursor, statement, parameters, context)

    monkeypatch.setattr(engine.sync_engine.dialect, "do_execute", do_execute)
    await store.probe()
    assert len(written) == 1
    await take(store, 1, [START])
    await store.probe()
    assert len(written) == 1
    clock = asyncio.get_running_loop().time
    over = clock() + PROOF_SECONDS
    while clock() <= over:
        await asyncio.sleep(0.05)
    await store.probe()
    assert len(written) == 2
    async with store.reading() as connection:
        rows = await connection.exec_driver_sql(f"SELECT COUNT(*) FROM {requests.name}")
        assert rows.scalar() == 0


# --- a full disk


async def test_a_full_disk_is_told_as_such_and_is_over_when_there_is_room(tmp_path, caplog):
    with small_disk(tmp_path / "small", megabytes=2) as disk:
        url = f"sqlite:///{disk.folder / 'baraka.db'}"
        await migrate.upgrade(url)
        await seed(url, users=2, auctions=1)
        async with opened(url) as store:
            await take(store, 1, [START])
            disk.fill()
            with pytest.raises(Unavailable) as refused:
                for _ in range(1000):
                    await take(store, 1, [HELLO])
            assert refused.value.trouble is Trouble.DISK
            assert "full" in str(refused.value)
            with pytest.raises(Unavailable) as refused:
                for _ in range(1000):
                    await store.probe()
            assert refused.value.trouble is Trouble.DISK
            disk.clear()
            await take(store, 1, [HELLO])
            await store.probe()
    said = [entry for entry in caplog.records if entry.name.endswith("availability")]
    assert [entry.event for entry in said] == ["database_gone", "database_back"]
    assert "full" in said[0].message


# --- what the log hears


@pytest.mark.chaos
@only_mariadb
async def test_a_database_that_is_down_and_back_is_told_twice_however_often_it_is_asked(
    mariadb, sale_database, caplog
):
    caplog.set_level(logging.INFO)
    async with opened(sale_database) as store:
        await store.live_auctions()
        mariadb.kill()
        for _ in range(5):
            with pytest.raises(Unavailable):
                await store.live_auctions()
        mariadb.start()
        await store.live_auctions()
        await store.live_auctions()
    gone, back = [entry for entry in caplog.records if entry.name.endswith("availability")]
    assert (gone.event, gone.database, gone.levelname) == ("database_gone", "unreachable", "ERROR")
    assert (back.event, back.refused) == ("database_back", 5)


@only_mariadb
async def test_one_that_comes_and_goes_is_not_told_each_time(mariadb, sale_database, caplog):
    async with opened(sale_database) as store:
        await take(store, 1, [START])
        for _ in range(4):
            mariadb.sql(
                "CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON Auction_comments FOR EACH ROW "
                "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'no'",
                the_name(sale_database),
            )
            with pytest.raises(Unavailable):
                await take(store, 1, [HELLO])
            mariadb.sql("DROP TRIGGER refuse", the_name(sale_database))
            await take(store, 1, [HELLO])
    said = [entry.event for entry in caplog.records if entry.name.endswith("availability")]
    assert said == ["database_gone", "database_back"]


@only_mariadb
async def test_a_table_that_is_rebuilt_meanwhile_is_read_anew(mariadb, sale_database):
    attempts = 0

    async def work(auction):
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            alter = "ALTER TABLE baraka_requests FORCE, ALGORITHM = COPY"
            await asyncio.to_thread(mariadb.sql, alter, the_name(sale_database))
        return await auction.answered([RequestKey(2, "x")])

    async with opened(sale_database) as store:
        await take(store, 1, [START])
        assert await store.change(1, work) == {}
    assert attempts == 2


# --- a file that somebody else has a hand in


async def test_a_damaged_file_is_told_as_such(tmp_path):
    file = tmp_path / "baraka.db"
    await migrate.upgrade(f"sqlite:///{file}")
    await seed(f"sqlite:///{file}", users=2, auctions=1)
    (page,) = await query(
        f"sqlite:///{file}", "SELECT rootpage FROM sqlite_master WHERE name = 'Auction'"
    )
    (size,) = await query(f"sqlite:///{file}", "PRAGMA page_size")
    with file.open("r+b") as pages:
        pages.seek((page[0] - 1) * size[0])
        pages.write(b"\xff" * size[0])
    async with opened(f"sqlite:///{file}") as store:
        assert await trouble_of(store, take(store, 1, [START])) is Trouble.DAMAGED
    file.write_bytes(b"x" * size[0])
    async with opened(f"sqlite:///{file}") as store:
        assert await trouble_of(store, store.probe()) is Trouble.DAMAGED
