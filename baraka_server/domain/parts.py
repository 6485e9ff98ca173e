"""Values inside events that say themselves how they are stored: bids, lots, free text (D56)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from baraka_server.contract.fields import Steps, iso_time


class Part:
    """A value in an event that is stored as what `data` returns."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def data(self) -> Any:
        raise NotImplementedError

    @classmethod
    def known(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """The values of our fields. Others are ignored: a newer program added them."""
        return {name: value for name, value in data.items() if name in cls.__match_args__}


@dataclass(frozen=True, slots=True)
class FreeText(Part):
    """People's words in an event. The ledger keeps a salted hash, so that they can be erased (D56).

    `text` is None where it was erased, or has not been read. `salt` is known while it is written. Two are
    equal when they are of the same hash.

        FreeText.of("A vase, chipped", found.salt, seq, 0)
    """

    hash: str
    text: str | None = field(default=None, compare=False)
    salt: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, text: str, secret: bytes, *place: int) -> FreeText:
        """The text with a salt of its own, made of a secret and the place of the text."""
        made = hmac.digest(secret, repr(place).encode(), "sha256").hex()[:32]
        return cls(salted_hash(text, made), text, made)

    def data(self) -> str:
        return self.hash

    def again(self) -> FreeText:
        """The text where an entry repeats it: it is kept already."""
        return replace(self, salt="")

    def read(self, texts: Mapping[str, str]) -> FreeText:
        """The text as it was read, by its hash."""
        return replace(self, text=texts.get(self.hash, self.text))


@dataclass(frozen=True, slots=True)
class StandingBid(Part):
    """The highest bid of a round. `bid_id` is the row in `Auction_bids`.

    `label_paddle` is the paddle of the floor label in whose name the floor user bid; None for a user's own
    bid (D40).
    """

    bid_id: int
    user_id: int
    amount: int
    at: datetime
    label_paddle: int | None = None

    @property
    def bidder(self) -> tuple[int, int | None]:
        """Whose bid it is: two labels of the floor are two bidders."""
        return self.user_id, self.label_paddle

    def data(self) -> dict[str, Any]:
        said = {**asdict(self), "at": iso_time(self.at)}
        if self.label_paddle is None:
            del said["label_paddle"]
        return said

    def named(self) -> dict[str, int]:
        """The bid as refusals and announcements name it."""
        return {"bidId": self.bid_id, "userId": self.user_id, "amount": self.amount}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> StandingBid:
        return cls(**{**cls.known(data), "at": datetime.fromisoformat(data["at"])})


def named(bid: StandingBid | None) -> dict[str, int] | None:
    """A bid as refusals and announcements name it; None for no bid."""
    return bid.named() if bid else None


def same_bid(one: StandingBid | None, other: StandingBid | None) -> bool:
    """Whether two are the same bid, or both None. The time is not compared."""
    if one is None or other is None:
        return one is other
    return one.named() == other.named()


@dataclass(frozen=True, slots=True)
class Lot(Part):
    """A product on the block, with its prices in whole units of the auction's currency."""

    product: str
    minimum_price: int
    start_price: int
    market_price: int

    def data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Lot:
        return cls(**cls.known(data))


def steps_of(stored: Any) -> Steps | None:
    """Increments as an entry has them: JSON knows no tuples."""
    return None if stored is None else tuple((since, step) for since, step in stored)


def salted_hash(text: str, salt: str) -> str:
    """SHA-256 over salt and text: what an entry has in place of the text."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
