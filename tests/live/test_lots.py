"""The run list beside the hammer and the clock, in the real house (D35): what they leave of a lot."""

from __future__ import annotations

import pytest

from baraka_server.contract.client_events import AwardLot
from baraka_server.store import audit, catalog
from tests.support.servers.databases import only_sqlite

pytestmark = only_sqlite

VASE = {"product": "Vase", "minBidPrice": 10, "bidPrice": 20, "actualPrice": 30}
AWARD = AwardLot(auction_id=1, product="Vase")


@pytest.fixture
async def sale(live_sale):
    """What Amina does. Lot 1 of three is on the block."""
    await live_sale("addLots", lots=[VASE | {"description": "Ming"}, VASE, VASE])
    assert (await live_sale("openLot", lotId=1))["round"] == 1
    return live_sale


async def states(store):
    assert (await audit.verify(store, 1)).ok
    report = await catalog.run_list(store, 1, None)
    return [(str(lot.state), lot.winning_id) for lot in report.lots]


async def test_a_lot_that_was_sold_is_open_again(sale, store, house):
    await sale.bids(2, 100)
    won = await sale("awardingAuction", product="Vase")
    assert await states(store) == [("sold", won["winningId"]), ("waiting", None), ("waiting", None)]
    assert (await store.snapshot(1)).auction.product_description is None
    await sale("reopenLot")
    assert (await states(store))[0] == ("open", None)
    assert (await store.snapshot(1)).auction.product_description == "Ming"
    told = dict(sale.heard()[-4:])
    assert (told["lotReopened"]["lotNumber"], told["auction_change_product"]["lotId"]) == (1, 1)
    assert told["newComment"]["newComment"]["comment"] == "Lot 1 is open again"
    words = [entry.what async for entry in audit.history(store, 1)]
    assert any(said.startswith("opened lot 1, Vase again") for said in words)


async def test_a_lot_that_was_passed_is_open_again_with_its_bids(sale, store):
    placed = await sale.bids(2, 100)
    await sale("passLot", withBids=placed["bidId"])
    assert (await states(store))[0] == ("passed", None)
    await sale("offerAgain", lotId=1)
    await sale("reopenLot")
    assert (await states(store))[2] == ("open", None)  # at the end, where it was offered again
    assert (await sale.bids(3, 100)).code == "bid_too_low"
    assert (await sale.bids(3, 110))["seq"]
    await sale("openLot", lotId=2, withBids=(await sale.bids(2, 120))["bidId"])
    assert (await sale("reopenLot")).code == "lot_open"


async def test_a_lot_that_goes_to_the_runner_up_is_sold(sale, store):
    runner_up = (await sale.bids(2, 100))["bidId"]
    await sale.bids(3, 110)
    won = await sale("awardingAuction", product="Vase", bidId=runner_up, runnerUp=True)
    assert (await states(store))[0] == ("sold", won["winningId"])
    assert sale.heard()[-1][1]["lotNumber"] == 1


@pytest.mark.parametrize("ends", ["passLot", "openLot"])
async def test_a_clock_ends_with_its_lot(sale, store, ends):
    await sale("startClock", seconds=60)
    more = {"lotId": 2} if ends == "openLot" else {}
    assert (await sale(ends, **more))["seq"]
    if ends == "passLot":
        await sale("openLot", lotId=3)
    assert (await sale("stopClock")).code == "no_clock"
    assert (await states(store))[0] == ("passed", None)
