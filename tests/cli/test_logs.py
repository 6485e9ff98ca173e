"""The log, in both forms: an entry is one line, and nothing in it is obeyed by a terminal."""

from __future__ import annotations

import ast
import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE_SECONDS = 60
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
    assert set(entry) == {"time", "level", "event", "logger", "message"}
    assert entry["event"] == "other"


@pytest.mark.parametrize("for_people", [True, False])
def test_times_have_milliseconds_and_an_offset(for_people: bool) -> None:
    (line,) = logged("log.info('x')", for_people=for_people)
    assert re.search(r"\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", line)


def test_what_a_message_speaks_of_are_fields_for_programs() -> None:
    (entry,) = entries("log.error('no', extra={'event': 'fault', 'auction': 7, 'incident': 'ab'})")
    assert (entry["event"], entry["auction"], entry["incident"]) == ("fault", 7, "ab")


def test_a_value_is_that_of_the_call_however_late_it_is_written() -> None:
    code = """
bids = [1]
for n in range(3):
    log.info('bids: %s', bids)
    bids.append(n)
"""
    assert [entry["message"] for entry in entries(code)] == [
        "bids: [1]",
        "bids: [1, 0]",
        "bids: [1, 0, 1]",
    ]


# --- a reader that does not read


STRANGERS = """
import asyncio, time
async def work():
    loop = asyncio.get_running_loop()
    for n in range(30_000):
        log.warning('stranger %s has a bad token', n)
        if n % 100 == 0:
            await asyncio.sleep(0)
    print('worked', flush=True)
asyncio.run(work())
"""


def program(code: str) -> list[str]:
    start = "import logging; from baraka_server import logs\nlogs.configure(for_people=False)\n"
    return [sys.executable, "-c", f"{start}log = logging.getLogger('baraka.test')\n{code}"]


def test_a_reader_that_stalls_holds_up_neither_the_work_nor_the_end() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    try:
        done = subprocess.run(
            program(STRANGERS), stdout=subprocess.PIPE, stderr=writing, timeout=PATIENCE_SECONDS
        )
    finally:
        os.close(writing)
        os.close(reading)
    assert (done.returncode, done.stdout) == (0, b"worked\n")


def test_what_was_dropped_is_counted_and_said_when_it_flows_again() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    code = STRANGERS + "input(); log.info('the last'); logs.flush()"
    with subprocess.Popen(
        program(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=writing
    ) as process:
        os.close(writing)
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == b"worked\n"  # and nobody has read a line
        with os.fdopen(reading) as log:
            said = []
            for line in log:
                said.append(json.loads(line))
                if said[-1]["event"] == "log_dropped":
                    process.stdin.write(b"\n")
                    process.stdin.flush()
    (dropped,) = [entry for entry in said if entry["event"] == "log_dropped"]
    strangers = [entry for entry in said if entry["message"].startswith("stranger")]
    assert dropped["dropped"] > 0
    assert len(strangers) + dropped["dropped"] == 30_000
    assert said[-1]["message"] == "the last"


@pytest.mark.parametrize("full", [True, False])
def test_a_log_that_cannot_be_written_hinders_nobody(full: bool) -> None:
    code = "print('started', flush=True); input()\n" + STRANGERS
    with Path("/dev/full").open("wb") as device:
        stderr: Any = device if full else subprocess.PIPE
        with subprocess.Popen(
            program(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == b"started\n"
            if process.stderr:
                process.stderr.close()  # a broken pipe
                process.stderr = None
            out, _ = process.communicate(b"\n", timeout=PATIENCE_SECONDS)
    assert (process.returncode, out) == (0, b"worked\n")


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


ROOT = Path(__file__).parents[2]
LEVELS = {"info", "warning", "error", "exception"}


def entries_in_the_code() -> Iterator[tuple[str, str]]:
    """Where the server logs something, and the source of its `extra`."""
    for file in sorted((ROOT / "baraka_server").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            match call:
                case ast.Call(func=ast.Attribute(value=ast.Name("log"), attr=level)):
                    if level in LEVELS:
                        extra = [one.value for one in call.keywords if one.arg == "extra"]
                        yield f"{file.name}:{call.lineno}", "".join(map(ast.unparse, extra))


def test_every_entry_has_an_event_and_the_manual_has_them_all() -> None:
    nameless = [where for where, extra in entries_in_the_code() if not extra]
    assert nameless == []
    named = set(
        re.findall(r"'event': '(\w+)'", "".join(extra for _, extra in entries_in_the_code()))
    )
    assert len(named) > 10
    manual = (ROOT / "docs" / "faults.md").read_text()
    assert {name for name in named if f"`{name}`" not in manual} == set()
