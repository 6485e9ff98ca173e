"""What can happen in an auction: the kinds of entry that its ledger has (D26).

A fact is what was decided; an `Event` is a fact with its place in the ledger. The ids of rows are
0 until the store has written them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from baraka_server.contract.fields import iso_time


@dataclass(frozen=True, slots=True)
class Fact:
    kind: ClassVar[str]

    def data(self) -> dict[str, Any]:
        """The fact as JSON-ready values, for the ledger."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class StandingBid:
    """The highest bid of a round. `bid_id` is the row in `Auction_bids`."""

    bid_id: int
    user_id: int
    amount: int
    at: datetime

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "at": iso_time(self.at)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> StandingBid:
        return cls(**{**data, "at": datetime.fromisoformat(data["at"])})


@dataclass(frozen=True, slots=True)
class Lot:
    """The item on the block. Prices are whole units of the auction's currency."""

    product: str
    minimum_price: int
    start_price: int
    market_price: int


@dataclass(frozen=True, slots=True)
class Adopted(Fact):
    """The auction as its row has it: the first entry of every ledger.

    It comes again when the row was changed by another program, so that the fold and the row agree.
    """

    kind = "adopted"

    owner_id: int | None
    live: bool
    canceled: bool
    ended: bool
    lot: Lot | None
    high: StandingBid | None

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "high": self.high.data() if self.high else None}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        lot, high = data["lot"], data["high"]
        return cls(
            **{
                **data,
                "lot": Lot(**lot) if lot else None,
                "high": StandingBid.from_data(high) if high else None,
            }
        )


@dataclass(frozen=True, slots=True)
class Started(Fact):
    """The auction went live, or was announced again while it was (D5)."""

    kind = "started"


@dataclass(frozen=True, slots=True)
class LotOpened(Fact):
    """Another product is on the block: a new round begins without bids (D10)."""

    kind = "lot_opened"

    lot: Lot

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(lot=Lot(**data["lot"]))


@dataclass(frozen=True, slots=True)
class LotRepriced(LotOpened):
    """The product on the block has other prices: its round and its bids go on (D10)."""

    kind = "lot_repriced"


@dataclass(frozen=True, slots=True)
class BidPlaced(Fact):
    kind = "bid"

    amount: int
    bid_id: int = 0

    def data(self) -> dict[str, Any]:
        return {"amount": self.amount, "bid_id": self.bid_id}  # asdict takes ten times as long


@dataclass(frozen=True, slots=True)
class Commented(Fact):
    kind = "comment"

    comment: str
    comment_id: int = 0


@dataclass(frozen=True, slots=True)
class Awarded(Fact):
    """The round's lot went to its highest bid, or to nobody where there was none (D14)."""

    kind = "awarded"

    product: str
    weight: str
    high: StandingBid | None
    winning_id: int | None = None

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "high": self.high.data() if self.high else None}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        high = data["high"]
        return cls(**{**data, "high": StandingBid.from_data(high) if high else None})


@dataclass(frozen=True, slots=True)
class Canceled(Fact):
    kind = "canceled"


@dataclass(frozen=True, slots=True)
class Ended(Fact):
    kind = "ended"


@dataclass(frozen=True, slots=True)
class BroadcasterLeft(Fact):
    kind = "broadcaster_left"


KINDS: dict[str, type[Fact]] = {
    fact.kind: fact
    for fact in (
        Adopted,
        Started,
        LotOpened,
        LotRepriced,
        BidPlaced,
        Commented,
        Awarded,
        Canceled,
        Ended,
        BroadcasterLeft,
    )
}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of an auction's ledger: gap-free `seq` from 1, the round it belongs to, who, when."""

    seq: int
    round: int
    user_id: int | None
    at: datetime
    fact: Fact
