"""The kinds of ledger entry, by the names under which they are stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from baraka_server.domain import (
    clock,
    hammer,
    increments,
    lot_entries,
    maxima,
    moderation,
    registration,
    roles,
    sale_rules,
    winnings,
)
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    LotOpened,
    LotRepriced,
    Started,
    Unknown,
)

GUIDE_KINDS: tuple[type[Event], ...] = (
    Adopted,
    Started,
    LotOpened,
    LotRepriced,
    BidPlaced,
    StandingBidChanged,
    Commented,
    Awarded,
    Canceled,
    Ended,
    BroadcasterLeft,
)
"""The kinds of entry of an auction that does nothing beyond the guide."""

AREAS = (
    GUIDE_KINDS,
    increments.KINDS,
    clock.KINDS,
    hammer.KINDS,
    maxima.KINDS,
    lot_entries.KINDS,
    roles.KINDS,
    sale_rules.KINDS,
    registration.KINDS,
    moderation.KINDS,
    winnings.KINDS,
)

KINDS: dict[str, type[Event]] = {event.kind: event for kinds in AREAS for event in kinds}


def event_of(kind: str, data: Mapping[str, Any]) -> Event:
    """The event of an entry of the ledger, `Unknown` where a newer program wrote it.

    That is a kind, a `v` of it, or a member of a choice that this program does not know.

    Entries of the first release do not say what they are: all of them are of the first `v`. Raises
    `KeyError`, `TypeError` or `ValueError` for data that no program wrote.
    """
    known, v = KINDS.get(kind), data.get("v", 1)
    if (
        known is not None
        and isinstance(v, int)
        and 1 <= v <= known.v
        and all(_has_one_of(data, path, members) for path, members in known.choices.items())
    ):
        return known.from_data(data)
    return Unknown(kind, data.get("rule") is not False, data)


def _has_one_of(data: Any, path: Sequence[str], members: Collection[Any]) -> bool:
    """Whether the value at the path, or each of a list there, is one of the members; True for none there."""
    for at, name in enumerate(path):
        if isinstance(data, list):
            return all(_has_one_of(one, path[at:], members) for one in data)
        if not isinstance(data, Mapping) or name not in data:
            return True
        data = data[name]
    return data in members
