"""Where auctioneers work, and what they may be asked for."""

from __future__ import annotations

from dataclasses import dataclass

from baraka_server.domain.decide import HouseRules
from baraka_server.live.audience import Audience
from baraka_server.live.presence import Presence
from baraka_server.live.repeats import Repeats
from baraka_server.store.store import Store


@dataclass(frozen=True, slots=True)
class Limits:
    """What an auctioneer may be asked for; see the settings of the same names."""

    asks_waiting_max: int
    resume_events_max: int
    whole_numbers: bool


@dataclass(frozen=True, slots=True)
class AuctioneerContext:
    """Where an auctioneer works: shared by all of this node."""

    store: Store
    audience: Audience
    presence: Presence
    repeats: Repeats
    rules: HouseRules
    limits: Limits
    poll_seconds: float = 0
    """How often it is looked for what other nodes did; 0 is never."""
