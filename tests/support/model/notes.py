"""Records of a sale on paper: bids, comments, winnings, lots, the clock, and the entries of its ledger.

Times are whole milliseconds. Rows have the ids that the house gave them, as soon as somebody has read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LARGEST = 2_147_483_647
Bidder = int | str
"""A user, or a label of the floor: each has a paddle."""
Facts = dict[str, Any]
"""What an announcement says, without ids and times: see `hearing`."""


class Refused(Exception):
    """The outcome of a command that is refused."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


class SoAlready(Exception):
    """The outcome of a command that asks for what is so already."""


@dataclass(frozen=True)
class Said:
    """A command as it reaches a node.

    `saw` is the round that its sender saw: "nothing" for a socket that was never in the room, None for a
    program without one. `heard` is the last entry that the node had told of by then.
    """

    who: int
    name: str
    payload: dict[str, Any]
    saw: int | str | None = None
    heard: int = 0

    def get(self, name: str) -> Any:
        return self.payload.get(name)


@dataclass(eq=False)
class Bid:
    user: int
    amount: int
    act: int
    """The number of the act that it belongs to: what one person did, and all that followed."""
    seq: int
    automatic: bool = False
    floor: bool = False
    label: str | None = None
    """By which somebody in the room or on the telephone is known, who has no account."""
    id: int = 0

    @property
    def bidder(self) -> Bidder:
        return self.user if self.label is None else self.label

    @property
    def named(self) -> tuple[int, int]:
        return self.user, self.amount


@dataclass(eq=False)
class Maximum:
    """A maximum bid; `seq` is its entry. `act` is that of whoever set it."""

    user: int
    amount: int
    act: int
    seq: int


@dataclass(eq=False)
class Comment:
    user: int
    text: str
    id: int = 0
    removed: bool = False

    @property
    def told(self) -> tuple[int, str]:
        return self.user, self.text


@dataclass(eq=False)
class Winning:
    user: int
    bidder: Bidder
    price: int
    product: str
    weight: str | None
    bids: list[Bid]
    """Those that stood at the award."""
    id: int = 0
    paid: bool = False
    written: tuple[Bidder, int] = (0, 0)
    """The winner and the price of the award."""

    def __post_init__(self) -> None:
        self.written = self.bidder, self.price

    @property
    def is_settled(self) -> bool:
        return self.paid or (self.bidder, self.price) != self.written


@dataclass(eq=False)
class Lot:
    """A lot of the run list; its place is that in the list. `changed` is the entry that changed it last."""

    id: int
    number: int
    product: str
    prices: tuple[int, int, int]
    """The least first bid, the price shown at the start, the market price."""
    description: str | None = None
    weight: str | None = None
    image: str | None = None
    steps: tuple[tuple[int, int], ...] | None = None
    reserve: int | None = None
    state: str = "waiting"
    winning: Winning | None = None
    changed: int = 0


@dataclass(eq=False)
class Block:
    """What is on the block; `lot` is None in an auction without a run list."""

    product: str
    prices: tuple[int, int, int]
    lot: Lot | None = None
    described: str | None = None
    """The description as it was when the lot was opened."""

    @property
    def minimum(self) -> int:
        return self.prices[0]


@dataclass(eq=False)
class Clock:
    """A clock on the lot. It runs out at `ends`; while it stands still `left` is what is left of it."""

    ends: int | None
    left: int | None
    extend: int
    window: int
    auto: bool
    reason: str | None = None

    def remains(self, now: int) -> int:
        return max(0, self.ends - now) if self.ends is not None else self.left or 0

    def is_out(self, now: int) -> bool:
        return self.ends is not None and now >= self.ends

    def leaves(self, least: int, now: int) -> None:
        """At least so much is left then."""
        if self.ends is not None:
            self.ends = max(self.ends, now + least)
        else:
            self.left = max(self.left or 0, least)

    def stands(self, now: int) -> None:
        self.left, self.ends = self.remains(now), None

    def goes(self, now: int) -> None:
        self.ends, self.left, self.reason = now + (self.left or 0), None, None


@dataclass(eq=False)
class Hammer:
    """The last award or pass, which may be taken back: its entry, what was on the block, and the bids."""

    seq: int
    block: Block
    bids: list[Bid]
    winning: Winning | None
    steps: tuple[tuple[int, int], ...] | None = None
    reserve: int | None = None


@dataclass
class Entry:
    """An entry of the ledger, what the room is told of it in order, and what one user is told before that."""

    kind: str
    round: int
    user: int | None
    told: list[Facts]
    private: list[tuple[int, Facts]] = field(default_factory=list)
    puts_out: int | None = None
