"""Increments: the steps by which the bids of an auction rise (D41)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from baraka_server.contract.fields import INT_MAX, Steps
from baraka_server.domain.events import Event, LedgerEntry, Parts
from baraka_server.domain.parts import steps_of


@dataclass(frozen=True, slots=True)
class Increments:
    """The steps of an auction, from which amount which step; None where none were set.

    Below the first one, and without any, the guide's rule holds alone: one more.
    """

    of_auction: Steps | None = None

    def next(self, amount: int, of_lot: Steps | None = None) -> int | None:
        """The least that may follow a bid of `amount`; None where nothing can.

        The steps of a lot take the place of the auction's.
        """
        if amount >= INT_MAX:
            return None
        steps = of_lot or self.of_auction or ()
        step = next((step for since, step in reversed(steps) if since <= amount), 1)
        return min(amount + step, INT_MAX)


NONE_SET = Increments()


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
