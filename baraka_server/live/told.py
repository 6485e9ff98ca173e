"""Announcements of the entries that the guide does not have, by their kinds.

An entry without one is told as `auctionEntry`: the room may not hear what is in it (D56).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from baraka_server.contract.prices import NextBidChanged
from baraka_server.contract.server_events import ServerEvent
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.increments import IncrementsSet
from baraka_server.domain.rules.prices import next_bid
from baraka_server.domain.state import State

Told = tuple[type[ServerEvent], dict[str, Any]]
"""The event that the room hears, and its fields beside those that all have."""


def _next_bid_changed(_entry: LedgerEntry, rules: State) -> Told:
    return NextBidChanged, {"nextBid": next_bid(rules)}


TOLD: dict[type[Event], Callable[[LedgerEntry, State], Told]] = {
    IncrementsSet: _next_bid_changed,
}
"""What is told of an entry, with the state behind it."""
