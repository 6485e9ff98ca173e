"""Events behind a sale: a winning that was paid, or that went to another bidder or for another price (D39)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from baraka_server.domain.events import BY, Choices, Event, Parts
from baraka_server.domain.parts import FreeText


@dataclass(frozen=True, slots=True)
class Won:
    """A row of `winnings`. `is_last` is whether it is the last one of its auction.

    `label_paddle` is that of the label of the floor that won it, in the name of the floor user (D40).
    """

    winning_id: int
    user_id: int
    price: int
    paid: bool
    is_last: bool
    label_paddle: int | None = None


@dataclass(frozen=True, slots=True)
class WinningPaid(Event):
    """A winning was paid, or the note that it was is taken back."""

    kind = "winning_paid"
    rule = False
    sparse: ClassVar[Mapping[str, Any]] = {"by": None}
    choices: ClassVar[Choices] = BY

    winning_id: int
    paid: bool
    by: str | None = None


@dataclass(frozen=True, slots=True)
class WinningChanged(Event):
    """A winning has another winner or another price than before; `is_last` moves the auction's winner.

    `winner_id` and `price` are None where it goes to nobody: its row is deleted, and its lot is passed.
    The auction's winner is `winner_then` in that case. `label_paddle` and `label_before` are of labels of
    the floor (D40).
    """

    kind = "winning_changed"
    rule = False
    parts: ClassVar[Parts] = {"reason": FreeText}
    sparse: ClassVar[Mapping[str, Any]] = {
        "by": None,
        "reason": None,
        "winner_then": None,
        "label_paddle": None,
        "label_before": None,
    }
    choices: ClassVar[Choices] = BY

    winning_id: int
    winner_id: int | None
    price: int | None
    winner_before: int
    price_before: int
    is_last: bool
    reason: FreeText | None = None
    by: str | None = None
    winner_then: int | None = None
    label_paddle: int | None = None
    label_before: int | None = None

    @property
    def to_nobody(self) -> bool:
        return self.winner_id is None

    @property
    def last_winner(self) -> int | None:
        """The auction's winner behind it, where it is the last winning."""
        return self.winner_then if self.to_nobody else self.winner_id

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.winner_id, self.winner_before, self.winner_then)

    @property
    def texts(self) -> tuple[FreeText, ...]:
        return (self.reason,) if self.reason else ()

    def with_texts(self, read: Mapping[str, str]) -> Self:
        return replace(self, reason=self.reason.read(read)) if self.reason else self


KINDS: tuple[type[Event], ...] = (WinningPaid, WinningChanged)
