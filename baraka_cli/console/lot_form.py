"""`LotForm`: the form in which a lot of the server's run list is written or changed (D35)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from baraka_cli.amounts import BadAmount, trimmed
from baraka_cli.client.replies import Reply
from baraka_cli.console.dialog import Dialog
from baraka_cli.console.dialogs import problem
from baraka_cli.console.lot_commands import called, why_refused
from baraka_cli.console.lot_fields import LOT_FIELDS, LotField
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.text_widgets import Paragraph
from baraka_cli.lots_file import quoted, read_steps
from baraka_cli.run_list import Fate, ListedLot
from baraka_server.contract.refusals import Code

Send = Callable[[ListedLot | None, Mapping[str, Any], Callable[[Reply], None]], None]
"""Sends the values that were changed of a lot, or a new lot, and calls back with the reply."""


class LotForm(Dialog):
    """Only what the host changed is sent. What somebody else changes meanwhile is shown first.

    It stays open until the server has answered: what was refused may be mended here.
    """

    def __init__(
        self, lot: ListedLot | None, *, look: Callable[[], ListedLot | None], send: Send
    ) -> None:
        """`lot` is what is changed, None for a new one; `look()` is that lot as it is by now."""
        super().__init__()
        self._lot = lot
        self._look_up = look
        self._send = send
        self._waits = False
        self._must_look_again = False

    def compose(self) -> ComposeResult:
        title = f"Change {called(self._lot)}" if self._lot else "Add a lot"
        with Vertical(classes="question dense"):
            yield Paragraph(title, classes="title")
            for field in LOT_FIELDS:
                with Horizontal(classes="field"):
                    yield Label(field.label)
                    yield Input(
                        field.written(self._lot) if self._lot else "",
                        id=field.name,
                        placeholder=_hint(field),
                        disabled=self._is_open and field.fixed_while_open,
                        compact=True,
                    )
            yield Paragraph(id="warning")
            with Horizontal(classes="answers"):
                yes = "Change it" if self._lot else "Add"
                yield Button(f"{yes}  Ctrl+Y", id="yes", variant="success")
                yield Button("Not yet  Esc", id="no")

    @property
    def _is_open(self) -> bool:
        return self._lot is not None and self._lot.fate is Fate.ON_BLOCK

    def on_mount(self) -> None:
        first = next(field for field in LOT_FIELDS if not self._input(field).disabled)
        (self.query_one("#product", Input) if self._lot is None else self._input(first)).focus()
        self.set_interval(0.1, self._look)

    def _input(self, field: LotField) -> Input:
        return self.query_one(f"#{field.name}", Input)

    def _look(self) -> None:
        """Follow the lot while it is written on: fields that the host left alone are as they are now."""
        now = self._look_up() if self._lot else None
        if self._waits or self._lot is None or now is None or now.version == self._lot.version:
            return
        was, self._lot = self._lot, now
        told = []
        for field in LOT_FIELDS:
            before, after = field.written(was), field.written(now)
            if after in {before, self._input(field).value}:
                continue
            told.append(f"{field.label}: {isolated(before or '–')} → {isolated(after or '–')}")
            if self._input(field).value == before:
                self._input(field).value = after
        if was.fate is not now.fate:
            told.append(f"it is {now.fate.value}")
        for field in LOT_FIELDS:
            self._input(field).disabled = self._is_open and field.fixed_while_open
        if told:
            self._must_look_again = True
            self._warn(f"Changed by somebody else: {', '.join(told)}. Look, then confirm.")

    def _warn(self, text: str) -> None:
        self.query_one("#warning", Paragraph).update(Text(f"⚠ {text}", "bold"))

    def action_yes(self) -> None:
        self._look()
        if self._waits:
            return
        if self._must_look_again:
            self._must_look_again = False
            self._warn("Changed while you wrote. Press Ctrl+Y again.")
            return
        values = self._values()
        if values is None:
            return
        if not values:
            self.dismiss(None)
            return
        self._waits = True
        self._warn("Waiting for the server…")
        self._send(self._lot, values, self._answered)

    def _values(self) -> dict[str, Any] | None:
        """What was changed, or all of a new lot; None where something cannot be read."""
        values: dict[str, Any] = {}
        for field in LOT_FIELDS:
            said = self._input(field)
            if self._lot is not None and said.value == field.written(self._lot):
                continue
            try:
                values[field.name] = field.read(said.value)
            except (ValidationError, BadAmount) as error:
                self._warn(f"{field.label} {problem(said.value, error)}")
                said.focus()
                return None
            except ValueError as error:
                self._warn(f"{field.label}: {error}")
                said.focus()
                return None
        if self._lot is not None and "number" in values and values["number"] is None:
            self._warn("Number: a lot must have one")
            return None
        return values

    def _answered(self, answer: Reply) -> None:
        self._waits = False
        if not self.is_attached:
            return
        if answer.ok:
            self.dismiss(True)
        elif answer.code == Code.LOTS_CHANGED:
            self._warn("Somebody else changed it: reading it again…")
        else:
            self._warn(why_refused(answer))


class StepsDialog(Dialog):
    """The steps by which bids rise in the whole auction (D41); answers with what was written."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Paragraph("By how much do bids rise in this auction?", classes="title")
            yield Paragraph("Such as 10, or 0:10 1000:50 for 50 from 1,000 on. Nothing: no steps.")
            yield Input(id="steps", compact=True)
            yield Paragraph(id="warning")
            with Horizontal(classes="answers"):
                yield Button("Set them  Ctrl+Y", id="yes", variant="success")
                yield Button("Not yet  Esc", id="no")

    def on_mount(self) -> None:
        self.query_one("#steps").focus()

    def action_yes(self) -> None:
        written = trimmed(self.query_one("#steps", Input).value)
        try:
            if written:
                read_steps(written)
        except ValueError as error:
            self.query_one("#warning", Paragraph).update(Text(f"⚠ {quoted(written)}{error}"))
        else:
            self.dismiss(written)


def _hint(field: LotField) -> str:
    hints = {
        "number": "the next one",
        "increments": "10, or 0:10 1000:50",
        "reserve": "none",
        "image_url": "https://…",
    }
    return hints.get(field.name, "")
