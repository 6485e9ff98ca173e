"""`ActionBar`: the buttons of the host's actions, those that end something apart from the rest."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from baraka_cli.console.actions import ACTIONS, Action, Place, Reason, Situation

ROWS = (Place.SALE, Place.BESIDE), (Place.APART, Place.LAST)
"""Places of the buttons, from top to bottom in each column."""


class ActionBar(Horizontal):
    """Two rows of buttons. One that is not possible now stands in brackets, with its reason as tooltip."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._reasons: dict[str, Reason] = {}

    def compose(self) -> ComposeResult:
        for places, name in zip(ROWS, ("at-hand", "apart"), strict=True):
            with Vertical(id=name):
                for place in places:
                    with Horizontal():
                        for action in ACTIONS:
                            if action.place is place:
                                yield _button(action)

    def on_mount(self) -> None:
        for button in self.query(Button):
            button.can_focus = False  # Tab and Enter would press it

    def show(self, situation: Situation) -> None:
        for action in ACTIONS:
            reason = action.why_not(situation)
            if self._reasons.get(action.name, "") != reason:
                self._reasons[action.name] = reason
                button = self.query_one(f"#do-{action.name}", Button)
                button.label = label(action, possible=reason is None)
                button.set_class(reason is not None, "impossible")
                button.tooltip = Text(reason or action.help)


def label(action: Action, *, possible: bool) -> Text:
    """Text of its button; in brackets when it is not possible now."""
    text = f"{action.typed} {action.label}"
    return Text(f" {text} " if possible else f"({text})")


def _button(action: Action) -> Button:
    button = Button(
        label(action, possible=True),
        id=f"do-{action.name}",
        classes="main" if action.is_main else "",
        tooltip=action.help,
        compact=True,
    )
    # Textual's buttons (8.2) are two cells wider than their labels, and its style sheets take no zero.
    button.styles.line_pad = 0
    button.styles.width = label(action, possible=True).cell_len
    return button
