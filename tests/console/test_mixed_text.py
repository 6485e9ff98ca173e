"""Lines with Arabic and Latin text: each field is isolated, on whatever line of the terminal it stands."""

from __future__ import annotations

import sqlite3
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from baraka_cli.console.log import EntryMark, Log
from baraka_cli.console.mixed_text import END, ISOLATE, MARK, TO_LEFT, closed, cut, isolated
from baraka_server.contract.client_events import JoinAuction, PlaceBid, PostComment
from tests.support.clients.keyboard import GOLD, seated
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

AHMAD, RING = "أحمد", "خاتم ذهب 18 قيراط"


def strays(line: str) -> list[str]:
    """Characters of a terminal's line that are written from right to left and stand in no isolate.

    A line whose isolates are not closed has an entry for that.
    """
    found, depth = [], 0
    for char in line:
        if char in "\u2066\u2067\u2068":
            depth += 1
        elif char == END:
            depth -= 1
        elif not depth and unicodedata.bidirectional(char) in {"R", "AL", "AN"}:
            found.append(char)
    return found if depth == 0 else [*found, "open"]


def test_a_name_from_the_right_is_isolated_and_another_is_left_as_it_is() -> None:
    assert isolated(AHMAD) == f"{ISOLATE}{AHMAD}{END}{MARK}"
    assert isolated("Dina A.") == "Dina A."
    assert isolated("12,500") == "12,500"


def test_a_name_cannot_break_out_of_its_isolate() -> None:
    assert isolated(f"{AHMAD}{END}\u202e 900") == f"{ISOLATE}{AHMAD} 900{END}{MARK}"


def test_isolates_take_no_room() -> None:
    assert Text(isolated(AHMAD)).cell_len == Text(AHMAD).cell_len


@pytest.mark.parametrize("width", range(4, 40))
def test_no_line_is_left_open_where_it_is_wrapped_or_cut(width: int) -> None:
    line = Text.assemble("▶ 900 ", isolated(f"{AHMAD} بن {RING}"), "  +50 ", isolated(AHMAD))
    lines = closed(list(line.wrap(Console(width=width), width)))
    for one in (*lines, cut(line, width)):
        assert strays(one.plain) == []
        assert one.cell_len <= width


def test_what_is_left_of_a_field_runs_on_in_its_direction() -> None:
    line = Text(isolated(f"{AHMAD} Gold Ring"))
    first, second = closed(list(line.wrap(Console(width=8), 8)))[:2]
    assert first.plain.startswith(ISOLATE)
    assert second.plain.startswith(f"{TO_LEFT}Gold")


def test_the_log_keeps_isolates_and_nothing_else_that_a_terminal_obeys() -> None:
    log = Log()
    entry = log.note(f"{isolated(RING)}: sold\u202e\x1b[2J to {isolated(AHMAD)}", EntryMark.DONE)
    assert entry.text == f"{isolated(RING)}: sold[2J to {isolated(AHMAD)}"


async def test_every_line_of_every_screen_keeps_its_order(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    """In bids, chat, lots, log, questions and the summary, also where a name is cut or wrapped."""
    with sqlite3.connect(baraka.database_url.removeprefix("sqlite+aiosqlite:///")) as database:
        database.execute("UPDATE users SET name = ? WHERE id = 3", (f"{AHMAD} بن علي الطويل",))
        database.execute("UPDATE Auction SET title = ? WHERE id = 1", ("مزاد الجمعة",))
    lots = tuple(
        replace(GOLD, product=f"{RING} {word}", description=f"{RING}، {RING}، {RING}", weight="5 g")
        for word in ("الأول", "الثاني من مجموعة كبيرة لا تتسع لها الشاشة")
    )
    async with seated(baraka.url, tmp_path, lots=lots, size=(80, 24)) as host:

        async def in_order(*texts: str) -> None:
            await host.sees(*texts)
            for line in host.screen.splitlines():
                assert strays(line) == [], line

        await in_order("NOT STARTED", "▲ online", RING)
        await host.confirms("s")
        await host.sees("● LIVE")
        await host.until(lambda: host.sale_screen.connection.joined, "the room")
        await host.presses("n")
        await in_order("Next: ")
        await host.presses("ctrl+y")
        ahmad = await phones.open(baraka.url, 3, auth={"token": token(SECRET, 3)})
        await ahmad.emits(JoinAuction(auction_id=1))
        await ahmad.emits(PostComment(auction_id=1, comment=f"{RING}؟ how many grams? " * 3))
        assert (await ahmad.emits(PlaceBid(auction_id=1, amount=900)))["ok"]
        await in_order("900", "grams?")
        await host.presses("n")  # somebody leads: a question with three names
        await in_order("leads with 900")
        await host.presses("escape", "x")
        await in_order("type its title")
        await host.presses("escape", "a")
        await in_order("Award this lot?")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("sold to")
        await in_order("✓ ", "── ")
        await host.pilot.resize_terminal(200, 50)
        await in_order("Next lot", "الثاني")
        await host.presses("r")
        await in_order("Ctrl+S saves")
