"""Ledger entries in words, for the history of a sale."""

from __future__ import annotations

from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Started,
    Unknown,
)
from baraka_server.domain.hammer import LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.domain.rules import (
    clock_proved,
    hammer,
    house_rules,
    lots_proved,
    maxima,
    moderation,
    people,
    prices,
    registration,
    winnings,
)
from baraka_server.domain.rules.floor_proved import bid_words, called
from baraka_server.domain.rules.lots_proved import numbered
from baraka_server.domain.rules.tables import NameOf, Words
from baraka_server.domain.state import State

WORDS: Words = {
    **lots_proved.WORDS,
    **prices.WORDS,
    **maxima.WORDS,
    **clock_proved.WORDS,
    **hammer.WORDS,
    **people.WORDS,
    **house_rules.WORDS,
    **registration.WORDS,
    **moderation.WORDS,
    **winnings.WORDS,
}
"""The words for the kinds of entry that the guide does not have, from each area."""

LOOKS_BACK = frozenset({Adopted, Started})
"""The kinds of event whose words depend on the state before."""

TELLS_PHASE = (
    *(Adopted, Started, LotOpened, LotRepriced, BidPlaced, Commented, Awarded),
    *(Canceled, Ended, LotPassed, LotOpenedAgain, RunnerUpAwarded),
)
"""The kinds of event after which it is known whether the auction is live: most need that it is (D6)."""


def in_words(before: State, entry: LedgerEntry, name_of: NameOf) -> str:
    """The words for `entry` after the state `before`, as the rest of the sentence "<who> …"."""
    match entry.event:
        case Adopted() as row:
            return _adopted(before, row, name_of)
        case Started():
            return "announced again that the auction is live" if before.live else "went live"
        case LotRepriced(lot=lot, lot_number=number, reserve=reserve):
            prices = _prices(lot) + _reserved(reserve)
            return f"changed the prices of {numbered(lot.product, number)}: {prices}"
        case LotOpened(lot=lot, lot_number=number, reserve=reserve):
            prices = _prices(lot) + _reserved(reserve)
            put_up = f"put {numbered(lot.product, number)} on the block: {prices}"
            return put_up + _passed_over(before, name_of)
        case BidPlaced() as bid:
            return bid_words(bid, name_of)
        case StandingBidChanged() as change:
            return _changed_bid(change, name_of)
        case Commented(comment=text):
            return f"said: {text}"
        case Awarded() as awarded:
            return _awarded(awarded, name_of)
        case Canceled():
            return "canceled the auction"
        case Ended():
            return "ended the auction"
        case BroadcasterLeft():
            return "left the live stream"
        case Unknown(name=name):
            return f"did what only a newer version of Baraka knows: {name}"
        case event:
            return WORDS[type(event)](event, name_of)


def _adopted(before: State, row: Adopted, name_of: NameOf) -> str:
    beginning = "the ledger begins" if before.seq == 0 else "another program changed the auction"
    parts = [_phase(row)]
    if row.owner_id != before.owner_id:
        parts.append(
            "owned by nobody" if row.owner_id is None else f"owned by {name_of(row.owner_id)}"
        )
    if row.lot is not None:
        parts.append(f"{row.lot.product} on the block ({_prices(row.lot)})")
    if row.high is not None:
        parts.append(_bid(row.high, name_of))
    return f"{beginning}: {', '.join(parts)}"


def _changed_bid(change: StandingBidChanged, name_of: NameOf) -> str:
    stands = "no bid stands" if change.high is None else _bid(change.high, name_of)
    if change.award_refused:
        return f"tried to award, and was told: {stands}"
    gone = "" if change.was is None else f" {_bid(change.was, name_of)} before"
    return f"another program changed the bids:{gone}{',' if gone else ''} now {stands}"


def _phase(row: Adopted) -> str:
    if row.canceled:
        return "canceled"
    if row.ended:
        return "ended"
    return "live" if row.live else "not live"


def _passed_over(before: State, name_of: NameOf) -> str:
    """The words for the lot that another one takes off the block although a bid stands on it."""
    if before.lot is None or before.high is None:
        return ""
    lot = numbered(before.lot.product, before.run_list.open_number)
    return f"; {lot} was passed, at {before.high.amount} of {called(before.high, name_of)}"


def _awarded(awarded: Awarded, name_of: NameOf) -> str:
    weight = (awarded.weight or "").strip()
    product = numbered(awarded.product, awarded.lot_number)
    lot = f"{product} ({awarded.weight})" if weight else product
    if awarded.by_clock is not None and awarded.high is not None:
        winner = called(awarded.high, name_of)
        return f"the clock ran out: {lot} went to {winner} for {awarded.high.amount}"
    if awarded.high is None:
        return f"awarded {lot} to nobody: there was no bid"
    below = ", below its reserve" if awarded.below_reserve else ""
    return f"awarded {lot} to {called(awarded.high, name_of)} for {awarded.high.amount}{below}"


def _bid(bid: StandingBid, name_of: NameOf) -> str:
    return f"highest bid {bid.amount} by {called(bid, name_of)}"


def _prices(lot: Lot) -> str:
    return f"minimum {lot.minimum_price}, start {lot.start_price}, market price {lot.market_price}"


def _reserved(reserve: int | None) -> str:
    """That there is a reserve. Not everybody who reads a history may know what it is."""
    return ", with a reserve" if reserve else ""
