"""`Dialog`: base of all dialogs. Esc says no, and only Ctrl+Y or a click says yes."""

from __future__ import annotations

import time
from typing import ClassVar, Protocol, runtime_checkable

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Button, Input


@runtime_checkable
class Hearer(Protocol):
    """An application that knows when Ctrl+Y was pressed.

    A key may be waiting in Textual's queues while the question is drawn that it would answer.
    """

    def says_yes(self, asked_at: float) -> bool: ...


class Dialog(ModalScreen[object]):
    """Neither a letter nor Enter answers it: prose has both, and so has a paste.

    `asked_at` is when it came on the screen: a Ctrl+Y from before that was pressed for something else.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "no", "No", show=False),
        Binding("ctrl+y", "confirm", "Yes", show=False),
    ]

    asked_at = float("inf")
    asks = True

    def on_screen_resume(self) -> None:
        for button in self.query(Button):
            button.can_focus = False  # Tab and Enter would press it
        self.asked_at = time.monotonic()

    def action_no(self) -> None:
        self.dismiss(None)

    def action_confirm(self) -> None:
        if isinstance(self.app, Hearer) and self.app.says_yes(self.asked_at):
            self.action_yes()

    def action_yes(self) -> None:
        """Answer yes; each dialog says what that means."""

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_yes() if event.button.id == "yes" else self.action_no()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
