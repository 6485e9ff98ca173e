"""Reserves, as the room, a returning viewer and the history are told of them (D42)."""

from __future__ import annotations

import json

import pytest

from baraka_server.contract.client_events import JoinAuction
from baraka_server.live.encoded import encode
from baraka_server.store import audit
from tests.support.clients.hall import viewer
from tests.support.servers.databases import only_sqlite

pytestmark = only_sqlite

RESERVE = 7_654_321
VASE = {"product": "Vase", "minBidPrice": 10, "bidPrice": 20, "actualPrice": 30}


@pytest.fixture
async def sale(live_sale):
    """What Amina does. The vase with the reserve is on the block."""
    added = await live_sale("addLots", lots=[VASE | {"reserve": RESERVE}, VASE])
    assert "will be refused" in added["warning"]
    await live_sale("openLot", lotId=1)
    return live_sale


async def test_everybody_hears_whether_the_reserve_is_met_and_nobody_what_it_is(sale, store):
    await sale.bids(2, 100)
    newest = (await sale.bids(3, 2 * RESERVE))["bidId"]
    await sale("undoBid", bidId=newest)
    assert (await sale("repriceLot", reserve=RESERVE - 1)).get("warning")
    state = await sale.joins()
    assert state["reserveMet"] is False
    standing = (await sale.bids(3, 200))["bidId"]
    below = {"product": "Vase", "bidId": standing}
    assert (await sale("awardingAuction", **below)).code == "below_reserve"
    assert (await sale("awardingAuction", **below, belowReserve=True))["winningId"]
    await sale("reopenLot")
    await sale("openLot", lotId=2, withBids=standing)
    heard = sale.heard()
    met = [(name, told["reserveMet"]) for name, told in heard if "reserveMet" in told]
    assert [one for one in met if one[0] != "auctionState"] == [
        ("auction_change_product", False),
        ("newBid", False),
        ("newBid", True),
        ("bidUndone", False),
        ("newBid", False),
        ("auction_change_product", False),
        ("newBid", False),
        ("auctionEnded", False),
        ("lotReopened", False),
        ("auction_change_product", False),
        ("newBid", False),
        ("auction_change_product", None),
    ]
    words = json.dumps([heard, state])
    assert str(RESERVE) not in words
    assert str(RESERVE - 1) not in words
    said = [entry.what async for entry in audit.history(store, 1)]
    assert any("for 200, below its reserve" in one for one in said)
    assert any(one.endswith("market price 30, with a reserve") for one in said)
    assert not any(str(RESERVE) in one for one in said)
    assert (await audit.verify(store, 1)).ok


async def test_who_comes_back_is_told_the_same_of_the_past(sale, house):
    seq = (await sale.bids(2, 100))["seq"]
    await sale.bids(3, RESERVE)
    await sale("awardingAuction", product="Vase")
    again = await house.submit(viewer(3), JoinAuction(auction_id=1, last_seq=seq - 1))
    missed = json.loads(encode(again["missed"]))
    told = [(one["event"], one["data"]["reserveMet"]) for one in missed]
    assert told == [("newBid", False), ("newBid", True), ("auctionEnded", True)]
