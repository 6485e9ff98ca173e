"""`Cast`: ids of the users and auctions of the probes, by what each is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cast:
    """Users of the sale. `host_id` owns both auctions; `impostor_id` owns neither.

    `outsider_id` has been in no room yet; None where there are too few users.
    """

    auction_id: int
    spare_auction_id: int | None
    host_id: int
    bidder_id: int
    rival_id: int
    watcher_id: int
    impostor_id: int
    outsider_id: int | None


def cast_of(
    auction_ids: Sequence[int], host_id: int, others: Sequence[int], impostor_id: int | None
) -> Cast:
    """Who plays whom. A user plays two parts where there are too few of them."""
    pool = [one for one in others if one != impostor_id]
    if impostor_id is None:
        impostor_id = pool.pop() if len(pool) > 1 else pool[0]
    bidder, rival, watcher = (pool[min(at, len(pool) - 1)] for at in range(3))
    outsider = pool[3] if len(pool) > 3 else None
    spare = auction_ids[1] if len(auction_ids) > 1 else None
    return Cast(auction_ids[0], spare, host_id, bidder, rival, watcher, impostor_id, outsider)
