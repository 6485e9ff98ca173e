"""`ReadyAction`: a bar above the keys with the action that Ctrl+Y does next."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button

from baraka_cli.console.text_widgets import OneLine

YES = "Ctrl+Y"
"""The key that does what was asked for: no text has it, typed or pasted."""


class ReadyAction(Horizontal):
    """Bar with the one action that waits for Ctrl+Y; empty most of the time."""

    class Answered(Message):
        def __init__(self, *, yes: bool) -> None:
            super().__init__()
            self.yes = yes

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._then: Callable[[], None] | None = None
        self.display = False

    def compose(self) -> ComposeResult:
        yield OneLine()
        yield Button(YES, name="yes", variant="warning", compact=True)
        yield Button("Esc", name="no", compact=True)

    def on_mount(self) -> None:
        for button in self.query(Button):
            button.can_focus = False

    @property
    def ready(self) -> bool:
        """Whether something waits for its Ctrl+Y."""
        return self._then is not None

    def make_ready(self, what: str, then: Callable[[], None]) -> None:
        self._then = then
        self.tell(what)

    def tell(self, what: str) -> None:
        self._say(what, may_confirm=True)

    def count_down(self, what: str) -> None:
        """Tell of something that happens by itself, unless Esc takes it back."""
        self._then = None
        self._say(what, may_confirm=False)

    def _say(self, what: str, *, may_confirm: bool) -> None:
        self.query_one(OneLine).update(Text(f" {what}"))
        self.query(Button).first().display = may_confirm
        self.display = True

    def drop(self) -> None:
        self._then = None
        self.display = False

    def do(self) -> None:
        then = self._then
        self.drop()
        if then is not None:
            then()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Answered(yes=event.button.name == "yes"))
