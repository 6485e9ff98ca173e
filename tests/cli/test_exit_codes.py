"""Exit codes: what may be tried again is told from what somebody must mend."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import typer

from baraka_cli.terminal import FAILED, FAULT, INTERRUPTED, TRY_AGAIN, WRONG_USAGE, run
from baraka_server.store import migrate
from baraka_server.store.errors import (
    Contention,
    Damaged,
    OutcomeUnknown,
    StoreError,
    Trouble,
    Unavailable,
    Unfit,
)
from baraka_server.store.migrate import MigrationFailed, OutOfDate
from tests.support.clients.command_line import invoke
from tests.support.servers.private_server import free_port

MANUAL = Path(__file__).parents[2] / "docs" / "operating.md"
PASSING = {Trouble.UNREACHABLE, Trouble.SILENT, Trouble.BUSY, Trouble.READ_ONLY}


def code_of(error: StoreError) -> int:
    async def meets() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        run(meets())
    return ended.value.exit_code


def because(error: MigrationFailed, cause: StoreError) -> MigrationFailed:
    error.__cause__ = cause
    return error


def test_every_trouble_of_a_database_is_one_that_passes_or_one_to_mend():
    for trouble in Trouble:
        code = code_of(Unavailable("it is so", trouble))
        assert code == (TRY_AGAIN if trouble in PASSING else FAILED), trouble


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Contention("another one was in the way"), TRY_AGAIN),
        (because(MigrationFailed("busy"), Contention("locked")), TRY_AGAIN),
        (because(MigrationFailed("no"), Unavailable("no", Trouble.NOT_ALLOWED)), FAILED),
        (MigrationFailed("it broke"), FAILED),
        (OutOfDate("Run: baraka db upgrade"), FAILED),
        (Damaged("a row"), FAILED),
        (OutcomeUnknown("nobody knows"), FAILED),  # to do it again might do it twice
        (Unfit("too long"), WRONG_USAGE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_other_end(error, code):
    assert code_of(error) == code


def test_the_commands_that_a_unit_or_a_script_calls(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    away = f"mysql://root@127.0.0.1:{free_port()}/baraka"
    for words in (
        ("serve", "--port=0"),
        ("db", "upgrade"),
        ("db", "current"),
        ("auction", "verify"),
        ("user", "list"),
    ):
        answer = invoke(*words, BARAKA_DATABASE_URL=away)
        assert answer.code == TRY_AGAIN, (words, answer)
    behind = f"sqlite:///{tmp_path / 'behind.db'}"
    asyncio.run(migrate.upgrade(behind, "baraka_0001"))
    for words in (("serve", "--port=0"), ("db", "current"), ("auction", "verify")):
        answer = invoke(*words, BARAKA_DATABASE_URL=behind)
        assert answer.code == FAILED, (words, answer)
    for words in (("serve", "--port=x"), ("db", "upgrade", "--no"), ("auction", "verify", "x")):
        assert invoke(*words, BARAKA_DATABASE_URL=behind).code == WRONG_USAGE
    nobody = f"http://127.0.0.1:{free_port()}"
    answer = invoke("lots", "list", "1", "--user", "1", "--url", nobody)
    assert answer.code == TRY_AGAIN, answer


def test_a_fault_that_nobody_foresaw_is_neither(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    asyncio.run(migrate.upgrade(url))
    monkeypatch.setattr("baraka_server.running.Server", lambda _: 1 / 0)
    answer = invoke("serve", "--port=0", BARAKA_DATABASE_URL=url)
    assert answer.code == FAULT
    assert '"event": "fault"' in answer.err


def test_the_manual_has_every_code():
    rows = re.findall(r"^\| (\d+) \|", MANUAL.read_text(), re.MULTILINE)
    assert list(map(int, rows)) == [0, FAILED, WRONG_USAGE, FAULT, TRY_AGAIN, INTERRUPTED]
