"""Changes of what was sold: what happened to lots and winnings, entry by entry (D39)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baraka_server.contract.records import User
from baraka_server.contract.settlement import (
    BEHIND_THE_HAMMER,
    Change,
    Head,
    SaleChange,
    SaleLot,
)
from baraka_server.domain.hammer import LotOpenedAgain
from baraka_server.domain.offers import Offer, Offers, Turn
from baraka_server.domain.paddles import Paddles
from baraka_server.domain.winnings import WinningChanged, WinningPaid


@dataclass(frozen=True, slots=True)
class Bidders:
    """The people whom changes name, and the paddles of the auction."""

    users: Mapping[int, User]
    paddles: Paddles

    def winner(self, user_id: int | None, label: int | None) -> dict[str, Any]:
        """The fields of a winner; `label` is the paddle of a label of the floor (D40)."""
        if user_id is None:
            return {}
        user = self.users.get(user_id)
        name = user.name if user else f"user {user_id}"
        return {"winnerId": user_id, "winner": name, "paddle": label or self.paddles.of(user_id)}

    def before(self, user_id: int | None, label: int | None) -> dict[str, Any]:
        suffix = {"winnerId": "winnerBeforeId", "winner": "winnerBefore", "paddle": "paddleBefore"}
        return {suffix[name]: value for name, value in self.winner(user_id, label).items()}


def changes_of(
    offers: Offers, lots: Sequence[SaleLot], bidders: Bidders, since: Head | None
) -> list[SaleChange]:
    """The changes behind that head; without one those of winnings behind the hammer."""
    names = {lot.winningId: lot for lot in lots if lot.winningId is not None}
    found = (_change(turn, names, bidders) for turn in offers.turns)
    if since is not None:
        return [change for change in found if change.seq > since.seq]
    return [change for change in found if change.change in BEHIND_THE_HAMMER]


def _change(turn: Turn, names: Mapping[int, SaleLot], bidders: Bidders) -> SaleChange:
    match turn.entry.event:
        case WinningPaid(winning_id=winning_id, paid=paid):
            said = _about(turn.offer, winning_id, names)
            said["change"] = Change.PAID if paid else Change.NOT_PAID
        case WinningChanged() as event:
            now = event.winner_id, event.label_paddle
            before = event.winner_before, event.label_before
            said = _about(turn.offer, event.winning_id, names)
            said |= bidders.winner(*now) | bidders.before(*before)
            said |= {"price": event.price, "priceBefore": event.price_before}
            said["change"] = Change.CORRECTED if now == before else Change.REASSIGNED
            said["reason"] = event.reason.text if event.reason else None
        case LotOpenedAgain(winning_id=winning_id):
            said = _about(turn.offer, winning_id, names)
            said["change"] = Change.REOPENED
            if turn.offer is not None and turn.offer.price is not None:
                said |= bidders.before(turn.offer.winner_id, turn.offer.label_paddle)
                said["priceBefore"] = turn.offer.price
        case _:
            said = _closing(turn.offer, names, bidders)
    return SaleChange.model_validate({"seq": turn.entry.seq, "at": turn.entry.at, **said})


def _closing(offer: Offer | None, names: Mapping[int, SaleLot], bidders: Bidders) -> dict[str, Any]:
    said = _about(offer, offer.winning_id if offer else None, names)
    if offer is None or offer.price is None:
        return said | {"change": Change.PASSED}
    winner = bidders.winner(offer.winner_id, offer.label_paddle)
    return said | winner | {"change": Change.SOLD, "price": offer.price}


def _about(
    offer: Offer | None, winning_id: int | None, names: Mapping[int, SaleLot]
) -> dict[str, Any]:
    """What a change is about. A lot that was taken over has its number by its winning."""
    lot = names.get(winning_id) if winning_id is not None else None
    number = lot.lot if lot else offer.number if offer else None
    product = lot.product if lot else offer.product if offer else f"winning {winning_id}"
    return {"lot": number, "product": product, "winningId": winning_id}
