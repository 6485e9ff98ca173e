"""A ledger that is another one than this node followed: nobody is sent a mixture of two (D34)."""

from __future__ import annotations

import asyncio
import json

import pytest

from baraka_server.contract.client_events import (
    ChangeLot,
    JoinAuction,
    PlaceBid,
    StartAuction,
)
from baraka_server.contract.refusals import Code
from baraka_server.contract.server_events import AuctionState
from baraka_server.store.locked import LockedAuction
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.backups import loses
from tests.support.servers.databases import only_sqlite

pytestmark = only_sqlite

RING = ChangeLot(auction_id=1, product="Ring", minimum_price=5, start_price=10, market_price=20)
LAST_COMMON = 4


def bid(amount: int) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount)


@pytest.fixture
async def other(store):
    """Another node, which writes what this one does not know."""
    other = open_house(store, Hall())
    yield other
    await other.close()


@pytest.fixture
async def sale(house, store):
    """Bilal bid 10, 20 and 30 in this house. The last two are lost."""
    amina, bilal = viewer(1), viewer(2)
    await house.submit(amina, StartAuction(auction_id=1))
    await house.submit(amina, RING)
    await house.submit(bilal, JoinAuction(auction_id=1))
    outcomes = [await house.submit(bilal, bid(amount)) for amount in (10, 20, 30)]
    assert [outcome["seq"] for outcome in outcomes] == [4, 5, 6]
    await loses(store, after=LAST_COMMON)
    return bilal


def amounts(state) -> list[int]:
    listed = state["auctionBids"]
    return [row["bid"] for row in (json.loads(listed) if isinstance(listed, str) else listed)]


async def heard_whole_state(hall, listener):
    """The state that the room was told after the join's own."""
    async with asyncio.timeout(20):
        while sum(name == "auctionState" for name, _ in hall.heard[listener]) < 2:
            await asyncio.sleep(0.005)
    return [payload for name, payload in hall.heard[listener] if name == "auctionState"][-1]


REFILLS = {"shorter": (), "as long": (12, 14), "longer": (12, 14, 16)}
"""What the other node was bid after the loss, by what that makes of the ledger."""


@pytest.mark.parametrize("after", REFILLS)
async def test_nothing_is_decided_on_what_is_gone_and_the_room_is_told_anew(
    sale, house, other, hall, store, after
):
    for amount in REFILLS[after]:
        assert isinstance(await other.submit(viewer(3), bid(amount)), dict)
    standing = [*reversed(REFILLS[after]), 10]

    assert (await house.submit(sale, bid(40))).code is Code.UNAVAILABLE
    state = await heard_whole_state(hall, sale)
    assert amounts(state) == standing
    assert state["seq"] == len(await the_ledger(store, 1)) == LAST_COMMON + len(REFILLS[after])
    AuctionState.model_validate(state)
    joined = next(payload for name, payload in hall.heard[sale] if name == "auctionState")
    assert state.keys() == joined.keys()

    # Who knows the guide alone hears product, prices and list in its words.
    names = [name for name, _ in hall.news_of(sale)]
    (_, product), (_, last_bid) = hall.news_of(sale)[-2:]
    assert names[-2:] == ["auction_change_product", "newBid"]
    assert (product["product"], product["minBidPrice"]) == ("Ring", 5)
    assert amounts(last_bid) == standing

    accepted = await house.submit(sale, bid(40))
    assert accepted["seq"] == state["seq"] + 1
    await assert_sale_holds(store)


@pytest.mark.parametrize("after", REFILLS)
async def test_polling_finds_out_without_anybody_asking(sale, other, hall, store, house, after):
    for amount in REFILLS[after]:
        await other.submit(viewer(3), bid(amount))
    await house.look_for_others()
    state = await heard_whole_state(hall, sale)
    assert amounts(state) == [*reversed(REFILLS[after]), 10]


async def test_polling_finds_a_ledger_that_is_gone_altogether(sale, hall, store, house):
    await loses(store, after=0)
    await house.look_for_others()
    state = await heard_whole_state(hall, sale)
    assert (state["seq"], state["ledger"]) == (0, "0" * 12)


async def test_a_state_of_a_lost_history_decides_nothing_where_nobody_looked_at_it(
    sale, house, other, hall, store
):
    """The room was empty: whoever asks has seen nothing, and is answered by the ledger."""
    for amount in REFILLS["as long"]:
        await other.submit(viewer(3), bid(amount))
    house.disconnected(sale)
    late = viewer(4)
    state = await house.submit(late, JoinAuction(auction_id=1))
    assert amounts(state) == [14, 12, 10]
    refused = await house.submit(late, bid(14))
    assert (refused.code, dict(refused.values)) == (Code.BID_TOO_LOW, {"current": 14})
    assert (await house.submit(late, bid(15)))["seq"] == 7


async def test_what_is_followed_costs_no_further_read(house, hall, monkeypatch):
    reads = []
    original = LockedAuction.entries_after

    async def counted(self, seq, limit):
        reads.append(seq)
        return await original(self, seq, limit)

    monkeypatch.setattr(LockedAuction, "entries_after", counted)
    amina, bilal = viewer(1), viewer(2)
    await house.submit(amina, StartAuction(auction_id=1))
    await house.submit(amina, RING)
    await house.submit(bilal, JoinAuction(auction_id=1))
    del reads[:]
    for amount in (10, 20, 30):
        await house.submit(bilal, bid(amount))
    assert reads == []


# --- who comes back


def ledger_at(hall, listener, seq) -> str:
    (found,) = {p["ledger"] for _, p in hall.news_of(listener) if p["seq"] == seq}
    return found


async def back(house, seq, ledger=None):
    state = await house.submit(viewer(2), JoinAuction(auction_id=1, last_seq=seq, ledger=ledger))
    return state["missedComplete"], [one["data"]["seq"] for one in json.loads(state["missed"])]


async def test_who_says_of_which_history_the_last_was_hears_no_other_one(
    sale, house, other, hall, store
):
    for amount in REFILLS["longer"]:
        await other.submit(viewer(3), bid(amount))
    await house.look_for_others()
    await heard_whole_state(hall, sale)
    lost, common = ledger_at(hall, sale, 6), ledger_at(hall, sale, LAST_COMMON)

    assert await back(house, 6, lost) == (False, [])
    assert await back(house, 5, ledger_at(hall, sale, 5)) == (False, [])
    assert await back(house, LAST_COMMON, common) == (True, [5, 6, 7])
    now = (await house.submit(viewer(2), JoinAuction(auction_id=1)))["ledger"]
    assert await back(house, 7, now) == (True, [])
    assert await back(house, 7, lost) == (False, [])
    assert await back(house, 0, "0" * 12) == (True, [1, 2, 3, 4, 5, 6, 7])

    # Another node, or this one after a restart, has only the ledger to look at, and that will do.
    restarted = open_house(store, Hall())
    assert await back(restarted, 6, lost) == (False, [])
    assert await back(restarted, LAST_COMMON, common) == (True, [5, 6, 7])
    await restarted.close()


async def test_who_does_not_say_it_is_told_whole_what_this_node_knows_to_be_lost(
    sale, house, other, hall
):
    for amount in (*REFILLS["longer"], 18):
        await other.submit(viewer(3), bid(amount))
    await house.look_for_others()
    await heard_whole_state(hall, sale)

    assert await back(house, 5) == (False, [])
    assert await back(house, 6) == (False, [])
    assert await back(house, LAST_COMMON) == (True, [5, 6, 7, 8])
    assert await back(house, 7) == (True, [8])  # that many there were in one history only


async def test_every_event_says_of_which_history_it_is(sale, hall, store):
    told = {p["seq"]: p["ledger"] for name, p in hall.news_of(sale) if name != "error"}
    hashes = {entry.seq: entry.hash for entry in await the_ledger(store, 1)}
    assert told[LAST_COMMON] == hashes[LAST_COMMON][:12]
    assert len(set(told.values())) == len(told) == 4
