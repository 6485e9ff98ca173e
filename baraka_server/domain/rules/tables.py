"""Types of the tables that each area fills: decisions, objections and words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from baraka_server.contract.client_events import ClientEvent
from baraka_server.domain.decision import Command, Decision, HouseRules
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.state import State

Decisions = dict[type[ClientEvent], Callable[[State, Command, Any, HouseRules], Decision]]
"""What becomes of a command, by its client event: takes the event a second time, as what it is."""

Objections = dict[type[Event], Callable[[State, LedgerEntry, Any], str | None]]
"""Why an entry cannot follow a state, by its event; None where it can."""

NameOf = Callable[[int], str]

Words = dict[type[Event], Callable[[Any, NameOf], str]]
"""The rest of the sentence "<who> …", by the event of an entry."""
