"""`Truth`: folds what one auction announced into the lists that must stand at every number (D22).

It is made from what phones heard and from nothing else. It shares no code with the server's rules,
so that a mistake in those cannot hide here.
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from baraka_cli.simulator.checks.bidding_told import OPEN, BiddingTold, behind, told_at_first
from baraka_cli.simulator.checks.cores import Core, Row, rows
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.moderation import CommentRemoved, SlowMode
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionChanged,
    AuctionFinished,
    AuctionStarted,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
)

PRICES = ("minBidPrice", "bidPrice", "actualPrice")
SALE_OVER = {AuctionFinished.wire_name, AuctionCanceled.wire_name}


@dataclass(slots=True)
class Era:
    """A list while it grows: bids of a round, or comments between two awards.

    `first` is the number that the first of several began at, of which each has what is left of the one before.
    """

    begins: int
    rows: list[Row] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    first: int | None = None

    @property
    def root(self) -> int:
        return self.begins if self.first is None else self.first

    def at(self, seq: int) -> list[Row]:
        return self.rows[: bisect_right(self.seqs, seq)]


@dataclass(frozen=True, slots=True)
class Lot:
    product: str
    minimum: int
    start: int
    market: int


@dataclass(slots=True)
class Moment:
    """The auction right before an announcement, for those who judge it.

    `hammered` are the bids of the last award, which may be taken back; `data` is what is announced.
    """

    lot: Lot | None
    bids: list[Row]
    on_air: bool | None
    hammered: list[Row]
    bidding: BiddingTold
    slow: int
    data: Mapping[str, Any]
    new_lot: bool
    """Whether it puts another product on the block."""
    bidding_after: BiddingTold


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be bid on behind one announcement. `None` is what is not known."""

    lot: Lot | None
    top: int | None
    """The highest bid of the round; None for no bid."""
    on_air: bool | None
    round: int | None
    canceled: bool | None = None
    bidding: BiddingTold = OPEN
    slow: int = 0
    """Seconds between two comments of one user."""


Judge = Callable[[int, Core, Moment], None]


class Truth:
    """Fold of one auction. `judge` sees each announcement in order, with the moment before it."""

    def __init__(self, auction_id: int, judge: Judge) -> None:
        self.auction_id = auction_id
        self.known: int | None = None
        """Everything up to this number is folded; None until a first state or announcement."""
        self.begins: int = 0
        """The number that the fold began at: what was before is not known."""
        self.cores: dict[int, Core] = {}
        self.rounds: dict[int, int] = {}
        """The round that an announcement was said to be of, where it says that."""
        self.not_by_hand: set[int] = set()
        """Numbers of bids that a maximum or the staff made."""
        self.paddles: dict[int, int] = {}
        """Of those who bid by themselves, by user."""
        self.owner: int | None = None
        self.round: int | None = None
        self.canceled: bool | None = None
        self.changes: dict[int, Mapping[str, Any]] = {}
        """The auction's row as another program left it, by number, until that is folded."""
        self.relisted: dict[int, list[Row]] = {}
        """All bids, oldest first, behind a number at which another program had changed them."""
        self.took_back = False
        """A bid or an award was taken back."""
        self.meddled = False
        """Another program had its hand in it: rows may have changed without an announcement."""
        self.last = 0
        """The highest number that was heard."""
        self.lot: Lot | None = None
        self.bidding = OPEN
        self.slow = 0
        self.on_air: bool | None = None
        self.accepted = 0
        """Number of bids that were announced since the fold began."""
        self.sold: list[tuple[str, int, int]] = []
        """Product, user and amount of every award."""
        self.passed = 0
        self._judge = judge
        self._hammered: tuple[Lot | None, list[Row], bool] | None = None
        """The lot and the bids of the last award, and whether it was sold."""
        self._bids = [Era(0)]
        self._comments = [Era(0)]
        self._later: list[tuple[int, int, Callable[[], None]]] = []
        self._tickets = itertools.count()
        self._data: dict[int, Mapping[str, Any]] = {}
        """What is announced, by number, until that is folded."""
        self._standing: list[Standing] = []
        """Behind each number, from `begins` on."""

    # --- what is known

    def standing_between(self, first: int, last: int) -> Iterator[Standing]:
        """What stood behind each number from `first` to `last`, as far as that is folded."""
        begins = max(first - self.begins, 0)
        return itertools.islice(self._standing, begins, max(last - self.begins, begins) + 1)

    def standing_at(self, seq: int) -> Standing | None:
        at = seq - self.begins
        return self._standing[at] if 0 <= at < len(self._standing) else None

    def bids_at(self, seq: int) -> list[Row]:
        """Oldest first. For `begins <= seq <= known`."""
        return _era(self._bids, seq).at(seq)

    def comments_at(self, seq: int) -> list[Row]:
        return _era(self._comments, seq).at(seq)

    @property
    def bids(self) -> list[Row]:
        """On the list by now, as far as that is folded; oldest first."""
        return self.bids_at(self.known or 0)

    @property
    def comments(self) -> list[Row]:
        return self.comments_at(self.known or 0)

    def in_one_list(self, kind: str, seq: int, newer: int) -> bool:
        """Whether a list of this kind at `newer` contains what was new at `seq`."""
        eras = self._bids if kind == NewBid.wire_name else self._comments
        return seq < newer and _era(eras, seq).root == _era(eras, newer).root

    def all_bids(self) -> Iterable[tuple[int, Row]]:
        """Every bid that was announced since the fold began, with its number."""
        for era in self._bids:
            yield from (pair for pair in zip(era.seqs, era.rows, strict=True) if pair[0] > 0)

    def when(self, seq: int, look: Callable[[], None]) -> None:
        """Call `look` as soon as everything up to `seq` is folded: now, or later."""
        if self.known is not None and self.known >= seq:
            look()
        else:
            heapq.heappush(self._later, (seq, next(self._tickets), look))

    @property
    def waiting(self) -> list[int]:
        """Numbers that somebody waits for and nobody heard."""
        return sorted({seq for seq, _, _ in self._later})

    def missing(self) -> int | None:
        """The first number that nobody heard although a later one was heard."""
        if self.known is None:
            return None
        return self.known + 1 if self.last > self.known else None

    # --- what is learned

    def begin_with(self, seq: int, state: Mapping[str, Any]) -> None:
        """Take the first state that anybody got as the beginning. `state` is a joiner's answer."""
        if self.known is not None:
            return
        auction = state["auction"]
        self.known = self.begins = seq
        if auction["current_product"] is not None:
            prices = (auction["minBidPrice"], auction["bidPrice"], auction["actualPrice"])
            self._put_up(Lot(auction["current_product"], *prices))
        self.on_air = auction["isLive"]
        self.canceled = auction.get("isCanceled")
        self.owner = auction.get("user_id")
        self.round = state.get("round")
        self.bidding = told_at_first(state, seq)
        self.slow = state.get("slowMode") or 0
        standing = list(reversed(rows(state["auctionBids"], "bid")))
        said = rows(state["auctionComments"], "comment")
        # Their own numbers are not known: 0 is before everything.
        self._bids = [Era(0, standing, [0] * len(standing))]
        self._comments = [Era(0, said, [0] * len(said))]
        self._note_standing()
        self._advance()

    def begin_with_nothing(self) -> None:
        """For a server that tells joiners nothing."""
        if self.known is None:
            self.known = self.begins = 0
            self._note_standing()
            self._advance()

    def is_live(self) -> None:
        """Somebody could join it, where nothing else tells (D6)."""
        if self.on_air is None and self.known is not None:
            self.on_air = True
            self._standing[-1] = replace(self._standing[-1], on_air=True)

    def take(self, seq: int, core: Core, data: Mapping[str, Any]) -> Core:
        """Note what stands at `seq`, once; answers what stands there."""
        if seq not in self.cores:
            self._data[seq] = data
            if isinstance(data.get("round"), int):
                self.rounds[seq] = data["round"]
        known = self.cores.setdefault(seq, core)
        self.last = max(self.last, seq)
        self._advance()
        return known

    def _advance(self) -> None:
        if self.known is None:
            return
        while (core := self.cores.get(self.known + 1)) is not None:
            self._fold(self.known + 1, core)
            self.known += 1
            self.round = self.rounds.get(self.known, self.round)
            self._note_standing()
            while self._later and self._later[0][0] <= self.known:
                heapq.heappop(self._later)[2]()

    def _fold(self, seq: int, core: Core) -> None:
        bids = self._bids[-1]
        hammered = self._hammered[1] if self._hammered else []
        data = self._data.pop(seq, {})
        new_lot = self._is_new_lot(core)
        after = behind(self.bidding, seq, core, data, new_lot=new_lot)
        before = Moment(
            self.lot,
            bids.rows,
            self.on_air,
            hammered,
            self.bidding,
            self.slow,
            data,
            new_lot=new_lot,
            bidding_after=after,
        )
        self._judge(seq, core, before)
        self.bidding = after
        match core:
            case (NewBid.wire_name, *_) if seq in self.relisted:
                _go_on(self._bids, seq, self.relisted[seq])
            case (NewBid.wire_name, bid_id, user_id, amount):
                _grow(bids, seq, (bid_id, user_id, amount))
                self._note_whose(seq, user_id, data.get("newBid", {}))
                self.accepted += 1
            case (NewComment.wire_name, comment_id, user_id, text):
                self._comment(seq, (comment_id, user_id, text))
            case (CommentRemoved.wire_name, comment_id):
                left = [row for row in self._comments[-1].rows if row[0] != comment_id]
                _go_on(self._comments, seq, left)
            case (SlowMode.wire_name, seconds):
                self.slow = seconds
            case (LotChanged.wire_name, product, minimum, start, market):
                if new_lot:
                    self._bids.append(Era(seq))
                    self._hammered = None
                elif seq in self.relisted:
                    _go_on(self._bids, seq, self.relisted[seq])
                self._put_up(Lot(product, minimum, start, market))
            case (BidUndone.wire_name, ids, _):
                _go_on(self._bids, seq, [row for row in bids.rows if row[0] not in ids])
                self.took_back = True
            case (LotReopened.wire_name, *_):
                self._open_again(seq)
            case (LotAwarded.wire_name, won, *_):
                self._hammered = (self.lot, bids.rows, won is not None)
                if won is None:
                    self.passed += 1
                else:
                    product = self.lot.product if self.lot else ""
                    self.sold.append((product, won[1], won[2]))
                self.lot = self.round = None  # which round it is behind an award, nothing tells
                self._bids.append(Era(seq))
                self._comments.append(Era(seq))
            case (AuctionStarted.wire_name,):
                self.on_air = True
            case (name,) if name in SALE_OVER:
                self.on_air = False
                self.canceled = self.canceled or name == AuctionCanceled.wire_name
            case (AuctionChanged.wire_name,):
                self.meddled = True
                self._change(self.changes.pop(seq, {}))

    def _note_whose(self, seq: int, user_id: int, row: Mapping[str, Any]) -> None:
        if row.get("automatic") or row.get("floor"):
            self.not_by_hand.add(seq)
        elif isinstance(row.get("paddle"), int):
            self.paddles[user_id] = row["paddle"]

    def _is_new_lot(self, core: Core) -> bool:
        return core[0] == LotChanged.wire_name and (
            self.lot is None or len(core) < 2 or self.lot.product != core[1]
        )

    def _comment(self, seq: int, row: Row) -> None:
        """Add it behind the others, or where it was before it was removed."""
        listed = self._comments[-1]
        if listed.rows and row[0] < listed.rows[-1][0]:
            in_order = sorted([*listed.rows, row], key=lambda one: one[0])
            _go_on(self._comments, seq, in_order)
        else:
            _grow(listed, seq, row)

    def _open_again(self, seq: int) -> None:
        """Take the last award back: its lot is on the block, and its bids are on the list."""
        self.took_back = True
        if self._hammered is None:
            return
        lot, listed, was_sold = self._hammered
        self._hammered = None
        if was_sold:
            self.sold.pop()
        else:
            self.passed -= 1
        if lot is not None:
            self._put_up(lot)
        _go_on(self._bids, seq, listed)

    def _change(self, auction: Mapping[str, Any]) -> None:
        """Take the row of the auction as another program left it."""
        product = auction.get("current_product")
        if isinstance(product, str) and product.strip():
            self._put_up(Lot(product, *(auction.get(name, 0) for name in PRICES)))
        else:
            self.lot = None
        self.on_air, self.canceled = auction.get("isLive"), auction.get("isCanceled")

    def _note_standing(self) -> None:
        bids = self._bids[-1].rows
        top = bids[-1][2] if bids else None
        standing = Standing(
            self.lot, top, self.on_air, self.round, self.canceled, self.bidding, self.slow
        )
        if self._standing and self._standing[-1] == standing:
            standing = self._standing[-1]
        self._standing.append(standing)

    def _put_up(self, lot: Lot) -> None:
        self.lot = lot


def _grow(era: Era, seq: int, row: Row) -> None:
    era.seqs.append(seq)
    era.rows.append(row)


def _go_on(eras: list[Era], seq: int, listed: Iterable[Row]) -> None:
    """From `seq` on the list has these rows, which are not new."""
    listed = list(listed)
    eras.append(Era(seq, listed, [0] * len(listed), eras[-1].root))


def _era(eras: list[Era], seq: int) -> Era:
    return eras[bisect_right(eras, seq, key=lambda era: era.begins) - 1]
