"""Dialogs of a sale: award, lot, confirmations, and words that have to be typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.validation import Function
from textual.widgets import Button, Input, Label, Static

from baraka_cli.amounts import BadAmount, read_amount
from baraka_cli.console.dialog import Dialog
from baraka_cli.console.large_number import LARGE_ROWS, LargeNumber
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.records import Bid, Lot
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.text_widgets import Paragraph
from baraka_cli.lots_file import TEXT, TEXT_OR_BLANK, quoted
from baraka_cli.run_list import ListedLot


@dataclass(frozen=True, slots=True)
class AwardDecision:
    """Award that the host confirmed: this bid, and no other."""

    bid: Bid
    lot: Lot
    weight: str
    round: int | None = None
    """The lot's, where the server has rounds: another lot may have its name."""
    runner_up: bool = False
    """Whether it is not the bid that leads."""
    below_reserve: bool = False
    """Whether the host confirmed that it is below the reserve (D42)."""


class AwardDialog(Dialog):
    """Names winner, amount, product and weight. A higher bid changes it, and asks once more."""

    def __init__(
        self, book: SaleBook, weight: str, *, checked: bool, gone: Callable[[str], None]
    ) -> None:
        """`checked` is whether the server refuses an award that is no longer true.

        `gone(lot)` is called, with its name, when it left the block while the question was open.
        """
        super().__init__()
        self._book = book
        self._checked = checked
        self._gone = gone
        self._weight = weight
        self._version = book.version
        self._shown = book.high
        self._lot, self._round = book.lot, book.round
        self.must_look_again = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Label("Award this lot?", classes="title")
            yield Static(id="warning")
            yield Paragraph(id="winner")
            yield Paragraph(Text(self._lot.called if self._lot else "", "bold"), id="lot")
            yield LargeNumber("", id="amount")
            yield Static(id="reserve", classes="caution")
            if not self._checked:
                yield Static(
                    "This server cannot check it: a bid that is on its way would win.",
                    classes="caution",
                )
            with Horizontal(classes="field"):
                yield Label("Weight")
                yield Input(self._weight, id="weight", select_on_focus=False, compact=True)
            with Horizontal(classes="answers"):
                yield Button("Award  Ctrl+Y", id="yes", variant="success")
                yield Button("Not yet  Esc", id="no")

    def on_mount(self) -> None:
        self._draw()
        self.set_interval(0.1, self._look)

    def _look(self) -> None:
        """Follow the sale while the question is open."""
        if self._book.version == self._version:
            return
        self._version = self._book.version
        if self._book.high is None or not self._book.is_up(self._lot, self._round):
            self.dismiss(None)
            self._gone(self._lot.called if self._lot else "The lot")
        elif self._book.high != self._shown:
            self._shown = self._book.high
            self.must_look_again = True
            self._draw()
        else:
            self._draw_reserve()

    def _draw(self) -> None:
        bid = self._shown
        if bid is None:
            return
        winner = Text.assemble((isolated(self._book.called(bid)), "bold"), " wins")
        self.query_one("#winner", Paragraph).update(winner)
        self.query_one("#amount", LargeNumber).draw_in(LARGE_ROWS, f"{bid.amount:,}")
        warning = (
            " ⚠ A higher bid came in. Look again, then confirm. " if self.must_look_again else ""
        )
        self.query_one("#warning", Static).update(Text(warning, "bold reverse"))
        self._draw_reserve()

    def _draw_reserve(self) -> None:
        reserve = self.query_one("#reserve", Static)
        reserve.display = self._book.bidding.reserve_met is False
        reserve.update("Below the reserve: you are asked once more.")

    def action_yes(self) -> None:
        self._look()
        if self.must_look_again:
            self.must_look_again = False
            self.query_one("#warning", Static).update(
                Text(" Changed while you looked. Press Ctrl+Y again. ", "bold reverse")
            )
            return
        bid, lot = self._shown, self._lot
        if bid is not None and lot is not None and (weight := self._weight_read()) is not None:
            self.dismiss(AwardDecision(bid, lot, weight, self._round))

    def _weight_read(self) -> str | None:
        """The weight as it may be sold; where it may not, the warning says why."""
        try:
            return TEXT_OR_BLANK.validate_python(self.query_one("#weight", Input).value)
        except ValidationError as error:
            self.query_one("#warning", Static).update(Text(f"⚠ Weight {problem('', error)}"))
            return None


class LotDialog(Dialog):
    """The lot to put up; answers with a `ListedLot`."""

    FIELDS: tuple[tuple[str, str, Callable[[str], str | int]], ...] = (
        ("product", "Product", TEXT.validate_python),
        ("minimum", "Minimum bid", read_amount),
        ("start", "Start price", read_amount),
        ("market", "Market price", read_amount),
        ("weight", "Weight", TEXT_OR_BLANK.validate_python),
    )

    def __init__(self, lot: ListedLot | None) -> None:
        super().__init__()
        self._lot = lot

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Label("Put up a lot", classes="title")
            for name, label, read in self.FIELDS:
                value = str(getattr(self._lot, name)) if self._lot else ""
                with Horizontal(classes="field"):
                    yield Label(label)
                    yield Input(
                        value, id=name, validators=[Function(_fits(read), "")], compact=True
                    )
            yield Static(id="warning")
            with Horizontal(classes="answers"):
                yield Button("Put up  Ctrl+Y", id="yes", variant="success")
                yield Button("Not yet  Esc", id="no")

    def on_mount(self) -> None:
        self.query_one("#product").focus()

    def action_yes(self) -> None:
        values: dict[str, Any] = {}
        for name, label, read in self.FIELDS:
            field = self.query_one(f"#{name}", Input)
            try:
                values[name] = read(field.value)
            except (ValidationError, BadAmount) as error:
                wrong = problem(field.value, error)
                self.query_one("#warning", Static).update(Text(f"⚠ {label} {wrong}"))
                field.focus()
                return
        self.dismiss(ListedLot(**values))


def problem(text: str, error: ValidationError | BadAmount) -> str:
    """What is wrong with a text that was written."""
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"]
    return f"{quoted(text)}{error}"


def _fits(read: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            read(text)
        except ValueError:  # pydantic's is one
            return False
        return True

    return check


class SureDialog(Dialog):
    """Question with two answers: yes or no."""

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Paragraph(self._question, classes="title")
            with Horizontal(classes="answers"):
                yield Button(f"{self._yes}  Ctrl+Y", id="yes", variant="warning")
                yield Button("No  Esc", id="no")

    def action_yes(self) -> None:
        self.dismiss(True)


class TypedDialog(Dialog):
    """Confirmation of what cannot be taken back: a word has to be typed, then Ctrl+Y pressed."""

    def __init__(self, question: str, about: str, word: str, yes: str) -> None:
        """`word` is what has to be typed; `yes` is what is done then."""
        super().__init__()
        self._question, self._about = question, about
        self._word, self._yes = word, yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Paragraph(self._question, classes="title")
            yield Paragraph(self._about)
            yield Input(id="typed")
            yield Paragraph(id="warning")
            with Horizontal(classes="answers"):
                yield Button(f"{self._yes}  Ctrl+Y", id="yes", variant="error")
                yield Button("No  Esc", id="no")

    def on_mount(self) -> None:
        self.query_one("#typed").focus()

    def action_yes(self) -> None:
        if self.query_one("#typed", Input).value.strip() == self._word.strip():
            self.dismiss(True)
        else:
            self.query_one("#warning", Paragraph).update(
                Text(f"⚠ First type: {isolated(self._word)}")
            )


def end_dialog(*, high: bool) -> TypedDialog:
    about = "The lot on the block is not awarded! " if high else ""
    return TypedDialog("End the auction?", f"{about}To end it, type: end", "end", "End")


def below_reserve_dialog(lot: str, decision: AwardDecision, winner: str) -> TypedDialog:
    """`lot` and `winner` are as people call them."""
    return TypedDialog(
        f"Sell {lot} below its reserve?",
        f"{winner} gets it for {decision.bid.amount:,}. To sell it below the reserve, type: below",
        "below",
        "Sell below the reserve",
    )


def cancel_dialog(title: str) -> TypedDialog:
    about = f"It cannot be started again. To cancel, type its title: {isolated(title)}"
    return TypedDialog("Cancel the auction?", about, title, "Cancel it")
