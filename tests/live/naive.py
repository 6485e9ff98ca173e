"""A naive auction in plain lists, written from the decisions by hand and without the server's rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.hammer import ReopenLot, UndoBid

AMINA = 1
NOBODY = 999


Done = tuple[tuple[Any, ...], int, int]
"""What was done last of a kind, how often, and its place in the ledger."""


@dataclass
class Sold:
    """The last award: its place in the ledger, the lot, the bids by the ledger, and the winning."""

    seq: int
    product: str
    minimum: int
    bids: list[tuple[int, int]]
    won: tuple[int, int] | None


@dataclass
class Naive:
    live: bool = False
    canceled: bool = False
    ended: bool = False
    product: str | None = None
    minimum: int = 0
    round: int = 0
    bids: list[tuple[int, int]] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)
    winnings: list[tuple[int, int]] = field(default_factory=list)
    ledger: list[tuple[str, int, int | None]] = field(default_factory=list)
    told: list[list[tuple[Any, ...]]] = field(default_factory=list)
    """What everybody hears of each entry of the ledger."""
    noted: tuple[Any, ...] | None = None
    """The row as the ledger knows it; another program may have changed it since."""
    gone: set[int] = field(default_factory=lambda: {NOBODY})
    """Users who do not exist."""
    noted_bid: tuple[int, int] | None = None
    """The bid that stands as the ledger knows it."""
    missing: bool = False
    """Whether rows are gone of which the ledger does not know that they are."""
    shown: list[tuple[int, int]] = field(default_factory=list)
    """The bids of the list as it was told last, or read since."""
    stands_in: int | None = None
    """The entry that the last command was answered with, if it was an earlier one."""
    kept: list[tuple[int, int]] = field(default_factory=list)
    """The bids by the ledger: other programs took some of them away, and no entry says so."""
    ids: dict[tuple[int, int], int] = field(default_factory=dict)
    """The ids of the bids of the round, as they were acknowledged."""
    sold: Sold | None = None
    """The award that may be taken back."""
    surprise: str | None = None
    """That another bid stands is "new" to a host who awards, and "told" once the refusal has arrived."""

    @property
    def row(self) -> tuple[Any, ...]:
        lot = (self.product, self.minimum) if self.product else None
        return self.live, self.canceled, self.ended, lot

    @property
    def altered(self) -> bool:
        return self.noted != self.row

    @property
    def standing(self) -> tuple[int, int] | None:
        return self.bids[-1] if self.product and self.bids else None

    @property
    def amounts(self) -> list[int]:
        return [amount for _, amount in reversed(self.bids)]

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.comments]

    @property
    def high(self) -> int | None:
        return self.standing[1] if self.standing else None

    def happens(self, kind: str, user_id: int | None, name: str, *about: Any) -> str:
        self.ledger.append((kind, self.round, user_id))
        self.told.append([(len(self.ledger), name, *about)])
        self.noted = self.row
        self.noted_bid = self.standing
        self.shown = list(self.bids)
        found = kind == "standing_bid_changed" and user_id is None
        settled = {"adopted", "awarded", "runner_up_awarded"}
        self.missing = self.missing and not found and kind not in settled
        return "ok"

    def notices(self) -> None:
        """See what another program did, once the ledger has begun."""
        was, lot = self.noted_bid, self.noted and self.noted[3]
        if self.altered:
            self.adopts()
        if lot and self.product == lot[0] and was != self.standing:
            self.bids_changed()

    def looks(self) -> None:
        """Look at the rows, too: those who know the guide alone hear of bids of which no entry speaks."""
        self.notices()
        if self.bids and self.bids != self.shown:
            about = self.round, *self.bids[-1], self.amounts
            self.told[-1].append((len(self.ledger), "newBid", *about))
        self.shown = list(self.bids)

    def adopts(self) -> None:
        """Take what another program did; who knows the guide alone hears of it in its words."""
        was_live, _, _, lot = self.noted or (self.live, False, False, self.row[3])
        begins = self.noted is None
        before = None if begins or lot is None else lot[0]
        if self.product is not None and self.product != before:
            self.round += 1
            self.surprise = self.sold = None
            self.kept = []
        if self.product is None:
            self.kept = []
        self.happens("adopted", None, "auctionChanged")
        if begins:
            return
        if self.live and not was_live:
            self.told[-1].append((len(self.ledger), "auctionStarted"))
        if self.row[3] != lot:
            about = self.round, *(self.row[3] or ("", 0))
            self.told[-1].append((len(self.ledger), "auction_change_product", *about))

    def bids_changed(self, by: int | None = None) -> None:
        """Another bid stands, or none; or a host was told so who wanted to award."""
        self.surprise = "telling" if by else "new"
        self.settles()
        if self.bids:
            about = self.round, *self.bids[-1], self.amounts
            self.happens("standing_bid_changed", by, "newBid", *about)
        else:
            about = self.round, self.product, self.minimum
            self.happens("standing_bid_changed", by, "auction_change_product", *about)

    def settles(self) -> None:
        """What is above the bid that stands is known to be gone."""
        self.kept = [bid for bid in self.kept if bid[1] <= (self.high or 0)]

    def says_again(
        self, done: dict[str, Done], kind: str, name: str, *about: Any, changes: bool = False
    ) -> str:
        """What a host may say as often as they like: the second time is told, and stands for those behind.

        `done` is what the node that is asked did, of this auction.
        """
        same = self.round, *about
        was, times, seq = done.get(kind, ((), 0, 0))
        if was == same and times >= 2 and not changes:
            self.stands_in = seq
            return "ok"
        done[kind] = same, times + 1 if was == same else 1, len(self.ledger) + 1
        return self.happens(kind, AMINA, name, *about)

    def hears(self, user_id: int, event: ClientEvent, done: dict[str, Done]) -> str:
        """The code of a refusal, or "ok". Nothing is refused twice for different reasons."""
        self.stands_in = None
        owner = user_id == AMINA
        over = "already_canceled" if self.canceled else "already_ended" if self.ended else None
        match event:
            case PostComment(comment=text):
                if not self.live:
                    return "not_live"
                if user_id in self.gone:
                    return "user_not_found"
                self.comments.append((user_id, text))
                return self.happens("comment", user_id, "newComment", text, self.texts)
            case PlaceBid(amount=amount, round=round_):
                if not self.live:
                    return "not_live"
                if user_id in self.gone:
                    return "user_not_found"
                if owner:
                    return "owner_bid"
                if round_ is not None and round_ != self.round:
                    return "round_over"
                if self.product is None:
                    return "no_lot"
                if self.high is not None and amount <= self.high:
                    return "bid_too_low"
                if self.high is None and amount < self.minimum:
                    return "bid_below_minimum"
                self.bids.append((user_id, amount))
                self.kept.append((user_id, amount))
                about = self.round, user_id, amount, self.amounts
                return self.happens("bid", user_id, "newBid", *about)
        if not owner:
            return "not_staff" if isinstance(event, UndoBid | ReopenLot) else "not_owner"
        match event:
            case StartAuction():
                if over:
                    return over
                changes, self.live = not self.live, True
                return self.says_again(done, "started", "auctionStarted", changes=changes)
            case ChangeLot(product=product, minimum_price=minimum):
                if over or not self.live:
                    return over or "not_live"
                same = product == self.product
                changes = minimum != self.minimum
                self.product, self.minimum = product, minimum
                if not same:
                    self.round += 1
                    self.bids.clear()
                    self.kept = []
                    self.surprise = self.sold = None
                name, about = "auction_change_product", (self.round, product, minimum)
                if same:
                    return self.says_again(done, "lot_repriced", name, *about, changes=changes)
                return self.happens("lot_opened", user_id, name, *about)
            case UndoBid(bid_id=bid_id):
                if over or not self.live:
                    return over or "not_live"
                if self.product is None:
                    return "no_lot"
                if not self.bids:
                    return "nothing_to_undo"
                if self.ids.get(self.bids[-1]) != bid_id:
                    return "not_newest"
                self.bids.pop()
                self.settles()
                self.surprise = "new"
                self.happens("bid_undone", user_id, "bidUndone", self.standing)
                return self.tells_what_stands()
            case ReopenLot(award_seq=seq):
                return self.opens_again(over, user_id, seq)
            case AwardLot(runner_up=runner_up, bid_id=bid_id):
                if over or not self.live:
                    return over or "not_live"
                if self.product is None:
                    return "no_lot"
                if runner_up:
                    lower = [bid for bid in self.bids if self.ids.get(bid) == bid_id]
                    if not lower or lower[0][0] == self.bids[-1][0]:
                        return "not_standing"
                    return self.sells("runner_up_awarded", user_id, lower[0])
                if self.surprise == "new":
                    self.bids_changed(by=AMINA)
                if self.surprise == "telling":
                    return "standing_bid_changed"
                return self.sells("awarded", user_id, self.bids[-1] if self.bids else None)
            case CancelAuction():
                if self.canceled or not self.live:
                    return "already_canceled" if self.canceled else "not_live"
                self.live, self.canceled = False, True
                return self.happens("canceled", user_id, "auctionCanceled")
            case EndAuction():
                if self.ended or not self.live:
                    return "already_ended" if self.ended else "not_live"
                self.live, self.ended = False, True
                return self.happens("ended", user_id, "auctionFinished")
            case BroadcasterLeave():
                return self.says_again(done, "broadcaster_left", "broadCasterLeft")
        raise AssertionError(event)

    def sells(self, kind: str, user_id: int, won: tuple[int, int] | None) -> str:
        if won:
            self.winnings.append(won)
        assert self.product is not None
        seq = len(self.ledger) + 1
        self.sold = Sold(seq, self.product, self.minimum, self.kept, won)
        self.product, self.minimum, self.kept = None, 0, []
        self.bids.clear()
        self.comments.clear()
        return self.happens(kind, user_id, "auctionEnded", won)

    def opens_again(self, over: str | None, user_id: int, seq: int | None) -> str:
        if over or not self.live:
            return over or "not_live"
        if self.product is not None:
            return "lot_open"
        if self.sold is None or self.sold.seq != seq:
            return "nothing_to_reopen"
        was, self.sold = self.sold, None
        self.product, self.minimum = was.product, was.minimum
        self.bids = [bid for bid in was.bids if bid[0] not in self.gone]
        self.kept = list(self.bids)
        if was.won:
            assert self.winnings.pop() == was.won
        self.surprise = "new"
        self.happens("lot_reopened", user_id, "lotReopened", was.product, self.standing)
        product = (len(self.ledger), "auction_change_product", self.round, was.product, was.minimum)
        self.told[-1].append(product)
        if self.bids:
            self.tells_what_stands()
        text = f"{was.product} is open again"
        self.comments.append((AMINA, text))
        return self.happens("comment", AMINA, "newComment", text, self.texts)

    def tells_what_stands(self) -> str:
        """In the guide's words: the bid that stands with the list, or the lot once more."""
        if self.bids:
            about: tuple[Any, ...] = ("newBid", self.round, *self.bids[-1], self.amounts)
        else:
            about = ("auction_change_product", self.round, self.product, self.minimum)
        self.told[-1].append((len(self.ledger), *about))
        return "ok"


def essence(event: str, payload: dict[str, Any]) -> tuple[Any, ...]:
    """What the model says about an announcement; ids and times are left to other tests."""
    head = payload["seq"], event
    match event:
        case "newBid":
            row = payload["newBid"]
            amounts = [bid["bid"] for bid in payload.get("auctionBids", ())]
            return (*head, payload["round"], row["user_id"], row["bid"], amounts)
        case "newComment":
            texts = [comment["comment"] for comment in payload.get("comments", ())]
            return (*head, payload["newComment"]["comment"], texts)
        case "auction_change_product":
            return (*head, payload["round"], payload["product"], payload["minBidPrice"])
        case "bidUndone":
            return (*head, _standing(payload))
        case "lotReopened":
            return (*head, payload["product"], _standing(payload))
        case "auctionEnded":
            won = payload["winningBid"]
            return (*head, (won["user_id"], won["bid"]) if won else None)
    return head


def _standing(payload: dict[str, Any]) -> tuple[int, int] | None:
    bid = payload["standingBid"]
    return (bid["userId"], bid["amount"]) if bid else None
