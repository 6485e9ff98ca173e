"""`baraka demo`: what a newcomer sees."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import termios

from tests.support.baraka import BARAKA, environment
from tests.support.command_line import run

SECONDS_MAX = 120
QUIET_MAX = 60


def test_without_a_terminal_it_holds_a_sale_and_reports(tmp_path):
    answer = run("demo", "--duration=4", folder=tmp_path, seconds_max=SECONDS_MAX)
    assert answer.code == 0, answer.out + answer.err
    assert "✓ Every promise was kept" in answer.out
    assert "lots                   8" in answer.out
    assert "baraka console --user 1" in answer.out
    assert list(tmp_path.iterdir()) == []  # nothing is left behind


def test_on_a_terminal_the_newcomer_hosts_a_sale_with_people_in_it(tmp_path):
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (40, 120))
    process = subprocess.Popen(
        [BARAKA, "demo"],
        cwd=tmp_path,
        env=environment(TERM="xterm-256color"),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    try:
        _wait_for(screen, r"LIVE\W.*Friday Night Gold")
        _wait_for(screen, r"\b[5-9]\d watching")
        os.write(screen, b"n")  # the first lot
        _wait_for(screen, r"\+\d")  # somebody raised
        os.write(screen, b"q")
        _wait_for(screen, "Every promise that was checked was kept")
        assert process.wait(QUIET_MAX) == 0
    finally:
        process.kill()
        os.close(screen)
    assert list(tmp_path.iterdir()) == []


def _wait_for(screen: int, pattern: str) -> None:
    """Read what the terminal shows until it shows this; the test's own limit ends a wait in vain."""
    shown = ""
    while not re.search(pattern, _text(shown), re.DOTALL):
        shown += os.read(screen, 65536).decode(errors="replace")


def _text(shown: str) -> str:
    """Without what moves and colours."""
    return re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b[^\[]", "", shown)
