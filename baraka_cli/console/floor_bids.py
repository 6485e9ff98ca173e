"""`FloorBidding`: bids from the room and the telephone, which a clerk enters by paddle or label (D40)."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from baraka_cli.amounts import BadAmount, read_amount
from baraka_cli.client.replies import Reply
from baraka_cli.console.dialog import Dialog
from baraka_cli.console.dialogs import problem
from baraka_cli.console.line_actions import LineActions
from baraka_cli.console.log import EntryMark
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.text_widgets import Paragraph
from baraka_cli.lots_file import quoted
from baraka_server.contract.fields import INT_MAX, LABEL_CHARS_MAX
from baraka_server.contract.prices import FloorBid

QUOTES = "\"'“”„«»"


@dataclass(frozen=True, slots=True)
class FloorBidder:
    """Who bids on the floor: a paddle, or somebody without an account by what the staff calls them."""

    paddle: int | None = None
    label: str | None = None

    @classmethod
    def written(cls, text: str) -> FloorBidder:
        """A number is a paddle, and words are a label; what begins with a digit is one in quotes.

        An amount that cannot be read must not become a label. Raises `ValueError`.
        """
        said = text.strip()
        label = said.strip(QUOTES).strip()
        if not label:
            raise ValueError("whose bid? A paddle, or a label such as tel 1")
        if label == said and said.isdecimal():
            if not 0 < int(said) <= INT_MAX:
                raise ValueError("that is not a paddle")
            return cls(paddle=int(said))
        if label == said and said[0].isdigit():
            raise ValueError(f"{quoted(said)}is not a paddle; a label goes in quotes")
        if len(label) > LABEL_CHARS_MAX:
            raise ValueError(f"a label has at most {LABEL_CHARS_MAX} characters")
        return cls(label=label)


def read_floor_bid(text: str) -> tuple[int | None, FloorBidder]:
    """Amount and bidder of what was typed: `1200 26`, `1200 "tel 1"`; without the amount it is None.

    Raises `ValueError`.
    """
    first, _, rest = text.strip().partition(" ")
    if not (rest.strip() and first[0].isdigit()):
        return None, FloorBidder.written(text)
    try:
        return read_amount(first, least=1), FloorBidder.written(rest)
    except BadAmount as error:
        raise ValueError(problem(first, error)) from None


class FloorBidDialog(Dialog):
    """Answers with amount and bidder; the next ask stands in the field, and follows the sale."""

    def __init__(self, lot: str, asked: int | None) -> None:
        super().__init__()
        self._lot = lot
        self._asked = asked

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Label("Enter a bid from the floor?", classes="title")
            yield Paragraph(self._lot)
            with Horizontal(classes="field"):
                yield Label("Paddle or label")
                yield Input(id="bidder", compact=True)
            with Horizontal(classes="field"):
                yield Label("Amount")
                yield Input(_told(self._asked), id="amount", compact=True)
            yield Static(id="warning")
            with Horizontal(classes="answers"):
                yield Button("Bid  Ctrl+Y", id="yes", variant="success")
                yield Button("Not yet  Esc", id="no")

    def on_mount(self) -> None:
        self.query_one("#bidder").focus()

    def ask(self, asked: int | None) -> None:
        """Offer another amount where the one that was offered is there yet."""
        amount = self.query_one("#amount", Input)
        if asked != self._asked and amount.value == _told(self._asked):
            amount.value = _told(asked)
        self._asked = asked

    def action_yes(self) -> None:
        field = self.query_one("#bidder", Input)
        try:
            bidder = FloorBidder.written(field.value)
            field = self.query_one("#amount", Input)
            amount = read_amount(field.value, least=1)
        except ValueError as error:
            wrong = problem(field.value, error) if isinstance(error, BadAmount) else str(error)
            self.query_one("#warning", Static).update(Text(f"⚠ {wrong}"))
            field.focus()
            return
        self.dismiss((amount, bidder))


def _told(amount: int | None) -> str:
    return "" if amount is None else str(amount)


class FloorBidding(LineActions):
    """The floor: a dialog, and `/floor` in the chat line."""

    def next_ask(self) -> int | None:
        raise NotImplementedError

    def action_floor_bid(self) -> None:
        if not self.check_possible("floor_bid") or self.book.lot is None:
            return
        dialog = FloorBidDialog(self.book.lot.called, self.next_ask())
        timer = self.set_interval(0.2, lambda: dialog.ask(self.next_ask()))
        self._drop_ready()

        def entered(answer: object) -> None:
            timer.stop()
            match answer:
                case (int(amount), FloorBidder() as bidder):
                    self.floor_bid(amount, bidder)

        self.app.push_screen(dialog, entered)

    def floor_bid(self, amount: int | None, bidder: FloorBidder) -> None:
        """Enter a bid, at the next ask where no amount is said."""
        if self.connection.acknowledges is False:
            self.note("Floor bid: this server takes none", EntryMark.REFUSED)
            return
        if not self.check_possible("floor_bid"):
            return
        amount = self.next_ask() if amount is None else amount
        if amount is None:
            self.note("Floor bid: there is no higher bid", EntryMark.REFUSED)
            return
        who = self.bidder(bidder.paddle) if bidder.paddle else f"“{bidder.label}”"

        def on_reply(answer: Reply) -> None:
            paddle = answer.data.get("paddle")
            if answer.ok and bidder.label and isinstance(paddle, int):
                self.book.names.label(paddle, bidder.label)
                self.book.version += 1

        event = FloorBid(
            auction_id=self.book.auction_id,
            amount=amount,
            paddle=bidder.paddle,
            label=bidder.label,
        )
        self.sale.send(f"Floor bid {amount:,} for {isolated(who)}", event, on_reply)
