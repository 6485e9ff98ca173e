"""`answers`: the bids that maximum bids make, worked out from docs/auction-house.md and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from baraka_cli.simulator.checks.cores import Row


@dataclass(frozen=True, slots=True)
class Maximum:
    """A maximum bid: whose, up to which amount, and the number with which it was set."""

    user_id: int
    amount: int
    seq: int


def answers(standing: Row | None, maxima: Iterable[Maximum], minimum: int) -> list[tuple[int, int]]:
    """User and amount of each bid, in order, where amounts rise by one at least and no reserve is set.

    The highest maximum leads with the least that does; the next one below it bids all that it has first. Of
    two equal ones the earlier leads, with all of it.
    """
    stands = standing[2] if standing else max(minimum, 1) - 1
    able = [one for one in maxima if one.amount > stands]
    if standing and all(one.user_id != standing[1] for one in able):
        able.append(Maximum(standing[1], stands, 0))
    able.sort(key=lambda one: (-one.amount, one.seq))
    if not able:
        return []
    first, others = able[0], [one for one in able[1:] if one.amount > stands]
    if not others:
        leads = standing is not None and standing[1] == first.user_id
        return [] if leads else [(first.user_id, stands + 1)]
    second = others[0]
    if second.amount == first.amount:
        return [(first.user_id, first.amount)]
    return [(second.user_id, second.amount), (first.user_id, second.amount + 1)]
