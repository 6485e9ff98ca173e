"""The sale of the README, typed into a real terminal: the real commands, and no test in between."""

from __future__ import annotations

import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.support.clients.phones import token
from tests.support.clients.terminal import Terminal, terminal
from tests.support.servers.baraka import BARAKA, SECRET, Baraka, environment

ROOT = Path(__file__).parents[2]
LEAVES_THE_SCREEN = "\x1b[?1049l"


def console(
    baraka: Baraka, folder: Path, *more: str, size: tuple[int, int] = (80, 24)
) -> AbstractAsyncContextManager[Terminal]:
    arguments = ("--url", baraka.url, "--user", "1", "--auction", "1", *more)
    columns, lines = size
    return terminal(
        BARAKA,
        "console",
        *arguments,
        folder=folder,
        environment=environment(),
        columns=columns,
        lines=lines,
    )


def bidder(baraka: Baraka, folder: Path) -> AbstractAsyncContextManager[Terminal]:
    """The bidder of the README, in its own terminal."""
    script = str(ROOT / "examples" / "python_bidder.py")
    arguments = (script, baraka.url, "1", token(SECRET, 3), "--up-to", "1200")
    return terminal(sys.executable, *arguments, folder=folder, environment=environment())


YES = "\x19"
"""What a terminal sends for Ctrl+Y."""
LEAVES = "\x11"


async def says(host: Terminal, key: str, question: str, done: str) -> None:
    """Press, read the question, say yes, and wait for the line of the log that says what came of it."""
    host.types(key)
    await host.sees(question)
    await presses(host, YES, done)


async def presses(host: Terminal, key: str, done: str) -> None:
    host.types(key)
    await host.sees(rf"\d\d:\d\d:\d\d {done}")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_the_sale_of_the_readme_is_typed_in_a_terminal(
    baraka: Baraka, tmp_path: Path, size: tuple[int, int]
) -> None:
    lots = str(ROOT / "examples" / "lots.csv")
    async with console(baraka, tmp_path, "--lots", lots, size=size) as host:
        await host.sees("NOT STARTED.*online")
        await says(host, "s", "Start the auction", "Start")
        await host.sees("● LIVE")
        await says(host, "n", "Next: Gold Ring", "Put up Gold Ring – 18K")
        async with bidder(baraka, tmp_path) as dina:
            await dina.sees("Dina A. bids 800")
            await host.sees("Dina A.")
            host.types("a")
            await host.sees(r"Award this lot\?")
            host.types("\x1bl")  # Esc and a key in one packet: the question goes, the log comes
            await host.sees("Esc closes this")
            host.types("y\ryes, any more bids? every\rend\r")
            await host.sees("Written without c")
            host.looks_away()
            host.types("\x1b")
            await host.sees("c: write to the room")
            sold = r"Gold Ring – 18K: sold to[\s\S]{0,900}?for 800"  # the log may be narrow
            await says(host, "a", r"Award this lot\?", sold)
            await dina.sees("Sold to Dina A. for 800")
            await says(host, "n", "Next: Silver", "Put up Silver Necklace – 925")
            await dina.sees("Dina A. bids 300")
            host.types("e")
            await host.sees("The lot on the block is not awarded! To end it, type: end")
            host.types("end")
            await host.sees("▊  end ")
            host.types(YES)
            await host.sees("3 lots: 1 sold, 1 passed, total 800, 1 not done")
            await dina.sees("The auction has been ended.")
            assert await dina.ends() == 0
        host.types("\x13")
        await host.sees("Saved as")
        host.types("\x1b")
        await host.sees("■ ENDED")
        host.types(LEAVES)
        assert await host.ends() == 0
        assert LEAVES_THE_SCREEN in host.raw, "the terminal is as it was"
    (saved,) = tmp_path.glob("sale-1.csv")
    assert '"Gold Ring – 18K","5.2g",800,"1 Dina A.","\'+' in saved.read_text()


async def test_a_crash_of_the_server_is_seen_and_got_over_in_a_terminal(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with console(baraka, tmp_path) as host:
        await host.sees("NOT STARTED.*online")
        await says(host, "s", "Start the auction", "Start")
        await baraka.kill()
        await host.sees("▼ CONNECTION LOST: the server")
        await presses(host, "e", "End: There is no connection to the server: connection lost.")
        await baraka.start()
        await host.sees(r"(?s)CONNECTION LOST.*✓ \d\d:\d\d:\d\d Online")
        host.types(LEAVES)
        assert await host.ends() == 0


async def test_a_console_that_is_ended_from_outside_leaves_the_auction_as_it_is(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with console(baraka, tmp_path) as host:
        await host.sees("NOT STARTED.*online")
        await says(host, "s", "Start the auction", "Start")
        host.process.send_signal(signal.SIGKILL)
        await host.ends()
    async with console(baraka, tmp_path) as again:
        await again.sees("● LIVE.*online")
        again.types(LEAVES)
        assert await again.ends() == 0
