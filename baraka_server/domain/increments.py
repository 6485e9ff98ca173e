"""Increments: the steps by which the bids of an auction rise (D41)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from baraka_server.contract.fields import INT_MAX, Steps
from baraka_server.domain.events import Event, LedgerEntry, Parts


@dataclass(frozen=True, slots=True)
class Increments:
    """The steps of an auction, from which amount which step; None where none were set.

    Below the first one, and without any, the guide's rule holds alone: one more.
    """

    of_auction: Steps | None = None

    def next(self, amount: int) -> int | None:
        """The least that may follow a bid of `amount`; None where nothing can."""
        if amount >= INT_MAX:
            return None
        steps = self.of_auction or ()
        step = next((step for since, step in reversed(steps) if since <= amount), 1)
        return min(amount + step, INT_MAX)


NONE_SET = Increments()


def steps_of(stored: Any) -> Steps | None:
    """The steps as an entry has them: JSON knows no tuples."""
    return None if stored is None else tuple((since, step) for since, step in stored)


@dataclass(frozen=True, slots=True)
class IncrementsSet(Event):
    """The steps of the auction were set; `before` are those that it had."""

    kind = "increments_set"
    parts: ClassVar[Parts] = {"increments": steps_of, "before": steps_of}

    increments: Steps | None
    before: Steps | None


def _set(increments: Increments, event: IncrementsSet, _entry: LedgerEntry) -> Increments:
    return replace(increments, of_auction=event.increments)


KINDS: tuple[type[Event], ...] = (IncrementsSet,)
FOLDS: dict[type[Event], Callable[[Increments, Any, LedgerEntry], Increments]] = {
    IncrementsSet: _set
}
