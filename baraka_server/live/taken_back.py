"""Marks on the answers to repeated requests: whether what they did was taken back since (D37, D38)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from baraka_server.contract.refusals import Refusal
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.state import State
from baraka_server.live.batch import Outcome
from baraka_server.store.locked import LockedAuction

TAKES_BACK: tuple[type[Event], ...] = (ActUndone, LotOpenedAgain, UserBlocked)
"""The kinds of entry after which a bid or an award from before may no longer hold."""


@dataclass(slots=True)
class TakenBack:
    """The bids, awards and maximum bids that entries took back: ids of rows, `seq` of the other two."""

    bids: set[int] = field(default_factory=set)
    awards: set[int] = field(default_factory=set)
    maxima: set[int] = field(default_factory=set)

    def take(self, entry: LedgerEntry) -> None:
        match entry.event:
            case ActUndone(bids=ids, maximum=seq) | UserBlocked(bids=ids, maximum=seq):
                self.bids.update(ids)
                if seq is not None:
                    self.maxima.add(seq)
            case LotOpenedAgain(award=award):
                self.awards.add(award)

    def marked(self, outcome: Outcome) -> Outcome:
        """The outcome, with `undone` or `reopened` where it is of one of these."""
        if isinstance(outcome, Refusal) or "changed" in outcome:  # which did nothing
            return outcome
        if outcome.get("bidId") in self.bids or outcome["seq"] in self.maxima:
            return outcome | {"undone": True}
        return outcome | {"reopened": True} if outcome["seq"] in self.awards else outcome


async def mark(
    auction: LockedAuction, state: State, outcomes: Sequence[Outcome], repeated: Collection[int]
) -> list[Outcome]:
    """The outcomes, with marks on the `repeated` ones, which are given by their places.

    The ledger is read as it is behind this transaction's own entries, and only where something was taken
    back since.
    """
    seqs = [one["seq"] for at in repeated if not isinstance(one := outcomes[at], Refusal)]
    if not seqs or state.taken_back <= min(seqs):
        return list(outcomes)
    taken = TakenBack()
    for entry in await auction.entries_of(TAKES_BACK, since=min(seqs) + 1):
        taken.take(entry)
    return [
        taken.marked(outcome) if at in repeated else outcome for at, outcome in enumerate(outcomes)
    ]
