"""Dialog that asks how long a clock runs."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from baraka_cli.amounts import BadAmount, read_amount
from baraka_cli.console.dialog import Dialog
from baraka_server.contract.fields import ClockSeconds, WindowSeconds


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """How long a clock runs, and what a bid in its last seconds leaves of it; all in seconds."""

    seconds: int = 60
    window_seconds: int = 10
    extend_seconds: int = 10


class ClockDialog(Dialog):
    """Answers with a `ClockSetting`; the one before it stands in the fields."""

    FIELDS = (
        ("seconds", "Seconds", TypeAdapter(ClockSeconds)),
        ("window_seconds", "A bid in the last", TypeAdapter(WindowSeconds)),
        ("extend_seconds", "leaves at least", TypeAdapter(WindowSeconds)),
    )

    def __init__(self, setting: ClockSetting, *, awards: bool) -> None:
        super().__init__()
        self._setting = setting
        self._awards = awards

    def compose(self) -> ComposeResult:
        title = "Start a clock that awards the lot?" if self._awards else "Start a clock?"
        with Vertical(classes="question"):
            yield Label(f"{title} All in seconds:", classes="title")
            for name, label, _ in self.FIELDS:
                with Horizontal(classes="field"):
                    yield Label(label)
                    yield Input(str(getattr(self._setting, name)), id=name, compact=True)
            yield Static(id="warning")
            with Horizontal(classes="answers"):
                yield Button("Start  Ctrl+Y", id="yes", variant="success")
                yield Button("Not yet  Esc", id="no")

    def on_mount(self) -> None:
        self.query_one("#seconds").focus()

    def action_yes(self) -> None:
        values: dict[str, int] = {}
        for name, label, seconds in self.FIELDS:
            field = self.query_one(f"#{name}", Input)
            try:
                values[name] = seconds.validate_python(read_amount(field.value))
            except BadAmount:
                self._warn(field, f"{label}: that is not a whole number")
                return
            except ValidationError as error:
                self._warn(field, f"{label} {error.errors()[0]['msg']}")
                return
        self.dismiss(ClockSetting(**values))

    def _warn(self, field: Input, text: str) -> None:
        self.query_one("#warning", Static).update(Text(f"⚠ {text}"))
        field.focus()
