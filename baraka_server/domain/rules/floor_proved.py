"""Objections to bids from the floor, and such bids in words (D40)."""

from __future__ import annotations

from baraka_server.contract.client_events import Who
from baraka_server.contract.names import numbered
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.rules.tables import NameOf
from baraka_server.domain.staff import may
from baraka_server.domain.state import State


def floor_objection(state: State, entry: LedgerEntry, event: BidPlaced) -> str | None:
    """The objection to what a bid says of the floor; None for one that says nothing of it."""
    is_floor_user = entry.user_id == state.sale_rules.floor_user_id
    if not event.floor:
        if event.label_paddle is not None or event.entered_by is not None or event.label:
            return "it says who entered it, and that it is not of the floor"
        return "the floor user does not bid by itself" if is_floor_user else None
    if event.entered_by is None or not may(state, event.entered_by, Who.CLERK):
        return f"user {event.entered_by} has no role that may enter it"
    if is_floor_user != (event.label_paddle is not None):
        return "a label's bid, and no other, is of the floor user"
    if event.label is not None and event.paddle is None:
        return "it names a label, and gives it no paddle"
    return "floor bids were closed" if state.maxima.closes_floor else None


def called(bid: StandingBid, name_of: NameOf) -> str:
    """Whose bid it is: of a label, the floor user behind the label's paddle."""
    return numbered(bid.label_paddle, name_of(bid.user_id))


def bid_words(event: BidPlaced, name_of: NameOf) -> str:
    """A bid as the history tells it, with who entered it where it came from the floor."""
    if event.automatic:
        return f"bid {event.amount}, automatically by a maximum bid"
    if not event.floor or event.entered_by is None:
        return f"bid {event.amount}"
    whose = f" (“{event.label.text or 'erased'}”)" if event.label else ""
    return f"bid {event.amount} on the floor{whose}, entered by {name_of(event.entered_by)}"
