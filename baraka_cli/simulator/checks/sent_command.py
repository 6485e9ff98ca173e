"""`SentCommand`: a command that a phone sent, and what was known then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False, slots=True)
class SentCommand:
    """A command that a phone sent, and what was known then."""

    auction_id: int
    event: str
    payload: Mapping[str, Any]
    user_id: int
    who: str
    at: float
    since: int | None
    """The last number that anybody had heard; None when nothing was known."""
    inside: bool
    """Whether the phone was in the room."""
    line: int
    """The connection that it was sent over."""
    awake: float
    """When it was sent, on the crowd's own clock."""
    shown_for: float = 0
    """How many seconds ago the phone was shown the lot on the block."""
