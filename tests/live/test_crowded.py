"""Cost of a joining crowd for those who bid: rows are read once, states made once, bids go ahead."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from baraka_server.contract.client_events import (
    ChangeLot,
    EndAuction,
    JoinAuction,
    LeaveAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.refusals import Code
from baraka_server.live.recent import RECENT_EVENTS_MAX
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.clock import Clock
from tests.support.servers.databases import only_sqlite

pytestmark = only_sqlite

RING = ChangeLot(
    auction_id=1, product="Gold Ring", minimum_price=5, start_price=10, market_price=20
)
JOIN, LEAVE = JoinAuction(auction_id=1), LeaveAuction(auction_id=1)
A_LONG_TIME = 600


def bid(amount: int) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount)


@pytest.fixture
def reads(store, monkeypatch):
    """How often the store was asked for what, by the name of its method."""
    counted: Counter[str] = Counter()

    def count(name):
        method = getattr(store, name)

        async def counting(*arguments):
            counted[name] += 1
            return await method(*arguments)

        monkeypatch.setattr(store, name, counting)

    for name in ("auction", "snapshot", "look", "entries_after"):
        count(name)
    return counted


@pytest.fixture
async def house(store):
    house = open_house(store, Hall())
    await house.submit(viewer(1), StartAuction(auction_id=1))
    await house.submit(viewer(1), RING)
    yield house
    await house.close()


# --- auctions that nobody can join


@pytest.mark.parametrize(
    ("auction_id", "code"), [(1, Code.NOT_LIVE), (999_999, Code.AUCTION_NOT_FOUND)]
)
async def test_whoever_joins_what_is_over_reads_one_row_and_later_none(
    house, store, reads, auction_id, code
):
    await house.submit(viewer(1), EndAuction(auction_id=1))
    patient = open_house(store, Hall(), poll_seconds=A_LONG_TIME)
    reads.clear()
    for _ in range(20):
        outcome = await patient.submit(viewer(2), JoinAuction(auction_id=auction_id))
        assert outcome.code is code
    assert reads == {"auction": 1}
    await patient.close()


async def test_who_stays_to_the_end_makes_no_join_dearer(house, store, reads):
    patient = open_house(store, Hall(), poll_seconds=A_LONG_TIME)
    await patient.submit(viewer(2), JOIN)
    await patient.submit(viewer(1), EndAuction(auction_id=1))
    reads.clear()
    for _ in range(20):
        assert (await patient.submit(viewer(3), JOIN)).code is Code.NOT_LIVE
    assert reads == {"entries_after": 1}
    await patient.close()


async def test_a_start_is_known_at_once_to_who_joins_on_its_node(store):
    house = open_house(store, Hall(), poll_seconds=A_LONG_TIME)
    assert (await house.submit(viewer(2), JOIN)).code is Code.NOT_LIVE
    await house.submit(viewer(1), StartAuction(auction_id=1))
    assert (await house.submit(viewer(2), JOIN))["userCount"] == 1
    await house.close()


async def test_a_start_elsewhere_is_known_to_who_joins_with_the_next_poll(store):
    """And not only when the refusal is too old to be believed."""
    here = open_house(store, Hall(), poll_seconds=0.02, clock=Clock())  # it never gets too old
    elsewhere = open_house(store, Hall())
    assert (await here.submit(viewer(2), JOIN)).code is Code.NOT_LIVE
    assert (await here.submit(viewer(2), JOIN)).code is Code.NOT_LIVE
    await elsewhere.submit(viewer(1), StartAuction(auction_id=1))
    async with asyncio.timeout(20):
        while not isinstance(await here.submit(viewer(2), JOIN), dict):
            await asyncio.sleep(0.01)
    await here.close()
    await elsewhere.close()


# --- the same room again and again


async def test_who_comes_and_goes_in_an_empty_room_does_not_read_its_lists_again(house, reads):
    bilal = viewer(2)
    await house.submit(bilal, bid(10))
    for _ in range(20):
        state = await house.submit(bilal, JOIN)
        assert '"bid":10' in state["auctionBids"]
        await house.submit(bilal, LEAVE)
    assert reads["snapshot"] == 0


async def test_what_happened_elsewhere_while_the_room_was_empty_is_in_the_state(house, store):
    bilal, other = viewer(2), open_house(store, Hall())
    await house.submit(bilal, JOIN)
    await house.submit(bilal, LEAVE)
    await other.submit(viewer(3), bid(70))
    assert '"bid":70' in (await house.submit(bilal, JOIN))["auctionBids"]
    await other.close()


async def test_all_who_join_at_one_moment_are_given_the_same_text(house, reads):
    bilal = viewer(2)
    await house.submit(bilal, JOIN)
    await house.submit(bilal, bid(10))
    await house.submit(bilal, PostComment(auction_id=1, comment="Mine"))
    resume = JoinAuction(auction_id=1, last_seq=2)
    states = await asyncio.gather(*(house.submit(viewer(3), resume) for _ in range(50)))
    for part in ("auctionBids", "auctionComments", "missed"):
        assert len({id(state[part]) for state in states}) == 1
    await house.submit(bilal, bid(20))
    newer = await house.submit(viewer(3), resume)
    assert newer["auctionComments"] is states[0]["auctionComments"]
    assert newer["auctionBids"] != states[0]["auctionBids"]
    assert newer["missed"] != states[0]["missed"]


async def test_the_ledger_is_read_once_for_all_who_were_away_for_long(house, store, reads):
    count = RECENT_EVENTS_MAX + 100
    for _ in range(count // 100 + 1):
        comments = (PostComment(auction_id=1, comment=f"{n}") for n in range(100))
        await asyncio.gather(*(house.submit(viewer(2), one) for one in comments))
    other = open_house(store, Hall(), resume_events_max=count)
    reads.clear()
    for last_seq in (0, 3, 400, 0):
        state = await other.submit(viewer(3), JoinAuction(auction_id=1, last_seq=last_seq))
        told = min(state["seq"] - last_seq, count)
        assert state["missed"].count('"event":') == told
        assert state["missedComplete"] == (told == state["seq"] - last_seq)
    await other.submit(viewer(2), bid(10))
    state = await other.submit(viewer(3), JoinAuction(auction_id=1, last_seq=0))
    assert state["missed"].count('"event":') == count
    assert reads["entries_after"] == 1
    await other.close()


# --- bids go ahead


async def test_a_bid_is_decided_before_five_hundred_who_join(house):
    order: list[str] = []

    def noted(asked, what):
        asked.add_done_callback(lambda _: order.append(what))
        return asked

    await house.submit(viewer(3), JOIN)
    joins = [noted(house.submit(viewer(2), JOIN), "join") for _ in range(500)]
    early = noted(house.submit(viewer(3), bid(10)), "bid")
    await joins[0]
    late = noted(house.submit(viewer(3), bid(20)), "bid")
    await asyncio.gather(*joins, early, late)
    assert order[0] == "bid"
    assert order.index("bid", 1) < 100
    assert house.presence.count(1) == 501


async def test_what_one_viewer_asks_for_keeps_its_order(house):
    bilal, dina = viewer(2), viewer(3)
    submitted = [
        house.submit(bilal, JOIN),
        house.submit(bilal, bid(10)),
        house.submit(bilal, LEAVE),
        house.submit(bilal, bid(30)),
        house.submit(dina, bid(20)),
    ]
    joined, first, left, _, dinas = await asyncio.gather(*submitted)
    assert (joined["userCount"], left["userCount"]) == (1, 0)
    assert '"bid":20' in joined["auctionBids"]  # she did not wait for him
    assert (dinas["seq"], first.code) == (joined["seq"], Code.BID_TOO_LOW)


async def test_those_who_join_keep_nobody_from_bidding_by_their_number(store):
    house = open_house(store, Hall(), asks_waiting_max=3)
    await house.submit(viewer(1), StartAuction(auction_id=1))
    await house.submit(viewer(1), RING)
    joins = [house.submit(viewer(2), JOIN) for _ in range(5)]
    assert (await house.submit(viewer(3), bid(10)))["bidId"]
    outcomes = await asyncio.gather(*joins)
    assert [one.code for one in outcomes if not isinstance(one, dict)] == [Code.BUSY] * 2
    await house.close()
