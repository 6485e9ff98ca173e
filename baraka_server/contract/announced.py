"""`AnnouncedAuction`: the little of an auction that is told to whoever cannot join it (D58)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from baraka_server.contract.fields import Time
from baraka_server.contract.records import Auction


class AnnouncedAuction(BaseModel):
    """What everybody is told of an auction that cannot be joined: nothing of lots, prices and people (D58)."""

    model_config = ConfigDict(frozen=True)

    id: int
    title: str
    image_url: str
    startDate: Time | None
    isLive: bool
    isExpired: bool
    isCanceled: bool
    isEnded: bool

    @classmethod
    def of(cls, auction: Auction) -> AnnouncedAuction:
        return cls(**{name: getattr(auction, name) for name in cls.model_fields})
