"""Records of the console: lots, bids, comments and hammers, parsed from payloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.people_names import Names
from baraka_server.contract.fields import LEDGER_ID_CHARS_MAX
from baraka_server.contract.text import printable

# What clerks ask for next: (below this price, step).
STEPS = (
    (100, 5),
    (500, 10),
    (1_000, 50),
    (5_000, 100),
    (10_000, 250),
    (50_000, 500),
    (100_000, 1_000),
)
LARGEST_STEP = 5_000


class Phase(Enum):
    """Phase of an auction. The value is what people read."""

    UNKNOWN = "unknown"
    WAITING = "not started"
    LIVE = "live"
    CANCELED = "canceled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Lot:
    """Lot on the block; prices in whole units of the auction's currency."""

    product: str
    minimum: int
    start: int
    market: int
    lot_id: int | None = None
    """Its id in the server's run list, where it is in one."""
    number: int | None = None

    @property
    def called(self) -> str:
        """Its number and its name, isolated."""
        return numbered(self.number, self.product)


@dataclass(frozen=True, slots=True)
class Bid:
    """`rise` is how much more than the bid before it; the first has none.

    `automatic`: the server bid it for a maximum, which nobody else is told (D43).
    `paddle` is that of who bid, where the server gives paddles; of a bid from the `floor` it may be of
    somebody without an account (D40).
    """

    id: int
    user_id: int
    bidder: str
    amount: int
    at: datetime
    rise: int | None = None
    automatic: bool = False
    paddle: int | None = None
    floor: bool = False

    @property
    def on_floor(self) -> int | None:
        """The paddle of a bid from the floor."""
        return self.paddle if self.floor else None

    @property
    def whose(self) -> tuple[int | None, int | None]:
        """Who bid: a bidder is a paddle, and without paddles a user."""
        return self.paddle, None if self.paddle is not None else self.user_id


@dataclass(frozen=True, slots=True)
class Comment:
    """`id` is None where a server tells none."""

    id: int | None
    user_id: int | None
    author: str
    text: str
    at: datetime
    removed: bool = False
    """Whether it was taken off the list, and is shown to those alone who may put it back (D47)."""


@dataclass(frozen=True, slots=True)
class Hammer:
    """A lot that came off the block by an award: to a winner, or unsold."""

    product: str
    winner: str | None
    winner_id: int | None
    amount: int | None
    at: datetime | None = None
    paddle: int | None = None
    """The winner's, where the server gives paddles."""
    seq: int | None = None
    """The number of the award."""
    lot_id: int | None = None
    number: int | None = None
    floor: bool = False
    """Whether the bid that won was from the floor (D40)."""
    aside: bool = False
    """Whether no award or pass was told: another lot was put up in its place."""

    def called(self, names: Names) -> str | None:
        """The winner, as people are shown one."""
        on_floor = self.paddle if self.floor else None
        return None if self.winner is None else names.called(self.winner_id, self.winner, on_floor)

    def told(self, names: Names) -> str:
        """Such as "Gold Ring: sold to Dina A. for 900", each name isolated."""
        lot = numbered(self.number, self.product or "The lot")
        if self.winner is None:
            return f"{lot}: passed"
        winner = isolated(self.called(names) or "")
        return f"{lot}: sold to {winner} for {self.amount or 0:,}"


def set_aside(lot: Lot, at: datetime) -> Hammer:
    """How a lot comes off the block in the place of which another one is put up: nobody tells of it."""
    off = Hammer(lot.product, None, None, None, at)
    return replace(off, lot_id=lot.lot_id, number=lot.number, aside=True)


def numbered(number: int | None, product: str) -> str:
    """A lot as people call it, such as "Lot 7, Gold Ring", the name isolated."""
    return isolated(product) if number is None else f"Lot {number}, {isolated(product)}"


def numbered_by(lot: Lot, data: Mapping[str, Any]) -> Lot:
    """The lot with its place in the server's run list, as the server tells it."""
    return replace(lot, lot_id=data.get("lotId"), number=data.get("lotNumber"))


def phase_of(record: Mapping[str, Any]) -> Phase:
    if record.get("isCanceled"):
        return Phase.CANCELED
    if record.get("isEnded"):
        return Phase.ENDED
    return Phase.LIVE if record.get("isLive") else Phase.WAITING


def usual_step(amount: int) -> int:
    return next((step for below, step in STEPS if amount < below), LARGEST_STEP)


def moment(text: object) -> datetime:
    """A time of the wire (D18); now, where there is none that can be read."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def whole(value: object) -> int:
    """A number of the wire. Raises `ValueError` for what is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and int(value) == value:
        return int(value)
    raise ValueError("not a whole number")


def name_of(record: Mapping[str, Any]) -> str:
    """The name of a record's user; rows of other programs may have none (D52)."""
    user = record.get("user") or {}
    return printable(user.get("name") or "") or "(no name)"


def paddle_of(record: Mapping[str, Any]) -> int | None:
    """The paddle of a record's user, where the server gives any (D36)."""
    paddle = record.get("paddle")
    return paddle if isinstance(paddle, int) and paddle > 0 else None


def label_paddle_of(won: Mapping[str, Any]) -> int | None:
    """The paddle of a winning that somebody on the floor won who has no account (D40)."""
    return None if won.get("label") is None else paddle_of(won)


def winner_of(won: Mapping[str, Any]) -> str:
    """The winner's name, with the label of somebody on the floor."""
    name, label = printable(won["user"]["name"] or ""), printable(won.get("label") or "")
    return f"{name} ({label})" if label else name


def bid_of(record: Mapping[str, Any], before: Bid | None) -> Bid:
    amount = whole(record["bid"])
    return Bid(
        record["id"],
        record["user_id"],
        name_of(record),
        amount,
        moment(record.get("createdAt")),
        None if before is None else amount - before.amount,
        record.get("automatic") is True,
        paddle_of(record),
        record.get("floor") is True,
    )


def comment_of(record: Mapping[str, Any]) -> Comment:
    user_id = record.get("user_id") or (record.get("user") or {}).get("id")
    row = record.get("id")
    return Comment(
        row if isinstance(row, int) else None,
        user_id,
        name_of(record),
        printable(record["comment"]),
        moment(record.get("createdAt")),
    )


def ledger_of(data: Mapping[str, Any]) -> str | None:
    """Which history an event is of, where it says so."""
    said = data.get("ledger")
    return said if isinstance(said, str) and 0 < len(said) <= LEDGER_ID_CHARS_MAX else None
