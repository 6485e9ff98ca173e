"""The rows that a ledger leads to: what the tables must hold if nobody else had a hand in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from baraka_server.contract.fields import iso_time
from baraka_server.contract.records import Auction
from baraka_server.domain.facts import (
    Adopted,
    Awarded,
    BidPlaced,
    Commented,
    Event,
    LotOpened,
    LotRepriced,
    StandingBid,
    StandingBidChanged,
    Unknown,
)
from baraka_server.domain.record import lot_of
from baraka_server.domain.state import State, apply
from baraka_server.store.tables import bids, comments, winnings


@dataclass(slots=True)
class Written:
    """A row that the ledger says was written, and by which entry. `required` rows must be there."""

    seq: int
    values: Mapping[str, Any]
    required: bool = True


@dataclass(slots=True)
class Rows:
    """The rows of one table that the ledger leads to, by id.

    `found_at` is when the auction was adopted with rows that the ledger had not written: such rows
    are at most that old, and bids among them at most `found_bid_max`.
    """

    table: Any
    written: dict[int, Written] = field(default_factory=dict)
    found_at: datetime | None = None
    found_bid_max: int | None = None

    def clear(self) -> None:
        self.written.clear()
        self.found_at = self.found_bid_max = None

    def adopt(self, at: datetime, bid_max: int | None = None) -> None:
        """Take the table as another program left it: what it removed is not missed."""
        for row in self.written.values():
            row.required = False
        self.found_at, self.found_bid_max = at, bid_max

    def objection(self, row: Mapping[str, Any], auction_id: int) -> str | None:
        """Why a row that is in the table cannot be there like that."""
        written = self.written.get(row["id"])
        if written is None:
            return None if self._was_found(row) else ADDED
        for name, said in {"auction_id": auction_id, **written.values}.items():
            if row[name] != said:
                return differs(name, row[name], written.seq, said)
        return None

    def _was_found(self, row: Mapping[str, Any]) -> bool:
        if self.found_at is None or row["createdAt"] > self.found_at:
            return False
        return self.found_bid_max is None or row["bid"] <= self.found_bid_max


ADDED = "no entry of the ledger wrote it: it was added, or the end of the ledger is cut off"


def differs(name: str, value: Any, seq: int, said: Any) -> str:
    return f"{name} is {_told(value)}; by entry {seq} of the ledger it is {_told(said)}"


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return iso_time(value)
    return "empty" if value is None else repr(value)


class Expected:
    """What the tables hold after the events that were taken, which are the ledger from its start.

    `unknown` counts those that only a newer program knows (D55): behind one, nothing is expected.
    """

    def __init__(self) -> None:
        self.state = State()
        self.unknown = 0
        self.bids = Rows(bids)
        self.comments = Rows(comments)
        self.winnings = Rows(winnings)
        self._winner_id: int | None = None
        self._columns: dict[str, tuple[int, Any]] = {}  # of the auction: since which entry, what

    def take(self, event: Event) -> None:
        """Raises `ValueError` for an entry of a kind that nobody knows and no program wrote."""
        if isinstance(event.fact, Unknown) and "v" not in event.fact.said:
            raise ValueError("it does not say what it is")
        self.state = apply(self.state, event)
        match event.fact:
            case Unknown():
                self.unknown += 1
            case Adopted(high=high):
                self._adopt(event, high)
            case StandingBidChanged(award_refused=False) as change:
                self.bids.written.pop(change.was.bid_id if change.was else 0, None)
                self._find_rows(event, change.high)
            case LotOpened() if not isinstance(event.fact, LotRepriced):
                self.bids.clear()
            case BidPlaced(amount=amount, bid_id=bid_id):
                self.bids.written[bid_id] = _row(event, bid=amount, updatedAt=event.at)
            case Commented(comment=text, comment_id=comment_id):
                self.comments.written[comment_id] = _row(event, comment=text, updatedAt=event.at)
            case Awarded() as awarded:
                self._award(event, awarded)
        self._columns = {
            name: was
            if (was := self._columns.get(name)) and was[1] == value
            else (event.seq, value)
            for name, value in self._auction_row().items()
        }

    def objections(self, record: Auction) -> list[str]:
        """The columns of the auction's row that cannot be like that."""
        row = record.model_dump()
        if lot_of(record) is None:
            row["current_product"] = None  # a blank product is none
        return [
            differs(name, row[name], seq, said)
            for name, (seq, said) in self._columns.items()
            if row[name] != said
        ]

    def _adopt(self, event: Event, high: StandingBid | None) -> None:
        if event.seq == 1:  # from then on only the awards of this ledger make winnings
            self.winnings.adopt(event.at)
        self._find_rows(event, high)

    def _find_rows(self, event: Event, high: StandingBid | None) -> None:
        """Take bids and comments as they were found: a user who was deleted took some along."""
        self.comments.adopt(event.at)
        if self.state.lot is None:
            self.bids.adopt(event.at)  # a next lot clears them, whatever they are
            return
        self.bids.adopt(event.at, bid_max=high.amount if high else 0)
        if high is not None:
            values = {"user_id": high.user_id, "bid": high.amount, "createdAt": high.at}
            self.bids.written[high.bid_id] = Written(event.seq, values)

    def _award(self, event: Event, awarded: Awarded) -> None:
        self.bids.clear()
        self.comments.clear()
        if awarded.high is None or awarded.winning_id is None:
            return
        self._winner_id = awarded.high.user_id
        # Not `sold`: that is what the people of the house change when the winner has paid.
        values = {
            "user_id": awarded.high.user_id,
            "product": awarded.product,
            "price": awarded.high.amount,
            "weight": awarded.weight,
            "createdAt": event.at,
        }
        self.winnings.written[awarded.winning_id] = Written(event.seq, values)

    def _auction_row(self) -> dict[str, Any]:
        """The columns that a rule reads or an award writes. Without a lot, prices mean nothing."""
        state, lot = self.state, self.state.lot
        row = {
            "user_id": state.owner_id,
            "isLive": state.live,
            "isCanceled": state.canceled,
            "isEnded": state.ended,
            "current_product": lot.product if lot else None,
        }
        if lot:
            row["minBidPrice"] = lot.minimum_price
            row["bidPrice"] = lot.start_price
            row["actualPrice"] = lot.market_price
        if self._winner_id is not None:
            row["winning_user_id"] = self._winner_id
        return row


def _row(event: Event, **values: Any) -> Written:
    return Written(event.seq, {"user_id": event.user_id, "createdAt": event.at, **values})
