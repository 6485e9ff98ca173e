"""`baraka demo`: what a newcomer sees."""

from __future__ import annotations

import os
import pty
import signal
import subprocess

from tests.support.baraka import BARAKA, environment
from tests.support.command_line import run


def test_without_a_terminal_it_holds_the_sale_and_ends(tmp_path):
    answer = run("demo", "--pause=0", folder=tmp_path)
    assert answer.code == 0
    told = [line.strip() for line in answer.out.splitlines()]
    for expected in (
        "▶ Live: Friday Night Gold",
        "●     800  Dina A.",
        "✗ one bidder alone hears: Bid must be higher than the current bid (950)",
        "★ Sold to Farah A. for 1,300",
        "★ Sold to Dina A. for 520",
        "○ Passed: no bids.",
        "■ The auction has been ended.",
    ):
        assert expected in told
    assert list(tmp_path.iterdir()) == []  # nothing is left behind


def test_on_a_terminal_it_stays_and_the_commands_it_names_work(tmp_path):
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [BARAKA, "demo", "--pause=0"],
        cwd=tmp_path,
        env=environment(COLUMNS=200, NO_COLOR=1, TERM="xterm"),
        stdin=terminal,
        stdout=terminal,
    )
    os.close(terminal)
    try:
        _try_what_it_names(screen, tmp_path)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        os.close(screen)


def _try_what_it_names(screen, tmp_path):
    shown = ""
    while "--up-to 2000" not in shown:
        shown += os.read(screen, 4096).decode(errors="replace")
    lines = [line.strip() for line in shown.splitlines()]
    (database,) = [line.partition("=")[2] for line in lines if "BARAKA_DATABASE_URL" in line]
    commands = [line for line in lines if "auction" in line.split() and "baraka" in line]
    assert len(commands) == 2
    for command in [*commands, next(line for line in lines if line.endswith("winnings list"))]:
        answer = run(*command.split()[1:], folder=tmp_path, BARAKA_DATABASE_URL=database)
        assert (answer.code, bool(answer.out)) == (0, True)
