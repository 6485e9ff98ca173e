"""Measures of one auction: what its own viewers were answered, beside what other nodes gave it to write."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from baraka_server.contract.client_events import JoinAuction, PlaceBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decision import Command
from baraka_server.live.auction_measures import AuctionMeasures
from baraka_server.live.audience import Viewer
from baraka_server.live.measures import Measures
from baraka_server.live.waiting import Waiting
from tests.support.servers.clock import Clock

BID = PlaceBid(auction_id=1, amount=10)


def waiting(event: Any, outcome: Any, *, given: bool = False) -> Waiting:
    done = asyncio.get_running_loop().create_future()
    if outcome is None:
        done.cancel()
    else:
        done.set_result(outcome)
    viewer = None if given else Viewer("a", 2)
    command = Command(event, 2) if given else None
    return Waiting(viewer, event, done, None, 0, read_at=1_000.0, given=command)


async def test_only_what_own_viewers_had_accepted_is_a_bid_of_this_node() -> None:
    clock, measures = Clock(1_000), Measures()
    ours = AuctionMeasures(cast(Any, SimpleNamespace(measures=measures, seconds=clock)))
    batch = [
        waiting(BID, {"seq": 7}, given=True),
        waiting(BID, Refusal(Code.BID_TOO_LOW, "placeBid")),
        waiting(BID, {"seq": 8}),
        waiting(JoinAuction(auction_id=1), {"round": 1}),
        waiting(BID, {"seq": 9}, given=True),
        waiting(BID, None),
    ]
    clock.now += 0.003
    ours.begins(batch)
    clock.now += 0.2
    ours.announced(batch)
    await asyncio.sleep(0)
    now = ours.now(1, "Rings", 5, 0)
    assert (now.commands, now.bids) == (3, 1)
    assert sum(measures.queue.counts) == 3
    assert sum(measures.delivery.counts) == 1
    assert round(now.lag_seconds, 3) == round(measures.delivery.sum, 3) == 0.203
