"""A sale by the server's run list (D35): two servers, a restart in the middle, a phone of the guide alone."""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp
import pytest

from baraka_server.contract.client_events import AwardLot, ChangeLot, JoinAuction, PlaceBid
from baraka_server.contract.lots import AddLots, OpenLot, PassLot
from baraka_server.store import audit
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET, Baraka

LIVE = {"auctionId": 1}
GUIDES = {"product", "bidPrice", "minBidPrice", "actualPrice"}


def lot(product, **more):
    return {"product": product, "minBidPrice": 10, "bidPrice": 20, "actualPrice": 30} | more


@pytest.fixture
async def api():
    """POST, or GET without a body, as a user: the status and the answer."""
    async with aiohttp.ClientSession() as session:

        async def ask(server, user_id, name, body=None):
            headers = {"Authorization": f"Bearer {token(SECRET, user_id)}"}
            url = f"{server.url}/api/auctions/1/{name}"
            method = "GET" if body is None else "POST"
            async with session.request(method, url, json=body, headers=headers) as response:
                return response.status, await response.json()

        yield ask


async def test_a_sale_is_run_by_its_lots(sale_database, tmp_path, crowd, store, api):
    polls = {"BARAKA_LEDGER_POLL_SECONDS": 0.1}
    async with AsyncExitStack() as first, Baraka(sale_database, tmp_path, **polls) as there:
        here = await first.enter_async_context(Baraka(sale_database, tmp_path, **polls))
        amina = await crowd.pick_up(here.url, 1)
        bilal = await crowd.pick_up(there.url, 2, "official websocket")  # on the other server
        description = "A vase, chipped. " * 20
        status, added = await api(
            here,
            1,
            "addLots",
            {"lots": [lot("Ring"), lot("Vase", description=description, reserve=900), lot("Rug")]},
        )
        assert (status, added["lotNumbers"]) == (200, [1, 2, 3])
        assert "will be refused" in added["warning"]
        assert (await amina.emits("startLiveAuction", LIVE))["ok"]
        await bilal.hears("auctionStarted")
        for phone in (amina, bilal):
            state = await phone.emits(JoinAuction(auction_id=1))
            assert (state["lot"], state["lotsVersion"]) == (None, added["seq"])

        opened = await amina.emits(OpenLot(auction_id=1, lot_id=2))
        told = await bilal.hears("auction_change_product")
        assert {name: told[name] for name in GUIDES} == lot("Vase")
        assert (told["lotId"], told["lotNumber"], told["nextBid"]) == (2, 2, 10)
        assert told["description"] == description
        assert (await amina.emits(OpenLot(auction_id=1, lot_id=2)))["changed"] is False
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=15)))["ok"]
        assert (await amina.hears("newBid"))["lotNumber"] == 2

        status, refused = await api(here, 1, "passLot", {"round": opened["round"]})
        assert (status, refused["code"]) == (409, "bids_stand")
        bid_id = refused["standingBid"]["bidId"]
        assert (await api(here, 1, "passLot", {"withBids": bid_id, "round": 1}))[0] == 200
        ended = await bilal.hears("auctionEnded")
        assert (ended["winningBid"], ended["winningUser"], ended["passed"]) == (None, None, True)
        assert ended["auction"]["current_product"] is None

        # The guide's words go on working: a lot by its name, and its award.
        ring = {"product": "Ring", "minBidPrice": 5, "bidPrice": 6, "actualPrice": 7}
        assert (await amina.emits(ChangeLot.model_validate(LIVE | ring)))["ok"]
        assert (await bilal.hears("auction_change_product"))["lotNumber"] == 1
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=50)))["ok"]
        award = AwardLot(auction_id=1, product="Ring", weight="5g")
        won = (await amina.emits(award))["winningId"]
        ended = await bilal.hears("auctionEnded")
        assert (ended["winningBid"]["bid"], ended["lotNumber"], ended["passed"]) == (50, 1, False)

        await first.aclose()  # the server of the host goes, and another one comes
        here = await first.enter_async_context(Baraka(sale_database, tmp_path, **polls))
        amina = await crowd.pick_up(here.url, 1)
        state = await amina.emits(JoinAuction(auction_id=1))
        assert state["lotsVersion"] == added["seq"]
        status, again = await api(here, 1, "offerAgain", {"lotId": 2, "before": 3})
        assert status == 200
        told = await bilal.hears("lotsChanged")
        assert (told["seq"], told["lotsVersion"]) == (again["seq"], again["seq"])
        assert [(one["lotNumber"], one["state"]) for one in told["lots"]] == [(2, "waiting")]
        assert "reserve" not in told["lots"][0]
        assert (await amina.emits(OpenLot(auction_id=1, lot_id=2)))["round"] == 3
        assert (await bilal.hears("auction_change_product"))["description"] == description
        status, _ = await api(here, 1, "repriceLot", {"minBidPrice": 12, "round": 3})
        assert status == 200
        assert (await bilal.hears("auction_change_product"))["nextBid"] == 12

        for user_id, sees in ((1, True), (2, False)):
            status, found = await api(there, user_id, "lots")
            assert (status, found["lotsVersion"]) == (200, again["seq"])
            assert [(one["lotNumber"], one["state"]) for one in found["lots"]] == [
                *((1, "sold"), (2, "open"), (3, "waiting"))
            ]
            assert [one.get("reserve") for one in found["lots"]] == [
                None,
                900 if sees else None,
                None,
            ]
            assert found["lots"][0]["winningId"] == won
            assert found["lots"][1]["description"] == description
    await assert_sale_holds(store)
    record = (await store.snapshot(1)).auction
    assert record.product_description == description[:191]
    words = [entry.what async for entry in audit.history(store, 1)]
    assert "added 3 lots: lot 1 (Ring) to lot 3 (Rug)" in words
    assert any(
        said.startswith("put lot 2, Vase on the block: minimum 10, start 20, market price 30")
        for said in words
    )
    assert any(said.startswith("awarded lot 1, Ring (5g) to ") for said in words)
    assert "offered lot 2 again" in words


async def test_a_phone_that_was_away_is_told_of_lots_as_they_were(baraka, crowd):
    amina, bilal = [await crowd.pick_up(baraka.url, user_id) for user_id in (1, 2)]
    assert (await amina.emits("startLiveAuction", LIVE))["ok"]
    seen = (await bilal.emits(JoinAuction(auction_id=1)))["seq"]
    await bilal.emits("leaveAuction", LIVE)
    await amina.emits(AddLots.model_validate(LIVE | {"lots": [lot("Ring", weight="2g")]}))
    await amina.emits(OpenLot(auction_id=1, lot_id=1))
    await amina.emits(PassLot(auction_id=1))
    state = await bilal.emits(JoinAuction(auction_id=1, last_seq=seen))
    assert state["missedComplete"] is True
    missed = {each["event"]: each["data"] for each in state["missed"]}
    assert list(missed) == ["lotsChanged", "auction_change_product", "auctionEnded"]
    assert missed["lotsChanged"]["lots"][0]["state"] == "waiting"
    assert missed["auction_change_product"]["weight"] == "2g"
    assert missed["auctionEnded"]["passed"] is True
    assert state["lot"] is None
