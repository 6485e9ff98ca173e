"""Dialogs that are only read: the keys, and the whole log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from baraka_cli.console.actions import ACTIONS, MORE_KEYS, QUICK_MESSAGES
from baraka_cli.console.dialog import Dialog
from baraka_cli.console.log import Entry


class HelpDialog(Dialog):
    """List of the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,enter", "no", "Close", show=False)
    ]

    def compose(self) -> ComposeResult:
        keys = Text()
        rows = [
            *((action.typed, f"{action.label:<11}", action.help) for action in ACTIONS),
            *((key, "", what) for key, what in MORE_KEYS),
            *((str(at), "", f"“{said}”") for at, said in enumerate(QUICK_MESSAGES, 1)),
        ]
        for key, name, what in rows:
            keys.append(f" {key:^5} ", "bold reverse").append(f" {name}", "bold")
            keys.append(f"{what}\n")
        with Vertical(classes="question wide"):
            yield Label("Keys", classes="title")
            with VerticalScroll():
                yield Static(keys)
            yield Label("↑ ↓ scroll, Esc closes this.")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


class LogDialog(Dialog):
    """Whole log, the newest entry at the bottom."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("l,enter", "no", "Close", show=False)]

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._entries = entries

    def compose(self) -> ComposeResult:
        with Vertical(classes="question wide"):
            yield Label("Log", classes="title")
            with VerticalScroll() as scroll:
                yield Static(Text("\n").join(entry.line for entry in self._entries))
            yield Label("↑ ↓ scroll, Esc closes this.")
        scroll.anchor()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
