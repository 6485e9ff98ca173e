"""Screen of the console at every size, in light and dark, and the places where everything else is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from textual.geometry import Region
from textual.widgets import Button, Sparkline

from baraka_cli.client.connection import ConnectionState
from baraka_cli.console.actions import ACTIONS
from baraka_cli.console.large_number import HUGE_ROWS, LARGE_ROWS, LargeNumber, huge, large
from baraka_cli.console.line_digits import lined
from baraka_cli.console.log import EntryMark
from baraka_cli.shown import Shown, in_console
from baraka_server.contract.client_events import (
    ChangeLot,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from tests.support.clients.keyboard import GOLD, PEARLS, SILVER, Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

SMALL, WIDE, LARGE, HUGE = (80, 24), (120, 30), (120, 40), (200, 50)
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


async def test_the_last_bid_is_named_with_its_currency_and_times_are_of_the_zone(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await bidding(baraka, phones, 1_200)
    zone = ZoneInfo("Asia/Kathmandu")
    before = in_console.set(Shown("AED", zone))
    async with seated(baraka.url, tmp_path, size=LARGE) as host:
        await host.sees("LAST BID (AED)")
        await host.until(lambda: host.sale_screen.book.bids, "the bid")
        (bid,) = host.sale_screen.book.bids
        await host.sees(f"{bid.at.astimezone(zone):%H:%M:%S}")
    in_console.reset(before)


@pytest.mark.parametrize("size", [SMALL, WIDE, LARGE, HUGE])
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
                assert figure.region.width >= figure.width_in(figure.rows, figure.value)
                assert figure.region.height >= figure.rows
                assert figure.region in host.sale_screen.region
        if size == SMALL and amount == AMOUNT_MAX:
            await host.sees(f"NEXT ASK {ask:,}")


async def test_the_price_grows_with_the_screen_and_the_next_ask_is_drawn_otherwise(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await bidding(baraka, phones, 12_500)
    async with seated(baraka.url, tmp_path, size=HUGE) as host:
        await host.sees(*huge("12,500"), *lined("13,000", HUGE_ROWS))
        await host.pilot.resize_terminal(*LARGE)
        await host.sees(*large("12,500"), *lined("13,000", LARGE_ROWS))
        await host.pilot.resize_terminal(*SMALL)
        await host.sees_no_more(large("12,500")[0])
        await host.sees("LAST BID", "NEXT ASK", "╺┻╸┗━╸,╺━┛", "╶┴╴╶─╯,")
        assert figures(host) == ["12,500", "13,000"]


@pytest.mark.parametrize("amount", [999, 125_000, 1_250_000])
async def test_a_price_in_any_currency_has_ten_rows_on_a_large_screen(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, amount: int
) -> None:
    await bidding(baraka, phones, amount)
    async with seated(baraka.url, tmp_path, size=HUGE) as host:
        await host.sees(*huge(f"{amount:,}"))


async def test_at_200_by_50_the_log_is_narrow_and_the_next_lot_is_described(
    baraka: Baraka, tmp_path: Path
) -> None:
    lots = (GOLD, replace(SILVER, description="Made by hand in Nablus"), PEARLS)
    async with seated(baraka.url, tmp_path, size=HUGE, lots=lots) as host:
        await host.sees("NOT STARTED", "▲ online", "Next lot", GOLD.product)
        assert host.sale_screen.query_one("#log").region.width < 50
        await host.confirms("s")
        await host.sees("● LIVE")
        await host.until(lambda: host.sale_screen.connection.joined, "the room")
        await host.confirms("n")
        await host.sees(f"▶ {GOLD.product}", "18g · from 300 · start 400", "Made by hand in Nablus")
        await host.presses("p", "ctrl+y")
        await host.confirms("n")
        await host.sees(f"▶ {SILVER.product}", "6g · from 450")
        await host.sees("Made by hand in Nablus")  # it stands beside the lot on the block


async def test_live_and_not_started_differ_in_more_than_a_colour(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path, size=SMALL) as host:
        await host.sees("○ NOT STARTED", "▲ online", "Not started: nobody can bid", "╏")
        assert "┃" not in host.screen
        await host.confirms("s")
        await host.sees("● LIVE", "┃", "Nothing on the block · n: next lot")
        assert "╏" not in host.screen


async def test_what_is_pressed_for_each_lot_stands_out_and_what_ends_a_sale_stands_apart(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path, size=SMALL) as host:
        await host.sees("NOT STARTED", "▲ online")

        def places(names: set[str]) -> list[Region]:
            return [host.sale_screen.query_one(f"#do-{name}", Button).region for name in names]

        last = {"broadcaster", "end", "cancel"}
        others = places({action.name for action in ACTIONS} - last)
        assert min(one.x for one in places(last)) > max(one.right for one in others) + 1
        filled = {button.id for button in host.sale_screen.query("#actions Button.main")}
        assert filled == {"do-next_lot", "do-award"}


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
        figure = host.app.screen.query_one("#amount", LargeNumber)
        await host.until(lambda: figure.value == f"{AMOUNT_MAX:,}", "the amount")
        assert str(figure.render()).strip()[-1] not in "▀▄█", "there is room for small digits only"
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
        heartbeat = host.sale_screen.connection.heartbeat
        await host.until(lambda: heartbeat.latency_ms is not None, "a measurement")
        # Each answer is another one: the screen shows the newest at some moment.
        await host.until(
            lambda: f"▲ online {heartbeat.latency_ms or 0:.0f} ms" in host.screen, "how fast it is"
        )
        await baraka.kill()
        await host.until(
            lambda: host.sale_screen.connection.state is ConnectionState.LOST, "the loss"
        )
        await host.sees_no_more(" ms ")


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
