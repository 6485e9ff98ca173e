"""Dialogs about the user of the console: another token, and an auction of somebody else."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from baraka_cli.client.access import Access, BadToken
from baraka_cli.console.dialog import Dialog
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.text_widgets import Paragraph

TURNED_AWAY = "The server turned us away"
NEW_TOKEN = (
    "Get a new access token and paste it here, or start with --user ID and the server's secret."  # noqa: S105
)


class TokenDialog(Dialog):
    """Takes another token of the same user; answers true when there is one."""

    def __init__(self, title: str, access: Access) -> None:
        super().__init__()
        self._title, self._access = title, access

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Label(Text(self._title), classes="title")
            yield Static(NEW_TOKEN)
            yield Input(id="typed", password=True, placeholder="access token")
            yield Static(id="warning")
            with Horizontal(classes="answers"):
                yield Button("Use it  Enter", id="yes", variant="success")
                yield Button("Later  Esc", id="no")
            yield Label("Ctrl+Q leaves the console; the auction goes on.")

    def on_mount(self) -> None:
        self.query_one("#typed").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_yes()  # no text is a token by chance

    def action_yes(self) -> None:
        field = self.query_one("#typed", Input)
        try:
            self._access.take(field.value)
        except BadToken as error:
            self.query_one("#warning", Static).update(Text(f"⚠ {error}"))
            field.clear()
        else:
            self.dismiss(True)


class WatchDialog(Dialog):
    """Says that the auction is somebody else's, and what can be done in it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "no", "Watch", show=False)]

    def __init__(self, auction: str, owner_id: int, user_id: int | None) -> None:
        super().__init__()
        self._auction, self._owner_id, self._user_id = auction, owner_id, user_id

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Paragraph(f"“{isolated(self._auction)}” is not yours", classes="title")
            yield Static(
                Text(
                    f"It belongs to user {self._owner_id}; you are user {self._user_id}. You can "
                    "watch it and write to the room. Its owner's commands are switched off.\n"
                )
            )
            with Horizontal(classes="answers"):
                yield Button("Watch  Enter", id="no", variant="primary")
            yield Label("Ctrl+Q leaves the console.")
