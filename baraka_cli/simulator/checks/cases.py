"""`Case`: a refusal that is judged."""

from __future__ import annotations

from dataclasses import dataclass

from baraka_cli.simulator.checks.clocks import Clocks
from baraka_cli.simulator.checks.people import People
from baraka_cli.simulator.checks.registrations import Registrations
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_cli.simulator.checks.spans import Spans
from baraka_cli.simulator.checks.truth import Standing, Truth


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
    registrations: Registrations

    @property
    def standings(self) -> list[Standing]:
        """All that there were while the command was under way."""
        return list(self.truth.standing_between(self.since, self.until))
