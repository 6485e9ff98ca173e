"""`baraka db backup`: a copy of one moment while a sale goes on, whole or not there at all."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import stat
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from baraka_server.contract.client_events import ChangeLot, JoinAuction, PlaceBid, StartAuction
from baraka_server.store import backup, migrate
from baraka_server.store.engine import open_engine
from tests.cli.conftest import Desk
from tests.support.checks.not_run import not_run
from tests.support.checks.schema import query
from tests.support.clients.command_line import Answer, invoke, run, sell
from tests.support.clients.phones import PATIENCE_SECONDS, PythonPhones, token
from tests.support.servers import forks
from tests.support.servers.baraka import SECRET, Baraka, environment
from tests.support.servers.mariadb import MariaDB

PASSWORD = 'p@ss "w\\o/r#d?: كلمة'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's .env gets in, and copies have a folder of their own."""
    monkeypatch.chdir(tmp_path)
    copies = tmp_path / "copies"
    copies.mkdir()
    return copies


@pytest.fixture
def dumper() -> None:
    if shutil.which("mariadb-dump") is None:
        not_run("mariadb-dump", "not found. Try: make servers, as root")


def rights(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- while a sale goes on ----------------------------------------------------


async def test_a_copy_of_a_running_sale_has_every_bid_that_was_acknowledged_before(
    sale_database: str, folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Restored into a database of its own, every ledger in it holds (D26)."""
    if sale_database.startswith("mysql"):
        request.getfixturevalue("dumper")

    async def ask(*words: object) -> Answer:
        return await asyncio.to_thread(run, *words, folder=tmp_path)

    copy = folder / "copy"
    amounts = iter(range(1, 1_000_000))
    async with Baraka(sale_database, tmp_path) as server, PythonPhones() as phones:
        amina, bilal = [
            await phones.open(server.url, auth={"token": token(SECRET, user_id)})
            for user_id in (1, 2)
        ]
        await amina.emits(StartAuction(auction_id=1))
        ring = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
        await amina.emits(ChangeLot.model_validate({"auctionId": 1} | ring))
        await bilal.emits(JoinAuction(auction_id=1))

        async def bid() -> int:
            amount = next(amounts)
            assert (await bilal.emits(PlaceBid(auction_id=1, amount=amount)))["ok"]
            return amount

        for _ in range(20):
            before = await bid()
        copying = asyncio.ensure_future(ask("db", "backup", copy, "--database-url", sale_database))
        while not copying.done():
            after = await bid()
        answer = await copying
        later = await bid()

    assert (answer.code, answer.out) == (0, ""), answer.err
    assert names(folder) == ["copy"]
    assert rights(copy) == 0o600
    restored = await asyncio.to_thread(restore, copy, sale_database, request)
    there = ("--json", "--database-url", restored)
    verdicts = json.loads((await ask("auction", "verify", *there)).out)
    assert [verdict["ok"] for verdict in verdicts] == [True] * 3
    history = json.loads((await ask("auction", "history", 1, *there)).out)
    bids = [entry["data"]["amount"] for entry in history if entry["kind"] == "bid"]
    assert bids == list(range(1, len(bids) + 1))
    assert before <= bids[-1] <= after < later


def restore(copy: Path, url: str, request: pytest.FixtureRequest) -> str:
    """A database made of the copy alone."""
    if url.startswith("sqlite"):
        return f"sqlite:///{copy}"
    server: MariaDB = request.getfixturevalue("mariadb")
    name = f"restored_{os.getpid()}"
    restored = server.create_database(name)
    request.addfinalizer(lambda: server.drop_database(name))
    server.sql(f"source {copy}", name)
    return restored


async def test_a_copy_is_of_one_moment_though_others_write_at_every_step(
    tmp_path: Path, folder: Path
) -> None:
    """SQLite's own way begins again after every write of another program, and may never end."""
    source, steps = tmp_path / "baraka.db", 0
    with closing(sqlite3.connect(source, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("CREATE TABLE t (x)")
        file.execute("INSERT INTO t VALUES (zeroblob(8000000))")
        pages = file.execute("PRAGMA page_count").fetchone()[0]

    def write(_done: int, _total: int) -> None:
        nonlocal steps
        steps += 1
        assert steps < pages
        with closing(sqlite3.connect(source)) as other, other:
            other.execute("INSERT INTO t VALUES (1)")

    await backup.copy_file(source, folder / "copy", write)
    assert steps == -(-pages // backup.PAGES_PER_STEP)
    with closing(sqlite3.connect(folder / "copy")) as copied:
        assert copied.execute("SELECT count(*) FROM t").fetchone() == (1,)


async def test_nothing_is_left_of_a_copy_that_nobody_waits_for(
    tmp_path: Path, folder: Path
) -> None:
    source, begun, released = tmp_path / "baraka.db", threading.Event(), threading.Event()
    with closing(sqlite3.connect(source, isolation_level=None)) as file:
        file.execute("CREATE TABLE t AS SELECT zeroblob(8000000) AS x")

    def wait(_done: int, _total: int) -> None:
        begun.set()
        released.wait()

    async def copy() -> None:
        with backup.unfinished(folder / "copy") as draft:
            assert rights(draft) == 0o600
            await backup.copy_file(source, draft, wait)

    copying = asyncio.ensure_future(copy())
    await asyncio.to_thread(begun.wait)
    copying.cancel()
    asyncio.get_running_loop().call_later(0, released.set)
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert names(folder) == []


# --- a file that is there, and files that are none ---------------------------


def test_a_copy_replaces_nothing_unless_it_is_told_to(reading_desk: Desk, folder: Path) -> None:
    copy = folder / "copy.db"
    copy.write_text("the copy of yesterday")
    refused = reading_desk.ask("db", "backup", copy)
    assert refused.code == 2
    assert "--force" in refused.err
    assert copy.read_text() == "the copy of yesterday"

    answer = reading_desk.ask("db", "backup", copy, "--force")
    assert (answer.code, answer.out) == (0, "")
    assert "Checked: the file is whole, and the ledger of 1 auction holds." in answer.err
    assert names(folder) == ["copy.db"]
    assert rights(copy) == 0o600


def test_a_database_is_not_replaced_by_its_own_copy(reading_desk: Desk, folder: Path) -> None:
    database = Path(reading_desk.url.removeprefix("sqlite:///"))
    (folder / "link").symlink_to(database)
    for file in (database, folder / "link"):
        answer = reading_desk.ask("db", "backup", file, "--force")
        assert (answer.code, answer.out) == (2, "")
        assert "that is the database itself" in answer.err


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal", "-servers"])
def test_what_belongs_to_a_database_is_not_replaced_by_a_copy(
    reading_desk: Desk, folder: Path, end: str
) -> None:
    database = Path(reading_desk.url.removeprefix("sqlite:///"))
    (folder / "link").symlink_to(database.parent)
    for place in (database.parent, folder / "link"):
        answer = reading_desk.ask("db", "backup", place / (database.name + end), "--force")
        assert (answer.code, answer.out) == (2, "")
        assert "belongs to the database" in answer.err


def test_no_file_is_called_by_the_name_of_the_output(reading_desk: Desk, folder: Path) -> None:
    answer = reading_desk.ask("db", "backup", "-")
    assert (answer.code, answer.out) == (2, "")
    assert not Path("-").exists()


def test_a_pipe_is_not_replaced_by_a_copy(reading_desk: Desk, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    answer = reading_desk.ask("db", "backup", folder / "pipe", "--force")
    assert answer.code == 2
    assert "a device or a pipe" in answer.err
    assert (folder / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("file", "told"), [("nowhere/copy", "there is no folder"), (".", "is a folder")]
)
def test_a_place_of_no_use_is_told(reading_desk: Desk, folder: Path, file: str, told: str) -> None:
    answer = reading_desk.ask("db", "backup", folder / file)
    assert answer.code == 2
    assert told in answer.err


def test_a_copy_whose_ledger_does_not_hold_replaces_no_good_one(
    tmp_path: Path, folder: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    desk = Desk(sell(url), url)
    copy = folder / "copy.db"
    assert desk.ask("db", "backup", copy).code == 0
    good = copy.read_bytes()
    with closing(sqlite3.connect(tmp_path / "baraka.db")) as file, file:
        file.execute("UPDATE winnings SET price = price + 1")

    answer = desk.ask("db", "backup", copy, "--force")
    assert answer.code == 1
    assert f"baraka auction verify ID, with ID {desk.sale.auction.id}" in answer.err
    assert copy.read_bytes() == good
    assert names(folder) == ["copy.db", "copy.db.unverified"]


def test_a_database_of_an_older_revision_is_copied_before_it_is_upgraded(
    tmp_path: Path, folder: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    asyncio.run(migrate.upgrade(url, "+1"))
    answer = invoke("db", "backup", folder / "copy", "--database-url", url)
    assert answer.code == 0
    assert "Its ledgers were not checked" in answer.err
    copied = asyncio.run(migrate.current(f"sqlite:///{folder / 'copy'}"))
    assert copied == asyncio.run(migrate.current(url))


def test_what_cannot_be_copied_leaves_nothing_behind(
    reading_desk: Desk, tmp_path: Path, folder: Path
) -> None:
    damaged = tmp_path / "damaged.db"
    assert reading_desk.ask("db", "backup", damaged).code == 0
    content = bytearray(damaged.read_bytes())
    content[3 * 4096 : 5 * 4096] = b"\xff" * 2 * 4096
    damaged.write_bytes(content)
    (tmp_path / "letter.db").write_text("Dear Amina, " * 1000)
    for name, told in (
        ("damaged.db", "malformed"),
        ("letter.db", "not a database"),
        ("gone.db", "There is no database to copy."),
    ):
        url = f"sqlite:///{tmp_path / name}"
        answer = invoke("db", "backup", folder / "copy", "--database-url", url)
        assert (answer.code, answer.out) == (1, "")
        assert told in answer.err
        assert names(folder) == []
    assert not (tmp_path / "gone.db").exists()


# --- MySQL and MariaDB -------------------------------------------------------


@pytest.fixture
def login(mariadb: MariaDB) -> Iterator[str]:
    """The URL of an empty database for a user with a password of all kinds of characters."""
    mariadb.revive()
    quoted = PASSWORD.replace("\\", "\\\\")
    url = mariadb.create_database("backed_up")
    mariadb.sql(f"CREATE OR REPLACE USER dina@'%' IDENTIFIED BY '{quoted}'")
    mariadb.sql("GRANT ALL ON backed_up.* TO dina@'%'")
    asyncio.run(query(url, "CREATE TABLE t AS SELECT 'Zoë 😀' AS name"))
    yield f"@127.0.0.1:{mariadb.port}/backed_up"
    mariadb.drop_database("backed_up")


def url_of(login: str, password: str = PASSWORD) -> str:
    return f"mysql://dina:{quote(password, safe='')}{login}"


@pytest.mark.mariadb
@pytest.mark.usefixtures("dumper")
def test_a_password_of_any_characters_reaches_the_program(login: str, folder: Path) -> None:
    answer = invoke("db", "backup", folder / "copy", "--database-url", url_of(login))
    assert (answer.code, answer.out) == (0, ""), answer.err
    assert "Zoë 😀" in (folder / "copy").read_text()
    assert rights(folder / "copy") == 0o600


@pytest.mark.mariadb
@pytest.mark.usefixtures("dumper")
def test_what_the_program_refuses_is_told_and_nothing_is_left(login: str, folder: Path) -> None:
    url = url_of(login, "hunter2")
    answer = invoke("db", "backup", folder / "copy", "--database-url", url)
    assert (answer.code, answer.out) == (1, "")
    assert "mariadb-dump failed: " in answer.err
    assert "Access denied" in answer.err
    assert "hunter2" not in answer.err
    assert names(folder) == []


@pytest.mark.mariadb
@pytest.mark.usefixtures("dumper")
async def test_nothing_is_left_of_a_dump_that_ctrl_c_ended(
    login: str, mariadb: MariaDB, folder: Path, tmp_path: Path
) -> None:
    root = f"mysql://root{login}"
    theirs = "SELECT count(*) FROM information_schema.processlist WHERE user = 'dina'"
    engine = open_engine(root)
    async with engine.connect() as holder:
        await holder.execute(text("LOCK TABLES t WRITE"))
        with (tmp_path / "said").open("w+") as said:
            program = forks.start(
                ["db", "backup", str(folder / "copy"), "--database-url", url_of(login)],
                folder=tmp_path,
                env=environment(),
                stdout=said.fileno(),
                stderr=said.fileno(),
            )
        await until(lambda: query(root, f"{theirs} AND state LIKE '%lock%'"), [(1,)])
        assert len(names(folder)) == 1
        program.send_signal(signal.SIGINT)
        assert await program.wait() == 130
        assert names(folder) == []
        # It notices that the program is gone when it has something to say to it.
    await engine.dispose()
    await until(lambda: query(root, theirs), [(0,)])
    assert (tmp_path / "said").read_text().endswith("Interrupted.\n")


async def until(ask: Callable[[], Awaitable[object]], answer: object) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await ask() != answer:
            await asyncio.sleep(0.05)


def test_where_the_program_is_not_there_the_command_is_printed_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    url = url_of("@db.example:3307/baraka", "hunter2")
    answer = invoke("db", "backup", folder / "a copy", "--database-url", url)
    assert answer.code == 1
    assert answer.out == (
        "(umask 077 && mariadb-dump --host=db.example --port=3307 --user=dina --password "
        "--single-transaction --quick --routines --triggers --hex-blob --no-tablespaces "
        f"--default-character-set=utf8mb4 baraka > '{folder}/a copy')\n"
    )
    assert "Nothing was written" in answer.err
    assert names(folder) == []


STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" > "$SEEN"
cat "${1#--defaults-file=}" >> "$SEEN"
stat -c %a "${1#--defaults-file=}" >> "$SEEN"
echo "-- half of a dump"
"""


def test_a_secret_is_in_a_file_of_ours_alone_and_a_dump_without_an_end_is_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "mariadb-dump"
    program.write_text(STAND_IN)
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    url = url_of("@db.example/baraka?ssl_ca=/etc/ca.pem", "hunter2")
    answer = invoke("db", "backup", folder / "copy", "--database-url", url)
    assert answer.code == 1
    assert "before the dump was complete" in answer.err
    assert names(folder) == []
    seen = (tmp_path / "seen").read_text()
    words, _, options = seen.partition("[client]\n")
    assert "hunter2" not in words
    assert 'password="hunter2"\n' in options
    assert 'ssl-ca="/etc/ca.pem"\n' in options
    assert options.endswith("600\n")
    assert not Path(words.splitlines()[0].removeprefix("--defaults-file=")).exists()
