"""The log, in both forms: an entry is one line, and nothing in it is obeyed by a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

HOSTILE = "Eve\x1b[2J\x1b]0;owned\x07\r\n2027-01-01 INFO all is well\u2028x\x9b31m\u202etxt\x00"
SHOWN = "Eve[2J]0;owned 2027-01-01 INFO all is well x31mtxt"
OBEYED = {"\x1b", "\x07", "\r", "\u2028", "\x9b", "\u202e", "\x00"}


def logged(code: str, *, for_people: bool, level: str = "INFO") -> list[str]:
    """The lines that a program writes: `log` is a logger, `hostile` is what somebody sent."""
    program = (
        "import logging; from baraka_server import logs\n"
        f"logs.configure({level!r}, for_people={for_people})\n"
        f"log = logging.getLogger('baraka.test'); hostile = {HOSTILE!r}\n{code}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"COLUMNS": "300", "TERM": "dumb", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    text = done.stderr.decode()
    assert not OBEYED & set(text), text
    return text.removesuffix("\n").split("\n")


def entries(code: str, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged(code, for_people=False, **options)]


def test_a_message_is_one_line_for_programs() -> None:
    (entry,) = entries("log.info('%s bids', hostile)")
    assert entry["message"] == f"{SHOWN} bids"
    assert set(entry) == {"time", "level", "logger", "message"}


def test_a_message_is_one_line_for_people() -> None:
    (line,) = logged("log.info('%s bids', hostile)", for_people=True)
    assert f"{SHOWN} bids" in line


def test_the_fields_beside_a_message_are_safe_too() -> None:
    (entry,) = entries("log.info('listening', extra={'url': hostile})")
    assert entry["url"] == SHOWN


def test_markup_is_text() -> None:
    (line,) = logged("log.info('%s', '[bold red]x[/] :smile:')", for_people=True)
    assert "[bold red]x[/] :smile:" in line


@pytest.mark.parametrize("for_people", [True, False])
def test_a_stack_trace_is_safe_and_shows_no_values(for_people: bool) -> None:
    code = """
def work():
    token = 'eyJ' + 'hidden' * 3
    raise ValueError(hostile)
try:
    work()
except ValueError:
    log.exception('it failed for %s', hostile)
"""
    lines = logged(code, for_people=for_people)
    if for_people:
        assert f"it failed for {SHOWN}" in lines[0]
        assert all(line.startswith("    ") for line in lines[1:])
        trace = lines[1:]
    else:
        (line,) = lines
        entry = json.loads(line)
        assert entry["message"] == f"it failed for {SHOWN}"
        trace = entry["exc_info"].split("\n")
    assert "Traceback (most recent call last):" in trace[0]
    assert not any("eyJhidden" in line for line in trace)
    assert not any(line.startswith("2027") for line in trace)


def test_an_entry_that_is_written_wrongly_stops_nobody() -> None:
    (entry,) = entries("log.info('%s and %s', hostile)")
    assert entry["message"] == "%s and %s"


def test_libraries_that_log_packets_are_quiet_even_when_everything_is_asked_for() -> None:
    code = """
for name in ('socketio', 'engineio.server', 'aiohttp.access', 'aiosqlite', 'asyncmy', 'alembic'):
    logging.getLogger(name).info('a packet with a token')
log.debug('ours')
"""
    assert [entry["message"] for entry in entries(code, level="DEBUG")] == ["ours"]
