"""Screens before the sale: choice of an auction, and trouble."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.records import phase_of


class Picked(Message):
    """The auction to run was chosen."""

    def __init__(self, auction_id: int) -> None:
        super().__init__()
        self.auction_id = auction_id


class PickScreen(Screen[None]):
    """The caller's auctions, to choose one from. `trouble` is why there is a choice at all."""

    def __init__(self, auctions: list[Mapping[str, Any]], trouble: str = "") -> None:
        super().__init__()
        self._auctions = auctions
        self._trouble = trouble

    def compose(self) -> ComposeResult:
        options = []
        for auction in self._auctions:
            line = Text(f"{auction['id']:>6}  ", no_wrap=True, overflow="ellipsis")
            line.append(f"{phase_of(auction).value:<12}", "bold" if auction["isLive"] else "")
            line.append(f"  {isolated(auction['title'] or '')}")
            options.append(Option(line, id=str(auction["id"])))
        with Vertical(id="pick"):
            if self._trouble:
                yield Static(Text(f"✗ {self._trouble}", "bold"))
            yield Label("Which auction?  ↑ ↓ and Enter, Ctrl+Q leaves")
            yield OptionList(*options)

    def on_mount(self) -> None:
        live = [place for place, auction in enumerate(self._auctions) if auction["isLive"]]
        self.query_one(OptionList).highlighted = live[0] if live else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.app.post_message(Picked(int(event.option.id or 0)))


class TroubleScreen(Screen[None]):
    """Screen that says what keeps the console from working, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__()
        self._what, self._remedy = what, remedy

    def compose(self) -> ComposeResult:
        with Vertical(id="trouble"):
            yield Static(Text(f"✗ {self._what}\n", "bold"))
            yield Static(Text(f"{self._remedy}\n"))
            yield Label("Ctrl+Q leaves")
