"""`baraka db upgrade` where there is no SQLite file yet: most likely in the wrong folder."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients.command_line import Answer, answered, invoke, run

DEFAULT = "(the default: BARAKA_DATABASE_URL is not set, and"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def upgrade(*words: str, **settings: Any) -> Answer:
    return invoke("db", "upgrade", *words, **settings)


def test_in_production_none_is_made_without_a_word(folder: Path) -> None:
    refused = upgrade()
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        f"Database: the SQLite file {folder}/baraka.db, which is not there "
        f"{DEFAULT} {folder}/.env is not there)\n"
        "Nothing was changed. There is no terminal to ask on: give --create.\n"
    )
    assert list(folder.iterdir()) == []

    assert upgrade("--create").code == 0
    assert upgrade().code == 0  # it is there now
    assert stat.S_IMODE((folder / "baraka.db").stat().st_mode) == 0o600


def test_in_development_one_is_made_at_once(folder: Path) -> None:
    assert upgrade(BARAKA_MODE="development").code == 0
    assert (folder / "baraka.db").exists()


@pytest.mark.parametrize(("answer", "code", "there"), [("n", 1, False), ("y", 0, True)])
def test_a_person_is_asked(folder: Path, answer: str, code: int, there: bool) -> None:
    asked = answered(answer, "db", "upgrade", folder=folder)
    assert "which is not there" in asked.err
    assert "Make a new, empty database there? [y/N]" in asked.err
    assert (asked.code, asked.out) == (code, "")
    assert (folder / "baraka.db").exists() is there


def test_an_upgrade_that_fails_leaves_no_empty_file(folder: Path) -> None:
    assert upgrade("baraka_0999", "--create").code == 2
    assert list(folder.iterdir()) == []
    (folder / "baraka.db").touch()
    assert upgrade("baraka_0999").code == 2
    assert [path.name for path in folder.iterdir()] == ["baraka.db"]  # somebody else's


@pytest.mark.parametrize(
    "words", [("serve", "--port=0"), ("db", "current"), ("db", "seed"), ("auction", "list")]
)
def test_whoever_misses_a_database_says_which_and_who_named_it(
    folder: Path, words: tuple[str, ...]
) -> None:
    """The settings are in the .env of another folder."""
    there = folder / "there"
    there.mkdir()
    (there / ".env").write_text("BARAKA_DATABASE_URL=sqlite:///auctions.db\n")
    assert run("db", "upgrade", "--create", folder=there).code == 0
    assert run("db", "current", folder=there).code == 0

    missed = run(*words, folder=folder)
    assert missed.code == 1
    assert "Run: baraka db upgrade" in missed.err
    assert f"the SQLite file {folder}/baraka.db, which is not there {DEFAULT}" in missed.err
    assert not (folder / "baraka.db").exists()

    (there / "auctions.db").unlink()
    missed = run(*words, folder=there)
    assert f"{there}/auctions.db, which is not there (set by {there}/.env)" in missed.err


def test_the_doctor_says_it_too(folder: Path) -> None:
    found = json.loads(invoke("doctor", "--json").out)["checks"]
    worst = next(one for one in found if one["check"] == "database")
    assert worst["state"] == "mend"
    assert f"{folder}/baraka.db" in worst["what"]
    assert DEFAULT in worst["what"]
