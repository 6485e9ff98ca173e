"""The whole evening on two nodes of a real database, against the same evening on paper.

What differs is told with its seed, and with the shortest script that shows it, for `play`.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.support.model.at_random import play_at_random
from tests.support.model.play import AMINA, BILAL, DINA, EMIL, FARAH, GHASSAN, play
from tests.support.model.script import Again, Desk, Freeze, Look, Restart, Say, Together, Wait
from tests.support.servers.databases import only_sqlite

RING = {"product": "Ring", "minBidPrice": 5, "bidPrice": 1, "actualPrice": 2}
PEARL = RING | {"product": "Pearl", "description": "White"}


def one(who, name, node=0, saw="this", **about):
    return Together(node, [Say(who, name, about, saw)])


OPENED = [one(AMINA, "addLots", lots=[RING, PEARL]), one(AMINA, "openLot", lotId=0)]
A_WHOLE_SALE = [
    *OPENED,
    one(BILAL, "placeBid", up=0),
    one(DINA, "placeBid", up=3, node=1),
    one(AMINA, "undoBid", bidId=1),
    one(AMINA, "setRole", userId=FARAH, role="clerk"),
    one(FARAH, "startClock", seconds=20, node=1),
    Wait(12),
    one(DINA, "placeBid", up=3, node=1),
    Freeze(3),
    one(FARAH, "resumeClock", node=1),
    one(BILAL, "comment", comment="Lovely"),
    one(AMINA, "awardingAuction", product=None),
    one(AMINA, "awardingAuction", product=None),
    one(AMINA, "reopenLot"),
    one(AMINA, "blockUser", userId=DINA),
    Restart(0),
    one(AMINA, "awardingAuction", product=None, bidId=1),
    Desk("winnings correct", 1, {"price": 700, "reason": "A mistake"}),
    Look(0),
    one(GHASSAN, "openLot", lotId=1),
    one(AMINA, "openLot", lotId=1),
    one(FARAH, "startClock", seconds=5, award="auto"),
    one(EMIL, "placeBid", up=0),
    Wait(20),
    one(AMINA, "endAuction"),
]
A_COMMENT_IS_BACK_BEFORE_ANOTHER_NODE_READS_OF_IT = [
    *OPENED,
    one(BILAL, "placeBid", up=0),
    one(BILAL, "comment", comment="Lovely"),
    Look(1),
    one(AMINA, "removeComment", commentId=1),
    one(AMINA, "restoreComment", commentId=1),
    one(AMINA, "undoBid", bidId=1),
    Look(1),
]
AN_AWARD_IS_REFUSED_BEHIND_A_REOPENING_AND_A_HIGHER_BID = [
    *OPENED,
    one(BILAL, "placeBid", up=0),
    one(AMINA, "awardingAuction", product=None),
    one(AMINA, "reopenLot"),
    one(DINA, "placeBid", up=0),
    one(AMINA, "awardingAuction", product=None),
]
BIDDING_PAUSES_BEHIND_THE_END_OF_A_CLOCK = [
    *OPENED,
    one(AMINA, "startClock", seconds=12),
    Wait(61),
    one(AMINA, "pauseBidding"),
    one(AMINA, "resumeBidding"),
]

WHAT_WAS_SO_IS_ASKED_AGAIN_BEHIND_A_REOPENING = [
    *OPENED,
    one(AMINA, "awardingAuction", product=None),
    one(AMINA, "setIncrements", increments=None, requestId="one"),
    one(AMINA, "reopenLot"),
    Again(0, 1),
]

A_LOT_IS_PASSED_ON_WHICH_A_BID_MET_THE_RESERVE = [
    *OPENED,
    one(AMINA, "repriceLot", reserve=6),
    one(BILAL, "placeBid", up=5),
    one(AMINA, "passLot", withBids=1),
]


async def test_a_whole_sale_is_as_on_paper(store):
    await play(store, A_WHOLE_SALE)


@only_sqlite
@pytest.mark.parametrize(
    "script",
    [
        A_COMMENT_IS_BACK_BEFORE_ANOTHER_NODE_READS_OF_IT,
        AN_AWARD_IS_REFUSED_BEHIND_A_REOPENING_AND_A_HIGHER_BID,
        BIDDING_PAUSES_BEHIND_THE_END_OF_A_CLOCK,
        WHAT_WAS_SO_IS_ASKED_AGAIN_BEHIND_A_REOPENING,
        A_LOT_IS_PASSED_ON_WHICH_A_BID_MET_THE_RESERVE,
    ],
    ids=["comment", "refused award", "pause", "asked again", "passed"],
)
async def test_what_was_wrong_once_is_as_on_paper(store, script):
    await play(store, script)


@pytest.mark.parametrize("seed", [1, 2])
async def test_an_evening_at_random_is_as_on_paper(store, seed):
    await play_at_random(store, seed)


@pytest.mark.long
@pytest.mark.timeout(3_600)
async def test_many_evenings_at_random_are_as_on_paper(store):
    for _ in range(150):
        await play_at_random(store, Random().randrange(2**32))
