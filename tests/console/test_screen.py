"""Screen of the console at every size, in light and dark, and the places where everything else is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.widgets import Button, Sparkline

from baraka_cli.client.connection import ConnectionState
from baraka_cli.console.actions import ACTIONS
from baraka_cli.console.large_number import LargeNumber, large
from baraka_cli.console.log import EntryMark
from baraka_server.contract.client_events import (
    ChangeLot,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

SMALL, WIDE, LARGE = (80, 24), (120, 30), (200, 60)
AMOUNT_MAX = 2_147_483_647


async def phone(baraka: Baraka, phones: PythonPhones, user_id: int) -> Phone:
    opened = await phones.open(baraka.url, user_id, auth={"token": token(SECRET, user_id)})
    await opened.emits(JoinAuction(auction_id=1))
    return opened


async def bidding(baraka: Baraka, phones: PythonPhones, amount: int, product: str = "Ring") -> None:
    """The auction is live, and Dina has bid `amount` for what is on the block."""
    owner = await phones.open(baraka.url, 1, auth={"token": token(SECRET, 1)})
    for event in (
        StartAuction(auction_id=1),
        ChangeLot(auction_id=1, product=product, minimum_price=1, start_price=1, market_price=1),
    ):
        assert (await owner.emits(event))["ok"]
    dina = await phone(baraka, phones, 3)
    assert (await dina.emits(PlaceBid(auction_id=1, amount=amount)))["ok"]


def figures(host: Keyboard) -> list[str]:
    return [figure.value for figure in host.sale_screen.query(LargeNumber)]


# --- sizes


@pytest.mark.parametrize("size", [SMALL, WIDE, LARGE])
@pytest.mark.parametrize("amount", [12_500, AMOUNT_MAX])
async def test_last_bid_and_next_ask_are_whole_at_every_size(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, size: tuple[int, int], amount: int
) -> None:
    await bidding(baraka, phones, amount)
    async with seated(baraka.url, tmp_path, size=size) as host:
        await host.until(lambda: figures(host)[0] == f"{amount:,}", "the bid")
        await host.pilot.pause()
        ask = host.sale_screen.book.next_ask()
        assert figures(host)[1] == f"{ask:,}"
        for figure in host.sale_screen.query(LargeNumber):
            if figure.display and figure.parent and figure.parent.display:
                width = len(large(figure.value)[0]) if figure.is_large else len(figure.value)
                assert figure.region.width >= width
                assert figure.region in host.sale_screen.region
        if size == SMALL and amount == AMOUNT_MAX:
            await host.sees(f"NEXT ASK {ask:,}")


async def test_a_large_screen_has_large_type(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await bidding(baraka, phones, 12_500)
    async with seated(baraka.url, tmp_path, size=LARGE) as host:
        await host.sees(*large("12,500"), *large("13,000"))
        await host.pilot.resize_terminal(*SMALL)
        await host.sees_no_more(large("12,500")[0])
        await host.sees("LAST BID", "NEXT ASK")
        assert figures(host) == ["12,500", "13,000"]


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_every_button_can_be_read(
    baraka: Baraka, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with seated(baraka.url, tmp_path, size=size) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.sees("(u Put up)", "(c Chat)", "b Off air")
        for action in ACTIONS:
            button = host.sale_screen.query_one(f"#do-{action.name}", Button)
            assert str(button.label) in host.screen
            assert button.region in host.sale_screen.region


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_line_to_the_server_is_not_pushed_off_by_a_long_title(
    baraka: Baraka, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with seated(baraka.url, tmp_path, size=size) as host:
        await host.sees("NOT STARTED", "▲ online")
        host.sale_screen.book.title = "Gold " * 38
        host.sale_screen.book.version += 1
        await host.sees("Gold Gold", "…", "▲ online")
        await baraka.kill()
        await host.sees("▼ CONNECTION LOST: the server", "trying again")
        assert host.sale_screen.query_one("#bar").has_class("down"), "all of the line says so"


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_question_with_long_names_has_its_answers_on_the_screen(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, size: tuple[int, int]
) -> None:
    await bidding(baraka, phones, AMOUNT_MAX, product="Ring " * 38)
    async with seated(baraka.url, tmp_path, size=size) as host:
        await host.sees("Dina A.")
        await host.presses("a")
        await host.sees(
            "Award this lot?", "Dina A. wins", "Ring Ring", "Award  Ctrl+Y", "Not yet  Esc"
        )
        await host.presses("escape", "x")
        await host.sees("Cancel the auction?")
        await host.presses("escape", "u")
        await host.sees("Put up a lot", "Put up  Ctrl+Y")


@pytest.mark.parametrize("key", ["", "a", "u", "x", "l", "ctrl+p"])
async def test_no_size_of_the_terminal_ends_the_console(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, key: str
) -> None:
    """A pane of tmux can be drawn to a single cell."""
    await bidding(baraka, phones, 5)
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("Dina A.")
        if key:
            before = len(host.app.screen_stack)
            await host.presses(key)
            await host.until(lambda: len(host.app.screen_stack) > before, "the question")
        for size in ((40, 12), (20, 5), (6, 3), (2, 2), (1, 1), (200, 2), (2, 60), SMALL):
            await host.pilot.resize_terminal(*size)
            await host.pilot.pause()
        await host.presses("escape")
        await host.sees("Dina A.", "LAST BID")


# --- what is written


async def test_a_comment_can_be_read_to_its_end(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path, size=SMALL) as host:
        await bidding(baraka, phones, 5)
        dina = await phone(baraka, phones, 3)
        comment = "Is it hallmarked, and may I see the back of it in daylight before I bid? Thanks"
        await dina.emits(PostComment(auction_id=1, comment=comment))
        await host.sees("Dina A.: Is it hallmarked", "Thanks")


async def test_the_log_is_read_whole_by_a_key(baraka: Baraka, tmp_path: Path) -> None:
    async with seated(baraka.url, tmp_path, size=SMALL) as host:
        await host.sees("NOT STARTED", "▲ online")
        for number in range(40):
            host.sale_screen.note(f"entry {number}", EntryMark.NOTE)
        await host.presses("l")
        await host.sees("Esc closes this.", "entry 39")
        await host.presses("home")
        await host.sees("✓", "Online", "entry 0")
        await host.presses("l")
        await host.sees_no_more("Esc closes this.")


async def test_bids_are_counted_and_drawn_by_the_second(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path, size=SMALL) as host:
        await bidding(baraka, phones, 5)
        await host.sees("1 bid in the last minute", "█")
        drawn = host.sale_screen.query_one(Sparkline).data
        assert drawn is not None
        assert (len(drawn), sum(drawn)) == (60, 1)


async def test_how_fast_the_server_answers_is_shown_and_forgotten_with_the_line(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path, size=SMALL) as host:
        await host.until(
            lambda: host.sale_screen.connection.heartbeat.latency_ms is not None, "a measurement"
        )
        host.sale_screen.connection.heartbeat.latency_ms = 123.4
        await host.sees("▲ online 123 ms")
        await baraka.kill()
        await host.until(
            lambda: host.sale_screen.connection.state is ConnectionState.LOST, "the loss"
        )
        await host.sees_no_more(" ms ")


# --- colours


def contrast(color: Color, background: Color) -> float:
    """The ratio of WCAG 2: 4.5 is what text needs, 3 what large type needs."""

    def luminance(shade: Color) -> float:
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in shade.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    lighter, darker = sorted((luminance(color), luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


async def test_light_and_dark_are_one_key_apart_and_can_both_be_read(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await bidding(baraka, phones, 5)
    async with seated(baraka.url, tmp_path, size=LARGE) as host:
        await host.sees("Dina A.")
        for dark in (True, False):
            assert host.app.current_theme.dark is dark
            for selector, least in {
                "#last": 4.5,
                "#ask": 4.5,
                "#bidder": 4.5,
                "#bids": 4.5,
                "#bar": 4.5,
                "#log": 4.5,
                "#do-award": 4.5,
                ".caption": 3,
                "#do-start": 2,
            }.items():
                widget = host.sale_screen.query(selector).first()
                _, _, background, color = widget.colors
                ratio = contrast(background + color, background)
                assert ratio >= least, f"{selector}, dark={dark}: {ratio:.1f}"
            await host.presses("t")
            await host.pilot.pause()
        assert host.app.current_theme.dark


# --- the palette and the tooltips


async def test_the_palette_has_every_action_once_and_says_what_is_not_possible(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        commands = list(host.app.get_system_commands(host.app.screen))
        titles = [command.title for command in commands]
        for action in ACTIONS:
            assert titles.count(action.label) == 1
        helps = {command.title: command.help for command in commands}
        assert helps["Award"] == "Not now: The auction has not started: press s."
        assert helps["Start"] == "Start the auction: everybody is told. Key: s"
        assert sum(title.startswith("Say: ") for title in titles) == 6
        await host.presses("ctrl+p")
        await host.types("Award")
        await host.sees("Not now: The auction has not started")
        await host.presses("enter")
        await host.reads_in_the_log("✗ Award: The auction has not started: press s.")


async def test_every_button_has_a_tooltip_that_changes_with_the_sale(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online", "(n Next)")

        def tooltip(name: str) -> str:
            return str(host.sale_screen.query_one(f"#do-{name}", Button).tooltip)

        assert all(tooltip(action.name) for action in ACTIONS)
        assert tooltip("start") == "Start the auction: everybody is told."
        assert tooltip("next_lot") == "The auction has not started: press s."
        await host.confirms("s")
        await host.sees("● LIVE", "(s Start)")
        assert tooltip("start") == "The auction is live already."
        assert tooltip("next_lot") == "Put the next lot of the run list on the block."
