"""Automatic bids: what the maximum bids of a round answer to an act (D43).

A maximum bids the least that leads, its whole amount where less than a step remains, and never against
its own lead. An act is worked out at once, in at most three bids, however many maxima there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

BIDS_OF_ACT_MAX = 3
"""How many bids an act becomes at most, its own among them."""


@dataclass(frozen=True, slots=True)
class Maximum:
    """A maximum bid as far as it counts now. Of two with the same `reach` the lower `seq` wins."""

    user_id: int
    reach: int
    seq: int


@dataclass(frozen=True, slots=True)
class Offer:
    """An amount that a user bids, or has bid."""

    user_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What the bids on a lot go by: the least first bid, the least that may follow a bid, the reserve.

    `next` is None where nothing can follow.
    """

    first: int
    next: Callable[[int], int | None]
    reserve: int | None = None

    def least_behind(self, stands: Offer | None) -> int | None:
        return self.first if stands is None else self.next(stands.amount)


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """The bids that an act becomes, rising; with `refused` the act's own bid is not among them."""

    bids: tuple[Offer, ...]
    refused: bool = False


def bid_worked_out(
    stands: Offer | None, bid: Offer, maxima: Collection[Maximum], terms: Terms
) -> WorkedOut:
    """What a bid becomes that may follow what stands.

    Where the best maximum of others is exactly as high, that one was there first: it bids the amount, and
    the bid is refused. The bidder's own maximum may then answer, if it is above.

        A 210 stands with a maximum of 500. B bids 200: refused before; 300: B 300, A 310; 500: A 500.
    """
    others = [one for one in maxima if one.user_id != bid.user_id]
    best = _best(others)
    if best is not None and best.reach == bid.amount:
        raised = Offer(best.user_id, best.reach)
        return WorkedOut((raised, *answers(raised, maxima, terms)), refused=True)
    return WorkedOut((bid, *answers(bid, maxima, terms)))


def answers(stands: Offer | None, maxima: Iterable[Maximum], terms: Terms) -> tuple[Offer, ...]:
    """The automatic bids behind the bid that stands, or behind nothing; the newest maximum is among these.

    The contenders are whoever stands, and every maximum above it. The second of them bids all it has, the
    first one step more. Of two equals the earlier one alone bids. A first that reaches the reserve bids at
    least that, also against nobody: the reserve is not the own lead.
    """
    least = terms.least_behind(stands)
    if least is None:
        return ()
    above = least if stands is None else stands.amount + 1
    first, second = _two_best([one for one in maxima if one.reach >= above])
    if first is None:
        return ()
    bids = []
    leads = stands is not None and first.user_id == stands.user_id
    price = None if leads else min(first.reach, least)
    if second is not None and second.reach == first.reach:
        price = first.reach
    elif second is not None:
        bids.append(Offer(second.user_id, second.reach))
        price = min(first.reach, terms.next(second.reach) or first.reach)
    if terms.reserve is not None and first.reach >= terms.reserve:
        price = _at_least(price, terms.reserve, stands, first.reach, least)
    if price is not None:
        bids.append(Offer(first.user_id, price))
    return tuple(bids)


def _at_least(
    price: int | None, reserve: int, stands: Offer | None, reach: int, least: int
) -> int | None:
    """The price of a bidder who reaches the reserve; None where the own bid that stands is enough."""
    if price is not None:
        return max(price, reserve)
    if stands is not None and stands.amount >= reserve:
        return None
    return max(min(reach, least), reserve)


def _two_best(maxima: Iterable[Maximum]) -> tuple[Maximum | None, Maximum | None]:
    ranked = sorted(maxima, key=rank)[:2]
    return (ranked[0] if ranked else None), (ranked[1] if len(ranked) > 1 else None)


def _best(maxima: Iterable[Maximum]) -> Maximum | None:
    return min(maxima, key=rank, default=None)


def rank(one: Maximum) -> tuple[int, int]:
    """The best is the lowest: of two with the same reach the earlier one."""
    return -one.reach, one.seq
