"""Behaviour that all commands have in common."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from baraka_cli import terminal
from baraka_server.store.errors import Contention, OutcomeUnknown, Unavailable
from tests.support.clients.command_line import sell
from tests.support.servers.baraka import BARAKA, environment


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 😀 اردو 👩‍👧", "Zoë 😀 اردو 👩‍👧"),
        ("two\nlines\tand\r\na tab", "two lines and a tab"),
        ("\x1b[31mred\x07\x9b0m\x7f", "[31mred0m"),
        ("\u202eabc\u2066\u200f", "abc"),
        ("half \ud83d", "half "),
        ("[bold]x[/bold] :smile:", "[bold]x[/bold] :smile:"),
    ],
)
def test_a_terminal_is_sent_nothing_that_it_obeys(
    text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.printable(text) == shown
    terminal.print_table(["Text"], [[text]])
    assert capsys.readouterr().out.splitlines()[-1].rstrip() == shown.rstrip()


def test_json_is_whole_and_safe_to_look_at(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"text": "😀 " + "x" * 500 + " \x1b\x9b\u202e\ud83d\n"}
    terminal.print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "😀" in out
    assert not {"\x1b", "\x9b", "\u202e", "\ud83d"} & set(out)
    assert max(map(len, out.splitlines())) > 500


def test_a_phone_number_is_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    row = ["x" * 191, "+92 300 1112203", datetime(2027, 1, 31, 18, tzinfo=UTC), None, True]
    terminal.print_table(["Name", "Number", "Since", "Weight", "Sold"], [row])
    out = capsys.readouterr().out
    assert "+92 300 1112203  2027-01-31 18:00  –       yes" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_table_without_room_gets_longer_lines_and_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.stdout, "width", 30)
    row = ["two words", 2_147_483_647, "+923001112203", datetime(2027, 1, 31, 18, tzinfo=UTC)]
    terminal.print_table(["Name", "Price", "Number", "Since"], [row])
    *_, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["two", "2147483647", "+923001112203", "2027-01-31", "18:00"]
    assert second.split() == ["words"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unavailable("gone"), 75),
        (Contention("locked"), 75),
        (OutcomeUnknown("auction 1"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_what_stops_a_command_is_told_in_one_line(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work() -> None:
        raise error

    with pytest.raises(typer.Exit) as stopped:
        terminal.run(work())
    assert stopped.value.exit_code == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_a_reader_who_leaves_is_no_fault(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    sell(url)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{BARAKA} auction history 1 | head -1"],
        env=environment(BARAKA_DATABASE_URL=url),
        capture_output=True,
        text=True,
    )
    assert done.stdout == "Before the first lot\n"
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_is_closed_is_never_taken_for_another_file(tmp_path: Path, closed: str) -> None:
    """A connection that got the number of the output would be written to, and uvloop gives up."""
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    sell(url)
    for words in ("auction verify", "auction list --json"):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{BARAKA} {words} {closed}"],
            env=environment(BARAKA_DATABASE_URL=url),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def test_no_color_is_respected(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    sell(url)
    for wish, colored in (({}, True), ({"NO_COLOR": "1"}, False)):
        done = subprocess.run(
            [BARAKA, "auction", "history", "1"],
            env=environment(BARAKA_DATABASE_URL=url, FORCE_COLOR="1", TERM="xterm", **wish),
            capture_output=True,
            text=True,
        )
        assert ("\x1b[1;32m" in done.stdout) is colored
