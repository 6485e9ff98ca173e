"""A sale on paper: what a person with a pencil would note of an evening, and of what everybody is told.

It is written from the tables of docs/auction-house.md, by hand and without the server's rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.model.notes import (
    LARGEST,
    Bid,
    Bidder,
    Block,
    Clock,
    Comment,
    Entry,
    Facts,
    Hammer,
    Lot,
    Maximum,
    Winning,
)


@dataclass(eq=False)
class Sale:
    owner: int
    exist: set[int]
    now: int = 0
    live: bool = False
    canceled: bool = False
    ended: bool = False
    round: int = 0
    block: Block | None = None
    bids: list[Bid] = field(default_factory=list)
    acts: int = 0
    actors: dict[int, Bidder | None] = field(default_factory=dict)
    """Who did each act; nobody, where a bid was refused that only raised its equal."""
    maxima: list[Maximum] = field(default_factory=list)
    """The maximum bids of the round that stand, in the order in which they were set."""
    rounds_sealed: list[int] = field(default_factory=list)
    secrets: set[int] = field(default_factory=set)
    """The amounts of all maximum bids, until they are opened."""
    takes_maxima: bool = False
    by_approval: bool = False
    floor_user: int | None = None
    registered: dict[int, int | None] = field(default_factory=dict)
    """The limits of those who are registered; None is without one."""
    comments: list[Comment] = field(default_factory=list)
    winnings: list[Winning] = field(default_factory=list)
    winner: int | None = None
    """The auction's `winning_user_id`."""
    lots: list[Lot] = field(default_factory=list)
    lots_version: int = 0
    numbers: dict[int, Lot] = field(default_factory=dict)
    """Every number that a lot ever had."""
    steps: tuple[tuple[int, int], ...] | None = None
    undone_against: int = 0
    """Acts that were undone in the round while a maximum of another bidder stood."""
    paddles: list[Bidder] = field(default_factory=list)
    roles: dict[int, tuple[str, bool]] = field(default_factory=dict)
    muted: dict[int, int | None] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    slow: int = 0
    wrote: dict[int, int] = field(default_factory=dict)
    clock: Clock | None = None
    paused: bool = False
    clock_waits: bool = False
    """Whether the clock runs on behind the pause of bidding."""
    earlier: list[str] = field(default_factory=list)
    """The names of what was on the block in rounds that are over."""
    hammer: Hammer | None = None
    surprise: int | str | None = None
    """That another bid stands is "new", or was told to a host by the refusal that is this entry (D47)."""
    former: Bid | None = None
    """The bid that stood before that."""
    undone: set[int] = field(default_factory=set)
    """The entries of bids, maximum bids and awards that were taken back."""
    ledger: list[Entry] = field(default_factory=list)
    price_shown: int = 0
    """The price on a phone that knows the guide alone."""
    won_shown: tuple[int, int] | None = None

    # --- what is so

    @property
    def seq(self) -> int:
        return len(self.ledger)

    @property
    def high(self) -> Bid | None:
        return self.bids[-1] if self.bids else None

    @property
    def over(self) -> str | None:
        return "already_canceled" if self.canceled else "already_ended" if self.ended else None

    def role(self, user: int) -> str | None:
        if user == self.owner:
            return "owner"
        return self.roles[user][0] if user in self.roles else None

    def paddle(self, bidder: Bidder) -> int | None:
        return self.paddles.index(bidder) + 1 if bidder in self.paddles else None

    def lot(self, lot_id: int | None) -> Lot | None:
        return next((lot for lot in self.lots if lot.id == lot_id), None)

    @property
    def open(self) -> Lot | None:
        return self.block.lot if self.block else None

    def next_bid(self) -> int | None:
        """The least that would be accepted now."""
        if self.block is None:
            return None
        if self.high is None:
            return max(1, self.block.minimum)
        if self.high.amount == LARGEST:
            return None
        lot = self.block.lot
        table = (lot.steps if lot and lot.steps else self.steps) or ()
        reached = [step for since, step in table if since <= self.high.amount]
        return min(LARGEST, self.high.amount + (reached[-1] if reached else 1))

    def maximum(self, user: int) -> Maximum | None:
        return next((one for one in self.maxima if one.user == user), None)

    @property
    def reserve(self) -> int:
        """The reserve of the lot on the block; 0 is none."""
        return (self.open.reserve or 0) if self.open else 0

    @property
    def reserve_met(self) -> bool | None:
        if not self.reserve:
            return None
        return self.high is not None and self.high.amount >= self.reserve

    # --- what happens

    def write(self, kind: str, user: int | None, *told: Facts, **more: Any) -> Entry:
        """Note an entry, with what the room is told of it: nothing that it may hear is `auctionEntry`."""
        facts = [one | {"seq": self.seq + 1} for one in told or ({"event": "auctionEntry"},)]
        entry = Entry(kind, self.round, user, facts, **more)
        self.ledger.append(entry)
        return entry

    def says(self, text: str) -> None:
        """The host's comment, where the owner has a user row."""
        if self.owner in self.exist:
            self.post(self.owner, text)

    def post(self, user: int, text: str) -> None:
        comment = Comment(user, text)
        self.comments.append(comment)
        if self.slow:
            self.wrote[user] = self.now
        self.write("comment", user, self.of_comment(comment))

    def clears(self) -> None:
        """What goes with the lot: bids, comments, clock and pause."""
        self.bids, self.comments = [], []
        self.rests()

    def rests(self) -> None:
        self.clock, self.paused, self.clock_waits = None, False, False

    # --- as it is told

    def of_bid(self, bid: Bid) -> tuple[Any, ...]:
        marks = [name for name in ("automatic", "floor") if getattr(bid, name)]
        return bid.user, bid.amount, self.paddle(bid.bidder), *marks

    def of_bids(self) -> list[tuple[Any, ...]]:
        return [self.of_bid(bid) for bid in reversed(self.bids)]

    def of_comments(self) -> list[tuple[int, str]]:
        return [comment.told for comment in self.comments if not comment.removed]

    def of_comment(self, comment: Comment) -> Facts:
        return {
            "event": "newComment",
            "newComment": comment.told,
            "comments": self.of_comments(),
        }

    def of_clock(self) -> Facts | None:
        clock = self.clock
        if clock is None:
            return None
        left = clock.remains(self.now)
        reason = {"reason": clock.reason} if clock.reason else {}
        return {
            "remainingMs": left,
            "running": clock.ends is not None and left > 0,
            "extendSeconds": clock.extend // 1000,
            "windowSeconds": clock.window // 1000,
            "award": "auto" if clock.auto else None,
            **reason,
        }

    def of_lot_on_block(self) -> Facts:
        """The fields that name the lot; none where there is no run list."""
        if not self.lots:
            return {}
        lot = self.open
        return {"lotId": lot and lot.id, "lotNumber": lot and lot.number}

    def of_standing(self) -> Facts:
        """The guide's word of the bid that stands, with the list."""
        assert self.high
        return {
            "event": "newBid",
            "newBid": self.of_bid(self.high),
            "auctionBids": self.of_bids(),
            "round": self.round,
            "nextBid": self.next_bid(),
            "reserveMet": self.reserve_met,
            "clock": self.of_clock(),
            **self.of_lot_on_block(),
        }

    def of_block(self) -> Facts:
        """The guide's word of the product on the block."""
        block = self.block or Block("", (0, 0, 0))
        minimum, start, market = block.prices
        lot = block.lot
        described = {
            "description": lot and lot.description,
            "weight": lot and lot.weight,
            "imageUrl": lot and lot.image,
        }
        return {
            "event": "auction_change_product",
            "product": block.product,
            "minBidPrice": minimum,
            "bidPrice": start,
            "actualPrice": market,
            "round": self.round,
            "nextBid": self.next_bid(),
            "reserveMet": self.reserve_met,
            "clock": self.of_clock(),
            **self.of_lot_on_block(),
            **(described if self.lots else {}),
        }
