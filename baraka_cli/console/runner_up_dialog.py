"""`RunnerUpDialog`: choice of a bid of another bidder than the leader, who is sold to in their place."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label, OptionList
from textual.widgets.option_list import Option

from baraka_cli.console.dialog import Dialog
from baraka_cli.console.dialogs import AwardDecision
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.records import Bid
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.text_widgets import Paragraph

BIDS_SHOWN_MAX = 50


def others(book: SaleBook) -> list[Bid]:
    """The standing bids of other bidders than the leader, newest first."""
    leader = book.high.whose if book.high else None
    return [bid for bid in book.bids if bid.whose != leader][:BIDS_SHOWN_MAX]


class RunnerUpDialog(Dialog):
    """Names the bid that is passed over, and lists those that may win; answers with an `AwardDecision`."""

    def __init__(self, book: SaleBook, weight: str) -> None:
        super().__init__()
        self._book = book
        self._weight = weight
        self._bids = others(book)
        self._lot, self._round = book.lot, book.round

    def compose(self) -> ComposeResult:
        high = self._book.high
        over = f"{isolated(self._book.called(high))} with {high.amount:,}" if high else ""
        with Vertical(classes="question"):
            yield Label("Sell to another bidder?", classes="title")
            yield Paragraph(Text(f"{self._lot.called if self._lot else ''}. Passed over: {over}."))
            yield OptionList(
                *(
                    Option(
                        Text(f"{bid.amount:>13,}  {isolated(self._book.called(bid))}"), str(bid.id)
                    )
                    for bid in self._bids
                ),
                id="bids",
            )
            with Horizontal(classes="answers"):
                yield Button("Award  Ctrl+Y", id="yes", variant="warning")
                yield Button("Not yet  Esc", id="no")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def action_yes(self) -> None:
        place = self.query_one(OptionList).highlighted
        if place is not None and self._lot is not None:
            self.dismiss(AwardDecision(self._bids[place], self._lot, self._weight, self._round))
