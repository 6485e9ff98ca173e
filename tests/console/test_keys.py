"""Keys of the console: they are confirmed where it matters, and prose is never taken for keys."""

from __future__ import annotations

import importlib
import pkgutil
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from baraka_cli import console
from baraka_cli.client.connection import Connection
from baraka_cli.console import keystrokes
from baraka_cli.console.access_dialogs import TokenDialog, WatchDialog
from baraka_cli.console.actions import ACTIONS
from baraka_cli.console.chat_input import ChatInput
from baraka_cli.console.clock_dialog import ClockDialog
from baraka_cli.console.dialog import Dialog
from baraka_cli.console.dialogs import AwardDialog, LotDialog, SureDialog, TypedDialog
from baraka_cli.console.floor_bids import FloorBidDialog
from baraka_cli.console.help_and_log import HelpDialog, LogDialog
from baraka_cli.console.keystrokes import Keystrokes
from baraka_cli.console.line_menu import LineMenu
from baraka_cli.console.lot_form import LotForm, StepsDialog
from baraka_cli.console.lots_dialog import LotsDialog
from baraka_cli.console.quick_messages import built_in
from baraka_cli.console.runner_up_dialog import RunnerUpDialog
from baraka_server.contract.client_events import (
    ClientEvent,
    JoinAuction,
    LeaveAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

NOVEL = """any more? every
y
end
{title}
1 b,3 p!\tq
x nsu
/mute 26
/award
هل من مزيد؟ ٩٠٠
"""
NOVEL += "".join(sorted(set(string.printable) - set(NOVEL) - set(string.whitespace))) + "\n"
"""All that can be printed, the words that questions ask for, commands in the chat line, and Enters."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[ClientEvent]:
    """What the console sends to the server."""
    sent: list[ClientEvent] = []
    call = Connection.call

    async def noted(self: Connection, event: ClientEvent) -> object:
        sent.append(event)
        return await call(self, event)

    monkeypatch.setattr(Connection, "call", noted)
    return sent


@asynccontextmanager
async def hosting(
    baraka: Baraka, phones: PythonPhones, folder: Path, size: tuple[int, int] = (100, 40)
) -> AsyncIterator[Keyboard]:
    """The gold ring is up, and Dina has bid."""
    async with seated(baraka.url, folder, size=size) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.confirms("s")
        await host.sees("● LIVE")
        await host.until(lambda: host.sale_screen.connection.joined, "the room")
        await host.confirms("n")
        await host.reads_in_the_log("✓ Put up Gold Ring")
        dina = await phones.open(baraka.url, 3, auth={"token": token(SECRET, 3)})
        await dina.emits(JoinAuction(auction_id=1))
        assert (await dina.emits(PlaceBid(auction_id=1, amount=900)))["ok"]
        await host.sees("Dina A.")
        yield host


class Terminal:
    """What a terminal sends, packet by packet, at the pace that is wanted."""

    def __init__(self, host: Keyboard, *, pause: float) -> None:
        self._host, self._pause, self._now = host, pause, 0.0
        self._parser = Keystrokes()
        self._parser.clock = lambda: self._now

    async def sends(self, *packets: str) -> None:
        for number, packet in enumerate(packets):
            self._now += self._pause
            for message in self._parser.feed(packet):
                self._host.app.post_message(message)
            if number % (15 if self._pause >= 1 else 30) == 0:
                await self._host.pilot.pause()  # quick fingers do not wait for the screen
        await self._host.pilot.pause()


# --- a novel, at every question

BAR = None
DOWN, LIST = "\x1b[B", "\t"
Opened = tuple[tuple[str, ...], str, type[Dialog] | None]
MENU: Opened = ((LIST, DOWN, "\r"), "Take this bid back…", LineMenu)
OPENED: tuple[Opened, ...] = (
    (("a",), "Award this lot?", AwardDialog),
    (("u",), "Put up a lot", LotDialog),
    (("n",), "leads with 950", SureDialog),
    (("e",), "End the auction?", TypedDialog),
    (("x",), "Cancel the auction?", TypedDialog),
    (("d",), "Take back the bid of 950", SureDialog),
    (("m",), "Sell to another bidder?", RunnerUpDialog),
    (("o",), "Start a clock?", ClockDialog),
    (("j",), "Enter a bid from the floor?", FloorBidDialog),
    (("h",), "Pause bidding", BAR),
    (("b",), "Off air: tell", BAR),
    (("3",), "Say “", BAR),
    (("c",), "", BAR),
    (("l",), "Esc closes this", LogDialog),
    (("r",), "Ctrl+S saves", BAR),
    (("k",), "Another access token", TokenDialog),
    (("?",), "Esc closes this", HelpDialog),
    (("\x10",), "Search for commands", BAR),  # the palette
    ((LIST,), "", BAR),
    ((LIST, DOWN), "Enter: what can be done", BAR),
    MENU,
    ((LIST, DOWN, "\r", *(4 * [DOWN]), "\x19"), "Out of the room", SureDialog),
)
"""What is typed before the novel, what is there to be read then, and the dialog that it is in."""
OPENED_LOTS: dict[str, tuple[str, type[Dialog] | None]] = {
    "p": ("Pass Lot 1", SureDialog),
    "u": ("Shift+↑ ↓ move", LotsDialog),
    "n": ("Put up Lot 2", SureDialog),
    "end": ("Shift+↑ ↓ move", LotsDialog),
    "e": ("Change Lot 3", LotForm),
    "w": ("Withdraw Lot 3", SureDialog),
    "s": ("By how much do bids rise", StepsDialog),
    "shift+up": ("Ctrl+Y moves Lot 3", LotsDialog),
}
"""What a key opens at the server's run list."""
PACES = {
    "one finger": (1.0, 0.0, 1),
    "ten fingers": (0.1, float("inf"), 1),
    "a paste without brackets": (1.0, 0.6, 4096),
    "a paste in pieces": (0.001, 0.6, 7),
    "a paste in brackets": (1.0, 0.6, 4096),
}
"""Seconds between packets, how soon a letter counts as prose, and characters in a packet."""
BRACKETS = "\x1b[200~", "\x1b[201~"


@pytest.mark.parametrize(
    "opened", [(*OPENED[:2], MENU), pytest.param(OPENED, marks=pytest.mark.long)]
)
async def test_a_novel_that_is_typed_at_any_question_runs_no_command(
    baraka: Baraka,
    phones: PythonPhones,
    tmp_path: Path,
    asked: list[ClientEvent],
    monkeypatch: pytest.MonkeyPatch,
    opened: tuple[Opened, ...],
) -> None:
    async with hosting(baraka, phones, tmp_path) as host:
        bilal = await phones.open(baraka.url, 2, auth={"token": token(SECRET, 2)})
        await bilal.emits(JoinAuction(auction_id=1))
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=950)))["ok"]
        await host.sees("950")
        novel = NOVEL.replace("{title}", host.sale_screen.book.title)
        lot, sold = host.sale_screen.book.lot, list(host.sale_screen.book.hammers)
        for pace, (pause, prose_seconds, chars) in PACES.items():
            monkeypatch.setattr("baraka_cli.console.prose.PROSE_SECONDS", prose_seconds)
            asked.clear()
            for keys, text, dialog in opened if pace == "one finger" else OPENED[:2]:
                while (
                    host.app.screen is not host.sale_screen
                    or host.sale_screen.asks
                    or host.sale_screen.focused
                ):
                    await host.presses("escape")
                host.app.prose.forget()
                terminal = Terminal(host, pause=pause)
                for key in keys:
                    await host.until(lambda key=key: key != "\x19" or host.is_asked(), "a question")
                    await terminal.sends(key)
                    host.app.prose.forget()
                await host.sees(text)
                assert dialog is BAR or isinstance(host.app.screen, dialog)
                begins, ends = BRACKETS if pace == "a paste in brackets" else ("", "")
                packets = (novel[i : i + chars] for i in range(0, len(novel), chars))
                await terminal.sends(*(f"{begins}{packet}{ends}" for packet in packets))
            assert host.app.is_running
            assert [event for event in asked if not isinstance(event, PostComment)] == [], pace
            said = [event.comment for event in asked if isinstance(event, PostComment)]
            assert not {text for texts in built_in().texts.values() for text in texts} & set(said)
            assert not any(text.lstrip().startswith("/") for text in said)
            assert all(text in novel for text in said), "only what was written in the line"
            assert (host.sale_screen.book.lot, host.sale_screen.book.hammers) == (lot, sold)
            assert list(tmp_path.glob("sale-*")) == []


async def test_a_novel_that_a_stranger_types_gives_no_command(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, asked: list[ClientEvent]
) -> None:
    owner = await phones.open(baraka.url, 1, auth={"token": token(SECRET, 1)})
    assert (await owner.emits(StartAuction(auction_id=1)))["ok"]
    async with seated(baraka.url, tmp_path, user_id=3) as host:
        await host.until(lambda: isinstance(host.app.screen, WatchDialog), "whose it is")
        await Terminal(host, pause=1).sends(*NOVEL)
        assert host.app.is_running
    sent = {type(event) for event in asked}
    assert sent <= {JoinAuction, LeaveAuction, PostComment}, sent


def test_a_novel_is_typed_at_every_dialog_that_there_is() -> None:
    for module in pkgutil.iter_modules(console.__path__, f"{console.__name__}."):
        importlib.import_module(module.name)
    here = {WatchDialog, *(one[2] for one in OPENED), *(one[1] for one in OPENED_LOTS.values())}
    assert set(Dialog.__subclasses__()) == here - {BAR}


@pytest.mark.long
async def test_a_novel_at_the_run_list_of_the_server_changes_nothing_of_it(
    baraka: Baraka,
    phones: PythonPhones,
    tmp_path: Path,
    asked: list[ClientEvent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the list, at its questions and at its forms; and where a lot is shown elsewhere."""
    async with hosting(baraka, phones, tmp_path) as host:
        await host.sale_screen.takeover.run()
        await host.until(lambda: host.sale_screen.clerk.lots.counts, "the server's list")
        lots = list(host.sale_screen.run_list.lots)
        asked.clear()
        monkeypatch.setattr("baraka_cli.console.prose.PROSE_SECONDS", 0.0)
        in_the_list = [("f", "end", *keys) for keys in ([], ["e"], ["w"], ["s"], ["shift+up"])]
        for keys in (["p"], ["n"], ["u"], *in_the_list):
            while (
                host.app.screen is not host.sale_screen
                or host.sale_screen.asks
                or host.sale_screen.focused
            ):
                await host.presses("escape")
            await host.presses(*keys)
            text, dialog = OPENED_LOTS[keys[-1]]
            await host.sees(text)
            assert dialog is BAR or isinstance(host.app.screen, dialog)
            await Terminal(host, pause=1).sends(*NOVEL)
            await Terminal(host, pause=1).sends(NOVEL)
        assert host.app.is_running
        assert [event for event in asked if not isinstance(event, PostComment)] == []
        assert host.sale_screen.run_list.lots == lots


async def test_a_novel_at_an_award_that_changed_under_it_sells_nothing(
    baraka: Baraka,
    phones: PythonPhones,
    tmp_path: Path,
    asked: list[ClientEvent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before the host looked again, and after, when the next Ctrl+Y would sell."""
    monkeypatch.setattr("baraka_cli.console.prose.PROSE_SECONDS", 0.0)
    async with hosting(baraka, phones, tmp_path) as host:
        bilal = await phones.open(baraka.url, 2, auth={"token": token(SECRET, 2)})
        await bilal.emits(JoinAuction(auction_id=1))
        await host.presses("a")
        await host.sees("Award this lot?")
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=950)))["ok"]
        await host.sees("A higher bid came in")
        asked.clear()
        for text in ("A higher bid came in", "Press Ctrl+Y again"):
            await host.sees(text)
            await Terminal(host, pause=1).sends(*NOVEL)
            await host.sees("Bilal", text)
            await Terminal(host, pause=1).sends("\x19")
        await host.sees("Weight must have at most 191 characters")
        assert asked == []
        host.app.screen.query_one("#weight", Input).value = "5.2g"
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Gold Ring – 18K: sold to 2 Bilal")
        assert len(asked) == 1, "the last Ctrl+Y, and nothing before it"


async def test_prose_is_offered_to_the_room_and_only_ctrl_y_sends_it(
    baraka: Baraka,
    phones: PythonPhones,
    tmp_path: Path,
    asked: list[ClientEvent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("baraka_cli.console.prose.PROSE_SECONDS", float("inf"))
    async with hosting(baraka, phones, tmp_path) as host:
        asked.clear()
        await host.types("any more bids?\n")
        assert host.app.screen is host.sale_screen, (
            "the question that its first letter opened is closed"
        )
        await host.sees("any more bids?", "Enter does not send what was written without c")
        assert asked == []
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Say “any more bids?")
        await host.types("not for you")
        await host.presses("escape")
        assert host.sale_screen.query_one(ChatInput).value == ""
        assert len(asked) == 1


async def test_a_paste_into_the_line_is_one_comment_which_the_host_sends(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, asked: list[ClientEvent]
) -> None:
    async with hosting(baraka, phones, tmp_path) as host:
        asked.clear()
        await host.presses("c")
        await Terminal(host, pause=1).sends("first\rsecond\r", "\x1b[200~third\r\nfourth\x1b[201~")
        await host.sees("first second third fourth")
        assert asked == []
        await host.presses("enter")
        await host.reads_in_the_log("✓ Say “first second third fourth”")


async def test_a_key_right_behind_esc_is_none_of_the_line_that_was_left(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with hosting(baraka, phones, tmp_path) as host:
        await host.presses("c")
        await host.types("hello")
        await Terminal(host, pause=1).sends("\x1bl")
        await host.sees("Esc closes this")
        assert host.sale_screen.query_one(ChatInput).value == "hello"


async def test_a_ctrl_y_that_came_before_the_question_could_be_read_is_none(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, asked: list[ClientEvent]
) -> None:
    async with hosting(baraka, phones, tmp_path) as host:
        asked.clear()
        await Terminal(host, pause=1).sends("a\x19")
        await host.sees("Award this lot?")
        await host.reads_in_the_log("✗ Look first: Ctrl+Y came before the question")
        assert asked == []


async def test_a_quick_message_takes_one_key_that_no_text_has(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with hosting(baraka, phones, tmp_path) as host:
        await Terminal(host, pause=1).sends("\x1bOR")
        await host.reads_in_the_log("✓ Say “Going once…”")


async def test_every_command_of_a_sale_asks_before_it_does_anything(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, asked: list[ClientEvent]
) -> None:
    async with hosting(baraka, phones, tmp_path) as host:
        asked.clear()
        for action in ACTIONS:
            if action.moves and action.why_not(host.sale_screen.situation()) is None:
                await host.presses(action.key)
                await host.until(host.is_asked, f"a question after {action.key}")
                await host.presses("escape")
        assert asked == []


# --- what arrives from the terminal


def heard(*packets: str, at: tuple[float, ...] = ()) -> list[str]:
    """Keys by name, and texts in quotes."""
    parser, times = Keystrokes(), iter(at)
    parser.clock = lambda: next(times, parser.text_at + 1)
    messages = [message for packet in packets for message in parser.feed(packet)]
    parser._timeout_time = 0.0 if parser._timeout_time else None  # the wait for a sequence is over
    messages += parser.tick()
    return [
        message.key if isinstance(message, events.Key) else f"“{message.text}”"
        for message in messages
        if isinstance(message, events.Key | events.Paste)
    ]


@pytest.mark.parametrize(
    ("packets", "keys"),
    [
        (["n"], ["n"]),
        (["\x1by"], ["escape", "y"]),
        (["\x1b", "y"], ["escape", "y"]),
        (["\x1bb"], ["escape", "b"]),  # which Textual 8.2 takes for Ctrl and the left arrow
        (["\x1b\r"], ["escape", "enter"]),
        (["\x1b"], ["escape"]),
        (["\x1b\x1b"], ["escape", "escape"]),
        (["\x1b[A"], ["up"]),
        (["\x1b[B\x1b[B"], ["down", "down"]),
        (["\x1b", "[A"], ["up"]),
        (["\x1bOR"], ["f3"]),
        (["\x1b[97;;97u"], ["a"]),
        (["\x19"], ["ctrl+y"]),
        (["\r\r"], ["enter", "enter"]),
        (["any more bids?\r"], ["“any more bids?\n”"]),
        (["y\r"], ["“y\n”"]),
        (["\x1b[97;;97u\x1b[121;;121u"], ["“ay”"]),
        (["abc\x19"], ["“abc”"]),
        (["\x1babc"], ["escape", "“abc”"]),
        (["\x1b[200~a\r\nb\x1by\x19", "z\x1b[201~n"], ["“a\nbyz”", "n"]),
        (["\x1b[200~a\x1b[201~yy\x19"], ["“a”", "“yy”"]),
    ],
)
def test_what_comes_at_once_is_text_and_the_rest_are_keys(
    packets: list[str], keys: list[str]
) -> None:
    assert heard(*packets) == keys


def test_what_follows_faster_than_a_person_presses_is_text_too() -> None:
    soon = keystrokes.AT_ONCE_SECONDS / 2
    assert heard("a", "n", "\r", "\x19", at=(1, 1 + soon, 1 + soon, 1 + soon)) == [
        "a",
        "“n”",
        "“\n”",
    ]
    assert heard("a", "n", at=(1, 2)) == ["a", "n"]


def test_textual_still_takes_esc_and_a_letter_for_alt() -> None:
    """When it no longer does, `Keystrokes` has less to do."""
    from textual._xterm_parser import XTermParser

    parser = XTermParser()
    found = list(parser.feed("\x1by"))
    parser._timeout_time = 0.0
    found += parser.tick()
    assert [key.key for key in found if isinstance(key, events.Key)] == ["alt+y"]
