"""Bids that rise by steps (D41): set over the socket or HTTP, told to all, kept by a restart."""

from __future__ import annotations

import aiohttp

from baraka_server.contract.client_events import JoinAuction, PlaceBid
from baraka_server.contract.prices import SetIncrements
from baraka_server.store import audit
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.crowd import join, open_sale
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET, Baraka

STEPS = [{"from": 0, "step": 10}, {"from": 100, "step": 50}]


def to_steps(steps, **more):
    return SetIncrements.model_validate({"auctionId": 1, "increments": steps} | more)


async def test_bids_rise_by_the_steps_that_were_set(baraka, crowd, store):
    amina, bilal, dina = [await crowd.pick_up(baraka.url, user_id) for user_id in (1, 2, 3)]
    await open_sale(amina)
    await join([bilal, dina])
    least = (await bilal.emits(JoinAuction(auction_id=1)))["nextBid"]
    assert (await bilal.emits(PlaceBid(auction_id=1, amount=least)))["ok"]
    set_ = await amina.emits(to_steps(STEPS))
    assert set_["ok"]
    told = await dina.hears("nextBidChanged")
    assert (told["seq"], told["nextBid"]) == (set_["seq"], least + 10)

    refused = await dina.emits(PlaceBid(auction_id=1, amount=least + 9))
    assert (refused["code"], refused["nextBid"]) == ("bid_below_step", least + 10)
    assert (await dina.hears("error"))["message"] == f"Bid must be at least {least + 10}"
    assert (await dina.emits(PlaceBid(auction_id=1, amount=100)))["ok"]
    heard = await bilal.hears("newBid", lambda told: told["newBid"]["bid"] == 100)
    assert heard["nextBid"] == 150

    again = await amina.emits(to_steps(STEPS))
    assert (again["ok"], again["changed"], again["seq"]) == (True, False, heard["seq"])
    assert (await bilal.emits(to_steps(1)))["code"] == "not_staff"

    state = await bilal.emits(JoinAuction(auction_id=1, last_seq=set_["seq"] - 1))
    assert state["nextBid"] == 150
    missed = [(each["event"], each["data"]["nextBid"]) for each in state["missed"]]
    assert missed == [("nextBidChanged", least + 10), ("newBid", 150)]
    await assert_sale_holds(store)
    words = [entry.what async for entry in audit.history(store, 1)]
    assert "set the steps of bids: 10 from 0, 50 from 100" in words


async def test_steps_are_set_over_http_and_outlive_a_server(sale_database, tmp_path, crowd):
    async with Baraka(sale_database, tmp_path) as first:
        amina = await crowd.pick_up(first.url, 1)
        await open_sale(amina)
        await join([amina])
        async with aiohttp.ClientSession(first.url) as session:

            async def post(user_id, name, body):
                headers = {"Authorization": f"Bearer {token(SECRET, user_id)}"}
                path = f"/api/auctions/1/{name}"
                async with session.post(path, json=body, headers=headers) as response:
                    return response.status, await response.json()

            status, answer = await post(1, "setIncrements", {"increments": STEPS})
            assert (status, answer["ok"]) == (200, True)
            assert (await amina.hears("nextBidChanged"))["seq"] == answer["seq"]
            for user_id, name, body, told in (
                (2, "setIncrements", {"increments": 5}, (403, "not_staff")),
                (1, "setIncrements", {"increments": "5"}, (400, "malformed")),
                (1, "setIncrements", [], (400, "malformed")),
                (1, "setIncrements", {"increments": 5, "round": 9}, (409, "round_over")),
                (1, "placeBid", {"amount": 5000}, (404, "unknown_event")),
            ):
                status, answer = await post(user_id, name, body)
                assert (status, answer["code"]) == told
    async with Baraka(sale_database, tmp_path) as second:
        bilal = await crowd.pick_up(second.url, 2)
        state = await bilal.emits(JoinAuction(auction_id=1))
        first_bid = state["nextBid"]
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=first_bid)))["ok"]
        assert (await bilal.hears("newBid"))["nextBid"] == first_bid + 10
