"""Registration: who was registered to bid in an auction, and up to which amount (D48)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from baraka_server.domain.events import BY, Choices, Event, LedgerEntry


@dataclass(frozen=True, slots=True)
class Registration:
    """The registration of one bidder. `limit` is the highest single bid; None where there is none."""

    limit: int | None = None


class Bidders:
    """The registered bidders of an auction. A value: it never changes for whoever holds it.

    Later values share its list of changes and add to it, as those of paddles do: one more of thousands
    must not cost a copy of all. Each sees the changes up to its own `count`.

        NOBODY.with_change(7, Registration(5000)).of(7).limit == 5000
    """

    __slots__ = ("_changes", "_places", "count")

    def __init__(self, registered: Mapping[int, Registration | None]) -> None:
        self._changes: list[Registration | None] = []
        self._places: dict[int, list[int]] = {}
        for user_id, registration in registered.items():
            self._add(user_id, registration)
        self.count = len(self._changes)

    def of(self, user_id: int | None) -> Registration | None:
        """The registration of a user; None for one who has none."""
        places = () if user_id is None else self._places.get(user_id, ())
        place = next((at for at in reversed(places) if at < self.count), None)
        return None if place is None else self._changes[place]

    def with_change(self, user_id: int, registration: Registration | None) -> Bidders:
        """The bidders with a registration set, or with None taken away."""
        if not self.count or len(self._changes) != self.count:  # another value went on from here
            return Bidders({**self.registered, user_id: registration})
        after = object.__new__(Bidders)
        after._changes, after._places = self._changes, self._places
        after._add(user_id, registration)
        after.count = len(after._changes)
        return after

    def _add(self, user_id: int, registration: Registration | None) -> None:
        self._places.setdefault(user_id, []).append(len(self._changes))
        self._changes.append(registration)

    @property
    def registered(self) -> dict[int, Registration]:
        """The registrations, by user."""
        found = {user_id: self.of(user_id) for user_id in list(self._places)}
        return {user_id: one for user_id, one in found.items() if one is not None}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bidders):
            return NotImplemented
        shared = self._changes is other._changes and self.count == other.count
        return shared or self.registered == other.registered

    def __hash__(self) -> int:
        return hash(frozenset(self.registered))

    def __repr__(self) -> str:
        return f"Bidders({self.registered})"


NOBODY = Bidders({})


@dataclass(frozen=True, slots=True)
class BidderRegistered(Event):
    """A user was registered to bid, or with `approved` False is registered no more (D48).

    `paddle` is the number that a user gets with it who had none (D36). `limit` is the highest single bid;
    `was_approved` and `limit_before` are what there was.
    """

    kind = "bidder_registered"
    sparse: ClassVar[Mapping[str, Any]] = {
        "limit": None,
        "was_approved": False,
        "limit_before": None,
        "paddle": None,
        "by": None,
    }
    choices: ClassVar[Choices] = BY

    target_id: int
    approved: bool
    limit: int | None = None
    was_approved: bool = False
    limit_before: int | None = None
    paddle: int | None = None
    by: str | None = None

    @property
    def now(self) -> Registration | None:
        return Registration(self.limit) if self.approved else None

    @property
    def before(self) -> Registration | None:
        return Registration(self.limit_before) if self.was_approved else None

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.target_id,)

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {} if self.paddle is None else {"paddle": self.paddle}


def _registered(bidders: Bidders, event: BidderRegistered, _entry: LedgerEntry) -> Bidders:
    return bidders.with_change(event.target_id, event.now)


KINDS: tuple[type[Event], ...] = (BidderRegistered,)
FOLDS: dict[type[Event], Callable[[Bidders, Any, LedgerEntry], Bidders]] = {
    BidderRegistered: _registered
}
