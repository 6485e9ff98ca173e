"""Announcements of the entries that the guide does not have, by their kinds.

An entry without one is told as `auctionEntry`: the room may not hear what is in it (D56).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.house_rules import HouseRulesChanged
from baraka_server.contract.prices import NextBidChanged
from baraka_server.contract.server_events import AuctionEntry, ServerEvent
from baraka_server.domain.bid_entries import StandingBidChanged
from baraka_server.domain.events import Event, LedgerEntry, LotRepriced
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain
from baraka_server.domain.increments import IncrementsSet
from baraka_server.domain.lot_entries import (
    LotEdited,
    LotMoved,
    LotOfferedAgain,
    LotsAdded,
    LotWithdrawn,
)
from baraka_server.domain.moderation import CommentRemoved, SlowModeSet, UserBlocked
from baraka_server.domain.parts import Lot, named
from baraka_server.domain.rules.prices import next_bid
from baraka_server.domain.sale_rules import HouseRulesSet
from baraka_server.domain.state import State
from baraka_server.live import clock_told, lots_told, moderation
from baraka_server.live.announcement import Told
from baraka_server.live.lots_told import lots_changed


@dataclass(frozen=True, slots=True)
class ToUser:
    """An announcement that only the sockets of one user in the room hear, ahead of the room's."""

    user_id: int
    event: type[ServerEvent]
    fields: dict[str, Any]


def _next_bid_changed(_entry: LedgerEntry, _event: IncrementsSet, rules: State) -> Told:
    return NextBidChanged, {"nextBid": next_bid(rules)}


def _house_rules_changed(_entry: LedgerEntry, event: HouseRulesSet, _rules: State) -> Told:
    rules = event.rules
    return HouseRulesChanged, {"registration": rules.registration, "maxima": rules.maxima}


def _blocked(entry: LedgerEntry, event: UserBlocked, rules: State) -> Told:
    return _bid_undone(entry, event, rules) if event.bids else (AuctionEntry, {})


def _bid_undone(entry: LedgerEntry, event: ActUndone | UserBlocked, rules: State) -> Told:
    return BidUndone, {
        "bidIds": event.bids,
        "standingBid": named(event.high),
        "formerBid": named(event.was),
        **lots_told.asking(rules),
        "round": entry.round,
    }


def _lot_reopened(entry: LedgerEntry, event: LotOpenedAgain, rules: State) -> Told:
    return LotReopened, {
        "product": event.lot.product,
        **lots_told.numbered(rules),
        "winningId": event.winning_id,
        "standingBid": named(event.high),
        **lots_told.asking(rules),
        "round": entry.round,
    }


def in_the_guides_words(event: Event, lot: Lot | None) -> tuple[Event, ...]:
    """The same as events that the guide has announcements for; `lot` is the one on the block."""
    match event:
        case UserBlocked(bids=ids, high=high, was=was) if ids and lot is not None:
            return (StandingBidChanged(lot, high, was),)
        case ActUndone(high=high, was=was) if lot is not None:
            return (StandingBidChanged(lot, high, was),)
        case LotOpenedAgain(lot=opened, high=None):
            return (LotRepriced(opened),)
        case LotOpenedAgain(lot=opened, high=high):
            return LotRepriced(opened), StandingBidChanged(opened, high, None)
    return ()


TOLD: dict[type[Event], Callable[[LedgerEntry, Any, State], Told]] = {
    IncrementsSet: _next_bid_changed,
    HouseRulesSet: _house_rules_changed,
    ActUndone: _bid_undone,
    LotOpenedAgain: _lot_reopened,
    **clock_told.TOLD,
    **dict.fromkeys((LotsAdded, LotEdited, LotMoved, LotWithdrawn, LotOfferedAgain), lots_changed),
    CommentRemoved: moderation.comment_removed,
    SlowModeSet: moderation.slow_mode,
    UserBlocked: _blocked,
}
"""What is told of an entry, with the state behind it."""
