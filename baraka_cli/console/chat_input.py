"""`ChatInput`: the input line in which a host writes to the room."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.message import Message
from textual.widgets import Input

CHARS_MAX = 2_000
"""Longest text that is held; the server takes less."""
PLACEHOLDER = "c: write to the room · 1-9: say{} · a key asks, Ctrl+Y does it"


class ChatInput(Input):
    """Enter sends what was written here. What came without `c` was perhaps meant for another
    window: it is offered, and only Ctrl+Y sends it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+y", "send", "Send", show=False),
        Binding("up", "recall", "The text that was refused", show=False),
    ]

    class Said(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Held(Message):
        """Enter was pressed on a text that is only offered."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(
            placeholder=PLACEHOLDER.format(""),
            id=id,
            compact=True,
            select_on_focus=False,
            max_length=CHARS_MAX,
        )
        self.offered = False
        self._refused: list[str] = []

    def speaks(self, language: str) -> None:
        """Name the language of quick messages."""
        self.placeholder = PLACEHOLDER.format(f" ({language})")

    def offer(self, text: str) -> None:
        """Take a text that nobody wrote in the line."""
        self.offered = True
        self.value = _one_line(self.value + text)[:CHARS_MAX]
        self.cursor_position = len(self.value)

    def give_back(self, text: str) -> None:
        """Take back a text that was refused: into the line if it is empty, else Up brings it."""
        if self.value:
            self._refused.append(text)
        else:
            self.value = text
            self.cursor_position = len(text)

    def drop(self) -> None:
        self.offered = False
        self.clear()

    def action_recall(self) -> None:
        if self._refused and not self.value:
            self.give_back(self._refused.pop())

    async def action_submit(self) -> None:
        if self.offered:
            self.insert_text_at_cursor(" ")
            self.post_message(self.Held())
        else:
            self.action_send()

    def action_send(self) -> None:
        text = self.value.rstrip() if self.offered else self.value
        self.drop()
        self.post_message(self.Said(text))

    def _on_paste(self, event: Paste) -> None:
        """All of it on one line; a line's end in it sends nothing."""
        event.stop()
        event.prevent_default()
        text = _one_line(event.text)
        if self.selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace(text, *self.selection)


def _one_line(text: str) -> str:
    return text.replace("\n", " ")
