"""`baraka demo`: its output without a terminal, and its console on one."""

from __future__ import annotations

import re
import signal

import psutil
import pytest

from tests.support.clients.command_line import run
from tests.support.clients.terminal import terminal
from tests.support.servers.baraka import BARAKA, environment

pytestmark = pytest.mark.slow
SECONDS_MAX = 120


def test_without_a_terminal_it_holds_a_sale_and_reports(tmp_path):
    answer = run("demo", "--duration=4", folder=tmp_path, seconds_max=SECONDS_MAX)
    assert answer.code == 0, answer.out + answer.err
    assert "✓ Every promise was kept" in answer.out
    assert "bids accepted" in answer.out
    assert "baraka console --user 1" in answer.out
    assert re.search(r"watch +http://127\.0\.0\.1:\d+/watch/1 ", answer.out)
    assert list(tmp_path.iterdir()) == []  # nothing is left behind


async def test_on_a_terminal_the_user_hosts_a_sale_with_people_in_it(tmp_path):
    console = terminal(
        BARAKA, "demo", folder=tmp_path, environment=environment(), columns=120, lines=40
    )
    async with console as screen:
        await screen.sees(r"LIVE")
        await screen.sees(r"\b[5-9]\d watching")
        screen.types("n")  # the first lot
        await screen.sees(r"Next: ")
        screen.types("\x19")  # Ctrl+Y
        await screen.sees(r"\+\d")  # somebody raised
        screen.types("\x11")  # Ctrl+Q
        await screen.sees("Every promise that was checked was kept")
        assert await screen.ends() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "shown", "programs"),
    [
        (["--headless"], r"server +http", {"serve"}),
        pytest.param([], r"LIVE", {"serve", "simulate"}, marks=pytest.mark.long),
    ],
)
async def test_a_closed_terminal_ends_what_the_demo_began(tmp_path, words, shown, programs):
    console = terminal(
        BARAKA,
        "demo",
        *words,
        folder=tmp_path,
        environment=environment(TMPDIR=tmp_path),
        columns=120,
        lines=40,
    )
    async with console as screen:
        await screen.sees(shown)
        children = psutil.Process(screen.process.pid).children()
        assert programs <= {word for one in children for word in one.cmdline()}
        screen.is_closed_by_the_user()
        assert await screen.ends() == -signal.SIGHUP
    assert [one for one in children if one.is_running()] == []
    assert list(tmp_path.iterdir()) == []
