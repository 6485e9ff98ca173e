"""Whether an entry of a ledger can have followed what was there: the rules, read backwards.

A ledger whose hashes fit was written by somebody who can make them. Of every entry the rules say what
must have been true before it; where it was not, no server of ours wrote it.
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
    Fact,
    LotOpened,
    LotRepriced,
    StandingBid,
    StandingBidChanged,
    Started,
    Unknown,
    same_bid,
)
from baraka_server.domain.state import State, next_event


def objection(state: State, event: Event) -> str | None:
    """Why `event` cannot be the next one after `state`; None where nothing speaks against it.

    Whether an owner may bid is a setting (D13), so that no objection comes of it, and what other
    programs did to the rows is taken as it was found. Behind an entry that only a newer program
    knows nothing can be said (D55).
    """
    fact = event.fact
    if not state.understood or isinstance(fact, Unknown):
        return None
    if state.seq == 0 and not isinstance(fact, Adopted):
        return "a ledger begins with the auction as it was found"
    if isinstance(fact, HOSTS) and event.user_id != state.owner_id:
        return f"only the owner may do this, which is {_user(state.owner_id)}"
    if reason := _OBJECTIONS[type(fact)](state, event, fact):
        return reason
    round_ = next_event(state, fact, event.user_id, event.at).round
    if event.round != round_:
        return f"it is of round {event.round}, and round {round_} was on"
    return None


HOSTS = (Started, LotOpened, Awarded, Canceled, Ended, BroadcasterLeft)


def _none(_state: State, _event: Event, _fact: Fact) -> None:
    return None


def _started(state: State, _event: Event, _fact: Started) -> str | None:
    return "the auction was over" if state.canceled or state.ended else None


def _lot_opened(state: State, _event: Event, _fact: LotOpened) -> str | None:
    return _not_on_air(state)


def _lot_repriced(state: State, _event: Event, fact: LotRepriced) -> str | None:
    if reason := _not_on_air(state):
        return reason
    if state.lot is None or not same_name(state.lot.product, fact.lot.product):
        return "this product was not on the block"
    return None


def _bid(state: State, event: Event, fact: BidPlaced) -> str | None:
    if not state.live:
        return "the auction was not live"
    if event.user_id is None:
        return "a bid has a bidder"
    if state.lot is None:
        return "there was no product to bid on"
    if type(fact.amount) is not int or not 1 <= fact.amount <= INT_MAX:
        return "that is no amount"
    if state.high is not None and fact.amount <= state.high.amount:
        return f"a bid of {fact.amount} does not follow one of {state.high.amount}"
    if state.high is None and fact.amount < state.lot.minimum_price:
        return f"a first bid of {fact.amount} is below the minimum of {state.lot.minimum_price}"
    return None


def _comment(state: State, event: Event, _fact: Commented) -> str | None:
    if not state.live:
        return "the auction was not live"
    return "a comment has an author" if event.user_id is None else None


def _awarded(state: State, _event: Event, fact: Awarded) -> str | None:
    if reason := _not_on_air(state):
        return reason
    if state.lot is None:
        return "there was no product to award"
    if not same_bid(fact.high, state.high):
        return f"it names {_named(fact.high)}, and what stood was {_named(state.high)}"
    return None


def _standing_bid_changed(state: State, event: Event, fact: StandingBidChanged) -> str | None:
    if state.lot is None or fact.lot != state.lot:
        return "it is about a product that was not on the block"
    if fact.award_refused:
        if event.user_id != state.owner_id:
            return f"only the owner may award, which is {_user(state.owner_id)}"
        refused = state.bid_change is not None and same_bid(fact.high, state.high)
        return None if refused else "the standing bid had not changed"
    if not same_bid(fact.was, state.high) and not same_bid(fact.high, state.high):
        return f"it names {_named(fact.was)}, and what stood was {_named(state.high)}"
    return None


def _canceled(state: State, _event: Event, _fact: Canceled) -> str | None:
    if state.canceled:
        return "the auction was canceled already"
    return None if state.live else "the auction was not live"


def _ended(state: State, _event: Event, _fact: Ended) -> str | None:
    if state.ended:
        return "the auction was ended already"
    return None if state.live else "the auction was not live"


_OBJECTIONS: dict[type[Fact], Callable[[State, Event, Any], str | None]] = {
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
