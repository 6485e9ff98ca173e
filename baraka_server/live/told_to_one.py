"""Announcements that only the sockets of one user hear, by the kinds of entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.maxima import MaximumSet, MaximumWithdrawn
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.registration import BidderRegistered
from baraka_server.domain.roles import RoleSet
from baraka_server.domain.state import State
from baraka_server.live import maxima, people
from baraka_server.live.told import ToUser

TO_USER: dict[type[Event], Callable[[LedgerEntry, Any, State], ToUser | None]] = {
    RoleSet: people.role_changed,
    BidderRegistered: people.registration_changed,
    MaximumSet: maxima.maximum_set,
    MaximumWithdrawn: maxima.maximum_withdrawn,
    ActUndone: maxima.maximum_undone,
    UserBlocked: maxima.maximum_blocked,
}
"""What is told of an entry, with the state behind it; None where nobody is told anything."""
