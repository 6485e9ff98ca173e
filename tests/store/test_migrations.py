"""Upgrades of a database to the tables of this program, from every revision."""

import asyncio
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select

from baraka_server.store import engine as engines
from baraka_server.store import migrate
from baraka_server.store.address import UnusableUrl
from baraka_server.store.engine import open_engine
from baraka_server.store.migrate import (
    Loss,
    MigrationFailed,
    OutOfDate,
    UnknownRevision,
    current,
    downgrade,
    losses,
    require_fit,
    upgrade,
)
from baraka_server.store.seed import seed
from baraka_server.store.tables import DOCUMENTED_TABLES, OUR_TABLES, metadata
from tests.support.checks.schema import (
    ADDED,
    BEFORE_HEAD,
    HEAD,
    NEWEST_TABLES,
    OURS,
    REVISIONS,
    aspects,
    contents,
    definitions,
    query,
    quoted,
    table_names,
)
from tests.support.servers.baraka import BARAKA, environment
from tests.support.servers.mariadb import MariaDB

PRISMA = Path(__file__).with_name("prisma")
DOCUMENTED = {"users", "Auction", "Auction_bids", "Auction_comments", "winnings", "categories"}


async def create_by_the_program(url: str, tables: set[str] | None = None) -> None:
    engine = open_engine(url)
    chosen = [table for table in metadata.sorted_tables if tables is None or table.name in tables]
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all, tables=chosen)
    await engine.dispose()


async def drop_everything(url: str) -> None:
    engine = open_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
    await engine.dispose()
    await query(url, "DROP TABLE baraka_version")


def test_there_are_six_documented_tables_and_two_of_ours() -> None:
    assert {table.name for table in DOCUMENTED_TABLES} == DOCUMENTED
    assert {table.name for table in OUR_TABLES} == OURS


async def test_the_revisions_make_the_very_tables_that_the_program_works_with(
    database_url: str,
) -> None:
    await upgrade(database_url)
    made_by_revisions = await definitions(database_url)
    await drop_everything(database_url)
    await create_by_the_program(database_url)

    assert made_by_revisions == await definitions(database_url)


async def test_alembic_finds_nothing_that_a_revision_forgot(database_url: str) -> None:
    await upgrade(database_url)
    engine = open_engine(database_url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(
                    sync,
                    opts={
                        "compare_type": True,
                        "compare_server_default": True,
                        "version_table": migrate.VERSION_TABLE,
                    },
                ),
                metadata,
            )
        )
    await engine.dispose()

    # It sees an index that InnoDB makes for a foreign key as one that nobody asked for.
    assert [change for change in differences if change[0] != "remove_index"] == []


@pytest.mark.mariadb
async def test_a_fresh_database_is_what_prisma_makes_of_the_documented_models(
    mariadb: MariaDB,
) -> None:
    theirs = mariadb.create_database("made_by_prisma")
    mariadb.sql((PRISMA / "prisma7.sql").read_text(), "made_by_prisma")
    ours = mariadb.create_database("made_by_baraka")
    await upgrade(ours)

    expected, found = await aspects(theirs, DOCUMENTED), await aspects(ours, DOCUMENTED)
    assert len(expected["columns"]) == 56
    assert len(expected["references"]) == 10
    for aspect, rows in expected.items():
        assert found[aspect] == rows, aspect


@pytest.mark.mariadb
async def test_mariadb_urls_and_mysql_urls_make_the_same_tables(mariadb: MariaDB) -> None:
    by_mysql = mariadb.create_database("by_mysql_url")
    by_mariadb = mariadb.create_database("by_mariadb_url").replace("mysql+asyncmy:", "mariadb:")
    await upgrade(by_mysql)
    await upgrade(by_mariadb)

    assert await definitions(by_mariadb) == await definitions(by_mysql)


async def test_an_upgraded_database_satisfies_the_server(database_url: str) -> None:
    await upgrade(database_url)

    status = await current(database_url)
    assert (status.current, status.head, status.up_to_date) == (HEAD, HEAD, True)
    await require_fit(database_url)
    engine = open_engine(database_url)
    await require_fit(engine)
    await engine.dispose()


async def test_an_empty_database_names_the_command_that_mends_it(database_url: str) -> None:
    with pytest.raises(OutOfDate, match=r"not set up for Baraka yet. Run: baraka db upgrade"):
        await require_fit(database_url)


async def test_an_older_database_names_the_command_that_mends_it(database_url: str) -> None:
    await upgrade(database_url, "baraka_0002")

    with pytest.raises(
        OutOfDate, match=rf"at revision baraka_0002.* needs {HEAD}. Run: baraka db upgrade"
    ):
        await require_fit(database_url)


async def test_a_newer_database_is_left_alone_and_asks_for_a_newer_program(
    database_url: str,
) -> None:
    await upgrade(database_url)
    await query(database_url, "UPDATE baraka_version SET version_num = 'baraka_0999'")
    before = await definitions(database_url)

    for refused in (require_fit, upgrade, downgrade, losses):
        with pytest.raises(
            OutOfDate, match=r"at revision baraka_0999.* newer one made it. Update baraka"
        ):
            await refused(database_url)
    assert await definitions(database_url) == before


async def test_looking_at_a_sqlite_file_that_is_not_there_does_not_create_it(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"

    assert (await current(url)).current is None
    with pytest.raises(OutOfDate):
        await require_fit(url)
    with pytest.raises(UnusableUrl, match="no folder"):
        await upgrade(f"sqlite:///{tmp_path / 'nowhere' / 'none.db'}")
    assert list(tmp_path.iterdir()) == []


async def test_an_upgrade_tells_what_it_does(database_url: str) -> None:
    lines: list[str] = []
    await upgrade(database_url, report=lines.append)

    steps = [line for line in lines if line.startswith("baraka_0")]
    assert steps[:3] == [
        "baraka_0001 The six documented tables",
        "baraka_0002 The ledger: baraka_events",
        "baraka_0003 Answered requests: baraka_requests",
    ]
    assert [line.split()[0] for line in steps] == list(REVISIONS)
    assert {line for line in lines if line.endswith(": created")} == {
        f"{name}: created" for name in DOCUMENTED
    }


async def test_upgrading_again_changes_nothing(database_url: str) -> None:
    await upgrade(database_url)
    before = await definitions(database_url)
    lines: list[str] = []
    await upgrade(database_url, report=lines.append)

    assert await definitions(database_url) == before
    assert lines == []


async def test_rows_of_an_older_database_are_kept(database_url: str) -> None:
    await upgrade(database_url, "baraka_0001")
    assert await table_names(database_url) == DOCUMENTED | {"baraka_version"}
    await seed(database_url, users=20, auctions=3)
    before = await contents(database_url, DOCUMENTED)

    await upgrade(database_url)

    assert await contents(database_url, DOCUMENTED) == before
    assert await table_names(database_url) == DOCUMENTED | OURS | {"baraka_version"}


@pytest.mark.parametrize(
    "tables_made", [{"categories"}, {"categories", "users", "Auction"}, DOCUMENTED - {"winnings"}]
)
async def test_an_upgrade_that_was_cut_short_among_the_documented_tables_is_resumed(
    database_url: str, tables_made: set[str]
) -> None:
    await create_by_the_program(database_url, tables_made)

    await upgrade(database_url)

    assert await table_names(database_url) == DOCUMENTED | OURS | {"baraka_version"}
    await require_fit(database_url)


@pytest.mark.parametrize("version", ["baraka_0001", "baraka_0002"])
async def test_an_upgrade_that_was_cut_short_before_it_noted_its_revision_is_resumed(
    database_url: str, version: str
) -> None:
    await upgrade(database_url)
    complete = await definitions(database_url)
    # All DDL was done, but not what comes last: the index, and the revision's number.
    table = " ON baraka_requests" if "mysql" in database_url else ""
    await query(database_url, f"DROP INDEX baraka_requests_at_idx{table}")
    await query(database_url, f"UPDATE baraka_version SET version_num = '{version}'")

    await upgrade(database_url)

    assert await definitions(database_url) == complete
    await require_fit(database_url)


async def test_a_failed_revision_leaves_nothing_half_made_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    await query(url, "CREATE TABLE theirs (at TEXT)")
    # Names of indexes are the whole file's: the last step of a revision fails.
    await query(url, "CREATE INDEX baraka_requests_at_idx ON theirs (at)")

    with pytest.raises(MigrationFailed, match="already exists"):
        await upgrade(url)
    assert await table_names(url) == {"theirs"}

    await query(url, "DROP INDEX baraka_requests_at_idx")
    await upgrade(url)
    await require_fit(url)


async def test_many_upgrades_at_once_all_succeed(database_url: str, tmp_path: Path) -> None:
    upgrades = [
        await asyncio.create_subprocess_exec(
            BARAKA,
            "db",
            "upgrade",
            "--create",
            f"--database-url={database_url}",
            cwd=tmp_path,
            env=environment(),
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    outputs = [(await one.communicate())[1].decode() for one in upgrades]

    assert [one.returncode for one in upgrades] == [0] * 3, "\n".join(outputs)
    assert sum("Answered requests" in output for output in outputs) == 1
    await require_fit(database_url)


async def test_an_upgrade_does_not_wait_for_another_one_for_ever(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "OTHER_UPGRADE_SECONDS_MAX", 0)
    monkeypatch.setattr(engines, "SQLITE_BUSY_SECONDS", 0)
    other = open_engine(database_url)
    async with other.execution_options(**engines.WRITES).begin() as connection:
        if other.dialect.name != "sqlite":
            await connection.scalar(select(func.get_lock(migrate.lock_name(other.url), 0)))
        with pytest.raises(
            MigrationFailed, match=r"Another upgrade of the database is running|keeps the database"
        ):
            await upgrade(database_url)
    await other.dispose()

    await upgrade(database_url)


async def test_a_downgrade_says_beforehand_what_it_loses(database_url: str) -> None:
    await upgrade(database_url)
    for seq in (1, 2):
        await query(
            database_url,
            "INSERT INTO baraka_events VALUES "
            f"(1, {seq}, 0, 'started', 1, '{{}}', '2026-01-02 18:00:00', '{seq:064}')",
        )

    rows = {"baraka_events": 2, "baraka_revisions": len(REVISIONS) - REVISIONS.index("baraka_0010")}
    assert await losses(database_url) == [Loss(name, rows.get(name, 0)) for name in NEWEST_TABLES]
    assert await losses(database_url, "baraka_0001") == [
        Loss(name, rows.get(name, 0)) for names in reversed(ADDED.values()) for name in names
    ]
    assert await losses(database_url, "base") == await losses(database_url, "baraka_0001")


async def test_a_downgrade_never_takes_the_documented_tables(database_url: str) -> None:
    await upgrade(database_url)
    await seed(database_url, users=20, auctions=3)
    rows, shapes = await contents(database_url, DOCUMENTED), await definitions(database_url)

    await downgrade(database_url, "base")

    assert await table_names(database_url) == DOCUMENTED
    assert await contents(database_url, DOCUMENTED) == rows
    assert (await current(database_url)).current is None

    await upgrade(database_url)

    assert await contents(database_url, DOCUMENTED) == rows
    assert await definitions(database_url) == shapes


async def test_one_step_down_is_one_revision(database_url: str) -> None:
    await upgrade(database_url)
    await downgrade(database_url)

    assert (await current(database_url)).current == BEFORE_HEAD
    assert not set(NEWEST_TABLES) & await table_names(database_url)


@pytest.mark.parametrize("revision", ["baraka_0999", "+70", "x; DROP TABLE users"])
async def test_a_revision_that_does_not_exist_is_told_with_those_that_do(
    database_url: str, revision: str
) -> None:
    with pytest.raises(UnknownRevision, match=f"There are: base, {', '.join(REVISIONS)}, head"):
        await upgrade(database_url, revision)
    assert await definitions(database_url) == {}


async def test_ids_are_free_for_the_next_row(database_url: str) -> None:
    await upgrade(database_url)
    name = quoted(database_url, "categories")
    for _ in range(2):
        await query(
            database_url,
            f"INSERT INTO {name} (name, pic_url, {quoted(database_url, 'updatedAt')}) "
            "VALUES ('Gold', '', '2026-01-02 18:00:00')",
        )

    rows = (await contents(database_url, {"categories"}))["categories"]
    assert [row[0] for row in rows] == [1, 2]
    assert all(row[3] for row in rows), "createdAt comes from the database"


@pytest.mark.mariadb
async def test_a_database_that_is_missing_is_told_with_the_statement_that_creates_it(
    mariadb: MariaDB,
) -> None:
    url = f"mysql://root@127.0.0.1:{mariadb.port}/nowhere"
    for refused in (current, upgrade, require_fit):
        with pytest.raises(
            MigrationFailed, match="CREATE DATABASE `nowhere` CHARACTER SET utf8mb4"
        ):
            await refused(url)


@pytest.mark.mariadb
async def test_a_url_without_a_database_is_no_use(mariadb: MariaDB) -> None:
    with pytest.raises(UnusableUrl, match="names no database"):
        await upgrade(f"mysql://root@127.0.0.1:{mariadb.port}")


@pytest.mark.mariadb
async def test_a_wrong_password_is_told_and_never_shown(mariadb: MariaDB) -> None:
    mariadb.sql("CREATE OR REPLACE USER amina@'%' IDENTIFIED BY 'right'")
    url = f"mysql://amina:hunter2@127.0.0.1:{mariadb.port}/mysql"

    with pytest.raises(MigrationFailed, match="does not let user 'amina' in") as caught:
        await upgrade(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.mariadb
async def test_a_user_without_the_right_to_create_tables_is_told(mariadb: MariaDB) -> None:
    mariadb.create_database("not_mine")
    mariadb.sql(
        "CREATE OR REPLACE USER reader@'%' IDENTIFIED BY 'hunter2';"
        "GRANT SELECT ON not_mine.* TO reader@'%'"
    )

    with pytest.raises(MigrationFailed, match="User 'reader' is not allowed") as caught:
        await upgrade(f"mysql://reader:hunter2@127.0.0.1:{mariadb.port}/not_mine")
    assert "hunter2" not in str(caught.value)


async def test_an_installed_wheel_brings_its_revisions(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    await _succeeds(root, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    await _succeeds(root, sys.executable, "-m", "zipfile", "-e", wheel, installed)

    found = await _succeeds(
        installed,  # which python -c puts before the checkout
        sys.executable,
        "-c",
        "import asyncio\n"
        "from baraka_server.store import migrate\n"
        "asyncio.run(migrate.upgrade('sqlite:///baraka.db'))\n"
        "print(migrate._scripts())",
    )

    assert found == str(installed / "baraka_server" / "store" / "migrations")
    await require_fit(f"sqlite:///{installed / 'baraka.db'}")


async def _succeeds(folder: Path, *command: str | Path) -> str:
    done = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment(), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await done.communicate()
    assert done.returncode == 0
    return output.decode().strip()
