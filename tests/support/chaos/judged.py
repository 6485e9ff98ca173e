"""A sale that is over, as the checks look at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from baraka_server.domain.events import LedgerEntry
from tests.support.chaos.evidence import Asked, Evidence
from tests.support.chaos.people import Bidder, Person


class Sale(NamedTuple):
    """A sale that is over: the ledger, who was there, and what else is known."""

    ledger: Sequence[LedgerEntry]
    people: Sequence[Person]
    evidence: Evidence

    @property
    def bidders(self) -> list[Bidder]:
        return [one for one in self.people if isinstance(one, Bidder)]

    @property
    def asked(self) -> list[Asked]:
        return [asked for one in self.people for asked in one.asked]

    def was_lost(self, asked: Asked) -> bool:
        """Whether it was accepted in commits that a fail-over lost."""
        kept, accepted = self.evidence.kept_seq, asked.accepted
        return (
            kept is not None
            and accepted is not None
            and accepted["seq"] > kept
            and asked.attempts[0].sent_at < self.evidence.lost_at
        )
