"""Offers: what came of each time that a product was on the block, folded from the ledger (D39)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.hammer import Award, LotOpenedAgain
from baraka_server.domain.parts import Lot
from baraka_server.domain.state import State, apply
from baraka_server.domain.winnings import WinningChanged, WinningPaid


@dataclass(frozen=True, slots=True)
class Offer:
    """A time of a product on the block that is over: the round, and what came of it.

    `reached` is the bid that stood at its end; of an award `price` and `winner_id` say who got it.
    `lot_id` is the lot of the run list, where it was one.
    """

    round: int
    product: str
    at: datetime
    lot_id: int | None = None
    number: int | None = None
    reached: int | None = None
    winning_id: int | None = None
    winner_id: int | None = None
    price: int | None = None
    label_paddle: int | None = None
    """Of an award to a label of the floor (D40)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An entry that changed what was sold, and the offer that it is about, None for an unknown one.

    Of a reopening it is the offer that was taken back.
    """

    entry: LedgerEntry
    offer: Offer | None


class Offers:
    """The offers of an auction by their round, and every turn that they took.

    Takes entries in order. Comments may be left out, and of the bids all but the last of each round.
    """

    def __init__(self) -> None:
        self.state = State()
        self.by_round: dict[int, Offer] = {}
        self.turns: list[Turn] = []
        self._sold: dict[int, Offer] = {}

    def take(self, entry: LedgerEntry) -> None:
        """Take the next entry. Raises what `apply` does for one that nobody wrote."""
        before = replace(self.state, seq=entry.seq - 1)
        self.state = apply(before, entry)
        was, now = on_block(before), on_block(self.state)
        if was and (now is None or entry.round != before.round):
            offer = self.by_round[before.round] = _closed(before, was, entry)
            self.turns.append(Turn(entry, offer))
            if offer.winning_id is not None:
                self._sold[offer.winning_id] = offer
        elif now and was is None and entry.round in self.by_round:  # it goes on where it was
            self.turns.append(Turn(entry, self.by_round.pop(entry.round)))
        event = entry.event
        if isinstance(event, WinningChanged | WinningPaid):
            self.turns.append(Turn(entry, self._sold.get(event.winning_id)))
        if isinstance(event, LotOpenedAgain):
            self._sold.pop(event.winning_id or 0, None)


def on_block(state: State) -> Lot | None:
    """The product on the block; None also where the auction is over."""
    return None if state.ended or state.canceled else state.lot


def _closed(before: State, lot: Lot, entry: LedgerEntry) -> Offer:
    listed = before.run_list.open
    offer = Offer(
        before.round,
        lot.product,
        entry.at,
        lot_id=listed.lot_id if listed else None,
        number=listed.values.number if listed else None,
        reached=before.high.amount if before.high else None,
    )
    event = entry.event
    if isinstance(event, Award) and event.high is not None:
        return replace(
            offer,
            product=event.product,
            winning_id=event.winning_id,
            winner_id=event.high.user_id,
            price=event.high.amount,
            label_paddle=event.high.label_paddle,
        )
    return offer
