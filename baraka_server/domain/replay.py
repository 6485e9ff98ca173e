"""Check of a ledger by the rules: whether an entry can have followed the state before it.

A ledger whose hashes fit was written by somebody who can make them. The rules say what must have been
true before each entry; where it was not, no Baraka server wrote it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.names import same_name
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BidPlaced,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    StandingBid,
    StandingBidChanged,
    Started,
    Unknown,
    same_bid,
)
from baraka_server.domain.state import State, next_entry


def objection(state: State, entry: LedgerEntry) -> str | None:
    """The reason why `entry` cannot follow `state`; None where it can.

    Whether an owner may bid is a setting (D13), so it is not judged. What other programs did to the rows
    is taken as it was found. Behind an entry that only a newer program knows nothing is judged (D55).
    """
    event = entry.event
    if not state.understood or isinstance(event, Unknown):
        return None
    if state.seq == 0 and not isinstance(event, Adopted):
        return "a ledger begins with the auction as it was found"
    if isinstance(event, OWNER_ONLY) and entry.user_id != state.owner_id:
        return f"only the owner may do this, which is {_user(state.owner_id)}"
    if reason := OBJECTIONS[type(event)](state, entry, event):
        return reason
    round_ = next_entry(state, event, entry.user_id, entry.at).round
    if entry.round != round_:
        return f"it is of round {entry.round}, and round {round_} was on"
    return None


OWNER_ONLY = (Started, LotOpened, LotRepriced, Awarded, Canceled, Ended, BroadcasterLeft)


def _none(_state: State, _entry: LedgerEntry, _event: Event) -> None:
    return None


def _started(state: State, _entry: LedgerEntry, _event: Started) -> str | None:
    return "the auction was over" if state.canceled or state.ended else None


def _lot_opened(state: State, _entry: LedgerEntry, _event: LotOpened) -> str | None:
    return _not_on_air(state)


def _lot_repriced(state: State, _entry: LedgerEntry, event: LotRepriced) -> str | None:
    if reason := _not_on_air(state):
        return reason
    if state.lot is None or not same_name(state.lot.product, event.lot.product):
        return "this product was not on the block"
    return None


def _bid(state: State, entry: LedgerEntry, event: BidPlaced) -> str | None:
    if not state.live:
        return "the auction was not live"
    if entry.user_id is None:
        return "a bid has a bidder"
    if state.lot is None:
        return "there was no product to bid on"
    if type(event.amount) is not int or not 1 <= event.amount <= INT_MAX:
        return "that is not an amount"
    if state.high is not None and event.amount <= state.high.amount:
        return f"a bid of {event.amount} does not follow one of {state.high.amount}"
    if state.high is None and event.amount < state.lot.minimum_price:
        return f"a first bid of {event.amount} is below the minimum of {state.lot.minimum_price}"
    return None


def _comment(state: State, entry: LedgerEntry, _event: Commented) -> str | None:
    if not state.live:
        return "the auction was not live"
    return "a comment has an author" if entry.user_id is None else None


def _awarded(state: State, _entry: LedgerEntry, event: Awarded) -> str | None:
    if reason := _not_on_air(state):
        return reason
    if state.lot is None:
        return "there was no product to award"
    if not same_bid(event.high, state.high):
        return f"it names {_named(event.high)}, and what stood was {_named(state.high)}"
    return None


def _standing_bid_changed(
    state: State, entry: LedgerEntry, event: StandingBidChanged
) -> str | None:
    if state.lot is None or event.lot != state.lot:
        return "it is about a product that was not on the block"
    if event.award_refused:
        if entry.user_id != state.owner_id:
            return f"only the owner may award, which is {_user(state.owner_id)}"
        refused = state.bid_change is not None and same_bid(event.high, state.high)
        return None if refused else "the standing bid had not changed"
    if not same_bid(event.was, state.high) and not same_bid(event.high, state.high):
        return f"it names {_named(event.was)}, and what stood was {_named(state.high)}"
    return None


def _canceled(state: State, _entry: LedgerEntry, _event: Canceled) -> str | None:
    if state.canceled:
        return "the auction was canceled already"
    return None if state.live else "the auction was not live"


def _ended(state: State, _entry: LedgerEntry, _event: Ended) -> str | None:
    if state.ended:
        return "the auction was ended already"
    return None if state.live else "the auction was not live"


OBJECTIONS: dict[type[Event], Callable[[State, LedgerEntry, Any], str | None]] = {
    Adopted: _none,
    Started: _started,
    LotOpened: _lot_opened,
    LotRepriced: _lot_repriced,
    BidPlaced: _bid,
    StandingBidChanged: _standing_bid_changed,
    Commented: _comment,
    Awarded: _awarded,
    Canceled: _canceled,
    Ended: _ended,
    BroadcasterLeft: _none,
}
"""One for every kind of entry; tests/domain/test_replay.py says when one is missing."""


def _not_on_air(state: State) -> str | None:
    if state.canceled or state.ended:
        return "the auction was over"
    return None if state.live else "the auction was not live"


def _named(bid: StandingBid | None) -> str:
    return f"bid {bid.bid_id} of {bid.amount} by user {bid.user_id}" if bid else "no bid"


def _user(user_id: int | None) -> str:
    return "nobody" if user_id is None else f"user {user_id}"
