"""`baraka db`: data on stdout, talk on stderr, exit 0, 1 (it failed) or 2 (wrong usage)."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from baraka_cli.main import app
from tests.support.checks.schema import (
    BEFORE_HEAD,
    HEAD,
    NEWEST_TABLES,
    OURS,
    REVISIONS,
    query,
    table_names,
)
from tests.support.clients.command_line import answered
from tests.support.servers import newer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.mariadb import MariaDB


@pytest.fixture(autouse=True)
def trying_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's .env gets in, and a new file is made without a question."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BARAKA_MODE", "development")
    monkeypatch.delenv("BARAKA_DATABASE_URL", raising=False)


def db(*words: str, url: str) -> Result:
    done = CliRunner().invoke(app, ["db", *words, "--database-url", url])
    assert "Traceback" not in done.output
    return done


def tables(url: str) -> set[str]:
    return asyncio.run(table_names(url))


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    return asyncio.run(query(url, statement))


def test_upgrade_talks_on_stderr_and_prints_nothing(database_url: str) -> None:
    done = db("upgrade", url=database_url)

    assert done.exit_code == 0
    assert done.stdout == ""
    assert "Auction: created" in done.stderr
    assert done.stderr.endswith(f"Now up to date, at revision {HEAD}.\n")
    assert tables(database_url) >= OURS


def test_upgrade_may_be_run_again(database_url: str) -> None:
    db("upgrade", url=database_url)
    done = db("upgrade", url=database_url)

    assert done.exit_code == 0
    assert done.stderr.endswith(f"Already up to date, at revision {HEAD}.\n")


def test_upgrade_goes_as_far_as_it_is_told(database_url: str) -> None:
    assert "Now at revision baraka_0001." in db("upgrade", "baraka_0001", url=database_url).stderr
    assert "Now at revision baraka_0002." in db("upgrade", "+1", url=database_url).stderr


def test_current_prints_the_revision_alone(database_url: str) -> None:
    before = db("current", url=database_url)
    assert (before.exit_code, before.stdout) == (1, "none\n")
    assert "Run: baraka db upgrade\nDatabase: " in before.stderr

    db("upgrade", "baraka_0002", url=database_url)
    old = db("current", url=database_url)
    assert (old.exit_code, old.stdout) == (1, "baraka_0002\n")
    assert "Run: baraka db upgrade\nDatabase: " in old.stderr

    db("upgrade", url=database_url)
    newest = db("current", url=database_url)
    assert (newest.exit_code, newest.stdout) == (0, f"{HEAD}\n")
    assert newest.stderr == "This is the newest.\n"


def test_current_speaks_json(database_url: str) -> None:
    before = db("current", "--json", url=database_url)
    unknown = {"current": None, "head": HEAD, "upToDate": False, "serves": False, "madeBy": None}
    assert json.loads(before.stdout) == unknown
    assert before.exit_code == 1
    assert "Run: baraka db upgrade\n" in before.stderr

    db("upgrade", url=database_url)
    after = db("current", "--json", url=database_url)
    assert json.loads(after.stdout) == {
        "current": HEAD,
        "head": HEAD,
        "upToDate": True,
        "serves": True,
        "madeBy": None,
    }
    assert (after.exit_code, after.stderr) == (0, "")


@only_sqlite
def test_an_older_program_may_serve_beside_a_newer_database_and_changes_nothing(
    database_url: str,
) -> None:
    asyncio.run(newer.upgrades(database_url, ("baraka_0999", "baraka_0010")))

    found = db("current", url=database_url)
    assert (found.exit_code, found.stdout) == (0, "baraka_0999\n")
    assert "of Baraka 9.1.0" in found.stderr
    assert "may serve beside it" in found.stderr
    said = json.loads(db("current", "--json", url=database_url).stdout)
    assert (said["upToDate"], said["serves"], said["madeBy"]) == (False, True, "9.1.0")
    for command in (["upgrade"], ["downgrade", "--yes"]):
        refused = db(*command, url=database_url)
        assert refused.exit_code == 1
        assert "Nothing was changed: only Baraka 9.1.0" in " ".join(refused.stderr.split())
    assert db("seed", "--users", "3", url=database_url).exit_code == 0
    looked = CliRunner().invoke(app, ["doctor", "--database-url", database_url, "--json"])
    checks = {one["check"]: one["state"] for one in json.loads(looked.stdout)["checks"]}
    assert checks["database"] == "look"


def test_downgrade_without_a_terminal_wants_yes(database_url: str) -> None:
    db("upgrade", url=database_url)

    done = db("downgrade", url=database_url)

    assert done.exit_code == 2
    for name in NEWEST_TABLES:
        ((count,),) = rows(database_url, f"SELECT COUNT(*) FROM {name}")
        assert f"{name} with its {count} row" in done.stderr
    assert "Nothing was changed. There is no terminal to ask on: give --yes." in done.stderr
    assert tables(database_url) >= OURS


def test_downgrade_takes_a_relative_revision(database_url: str) -> None:
    db("upgrade", url=database_url)

    done = db("downgrade", f"-{len(REVISIONS) - 1}", "--yes", url=database_url)

    assert done.exit_code == 0
    assert done.stderr.endswith("Now at revision baraka_0001.\n")
    assert not tables(database_url) & OURS
    assert "users" in tables(database_url)


def test_downgrade_of_nothing_is_told(database_url: str) -> None:
    done = db("downgrade", "--yes", url=database_url)

    assert done.exit_code == 1
    assert "nothing to take back" in done.stderr


@pytest.mark.parametrize(("answer", "code", "revision"), [("n", 1, HEAD), ("y", 0, BEFORE_HEAD)])
def test_downgrade_asks_a_person(tmp_path: Path, answer: str, code: int, revision: str) -> None:
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    db("upgrade", url=url)
    asked = answered(answer, "db", "downgrade", f"--database-url={url}", folder=tmp_path)

    assert "Go on? [y/N]" in asked.err
    assert (asked.code, asked.out) == (code, "")
    assert db("current", url=url).stdout == f"{revision}\n"


def test_seed_fills_an_upgraded_database(database_url: str) -> None:
    db("upgrade", url=database_url)

    done = db("seed", "--users", "12", "--auctions", "1", url=database_url)

    assert done.exit_code == 0
    assert done.stdout == ""
    assert done.stderr.splitlines()[1:] == ["Added 12 users, 1 auction and 6 categories."]
    assert rows(database_url, "SELECT count(*) FROM users") == [(12,)]


def test_seed_wants_an_upgraded_database(database_url: str) -> None:
    done = db("seed", url=database_url)

    assert done.exit_code == 1
    assert "Run: baraka db upgrade" in done.stderr


def test_seed_refuses_numbers_below_nothing(database_url: str) -> None:
    assert db("seed", "--users", "-1", url=database_url).exit_code == 2


def test_a_revision_that_does_not_exist_is_wrong_usage(database_url: str) -> None:
    db("upgrade", url=database_url)
    for words in (
        ("upgrade", "baraka_0999"),
        ("downgrade", "baraka_0999", "--yes"),
        ("downgrade", "-99"),
    ):
        done = db(*words, url=database_url)
        assert done.exit_code == 2
        assert f"There are: base, {', '.join(REVISIONS)}, head." in done.stderr


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("baraka.db", 2, "--database-url: the database URL cannot be read"),
        ("oracle://amina:hunter2@localhost/x", 2, "'oracle' are not supported"),
        ("mysql://amina:hunter2@127.0.0.1:1", 2, "names no database"),
        ("mysql://amina:hunter2@127.0.0.1:1/baraka", 75, "The database cannot be reached"),
        ("mysql://127.0.0.1:1/baraka?password=hunter2", 75, "The database cannot be reached"),
        ("sqlite:////nowhere/at/all/baraka.db", 2, "no folder for the file"),
    ],
)
@pytest.mark.parametrize("command", ["upgrade", "downgrade", "current", "seed"])
def test_a_url_of_no_use_is_told_without_its_password(
    command: str, url: str, code: int, told: str
) -> None:
    done = db(command, url=url)

    assert done.exit_code == code
    assert told in done.stderr
    assert done.stdout == ""
    assert "hunter2" not in done.output


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Amina, " * 1000)

    done = db("upgrade", url=f"sqlite:///{letter}")

    assert done.exit_code == 1
    assert "not a database" in done.stderr
    assert letter.read_text() == "Dear Amina, " * 1000


@pytest.mark.mariadb
def test_a_missing_database_is_told_with_the_statement_that_creates_it(mariadb: MariaDB) -> None:
    done = db("upgrade", url=f"mysql://root@127.0.0.1:{mariadb.port}/not_yet")

    assert done.exit_code == 1
    assert "CREATE DATABASE `not_yet` CHARACTER SET utf8mb4" in done.stderr


def test_the_flag_beats_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARAKA_DATABASE_URL", f"sqlite:///{tmp_path / 'environment.db'}")

    assert CliRunner().invoke(app, ["db", "upgrade", "baraka_0001"]).exit_code == 0
    db("upgrade", url=f"sqlite:///{tmp_path / 'flag.db'}")

    assert CliRunner().invoke(app, ["db", "current"]).stdout == "baraka_0001\n"
    assert db("current", url=f"sqlite:///{tmp_path / 'flag.db'}").stdout == f"{HEAD}\n"
