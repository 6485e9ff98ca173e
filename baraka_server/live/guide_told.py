"""Announcements of entries in events of the guide; of the others as `live/told.py` has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baraka_server.contract.records import User
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionChanged,
    AuctionEntry,
    AuctionFinished,
    AuctionStarted,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
)
from baraka_server.contract.server_events import BroadcasterLeft as BroadcasterLeftEvent
from baraka_server.domain.auction_record import record_after
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
)
from baraka_server.domain.hammer import RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import CommentRestored
from baraka_server.domain.parts import Lot, StandingBid, named
from baraka_server.domain.state import State
from baraka_server.live import lots_told
from baraka_server.live.announcement import Told
from baraka_server.live.encoded import Encoded
from baraka_server.live.rows_shown import RowsShown
from baraka_server.live.told import TOLD


def told(shown: RowsShown, entry: LedgerEntry, users: Mapping[int, User], rules: State) -> Told:
    """What the room hears of an entry, with the state of the rules behind it."""
    match entry.event:
        case Started():
            return AuctionStarted, record_after(shown.record, entry).model_dump(mode="json")
        case LotOpened(lot=lot) | LotRepriced(lot=lot):
            return LotChanged, lot_fields(lot, entry.round, rules)
        case BidPlaced() as event:
            placed = shown.encoded(shown.placed(entry, event), users)
            return NewBid, bid_fields(placed, entry.round, rules)
        case StandingBidChanged(lot=lot, high=high, was=was):
            former = {"formerBid": named(was)}
            if high is None:
                return LotChanged, lot_fields(lot, entry.round, rules) | former
            standing = shown.encoded(shown.bid(high), users)
            return NewBid, bid_fields(standing, entry.round, rules) | former
        case Commented() as event:
            comment = shown.comment(entry, event)
            return NewComment, {"newComment": shown.encoded(comment, users)}
        case Awarded(high=high) | RunnerUpAwarded(high=high) as sold:
            awarded = _awarded(shown, entry, high, users)
            passed_over = {"runnerUp": True} if isinstance(sold, RunnerUpAwarded) else {}
            of_lot = lots_told.closed(rules, sold, sold=high is not None)
            return LotAwarded, awarded | passed_over | of_lot
        case LotPassed() as passed:
            of_lot = lots_told.closed(rules, passed, sold=False)
            return LotAwarded, _awarded(shown, entry, None, users) | {"passed": True} | of_lot
        case Canceled():
            return AuctionCanceled, {"message": AuctionCanceled.TEXT}
        case Ended():
            return AuctionFinished, {"message": AuctionFinished.TEXT}
        case BroadcasterLeft():
            return BroadcasterLeftEvent, {}
        case Adopted(high=high):
            bid_that_stands = high and shown.encoded(shown.bid(high), users)
            # The same at once and later, when the row has been written again.
            record = record_after(shown.record, entry)
            return AuctionChanged, {
                "auction": record.model_copy(update={"updatedAt": entry.at}),
                "highestBid": bid_that_stands,
                "round": entry.round,
            }
        case CommentRestored(posted=LedgerEntry(event=Commented() as said) as posted):
            return NewComment, {"newComment": shown.encoded(shown.comment(posted, said), users)}
        case CommentRestored(comment_id=comment_id) if comment_id in shown.comments:
            return NewComment, {"newComment": shown.comments.told(comment_id)}
    if tell := TOLD.get(type(entry.event)):
        return tell(entry, entry.event, rules)
    return AuctionEntry, {}


def _awarded(
    shown: RowsShown, entry: LedgerEntry, high: StandingBid | None, users: Mapping[int, User]
) -> dict[str, Any]:
    winning_bid = winning_user = None
    if high is not None:
        winning_bid = shown.encoded(shown.bid(high), users)
        winning_user = shown.people.find(users, high.user_id)
    return {
        "auction": {
            **record_after(shown.record, entry).model_dump(mode="json"),
            "Auction_bids": [],
            "Auction_comments": [],
        },
        "winningBid": winning_bid,
        "winningUser": winning_user,
    }


def bid_fields(bid: Encoded, round_: int, rules: State) -> dict[str, Any]:
    return {
        "newBid": bid,
        "round": round_,
        **lots_told.asking(rules),
        **lots_told.numbered(rules),
    }


def lot_fields(lot: Lot, round_: int, rules: State) -> dict[str, Any]:
    return {
        "product": lot.product,
        "bidPrice": lot.start_price,
        "minBidPrice": lot.minimum_price,
        "actualPrice": lot.market_price,
        "round": round_,
        **lots_told.asking(rules),
        **lots_told.described(rules),
    }


EMPTY_BLOCK = Lot("", 0, 0, 0)
"""The lot that the guide's events show for an empty block."""
