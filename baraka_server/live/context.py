"""Dependencies and limits that all auctioneers of a node share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from baraka_server.domain.decision import HouseRules
from baraka_server.live.audience import Audience
from baraka_server.live.clock_keeper import BEAT_SECONDS
from baraka_server.live.clock_measure import seconds_counted
from baraka_server.live.measures import Measures
from baraka_server.live.owners import NoOwners, Owners
from baraka_server.live.presence import Presence
from baraka_server.live.relay import NoRelay, Relay
from baraka_server.live.repeats import Repeats
from baraka_server.store.store import Store


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of an auctioneer; see the settings of the same names.

    `whole_numbers` shows phone numbers to everybody, for private deployments (D17).
    """

    asks_waiting_max: int
    resume_events_max: int
    whole_numbers: bool


@dataclass(frozen=True, slots=True)
class AuctioneerContext:
    """The dependencies of an auctioneer, shared by all of this node."""

    store: Store
    audience: Audience
    presence: Presence
    repeats: Repeats
    rules: HouseRules
    limits: Limits
    poll_seconds: float = 0
    """How often the ledger is checked for what other nodes did; 0 is never."""
    clock: Callable[[], float] = time.monotonic
    """The seconds that pauses are measured by."""
    node: str = ""
    """The name of this process among those that serve a database."""
    seconds: Callable[[], float] = seconds_counted
    """The seconds that an auction's clock counts by (D44)."""
    beat_seconds: float = BEAT_SECONDS
    """How often a running clock is looked after."""
    relay: Relay = field(default_factory=NoRelay)
    """The way to the other nodes."""
    gap_seconds: float = 0.02
    """How long news that came too early wait for those before them."""
    measures: Measures = field(default_factory=Measures)
    owners: Owners = field(default_factory=NoOwners)
    """The nodes that write hot auctions for others."""
