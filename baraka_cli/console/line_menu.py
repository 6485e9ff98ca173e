"""`LineMenu`: the dialog that lists what can be done with a line of the chat or of the bids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, OptionList
from textual.widgets.option_list import Option

from baraka_cli.console.dialog import Dialog
from baraka_cli.console.text_widgets import Paragraph


@dataclass(frozen=True, slots=True)
class Deed:
    """What can be done with a line, and how it is done."""

    label: str
    do: Callable[[], None]


class LineMenu(Dialog):
    """Arrows choose; Enter, which prose has too, does nothing. Answers with a `Deed`."""

    def __init__(self, about: str, deeds: Sequence[Deed]) -> None:
        super().__init__()
        self._about = about
        self._deeds = deeds

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Paragraph(self._about, id="about", classes="title")
            yield OptionList(*(Option(Text(deed.label)) for deed in self._deeds), id="deeds")
            with Horizontal(classes="answers"):
                yield Button("Do it  Ctrl+Y", id="yes", variant="warning")
                yield Button("Nothing  Esc", id="no")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def action_yes(self) -> None:
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self.dismiss(self._deeds[place])
