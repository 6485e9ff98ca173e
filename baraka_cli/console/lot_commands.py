"""`LotCommands`: sends what the host does with the lots of the server's run list (D35)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from baraka_cli.client.replies import Reply
from baraka_cli.console.log import EntryMark, Log
from baraka_cli.console.narrate import explained
from baraka_cli.console.records import Bid, numbered
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.sale_commands import SaleCommands
from baraka_cli.console.server_lots import ServerLots
from baraka_cli.lots_file import written_steps
from baraka_cli.run_list import ListedLot
from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.fields import Steps
from baraka_server.contract.lots import (
    AddLots,
    EditLot,
    MoveLot,
    NewLot,
    OfferAgain,
    OpenLot,
    PassLot,
    RepriceLot,
    WithdrawLot,
)
from baraka_server.contract.prices import SetIncrements
from baraka_server.contract.refusals import Code

Then = Callable[[Reply], None]
PRICES = frozenset({"minimum_price", "start_price", "market_price", "increments", "reserve"})
"""What bidders rely on: of the lot on the block it changes by `repriceLot`."""


def called(lot: ListedLot) -> str:
    return numbered(lot.number, lot.product)


class LotCommands:
    def __init__(self, book: SaleBook, sale: SaleCommands, lots: ServerLots, log: Log) -> None:
        self._book = book
        self._sale = sale
        self._lots = lots
        self._log = log
        self.steps: Steps | None = None
        """Those that this console has set for the auction."""
        self.tells_step = False
        """Whether the step of each lot that is put up is sent as its start price too."""

    def open(self, lot: ListedLot, aside: Bid | None) -> None:
        """Put a lot on the block; `aside` is the bid that is set aside with the others."""
        event = OpenLot(auction_id=self._id, lot_id=_id(lot), with_bids=aside.id if aside else None)

        def on_reply(answer: Reply) -> None:
            self._bids_stand(aside)(answer)
            if answer.ok and self.tells_step:
                self.tell_step(lot)

        self._send(f"Put up {called(lot)}", event, on_reply)

    def tell_step(self, lot: ListedLot) -> None:
        """Send the step of the lot on the block as its start price: apps in the field step by it (D41)."""
        step = step_at(lot.minimum, lot.increments or self.steps)
        if step is not None and step != lot.start:
            event = RepriceLot(auction_id=self._id, start_price=step)
            self._send(f"Start price of {called(lot)}: {step:,}, for apps that step by it", event)

    def pass_lot(self, aside: Bid | None) -> None:
        what = self._book.lot.called if self._book.lot else "the lot"
        event = PassLot(auction_id=self._id, with_bids=aside.id if aside else None)
        self._send(f"Pass {what}", event, self._bids_stand(aside))

    def add(self, values: Mapping[str, Any], before: int | None, then: Then) -> None:
        new = NewLot.model_construct(**values)
        event = AddLots(auction_id=self._id, lots=(new,), before=before)
        self._send(f"Add {numbered(new.number, new.product)}", event, then)

    def edit(self, lot: ListedLot, changed: Mapping[str, Any], then: Then) -> None:
        """Change these values of a lot, where nobody changed it since `lot` was read."""
        event = EditLot.model_validate(
            {"auction_id": self._id, "lot_id": lot.lot_id, "version": lot.version, **changed}
        )
        self._send(f"Change {called(lot)}", event, then)

    def change_open(self, lot: ListedLot, changed: Mapping[str, Any], then: Then) -> None:
        """Change the lot on the block: its prices by a command of their own."""
        prices = {name: value for name, value in changed.items() if name in PRICES}
        rest = {name: value for name, value in changed.items() if name not in PRICES}

        def on_priced(answer: Reply) -> None:
            if answer.ok and rest:
                lot.version = max(lot.version, answer.data.get("seq", 0))
                self.edit(lot, rest, then)
            else:
                then(answer)

        if prices:
            event = RepriceLot.model_validate({"auction_id": self._id, **prices})
            self._send(f"Change the prices of {called(lot)}", event, on_priced)
        else:
            self.edit(lot, rest, then)

    def move(self, lot: ListedLot, before: ListedLot | None) -> None:
        place = f"before {called(before)}" if before else "to the end"
        place_id = _id(before) if before else None
        event = MoveLot(auction_id=self._id, lot_id=_id(lot), before=place_id)
        self._send(f"Move {called(lot)} {place}", event)

    def withdraw(self, lot: ListedLot) -> None:
        event = WithdrawLot(auction_id=self._id, lot_id=_id(lot))
        self._send(f"Withdraw {called(lot)}", event)

    def offer_again(self, lot: ListedLot) -> None:
        event = OfferAgain(auction_id=self._id, lot_id=_id(lot))
        self._send(f"Offer {called(lot)} again", event)

    def set_steps(self, steps: Steps | None, then: Then) -> None:
        """Set by how much bids rise in the auction, where a lot has no steps of its own (D41)."""
        what = f"Bids rise by {written_steps(steps)}" if steps else "Bids rise by any amount"

        def on_reply(answer: Reply) -> None:
            if answer.ok:
                self.steps = steps
            then(answer)

        self._send(what, SetIncrements(auction_id=self._id, increments=steps), on_reply)

    @property
    def _id(self) -> int:
        return self._book.auction_id

    def _send(self, what: str, event: ClientEvent, then: Then = lambda _: None) -> None:
        def on_reply(answer: Reply) -> None:
            self._lots.read()  # before the auction is live nobody tells of it
            if "warning" in answer.data:
                self._log.note(str(answer.data["warning"]), EntryMark.NOTE)
            then(answer)

        self._sale.send(what, event, on_reply)

    def _bids_stand(self, aside: Bid | None) -> Then:
        def on_reply(answer: Reply) -> None:
            if answer.code == Code.BIDS_STAND:
                self._sale.missed_bid(aside)

        return on_reply


def step_at(amount: int, steps: Steps | None) -> int | None:
    """The step of the greatest `from` that is not above `amount`."""
    return next((step for since, step in reversed(steps or ()) if since <= amount), None)


def why_refused(answer: Reply) -> str:
    """A refusal in words, with the numbers that are at fault."""
    numbers = answer.data.get("numbers") or ()
    more = f": {', '.join(map(str, numbers))}" if len(numbers) > 1 else ""
    return f"{explained(answer)}{more}"


def _id(lot: ListedLot) -> int:
    if lot.lot_id is None:
        raise ValueError("the lot is not in the server's list")
    return lot.lot_id
