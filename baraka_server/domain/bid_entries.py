"""Entries about bids: one that was placed, and another program's change of the one that stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from baraka_server.domain.events import Event, Parts
from baraka_server.domain.parts import FreeText, Lot, StandingBid


@dataclass(frozen=True, slots=True)
class BidPlaced(Event):
    """A bid was accepted. `bid_id` is its row in `Auction_bids`.

    Under a clock `clock_ms` is how far it had counted when the bid was decided, `late_ms` how long
    before that the bid was read (D44). `paddle` is the number that its bidder got with it (D36); None
    for one who had a paddle already.

    An `automatic` bid is of a maximum (D43). `act` is the entry of which it followed; None where it is the
    first bid of its act.

    A bid from the `floor` was `entered_by` somebody of the staff. For a label it is of the floor user, and
    `label_paddle` is the label's; the first one has the `label` itself (D40).
    """

    kind = "bid"
    parts: ClassVar[Parts] = {"label": FreeText}
    sparse: ClassVar[Mapping[str, Any]] = {
        "clock_ms": None,
        "late_ms": 0,
        "paddle": None,
        "automatic": False,
        "act": None,
        "floor": False,
        "entered_by": None,
        "label_paddle": None,
        "label": None,
    }

    amount: int
    bid_id: int = 0
    clock_ms: int | None = None
    late_ms: int = 0
    paddle: int | None = None
    automatic: bool = False
    act: int | None = None
    floor: bool = False
    entered_by: int | None = None
    label_paddle: int | None = None
    label: FreeText | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing beyond what a bid of the guide says."""
        beside = self.paddle is not None or self.automatic or self.floor
        return self.clock_ms is None and not beside

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.entered_by,)

    @property
    def texts(self) -> tuple[FreeText, ...]:
        return (self.label,) if self.label else ()

    def with_texts(self, read: Mapping[str, str]) -> Self:
        return replace(self, label=self.label.read(read)) if self.label else self

    @property
    def acknowledged(self) -> dict[str, Any]:
        of_label = {} if self.label_paddle is None else {"paddle": self.label_paddle}
        return {"bidId": self.bid_id, **of_label}


@dataclass(frozen=True, slots=True)
class StandingBidChanged(Event):
    """Another program removed or changed the standing bid: another bid stands, or none (D47).

    `was` is the bid that stood by the ledger. The round's next award is refused once; with
    `award_refused` this entry says that it was.
    """

    kind = "standing_bid_changed"
    parts: ClassVar[Parts] = {
        "lot": Lot.from_data,
        "high": StandingBid.from_data,
        "was": StandingBid.from_data,
    }
    sparse: ClassVar[Mapping[str, Any]] = {"clock_ms": None}

    lot: Lot
    high: StandingBid | None
    was: StandingBid | None
    award_refused: bool = False
    clock_ms: int | None = None

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.high.user_id if self.high else None,)
