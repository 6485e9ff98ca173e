"""Dialogs that are only read: the keys, and the whole log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label

from baraka_cli.console.actions import ACTIONS, KEYS_ONLY, MORE_KEYS
from baraka_cli.console.dialog import Dialog
from baraka_cli.console.log import Entry
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.quick_messages import QuickMessages
from baraka_cli.console.slash_commands import SLASH_COMMANDS
from baraka_cli.console.text_widgets import Paragraph


class HelpDialog(Dialog):
    """List of the keys, of the quick messages and of what may be typed behind a `/`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,enter", "no", "Close", show=False)
    ]

    def __init__(self, messages: QuickMessages) -> None:
        super().__init__()
        self._messages = messages

    def compose(self) -> ComposeResult:
        keys = Text()
        said = self._messages.texts.items()
        rows = [
            *(
                (action.typed, f"{action.label:<11}", action.help)
                for action in (*ACTIONS, *KEYS_ONLY)
            ),
            *((key, "", what) for key, what in MORE_KEYS),
            *((key, "", " · ".join(map(isolated, filter(None, texts)))) for key, texts in said),
            *((f"/{one.name}", "", f"in the chat line {one.help}") for one in SLASH_COMMANDS),
        ]
        for key, name, what in rows:
            keys.append(f" {key:^5} ", "bold reverse").append(f" {name}", "bold")
            keys.append(f"{what}\n")
        with Vertical(classes="question wide"):
            yield Label("Keys", classes="title")
            with VerticalScroll():
                yield Paragraph(keys)
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
                yield Paragraph(Text("\n").join(entry.line for entry in self._entries))
            yield Label("↑ ↓ scroll, Esc closes this.")
        scroll.anchor()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
