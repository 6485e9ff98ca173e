"""Paddles: the numbers of an auction's bidders, by first accepted bids and registrations (D36)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.registration import BidderRegistered


class Paddles:
    """The paddle of each bidder of an auction, from 1. A value: it never changes for whoever holds it.

    Later values share its list and add to it, since a bid must not cost a copy of all bidders; each
    sees the bidders up to its own `count`. A paddle without a user is of somebody who bids on the floor.

        NONE_GIVEN.given_to(7).given_to(9).of(9) == 2
    """

    __slots__ = ("_bidders", "_numbers", "count")

    def __init__(self, bidders: Iterable[int | None] = ()) -> None:
        self._bidders = list(bidders)
        self._numbers = {
            user_id: number
            for number, user_id in enumerate(self._bidders, 1)
            if user_id is not None
        }
        self.count = len(self._bidders)

    def of(self, user_id: int | None) -> int | None:
        """The paddle of a user; None where the user has none."""
        number = None if user_id is None else self._numbers.get(user_id)
        return number if number is not None and number <= self.count else None

    def user_of(self, number: int) -> int | None:
        """The user who has this paddle; None for one that was not given, or that no user has."""
        return self._bidders[number - 1] if self.was_given(number) else None

    def was_given(self, number: int) -> bool:
        return 1 <= number <= self.count

    def next_for(self, user_id: int | None) -> int | None:
        """The paddle that a user gets with a bid; None for one who has a paddle already."""
        return self.count + 1 if self.of(user_id) is None else None

    def given_to(self, user_id: int | None) -> Paddles:
        """The paddles with the next number given to a user, or to nobody who has an account."""
        if not self.count or len(self._bidders) != self.count:  # another value went on from here
            return Paddles((*self.bidders, user_id))
        self._bidders.append(user_id)
        after = object.__new__(Paddles)
        after._bidders, after._numbers, after.count = self._bidders, self._numbers, self.count + 1
        if user_id is not None:
            self._numbers[user_id] = after.count
        return after

    @property
    def bidders(self) -> Sequence[int | None]:
        """The users in the order of their paddles."""
        return self._bidders[: self.count]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Paddles):
            return NotImplemented
        shared = self._bidders is other._bidders
        return self.count == other.count and (shared or self.bidders == other.bidders)

    def __hash__(self) -> int:
        return hash(self.count)

    def __repr__(self) -> str:
        return f"Paddles({self.bidders})"


NONE_GIVEN = Paddles()


def given_in(entry: LedgerEntry) -> tuple[int, int | None] | None:
    """The paddle that an entry gave, and its user; None where it gave none."""
    match entry.event:
        case (
            BidPlaced(paddle=int(number)) as bid
        ):  # the first of its bidder, unless an older program wrote it
            return number, entry.user_id if bid.label_paddle is None else None
        case BidderRegistered(paddle=int(number), target_id=user_id):
            return number, user_id
    return None


def _give(paddles: Paddles, _event: Event, entry: LedgerEntry) -> Paddles:
    given = given_in(entry)
    return paddles if given is None else paddles.given_to(given[1])


FOLDS: dict[type[Event], Callable[[Paddles, Any, LedgerEntry], Paddles]] = {
    BidPlaced: _give,
    BidderRegistered: _give,
}


def objection(paddles: Paddles, entry: LedgerEntry, event: BidPlaced) -> str | None:
    """The reason why a bid cannot have given this paddle; a bid of an older program gives none."""
    if (label := event.label_paddle) is not None:
        return _mislabelled(paddles, label, event.paddle)
    return None if entry.user_id is None else misgiven(paddles, entry.user_id, event.paddle)


def _mislabelled(paddles: Paddles, label: int, given: int | None) -> str | None:
    """The reason why a floor bid cannot be of the label with this paddle, which it gave or not."""
    if given is not None and given != label:
        return f"it is of paddle {label}, and gives paddle {given}"
    if given is None and not (paddles.was_given(label) and paddles.user_of(label) is None):
        return f"paddle {label} was no floor label's"
    return misgiven(paddles, None, given)


def misgiven(paddles: Paddles, user_id: int | None, number: int | None) -> str | None:
    """The reason why a user, or a label, cannot have been given this paddle; None is none."""
    if number is None:
        return None
    if (has := paddles.of(user_id)) is not None:
        return f"it gives user {user_id} paddle {number}, who has {has}"
    if number != paddles.count + 1:
        return f"it gives paddle {number}, and {paddles.count} were given"
    return None
