"""Maximum bids: who has one in the round, without the amounts, which are sealed (D43).

An entry says of a maximum only a salted hash. Amount and salt are kept apart until the auction is over,
when an entry opens those of each round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from baraka_server.domain.events import Adopted, Event, LedgerEntry, LotOpened, Parts
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.parts import salted_hash


@dataclass(frozen=True, slots=True)
class Maxima:
    """The maximum bids of the round `round`, the last one in which any was set.

    `standing` has the entry that set the one of each user; `set_by` the user of each entry that set one,
    also where it was replaced or withdrawn since. `undone_against` counts the acts of the round that were
    undone while somebody else's maximum stood. `sealed` are the rounds whose amounts no entry has opened.

        state.maxima.standing.get(user_id)
    """

    round: int = 0
    standing: Mapping[int, int] = field(default_factory=dict)
    set_by: Mapping[int, int] = field(default_factory=dict)
    undone_against: int = 0
    sealed: frozenset[int] = frozenset()

    @property
    def closes_floor(self) -> bool:
        """Whether no more floor bids are taken in the round: taking bids back may be a search for a maximum."""
        return self.undone_against >= UNDONE_AGAINST_MAX

    def of_another(self, user_id: int | None) -> bool:
        """Whether a maximum of another user stands."""
        return any(other != user_id for other in self.standing)


NONE_SET = Maxima()

UNDONE_AGAINST_MAX = 2
"""One mistyped figure may be mended."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A maximum bid as it is kept beside the ledger, with its salt. The amount is never printed."""

    round: int
    user_id: int
    amount: int = field(repr=False)
    salt: str = field(repr=False)

    def hash(self, auction_id: int) -> str:
        """The salted hash that the entry has in place of the amount."""
        return salted_hash(f"{auction_id} {self.round} {self.user_id} {self.amount}", self.salt)


@dataclass(frozen=True, slots=True)
class MaximumSet(Event):
    """A maximum bid was set; `replaces` is the entry that set the user's former one.

    `sealed` is known where it is set: it is written beside the ledger.
    """

    kind = "maximum_set"
    tells_user = False
    sparse: ClassVar[Mapping[str, Any]] = {"replaces": None}

    hash: str
    replaces: int | None = None
    sealed: Sealed | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class MaximumWithdrawn(Event):
    """The maximum that the entry `set_seq` set is no more: its user withdrew it.

    Without a user it is the server's: its user was deleted, or may not bid in any auction of this house.
    """

    kind = "maximum_withdrawn"
    tells_user = False

    set_seq: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A maximum as it is opened: the entry that set it, its user, its amount and its salt."""

    seq: int
    user_id: int
    amount: int
    salt: str

    def row(self) -> list[Any]:
        return [self.seq, self.user_id, self.amount, self.salt]


def _opened_of(stored: Iterable[tuple[int, int, int, str]]) -> tuple[Opened, ...]:
    return tuple(Opened(*row) for row in stored)


@dataclass(frozen=True, slots=True)
class MaximaOpened(Event):
    """All maximum bids that were ever set in a round are told, now that the auction is over."""

    kind = "maxima_opened"
    rule = False
    parts: ClassVar[Parts] = {"maxima": _opened_of}

    of_round: int
    maxima: tuple[Opened, ...] = ()

    def data(self) -> dict[str, Any]:
        rows = [one.row() for one in self.maxima]
        return {"of_round": self.of_round} | ({"maxima": rows} if rows else {})

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return tuple({one.user_id for one in self.maxima})


def opened(maxima: Maxima, sealed: Mapping[int, Sealed]) -> tuple[MaximaOpened, ...]:
    """The events that open all rounds that are sealed; `sealed` has the maxima by their entries."""
    told: dict[int, list[Opened]] = {round_: [] for round_ in sorted(maxima.sealed)}
    for seq, one in sorted(sealed.items()):
        if one.round in told:
            told[one.round].append(Opened(seq, one.user_id, one.amount, one.salt))
    return tuple(MaximaOpened(round_, tuple(theirs)) for round_, theirs in told.items())


def _set(maxima: Maxima, _event: MaximumSet, entry: LedgerEntry) -> Maxima:
    if entry.user_id is None:
        raise ValueError("a maximum bid has a bidder")
    here = _in_round(maxima, entry.round)
    return replace(
        here,
        standing={**here.standing, entry.user_id: entry.seq},
        set_by={**here.set_by, entry.seq: entry.user_id},
        sealed=here.sealed | {entry.round},
    )


def _withdrawn(maxima: Maxima, event: MaximumWithdrawn, _entry: LedgerEntry) -> Maxima:
    return _without(maxima, event.set_seq)


def _undone(maxima: Maxima, event: ActUndone, _entry: LedgerEntry) -> Maxima:
    left = _without(maxima, event.maximum)
    return replace(left, undone_against=left.undone_against + event.against_maximum)


def _blocked(maxima: Maxima, event: UserBlocked, _entry: LedgerEntry) -> Maxima:
    return _without(maxima, event.maximum)


def _without(maxima: Maxima, seq: int | None) -> Maxima:
    if seq is None:
        return maxima
    left = {user_id: at for user_id, at in maxima.standing.items() if at != seq}
    return replace(maxima, standing=left)


def _round(maxima: Maxima, _event: Event, entry: LedgerEntry) -> Maxima:
    return _in_round(maxima, entry.round) if maxima.set_by else maxima


def _in_round(maxima: Maxima, round_: int) -> Maxima:
    """The maxima of a round: where it is another one than before, there are none."""
    return maxima if maxima.round == round_ else Maxima(round=round_, sealed=maxima.sealed)


def _opened(maxima: Maxima, event: MaximaOpened, _entry: LedgerEntry) -> Maxima:
    return replace(maxima, sealed=maxima.sealed - {event.of_round})


KINDS: tuple[type[Event], ...] = (MaximumSet, MaximumWithdrawn, MaximaOpened)
FOLDS: dict[type[Event], Callable[[Maxima, Any, LedgerEntry], Maxima]] = {
    MaximumSet: _set,
    MaximumWithdrawn: _withdrawn,
    MaximaOpened: _opened,
    ActUndone: _undone,
    UserBlocked: _blocked,
    LotOpened: _round,
    Adopted: _round,
}
