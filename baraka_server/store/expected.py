"""Rows that follow from a ledger, to compare the tables with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from baraka_server.contract.fields import iso_time
from baraka_server.contract.records import Auction
from baraka_server.domain.acts import RoundActs
from baraka_server.domain.auction_record import lot_of
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import Adopted, Awarded, Commented, LedgerEntry, LotOpened, Unknown
from baraka_server.domain.hammer import ActUndone, Award, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.maxima import MaximumSet
from baraka_server.domain.moderation import CommentRemoved, CommentRestored, UserBlocked
from baraka_server.domain.paddles import given_in
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.state import BEGINNING, State, apply
from baraka_server.domain.winnings import WinningChanged
from baraka_server.store.rows import is_id
from baraka_server.store.tables import bids, comments, winnings


@dataclass(slots=True)
class Written:
    """A row that a ledger entry wrote. A `required` row must be in the table."""

    seq: int
    values: Mapping[str, Any]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Objection:
    """The reason why a row does not follow from the ledger.

    `outside` is True where another program may have done it, which says nothing against the ledger.
    """

    reason: str
    outside: bool = False


@dataclass(slots=True)
class Rows:
    """The rows of one table that follow from the ledger, by id.

    `found_at` is when the auction was adopted with rows that the ledger had not written, bids among
    them of at most `found_bid_max`; `first_id` is the first row that it wrote since. `leading` is the
    amount of the bid that leads now.
    """

    table: Any
    written: dict[int, Written] = field(default_factory=dict)
    found_at: datetime | None = None
    found_bid_max: int | None = None
    first_id: int | None = None
    leading: int | None = None
    away: dict[int, tuple[int, Written | None]] = field(default_factory=dict)
    """The rows that entries took away and may bring back: which entry, and what they were."""

    def take_away(self, row_id: int, seq: int) -> None:
        self.away[row_id] = seq, self.written.pop(row_id, None)

    def bring_back(self, row_id: int) -> None:
        _, written = self.away.pop(row_id, (0, None))
        if written is not None:
            self.written[row_id] = written

    def write(self, row_id: int, written: Written) -> None:
        self.written[row_id] = written
        self.first_id = self.first_id or row_id

    def clear(self) -> None:
        self.written.clear()
        self.away.clear()
        self.found_at = self.found_bid_max = self.first_id = None

    def adopt(self, at: datetime, bid_max: int | None = None) -> None:
        """Take the table as another program left it: removed rows are no longer required."""
        for row in self.written.values():
            row.required = False
        self.found_at, self.found_bid_max, self.first_id = at, bid_max, None

    def objection(self, row: Mapping[str, Any], auction_id: int) -> Objection | None:
        """The objection to a row that is in the table; None where there is none."""
        if row["id"] in self.away:
            return Objection(
                f"it is there; entry {self.away[row['id']][0]} of the ledger removed it"
            )
        written = self.written.get(row["id"])
        if written is None:
            return self._objection_to_others(row)
        for name, said in {"auction_id": auction_id, **written.values}.items():
            if row[name] != said:
                return Objection(differs(name, row[name], written.seq, said))
        return None

    def _objection_to_others(self, row: Mapping[str, Any]) -> Objection | None:
        """The objection to a row that no entry wrote.

        Other programs have their own clocks, and their servers may not use UTC: a row is as old as the
        earlier of its times says, or as its id. A bid below the one that leads cannot be from an end of
        the ledger that was cut off, and decides nothing. Neither does a comment.
        """
        found = self.found_at is not None and _oldest(row) <= self.found_at
        earlier = self.first_id is not None and row["id"] < self.first_id
        if self.table is bids:
            return self._objection_to_bid(row["bid"], found=found, earlier=earlier)
        if found:
            return None
        if self.table is comments:
            return None if earlier else Objection(OTHERS, outside=True)
        return Objection(OTHERS, outside=True) if earlier else Objection(ADDED)

    def _objection_to_bid(self, amount: Any, *, found: bool, earlier: bool) -> Objection | None:
        if not isinstance(amount, int) or not is_id(amount):
            return Objection("it is not a valid bid, and does not count", outside=True)
        most = self.found_bid_max
        if found or (earlier and most is not None and amount <= most):
            return None if most is None or amount <= most else Objection(ADDED)
        below = self.leading is not None and amount < self.leading
        return Objection(OTHERS, outside=True) if below else Objection(ADDED)


NEVER = datetime.max.replace(tzinfo=UTC)


def _oldest(row: Mapping[str, Any]) -> datetime:
    times = [row[name] for name in ("createdAt", "updatedAt") if isinstance(row[name], datetime)]
    return min(times, default=NEVER)


OTHERS = "no entry of the ledger wrote it: another program did"
ADDED = "no entry of the ledger wrote it: it was added, or the end of the ledger is cut off"


def differs(name: str, value: Any, seq: int, said: Any) -> str:
    return f"{name} is {_told(value)}; by entry {seq} of the ledger it is {_told(said)}"


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return iso_time(value)
    return "empty" if value is None else repr(value)


class Expected:
    """The rows of the tables after the entries that were taken, which are the ledger from its start.

    `unknown` counts the entries that only a newer program knows (D55): after one, nothing is expected.
    """

    def __init__(self) -> None:
        self.state = State()
        self.acts = RoundActs()
        self.unknown = 0
        self.bids = Rows(bids)
        self.comments = Rows(comments)
        self.winnings = Rows(winnings)
        self.paddles: dict[int, tuple[int, int | None]] = {}
        """By number: the entry that gave it, and to which user."""
        self.maxima: dict[int, tuple[int, int | None, str]] = {}
        """By the entries that set maximum bids: the round, the user and the hash."""
        self._latest = BEGINNING  # a clock that was wrong may have been corrected since
        self._winner: tuple[int | None] | None = None  # of the last award, once there was one
        self._columns: dict[str, tuple[int, Any]] = {}  # of the auction: since which entry, what

    def take(self, entry: LedgerEntry) -> None:
        """Apply the next entry. Raises `ValueError` for one of an unknown kind that no program wrote."""
        if isinstance(entry.event, Unknown) and "v" not in entry.event.said:
            raise ValueError("it does not say what it is")
        self.state = apply(self.state, entry)
        self.acts.take(entry)
        self._latest = max(self._latest, entry.at)
        if given := given_in(entry):
            self.paddles[given[0]] = entry.seq, given[1]
        match entry.event:
            case Unknown():
                self.unknown += 1
            case Adopted(high=high):
                self._adopt(entry, high)
            case StandingBidChanged(award_refused=False) as change:
                self.bids.written.pop(change.was.bid_id if change.was else 0, None)
                self._find_rows(entry, change.high)
            case LotOpened():
                self.bids.clear()
            case ActUndone(bids=ids, high=high):
                self._undo(entry, ids, high)
            case UserBlocked(bids=ids, high=high) if ids:
                self._undo(entry, ids, high)
            case CommentRemoved(comment_id=comment_id):
                self.comments.take_away(comment_id, entry.seq)
            case CommentRestored(comment_id=comment_id):
                self.comments.bring_back(comment_id)
            case WinningChanged() as changed:
                self._change_winning(entry, changed)
            case LotOpenedAgain() as opened:
                self._open_again(entry, opened)
            case BidPlaced(amount=amount, bid_id=bid_id):
                self.bids.write(bid_id, _row(entry, bid=amount, updatedAt=entry.at))
            case Commented(comment=text, comment_id=comment_id):
                self.comments.write(comment_id, _row(entry, comment=text, updatedAt=entry.at))
            case MaximumSet(hash=hash_):
                self.maxima[entry.seq] = entry.round, entry.user_id, hash_
            case LotPassed():
                self.bids.clear()
                self.comments.clear()
            case Awarded() | RunnerUpAwarded() as awarded:
                self._award(entry, awarded)
        self.bids.leading = self.state.high.amount if self.state.high else None
        self._columns = {
            name: was
            if (was := self._columns.get(name)) and was[1] == value
            else (entry.seq, value)
            for name, value in self._auction_row().items()
        }

    def objections(self, record: Auction) -> list[str]:
        """The reasons why columns of the auction's row do not follow from the ledger."""
        row = record.model_dump()
        if lot_of(record) is None:
            row["current_product"] = None  # a blank product is none
        return [
            differs(name, row[name], seq, said)
            for name, (seq, said) in self._columns.items()
            if row[name] != said
        ]

    def _adopt(self, entry: LedgerEntry, high: StandingBid | None) -> None:
        if entry.seq == 1:  # from then on only the awards of this ledger make winnings
            self.winnings.adopt(entry.at)
        self._find_rows(entry, high)

    def _find_rows(self, entry: LedgerEntry, high: StandingBid | None) -> None:
        """Take bids and comments as they were found: a user who was deleted took some along."""
        self.comments.adopt(self._latest)
        if self.state.lot is None:
            self.bids.adopt(self._latest)  # a next lot clears them, whatever they are
            return
        self.bids.adopt(self._latest, bid_max=high.amount if high else 0)
        if high is not None:
            values = {"user_id": high.user_id, "bid": high.amount}
            self.bids.write(high.bid_id, Written(entry.seq, values))

    def _undo(self, entry: LedgerEntry, ids: tuple[int, ...], high: StandingBid | None) -> None:
        most = high.amount if high else 0  # what was above it, another program took away
        for bid_id, row in list(self.bids.written.items()):
            if bid_id in ids or row.values["bid"] > most:
                del self.bids.written[bid_id]
        known = self.bids.written.keys()
        if high is not None and high.bid_id not in known:  # another program's
            self._find_rows(entry, high)

    def _open_again(self, entry: LedgerEntry, opened: LotOpenedAgain) -> None:
        for bid in opened.bids:
            values = {"user_id": bid.user_id, "bid": bid.amount}
            times = {"createdAt": bid.at, "updatedAt": bid.at}
            self.bids.write(bid.bid_id, Written(entry.seq, values | times))
        self.winnings.written.pop(opened.winning_id or 0, None)
        self._winner = (opened.winner,)

    def _change_winning(self, entry: LedgerEntry, changed: WinningChanged) -> None:
        if changed.is_last:
            self._winner = (changed.last_winner,)
        if changed.to_nobody:
            self.winnings.take_away(changed.winning_id, entry.seq)
            return
        known = self.winnings.written.get(changed.winning_id)
        values = dict(known.values) if known else {}
        values |= {"user_id": changed.winner_id, "price": changed.price}
        self.winnings.written[changed.winning_id] = Written(entry.seq, values)

    def _award(self, entry: LedgerEntry, awarded: Award) -> None:
        self.bids.clear()
        self.comments.clear()
        if awarded.high is None or awarded.winning_id is None:
            return
        self._winner = (awarded.high.user_id,)
        # Not `sold`: that is what the people of the house change when the winner has paid.
        values = {
            "user_id": awarded.high.user_id,
            "product": awarded.product,
            "price": awarded.high.amount,
            "weight": awarded.weight,
            "createdAt": entry.at,
        }
        self.winnings.write(awarded.winning_id, Written(entry.seq, values))

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
        if self._winner is not None:
            (row["winning_user_id"],) = self._winner
        return row


def _row(entry: LedgerEntry, **values: Any) -> Written:
    return Written(entry.seq, {"user_id": entry.user_id, "createdAt": entry.at, **values})
