"""A database of our first release gets the names that are ours, and nobody else's is touched (D53)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.util import await_only

from baraka_server.store import audit, first_release
from baraka_server.store.engine import open_engine
from baraka_server.store.migrate import (
    MigrationFailed,
    OutOfDate,
    current,
    downgrade,
    require_fit,
    upgrade,
)
from tests.support.checks.schema import HEAD, definitions, query, table_names
from tests.support.servers.baraka import BARAKA, environment
from tests.support.servers.databases import only_mariadb, only_sqlite
from tests.support.servers.existing import existing_database
from tests.support.servers.first_release import fill
from tests.support.servers.mariadb import MariaDB
from tests.support.servers.sales import open_store

OLD = {"auction_events", "auction_requests", "alembic_version"}
NEW = {"baraka_events", "baraka_requests", "baraka_version"}
ENTRIES = 17


@pytest.fixture
def first_url(database_url: str, request: pytest.FixtureRequest) -> str:
    """The URL of a database that our first release left."""
    mysql = database_url.startswith("mysql")
    fill(database_url, request.getfixturevalue("mariadb") if mysql else None)
    return database_url


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_release, "OTHERS_GONE_SECONDS_MAX", 0)


async def ledger_of(url: str, table: str) -> list[tuple[object, ...]]:
    return await query(url, f"SELECT * FROM {table} ORDER BY auction_id, seq")


async def assert_moved(url: str, entries: list[tuple[object, ...]]) -> None:
    assert await table_names(url) >= NEW
    assert not await table_names(url) & OLD
    assert await query(url, "SELECT version_num FROM baraka_version") == [(HEAD,)]
    assert await ledger_of(url, "baraka_events") == entries
    assert len(await query(url, "SELECT * FROM baraka_requests")) == 1
    await require_fit(url)
    async with open_store(url) as store:
        verdict = await audit.verify(store, 1)
    assert (verdict.ok, verdict.entries) == (True, ENTRIES)


async def test_it_is_moved_with_all_its_rows_and_its_ledger_holds(first_url: str) -> None:
    entries = await ledger_of(first_url, "auction_events")
    assert len(entries) == ENTRIES
    status = await current(first_url)
    assert (status.current, status.up_to_date) == ("0003", False)
    lines: list[str] = []

    await upgrade(first_url, report=lines.append)

    await assert_moved(first_url, entries)
    assert "auction_events: is baraka_events now, with all its rows" in lines


async def test_what_was_moved_has_the_shape_of_what_is_made_anew(
    first_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await upgrade(first_url)
    if first_url.startswith("sqlite"):
        fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    else:
        fresh = request.getfixturevalue("mariadb").create_database("fresh_beside_moved")
    await upgrade(fresh)

    moved, made = await definitions(first_url), await definitions(fresh)
    for name in (NEW - {"baraka_version"}) | ({"baraka_requests_at_idx"} & set(made)):
        assert moved[name].replace('"', "") == made[name]


async def test_nothing_works_on_it_before_and_the_text_says_what_to_do(first_url: str) -> None:
    before = await definitions(first_url)
    for refused in (require_fit, downgrade):
        with pytest.raises(
            OutOfDate, match=r"first release \(revision 0003\).* backup, stop every.* db upgrade"
        ):
            await refused(first_url)
    assert await definitions(first_url) == before


async def test_one_that_stopped_at_an_earlier_revision_is_moved_too(first_url: str) -> None:
    await query(first_url, "DROP TABLE auction_requests")
    await query(first_url, "UPDATE alembic_version SET version_num = '0002'")

    await upgrade(first_url)

    assert await table_names(first_url) >= NEW
    assert not await table_names(first_url) & OLD
    assert len(await ledger_of(first_url, "baraka_events")) == ENTRIES


STEPS = [
    "ALTER TABLE alembic_version RENAME TO baraka_version",
    "ALTER TABLE auction_events RENAME TO baraka_events",
    "ALTER TABLE auction_requests RENAME TO baraka_requests",
    "ALTER TABLE baraka_requests RENAME INDEX auction_requests_at_idx TO baraka_requests_at_idx",
]


@only_mariadb
@pytest.mark.parametrize("done", range(1, len(STEPS) + 1))
async def test_a_move_that_was_cut_short_goes_on(first_url: str, done: int) -> None:
    entries = await ledger_of(first_url, "auction_events")
    for step in STEPS[:done]:
        await query(first_url, step)
    with pytest.raises(OutOfDate, match="first release"):
        await require_fit(first_url)

    await upgrade(first_url)

    await assert_moved(first_url, entries)


async def test_a_move_is_refused_while_somebody_has_it_open(
    first_url: str, impatient: None
) -> None:
    before = await definitions(first_url)
    other = open_engine(first_url)
    async with other.connect() as connection:
        await connection.execute(text("SELECT 1 FROM auction_events"))
        await connection.rollback()  # idle, as a server is between two sales
        with pytest.raises(MigrationFailed, match="stop every Baraka server") as refused:
            await upgrade(first_url)
    await other.dispose()
    assert "Nothing was changed" in str(refused.value)
    assert await definitions(first_url) == before

    await upgrade(first_url)
    await require_fit(first_url)


@only_mariadb
async def test_a_revision_that_is_read_while_a_move_begins_is_read_again(first_url: str) -> None:
    """Whatever step of the reading the first table is renamed before."""
    there, back = STEPS[0], "ALTER TABLE baraka_version RENAME TO alembic_version"
    for step in ("DESCRIBE", "SHOW CREATE TABLE", "SELECT"):
        with _done_before(step, "alembic_version", lambda: query(first_url, there)) as done:
            status = await current(first_url)
        assert done == [step]
        assert (status.current, status.first_release) == ("0003", True)
        await query(first_url, back)


@contextmanager
def _done_before(
    step: str, table: str, act: Callable[[], Awaitable[object]]
) -> Iterator[list[str]]:
    """Do `act` before the first statement that begins so and names the table. Yields what was met."""
    met: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not met and statement.startswith(step) and table in statement:
            met.append(step)
            await_only(act())

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield met
    finally:
        event.remove(Engine, "before_cursor_execute", look)


async def test_upgrades_at_once_move_it_once(first_url: str, tmp_path: Path) -> None:
    upgrades = [
        await asyncio.create_subprocess_exec(
            BARAKA,
            "db",
            "upgrade",
            f"--database-url={first_url}",
            cwd=tmp_path,
            env=environment(),
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    outputs = [(await one.communicate())[1].decode() for one in upgrades]

    assert [one.returncode for one in upgrades] == [0, 0], "\n".join(outputs)
    assert sum("is baraka_events now" in output for output in outputs) == 1
    await require_fit(first_url)


# --- what is not ours


THEIR_VERSION = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    "INSERT INTO alembic_version VALUES ('0003')",
)
THEIR_EVENTS = (
    "CREATE TABLE auction_events (id INTEGER PRIMARY KEY, name VARCHAR(20))",
    "INSERT INTO auction_events VALUES (1, 'click')",
)


@pytest.mark.mariadb
async def test_another_programs_tables_stay_as_they_are_beside_prismas(mariadb: MariaDB) -> None:
    with existing_database(mariadb) as url:
        await _see_that_theirs_stay(url)


@only_sqlite
async def test_another_programs_tables_stay_as_they_are_in_a_file(database_url: str) -> None:
    await _see_that_theirs_stay(database_url)


async def _see_that_theirs_stay(url: str) -> None:
    for statement in (*THEIR_VERSION, *THEIR_EVENTS):
        await query(url, statement)
    shapes = await definitions(url)

    async def see() -> None:
        assert {name: (await definitions(url))[name] for name in shapes} == shapes
        assert await query(url, "SELECT * FROM alembic_version") == [("0003",)]
        assert await query(url, "SELECT * FROM auction_events") == [(1, "click")]

    await upgrade(url)
    await require_fit(url)
    assert await table_names(url) >= NEW
    await see()
    await downgrade(url, "base")
    await see()
    assert not await table_names(url) & NEW
    assert (await current(url)).current is None
    await upgrade(url)
    await see()


async def test_a_revision_of_that_name_alone_is_not_ours(database_url: str) -> None:
    for statement in THEIR_VERSION:
        await query(database_url, statement.replace("0003", "0001"))

    assert (await current(database_url)).current is None
    await upgrade(database_url)

    assert await query(database_url, "SELECT * FROM alembic_version") == [("0001",)]


@pytest.mark.parametrize(
    "loses_its_revision",
    ["DROP TABLE alembic_version", "UPDATE alembic_version SET version_num = 'ae1027a6acf'"],
)
async def test_a_ledger_whose_revision_is_lost_is_neither_taken_nor_passed_over(
    first_url: str, loses_its_revision: str
) -> None:
    await query(first_url, loses_its_revision)
    before = await definitions(first_url)

    with pytest.raises(MigrationFailed, match="very columns of Baraka's first release"):
        await upgrade(first_url)
    assert await definitions(first_url) == before

    # What the text says.
    await query(first_url, "ALTER TABLE auction_events RENAME TO baraka_events")
    await query(first_url, "ALTER TABLE auction_requests RENAME TO something_else")
    await upgrade(first_url)
    assert len(await ledger_of(first_url, "baraka_events")) == ENTRIES


async def test_another_programs_table_with_our_prefix_is_refused(database_url: str) -> None:
    await query(database_url, "CREATE TABLE baraka_events (id INTEGER PRIMARY KEY)")

    with pytest.raises(MigrationFailed, match="baraka_events: there is a table of this name"):
        await upgrade(database_url)
    assert await query(database_url, "SELECT * FROM baraka_events") == []
