"""`SaleBook`: everything the console knows of a sale, folded from the events that it hears.

It knows no screen and no socket. It also understands servers that speak the guide alone, so every
field that is ours (`seq`, `round`, `serverTime`) may be missing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from baraka_cli.console.bidding import Bidding
from baraka_cli.console.chat_book import ChatBook
from baraka_cli.console.people_names import Names
from baraka_cli.console.records import (
    Bid,
    Comment,
    Hammer,
    Lot,
    Phase,
    bid_of,
    comment_of,
    ledger_of,
    moment,
    name_of,
    numbered_by,
    paddle_of,
    phase_of,
    set_aside,
    usual_step,
    whole,
)
from baraka_cli.console.room_order import comment_removed, role_changed, rules_changed
from baraka_server.contract.hammer import LotReopened
from baraka_server.contract.house_rules import HouseRulesChanged
from baraka_server.contract.lots import LotsChanged
from baraka_server.contract.moderation import CommentRemoved
from baraka_server.contract.names import same_name
from baraka_server.contract.people import RoleChanged
from baraka_server.contract.prices import NextBidChanged
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionChanged,
    AuctionFinished,
    AuctionStarted,
    AuctionState,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
    UserCountUpdate,
)
from baraka_server.contract.text import printable

BIDS_KEPT_MAX = 1_000
RATE_WINDOW_SECONDS = 60


@dataclass
class SaleBook:
    auction_id: int
    title: str = ""
    owner_id: int | None = None
    """Whose auction it is, where the server tells."""
    role: str | None = None
    """Our role in it, where the server tells (D46)."""
    phase: Phase = Phase.UNKNOWN
    round: int | None = None
    lot: Lot | None = None
    lot_since: datetime | None = None
    """When the lot was put up, by our clock."""
    lot_since_known: bool = False
    """Whether that was heard or told; otherwise `lot_since` is when the console first saw it."""
    over_since: datetime | None = None
    """When the auction was ended or canceled, by our clock, if the console was there."""
    names: Names = field(default_factory=Names)
    bids: deque[Bid] = field(default_factory=lambda: deque(maxlen=BIDS_KEPT_MAX))
    """The bids of this round, newest first."""
    chat: ChatBook = field(default_factory=ChatBook)
    viewers: int | None = None
    seq: int | None = None
    hammers: list[Hammer] = field(default_factory=list)
    """Lots that came off the block while the console listened."""
    ledger: str | None = None
    """Which history `seq` is of, for asking what was missed."""
    gap: bool = False
    """Whether an event was not heard: the book is wrong until the next state."""
    bidding: Bidding = field(default_factory=Bidding)
    lots_version: int | None = None
    """The last change of the server's run list: 0 where it has none yet, None where it tells of none."""
    version: int = 0
    """Rises with every change: whoever draws the book draws only a new version."""
    first_seq: int | None = None
    """The `seq` of the first state: what is older was not heard."""
    _heard_at_seq: set[str] = field(default_factory=set)
    """The events that were heard at `seq`: one entry may be told by several."""
    clock_behind: timedelta = timedelta()
    """Lag of the server's clock behind ours, as of the last state."""
    bid_times: deque[datetime] = field(default_factory=lambda: deque(maxlen=10_000))
    """When bids came, by our clock; oldest first."""

    @property
    def high(self) -> Bid | None:
        """The bid that leads: the highest, of equal ones the first."""
        return max(self.bids, key=lambda bid: (bid.amount, -bid.id), default=None)

    @property
    def last_hammer(self) -> Hammer | None:
        """The last award or pass that may be taken back."""
        return next((one for one in reversed(self.hammers) if not one.aside), None)

    def next_ask(self, step: int | None = None) -> int | None:
        """Asking price: the minimum of a first bid, then a step above the highest bid.

        The step is the server's where the auction has one (D41), else `step`, else what is usual.
        """
        if self.lot is None:
            return None
        least = self.bidding.next_bid or 1
        if self.high is None:
            return max(self.lot.minimum, self.lot.start, least)
        if least > self.high.amount + 1:
            return least
        return self.high.amount + (step or usual_step(self.high.amount))

    def is_up(self, lot: Lot | None, round_: int | None) -> bool:
        """Whether a lot of that round is on the block yet; another one may have its name."""
        if lot is None or self.lot is None:
            return False
        if None not in {round_, self.round}:
            return round_ == self.round
        return same_name(lot.product, self.lot.product)

    def called(self, bid: Bid) -> str:
        """Its bidder, so that nobody takes two bidders of one name for the same."""
        return self.names.called(bid.user_id, bid.bidder, bid.on_floor)

    def bids_by_second(self, now: datetime, seconds: int = RATE_WINDOW_SECONDS) -> list[int]:
        """Number of bids in each of the last `seconds`, oldest first."""
        counts = [0] * seconds
        for at in self.bid_times:
            age = int((now - at).total_seconds())
            if 0 <= age < seconds:
                counts[seconds - 1 - age] += 1
        return counts

    def hear(self, event: str, data: Mapping[str, Any], now: datetime | None = None) -> None:
        """Take one event of this auction. What was heard before (by its `seq`) changes nothing."""
        if self._is_other(event, data):
            return
        # An event that this console does not know still has its place in the order (D55).
        handler = _HANDLERS.get(event, SaleBook._nothing)
        seq = data.get("seq")
        is_state = event == AuctionState.wire_name
        if isinstance(seq, int) and event != UserCountUpdate.wire_name and not is_state:
            if self._was_heard(event, seq):
                return
            self.gap = self.gap or (self.seq is not None and seq > self.seq + 1)
            self.seq, self.ledger = seq, ledger_of(data)
        handler(self, data, now or datetime.now(UTC))
        self.bidding.hear(event, data)
        self.version += 1

    def _was_heard(self, event: str, seq: int) -> bool:
        if self.seq is not None and seq <= self.seq:
            if seq < self.seq or event in self._heard_at_seq:
                return True
        else:
            self._heard_at_seq.clear()
        self._heard_at_seq.add(event)
        return False

    def _is_other(self, event: str, data: Mapping[str, Any]) -> bool:
        """Whether it is another auction's: `auctionStarted` goes to everybody."""
        if event == AuctionStarted.wire_name:
            return bool(data.get("id") != self.auction_id)
        named = data.get("auctionId", self.auction_id)
        if event == LotAwarded.wire_name and isinstance(data.get("auction"), dict):
            named = data["auction"].get("id", named)
        return bool(named != self.auction_id)

    def _heard_at(self, data: Mapping[str, Any], now: datetime) -> datetime:
        """When the server took it in, by our clock: a resumed line tells of it later."""
        told_at = data.get("serverTime")
        return moment(told_at) + self.clock_behind if told_at else now

    # --- what is heard

    def _state(self, data: Mapping[str, Any], now: datetime) -> None:
        seq = data.get("seq")
        if "auction" not in data:  # it says only that there is another state
            self.seq, self.gap = seq if isinstance(seq, int) else self.seq, True
            return
        self.seq = seq if isinstance(seq, int) else None
        self.ledger = ledger_of(data)
        self._heard_at_seq = set(_HANDLERS)  # it says what all of them would
        if self.first_seq is None:
            self.first_seq = self.seq
        self.gap = False
        if "serverTime" in data:
            self.clock_behind = now - moment(data["serverTime"])
        self._auction(data["auction"], now)
        if self.lot and isinstance(data.get("lot"), dict):
            self.lot = numbered_by(self.lot, data["lot"])
        self.lots_version = data.get("lotsVersion")
        another_round, self.round = data.get("round") != self.round, data.get("round")
        self.role = data.get("role", self.role)
        rules_changed(self, data, now)
        if "userCount" in data:
            self.viewers = whole(data["userCount"])
        self._list_bids(data.get("auctionBids", []))
        said = data.get("auctionComments", [])
        if another_round:  # an award that was not heard may have cleared them
            self.chat.was_closed({one["id"] for one in said})
        self.chat.take(map(self._comment, said))

    def _changed(self, data: Mapping[str, Any], now: datetime) -> None:
        """Take a change by another program. A list of the bids comes behind it."""
        self._auction(data["auction"], now)
        another_round, self.round = data.get("round") != self.round, data.get("round")
        if another_round or data["highestBid"] is None:
            self.bids.clear()
        if data["highestBid"] is not None and not self.bids:
            self._add_bid(data["highestBid"])

    def _counted(self, data: Mapping[str, Any], _now: datetime) -> None:
        self.viewers = whole(data["userCount"])

    def _lot_changed(self, data: Mapping[str, Any], now: datetime) -> None:
        lot = Lot(
            printable(str(data["product"])),
            whole(data["minBidPrice"]),
            whole(data["bidPrice"]),
            whole(data["actualPrice"]),
        )
        lot = numbered_by(lot, data)
        if self._is_another(lot.product, data.get("round")):
            self.bids.clear()
            self.lot_since, self.lot_since_known = self._heard_at(data, now), True
            if self.lot is not None:
                self.hammers.append(set_aside(self.lot, self.lot_since))
                self.chat.passes(self.hammers[-1])
        self.lot = lot
        self.round = data.get("round", self.round)
        self.phase = Phase.LIVE
        if "auctionBids" in data:  # the bid that stood is gone, and no other one stands
            self._list_bids(data["auctionBids"])

    def _bid_placed(self, data: Mapping[str, Any], now: datetime) -> None:
        if "formerBid" not in data:  # else it is not a new one: it leads since another one is gone
            self.bid_times.append(self._heard_at(data, now))
        self.round = data.get("round", self.round)
        if "auctionBids" in data:
            self._list_bids(data["auctionBids"])
        else:
            self._add_bid(data["newBid"])

    def _commented(self, data: Mapping[str, Any], _now: datetime) -> None:
        if "comments" in data:
            self.chat.take(map(self._comment, data["comments"]))
        else:
            self.chat.add(self._comment(data["newComment"]))

    def _awarded(self, data: Mapping[str, Any], now: datetime) -> None:
        product = self.lot.product if self.lot else ""
        winner, bid = data.get("winningUser"), data.get("winningBid") or {}
        name = name_of({"user": winner}) if winner else None
        floor = bid.get("floor") is True
        if winner and name:
            self.names.hear(winner["id"], name, None if floor else paddle_of(bid))
        self.hammers.append(
            Hammer(
                product,
                name,
                winner["id"] if winner else None,
                whole(bid["bid"]) if bid else None,
                self._heard_at(data, now),
                paddle_of(bid) if floor else self.names.paddle(winner["id"]) if winner else None,
                data.get("seq"),
                data.get("lotId"),
                data.get("lotNumber"),
                floor,
            )
        )
        self._auction(data["auction"], now)
        self.bids.clear()
        self.chat.closes(self.hammers[-1])

    def _reopened(self, _data: Mapping[str, Any], _now: datetime) -> None:
        """Forget the last hammer: lot and bids are told in the guide's words behind it (D38)."""
        if (last := self.last_hammer) is not None:
            self.hammers.remove(last)

    def _canceled(self, data: Mapping[str, Any], now: datetime) -> None:
        self.phase, self.over_since = Phase.CANCELED, self._heard_at(data, now)

    def _finished(self, data: Mapping[str, Any], now: datetime) -> None:
        self.phase, self.over_since = Phase.ENDED, self._heard_at(data, now)

    def _lots_changed(self, data: Mapping[str, Any], _now: datetime) -> None:
        self.lots_version = whole(data["lotsVersion"])

    def _nothing(self, _data: Mapping[str, Any], _now: datetime) -> None:
        pass

    # --- records

    def _auction(self, record: Mapping[str, Any], now: datetime) -> None:
        self.title = printable(record.get("title") or "")
        if isinstance(record.get("user_id"), int):
            self.owner_id = record["user_id"]
        self.phase = phase_of(record)
        product = printable(record.get("current_product") or "")
        if not product.strip():
            self.lot, self.lot_since = None, None
            return
        if self._is_another(product, None):
            self.lot_since, self.lot_since_known = now, False
        prices = (record["minBidPrice"], record["bidPrice"], record["actualPrice"])
        lot = Lot(product, *map(whole, prices))
        if self.lot and same_name(self.lot.product, product):
            lot = replace(lot, lot_id=self.lot.lot_id, number=self.lot.number)
        self.lot = lot

    def _is_another(self, product: str, round_: int | None) -> bool:
        """Whether it is not the lot on the block: by the server's rounds, by names where it has none."""
        if self.lot is None:
            return True
        if round_ is not None and self.round is not None:
            return round_ != self.round
        return not same_name(self.lot.product, product)

    def _list_bids(self, records: list[Mapping[str, Any]]) -> None:
        """A whole list, newest first. Rows that the book has are kept, so a storm costs little."""
        if self.bids and records and len(records) > 1 and records[1]["id"] == self.bids[0].id:
            self._add_bid(records[0])
            return
        self.bids.clear()
        for record in reversed(records[:BIDS_KEPT_MAX]):
            self._add_bid(record)

    def _add_bid(self, record: Mapping[str, Any]) -> None:
        bid = bid_of(record, self.bids[0] if self.bids else None)
        self.names.hear(bid.user_id, bid.bidder, None if bid.floor else bid.paddle)
        self.bids.appendleft(bid)

    def _comment(self, record: Mapping[str, Any]) -> Comment:
        said = comment_of(record)
        self.names.hear(said.user_id, said.author)
        return said


_HANDLERS = {
    AuctionState.wire_name: SaleBook._state,
    AuctionStarted.wire_name: SaleBook._auction,
    UserCountUpdate.wire_name: SaleBook._counted,
    LotChanged.wire_name: SaleBook._lot_changed,
    NewBid.wire_name: SaleBook._bid_placed,
    NewComment.wire_name: SaleBook._commented,
    CommentRemoved.wire_name: comment_removed,
    RoleChanged.wire_name: role_changed,
    HouseRulesChanged.wire_name: rules_changed,
    LotAwarded.wire_name: SaleBook._awarded,
    LotReopened.wire_name: SaleBook._reopened,
    AuctionCanceled.wire_name: SaleBook._canceled,
    AuctionFinished.wire_name: SaleBook._finished,
    AuctionChanged.wire_name: SaleBook._changed,
    LotsChanged.wire_name: SaleBook._lots_changed,
    NextBidChanged.wire_name: SaleBook._nothing,
}
