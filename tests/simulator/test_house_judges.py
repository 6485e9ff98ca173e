"""Judges of what a house has beside the guide, without a server: limits, blocks and maximum bids (D43, D47, D48)."""

from __future__ import annotations

from typing import Any

import pytest

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.bidding_told import OPEN
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.checks.truth import Lot, Moment
from baraka_cli.simulator.result import Promise

AUCTION, HOST, AMINA, BILAL = 1, 2, 3, 4


class House:
    """What the crowd did, and what was announced of it."""

    def __init__(self) -> None:
        self.proof = Proof(lambda: 0.0)

    def done(self, user_id: int, event: str, seq: int, since: int | None = None, **fields: Any):
        seat = Seat("somebody", user_id)
        asked = self.proof.asks(seat, user_id, event, {"auctionId": AUCTION, **fields})
        asked.since = since
        answer = Reply(True, {"ok": True, "seq": seq})
        for judge in (self.proof.spans, self.proof.people, self.proof.maxima):
            judge.answered(asked, answer)
        self.proof.registrations.answered(asked, answer)

    def announced(self, seq: int, *core: Any, **row: Any) -> None:
        lot, data = Lot("Gold ring", 100, 100, 900), {"newBid": row}
        moment = Moment(
            lot, [], True, [], bidding=OPEN, slow=0, data=data, new_lot=False, bidding_after=OPEN
        )
        for judge in (self.proof.maxima, self.proof.registrations):
            judge.follow(AUCTION, seq, core, moment)

    def found(self, promise: Promise) -> list[str]:
        self.proof.maxima.later.finish()
        self.proof.registrations.later.finish()
        assert self.proof.findings[promise].checked
        return [breach.what for breach in self.proof.findings[promise].first]


@pytest.mark.parametrize(
    ("amount", "found"),
    [(500, []), (501, ["auction 1, number 3: bid 9 of 501 by user 3, whose limit is 500"])],
)
def test_nobody_bids_above_the_own_limit(amount, found):
    house = House()
    house.done(HOST, "setHouseRules", 1, registration="approval")
    house.done(HOST, "registerBidder", 2, userId=AMINA, approved=True, limit=500)
    house.announced(3, "newBid", 9, AMINA, amount)
    assert house.found(Promise.MODERATION_HOLDS) == found


@pytest.mark.parametrize(
    ("unblocked", "found"),
    [
        ([4], []),
        ([], ["auction 1: somebody joined at number 5, and was blocked"]),
    ],
)
def test_nobody_joins_who_is_blocked(unblocked, found):
    house = House()
    house.done(HOST, "blockUser", 2, userId=AMINA)
    for seq in unblocked:
        house.done(HOST, "unblockUser", seq, userId=AMINA)
    house.done(AMINA, "joinAuction", 5, since=3)
    assert house.found(Promise.MODERATION_HOLDS) == found


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ((11, 12), []),
        (
            (12,),
            ["auction 1, number 5: bids [12] were taken back, and the newest act is [11, 12]"],
        ),
    ],
)
def test_an_undo_takes_a_bid_back_with_what_a_maximum_answered_it(ids, found):
    house = House()
    house.done(AMINA, "setMaximumBid", 1, amount=500)
    house.announced(1, "auctionEntry")
    house.announced(2, "newBid", 10, AMINA, 100, automatic=True)
    house.announced(3, "newBid", 11, BILAL, 200)
    house.announced(4, "newBid", 12, AMINA, 201, automatic=True)
    house.announced(5, "bidUndone", ids, (10, AMINA, 100))
    assert house.found(Promise.MAXIMA_ARE_KEPT) == found
