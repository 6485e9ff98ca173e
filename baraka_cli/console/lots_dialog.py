"""`LotsDialog`: the server's run list, to put a lot up, to change, add, move, withdraw and offer again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from baraka_cli.console.dialog import Dialog
from baraka_cli.console.dialogs import SureDialog
from baraka_cli.console.log import Entry
from baraka_cli.console.lot_commands import called
from baraka_cli.console.lot_rows import LotRows
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.text_widgets import OneLine, Paragraph
from baraka_cli.lots_file import written_steps
from baraka_cli.run_list import Fate, ListedLot, RunList

OFFERED_AGAIN = frozenset({Fate.PASSED, Fate.WITHDRAWN})
WITHDRAWN = frozenset({Fate.TO_COME, Fate.PASSED})


class LotDesk(Protocol):
    """What is done with the lots."""

    def put_up_lot(self, lot: ListedLot) -> None: ...

    def change_lot(self, lot: ListedLot) -> None: ...

    def add_lot(self, before: ListedLot | None) -> None: ...

    def move_lot(self, lot: ListedLot, before: ListedLot | None) -> None: ...

    def withdraw_lot(self, lot: ListedLot) -> None: ...

    def offer_lot_again(self, lot: ListedLot) -> None: ...

    def set_steps(self) -> None: ...

    def why_no_lot_up(self) -> str | None: ...

    def why_no_change(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class LotKey:
    key: str
    name: str
    label: str


LOT_KEYS = (
    LotKey("u", "put_up", "u Put up"),
    LotKey("e", "change", "e Change"),
    LotKey("plus", "add", "+ Add"),
    LotKey("i", "insert", "i Insert"),
    LotKey("w", "withdraw", "w Withdraw"),
    LotKey("o", "offer_again", "o Offer again"),
    LotKey("s", "steps", "s Steps"),
)


class LotsDialog(Dialog):
    """Letters open a question or a form. Shift and an arrow show a lot elsewhere, Ctrl+Y moves it there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(one.key, one.name, one.label, show=False) for one in LOT_KEYS),
        Binding("up", "choose(-1)", "Up", show=False),
        Binding("down", "choose(1)", "Down", show=False),
        Binding("pageup", "choose_page(-1)", "Page up", show=False),
        Binding("pagedown", "choose_page(1)", "Page down", show=False),
        Binding("home", "choose(-1_000_000)", "First", show=False),
        Binding("end", "choose(1_000_000)", "Last", show=False),
        Binding("shift+up", "shift(-1)", "Further up", show=False),
        Binding("shift+down", "shift(1)", "Further down", show=False),
        Binding("f", "no", "Close", show=False),
    ]

    def __init__(
        self, run_list: RunList, desk: LotDesk, log: Sequence[Entry], chosen: int | None
    ) -> None:
        """`log` is shown as far as it is about what was done here."""
        super().__init__()
        self._log = log
        self._said_before = log[-1] if log else None
        self._run_list = run_list
        self._desk = desk
        self._rows = LotRows(run_list, chosen)
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="question lots"):
            yield Label(id="counts", classes="title")
            yield self._rows
            yield Paragraph(id="about")
            yield Paragraph(id="warning")
            yield OneLine(id="said")
            with Horizontal(id="lot-keys"):
                for one in LOT_KEYS:
                    yield Button(one.label, id=one.name, compact=True)
            yield Label("↑ ↓ choose · Shift+↑ ↓ move, Ctrl+Y confirms · Esc closes")

    def on_mount(self) -> None:
        self._draw()
        self.set_interval(0.1, self._draw)

    @property
    def asks(self) -> bool:  # type: ignore[override]
        return self._rows.is_moved

    def _draw(self) -> None:
        lots = self._run_list.lots
        if self._rows.chosen is None:
            self._rows.choose(0)
        said = self._log[-1] if self._log else None
        if said is not self._said_before and said is not None:
            self.query_one("#said", OneLine).update(said.line)
        if self._drawn == (lots, self._rows.chosen_id, self._rows.is_moved):
            return
        self._drawn = (list(lots), self._rows.chosen_id, self._rows.is_moved)
        counts = [
            f"{count} {fate.value}"
            for fate in Fate
            if (count := sum(lot.fate is fate for lot in lots))
        ]
        self.query_one("#counts", Label).update(Text(f"Lots: {', '.join(counts) or 'none yet'}"))
        self.query_one("#about", Paragraph).update(_about(self._rows.chosen))
        self._rows.refresh()

    def _warn(self, text: str) -> None:
        self.query_one("#warning", Paragraph).update(Text(text, "bold"))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.run_worker(self.run_action(event.button.id or ""))

    def action_choose(self, by: int) -> None:
        self._put_back()
        self._rows.choose(by)
        self._draw()

    def action_choose_page(self, by: int) -> None:
        self.action_choose(by * max(1, self._rows.size.height - 1))

    def action_shift(self, by: int) -> None:
        lot = self._chosen({Fate.TO_COME}, "only a lot that waits is moved")
        if lot is None:
            return
        self._rows.shift(by)
        before = self._rows.moved_before
        place = f"before {called(before)}" if before else "to the end"
        self._warn(f"Ctrl+Y moves {called(lot)} {place}; Esc puts it back")

    def _put_back(self) -> None:
        if self._rows.is_moved:
            self._rows.put_back()
        self._warn("")

    def action_no(self) -> None:
        if self._rows.is_moved:
            self._put_back()
        else:
            self.dismiss(None)

    def action_yes(self) -> None:
        lot, before = self._rows.chosen, self._rows.moved_before
        if lot is not None and self._rows.is_moved:
            self._put_back()
            self._desk.move_lot(lot, before)

    def _chosen(self, fates: set[Fate] | frozenset[Fate], why: str) -> ListedLot | None:
        """The chosen lot, if it is in one of these states; else it is said why not."""
        lot = self._rows.chosen
        if not self._may_change():
            return None
        if lot is not None and lot.fate in fates:
            return lot
        self._put_back()
        self._warn(f"✗ {called(lot)} is {lot.fate.value}: {why}" if lot else "✗ Choose a lot first")
        return None

    def _may_change(self) -> bool:
        reason = self._desk.why_no_change()
        if reason is not None:
            self._put_back()
            self._warn(f"✗ {reason}")
        return reason is None

    def action_put_up(self) -> None:
        reason = self._desk.why_no_lot_up()
        if reason is not None:
            self._warn(f"✗ Put up: {reason}")
        elif lot := self._chosen({Fate.TO_COME}, "o offers it again, where it was not sold"):
            self.dismiss(None)
            self._desk.put_up_lot(lot)

    def action_change(self) -> None:
        if lot := self._chosen(set(Fate) - {Fate.SOLD}, "it can no longer be changed"):
            self._put_back()
            self._desk.change_lot(lot)

    def action_add(self) -> None:
        self._add(None)

    def action_insert(self) -> None:
        self._add(self._rows.chosen)

    def _add(self, before: ListedLot | None) -> None:
        if self._may_change():
            self._put_back()
            self._desk.add_lot(before)

    def action_withdraw(self) -> None:
        if lot := self._chosen(WITHDRAWN, "it cannot be withdrawn"):
            self._ask(f"Withdraw {called(lot)}?", "Withdraw", lot, self._desk.withdraw_lot)

    def action_offer_again(self) -> None:
        if lot := self._chosen(OFFERED_AGAIN, "only what passed or was withdrawn is offered again"):
            question = f"Offer {called(lot)} again, behind all others?"
            self._ask(question, "Offer again", lot, self._desk.offer_lot_again)

    def action_steps(self) -> None:
        if self._may_change():
            self._put_back()
            self._desk.set_steps()

    def _ask(
        self, question: str, yes: str, lot: ListedLot, then: Callable[[ListedLot], None]
    ) -> None:
        self._put_back()
        dialog = SureDialog(question, yes)
        self.app.push_screen(dialog, lambda answer: then(lot) if answer is not None else None)


def _about(lot: ListedLot | None) -> Text:
    """Everything of a lot."""
    if lot is None:
        return Text("")
    facts = [f"min {lot.minimum:,} · start {lot.start:,} · market {lot.market:,}"]
    facts += [f"reserve {lot.reserve:,}"] if lot.reserve else []
    facts += [f"steps {written_steps(lot.increments)}"] if lot.increments else []
    facts += [isolated(lot.weight)] if lot.weight else []
    about = Text(" · ".join(facts))
    return about.append(f"\n{isolated(lot.description)}" if lot.description else "")
