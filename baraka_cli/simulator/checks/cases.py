"""`SentCommand`: what a phone sent, and what was known then. `Case`: a refusal of it that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from baraka_cli.simulator.checks.truth import Standing, Truth

if TYPE_CHECKING:
    from baraka_cli.simulator.checks.clocks import Clocks
    from baraka_cli.simulator.checks.people import People
    from baraka_cli.simulator.checks.spans import Spans


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


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: the refusal of `asked`, which was decided behind a number from `since` to `until`."""

    asked: SentCommand
    truth: Truth
    since: int
    until: int
    answered: float
    """When the answer came, in seconds since the run began."""
    quoted: int | None
    """The amount in the refusal's text."""
    user_exists: bool
    asleep: float
    """How many seconds of that time this crowd could read nothing."""
    clocks: Clocks
    spans: Spans
    people: People

    @property
    def standings(self) -> list[Standing]:
        """All that there were while the command was under way."""
        return list(self.truth.standing_between(self.since, self.until))
