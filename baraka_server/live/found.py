"""Reading of what the rows say beside the ledger, for the commands whose decision depends on it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping

from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.records import User
from baraka_server.domain.decision import NOTHING_FOUND, Found
from baraka_server.domain.state import State
from baraka_server.store.locked import LockedAuction

Finder = Callable[[LockedAuction, State, Found], Awaitable[Found]]
"""Adds to what was found: takes the locked auction and the state before the batch."""

FINDERS: dict[type[ClientEvent], Finder] = {}
"""The reads that client events need, once for a batch. A bid of the guide needs none."""


async def found_for(
    auction: LockedAuction,
    state: State,
    kinds: Collection[type[ClientEvent]],
    users: Mapping[int, User],
) -> Found:
    """What the commands of these kinds need to know, which is nothing for those of the guide."""
    finders = [FINDERS[kind] for kind in kinds if kind in FINDERS]
    if not finders:
        return NOTHING_FOUND
    found = Found(frozenset(users), secrets.token_bytes(32))
    for find in finders:
        found = await find(auction, state, found)
    return found
