"""Everything that is written on the console's screens can be read, in the dark theme and in the light one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from textual.color import Color
from textual.geometry import Region

from baraka_server.contract.client_events import JoinAuction, PlaceBid, PostComment
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

READABLE = 4.5
"""Contrast that text needs (WCAG 2, AA)."""
SIZES = ((80, 24), (120, 40), (200, 50))


def contrast(color: Color, background: Color) -> float:
    def luminance(shade: Color) -> float:
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in shade.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    lighter, darker = sorted((luminance(color), luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def faint(host: Keyboard, within: Region) -> Iterator[str]:
    """What is written in that part of the screen and cannot be read, with its contrast."""
    for row, strip in enumerate(host.strips):
        column = 0
        for text, style, _ in strip:
            place, column = column, column + len(text)
            if not any(map(str.isalnum, text)) or not within.contains(place, row):
                continue
            assert style is not None
            assert style.color is not None
            assert style.bgcolor is not None
            if style.dim:
                yield f"{text!r} is dim, which each terminal shows as it likes"
            ratio = contrast(shade(style.color), shade(style.bgcolor))
            if ratio < READABLE:
                yield f"{text!r} in row {row}: {ratio:.1f}"


def shade(color: RichColor) -> Color:
    return Color.from_rich_color(color)


@pytest.mark.parametrize("dark", [True, False])
async def test_all_that_is_written_has_the_contrast_that_text_needs(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, dark: bool
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        host.app.theme = "textual-dark" if dark else "textual-light"

        async def everything_is_readable(
            what: str, selector: str = "", sizes: Sequence[tuple[int, int]] = SIZES[:1]
        ) -> None:
            for size in sizes:
                await host.pilot.resize_terminal(*size)
                await host.pilot.pause()
                found = host.app.screen.query(selector).first().region if selector else None
                unread = list(faint(host, found or host.app.screen.region))
                assert not unread, f"{what} at {size}: {unread}"

        await host.sees("NOT STARTED", "▲ online")
        await everything_is_readable("before the sale", sizes=SIZES)
        await host.confirms("s")
        await host.sees("● LIVE")
        await host.until(lambda: host.sale_screen.connection.joined, "the room")
        await host.confirms("n")
        dina = await phones.open(baraka.url, 3, auth={"token": token(SECRET, 3)})
        await dina.emits(JoinAuction(auction_id=1))
        await dina.emits(PostComment(auction_id=1, comment="is it gold?"))
        assert (await dina.emits(PlaceBid(auction_id=1, amount=900)))["ok"]
        await host.presses("f2")
        await host.sees("◆ Amina A.", "Dina A.: is it gold?")
        await everything_is_readable("the sale", sizes=SIZES)
        host.sale_screen.set_focus(host.sale_screen.query_one("#chat"))
        await host.presses("up")
        await host.sees("Enter: what can be done")
        await everything_is_readable("a chosen line", sizes=SIZES)
        await host.presses("up", "enter")
        await host.sees("Remove it", "Mute 1 Dina A. for good")
        await everything_is_readable("what can be done with it", ".question")
        await host.presses("ctrl+y")
        await host.sees("✗ removed 1 Dina A.: is it gold?")
        await everything_is_readable("a removed comment", sizes=SIZES)
        await host.presses("escape", "3")
        await host.sees("Say “Going once…”")
        await everything_is_readable("what Ctrl+Y does next")
        await host.presses("escape")
        questions = {
            "a": "Award this lot?",
            "u": "Put up a lot",
            "x": "Cancel the",
            "o": "a clock?",
        }
        for key, text in questions.items():
            await host.presses(key)
            await host.sees(text)
            await everything_is_readable(text, ".question")
            await host.presses("escape")
        await host.presses("?")
        await host.sees("Esc closes this")
        await everything_is_readable("the keys", ".question")
        await host.presses("escape", "r")
        await host.sees("Ctrl+S saves")
        await everything_is_readable("the summary")
        await host.presses("escape")
        await baraka.kill()
        await host.sees("▼ CONNECTION LOST")
        await everything_is_readable("a lost connection")
