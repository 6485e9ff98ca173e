"""Registration on two servers, over HTTP, with a phone beside them that knows the guide alone (D48)."""

from __future__ import annotations

import aiohttp

from baraka_server.contract.client_events import JoinAuction, PlaceBid
from tests.e2e.test_staff import POLLS, Web
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.crowd import join, open_sale
from tests.support.servers.baraka import Baraka

NOT_REGISTERED = "You are not registered to bid in this auction"


def bid(amount):
    return PlaceBid(auction_id=1, amount=amount)


async def test_a_phone_of_the_guide_is_refused_until_its_user_is_registered(
    sale_database, tmp_path, crowd, store
):
    async with (
        Baraka(sale_database, tmp_path, **POLLS) as here,
        Baraka(sale_database, tmp_path, **POLLS) as there,
    ):
        amina = await crowd.pick_up(here.url, 1)
        guide_only = await crowd.pick_up(there.url, 2, "official polling")
        dina = await crowd.pick_up(there.url, 3)
        await open_sale(amina)
        await join([amina, dina])
        await guide_only.says(JoinAuction(auction_id=1))
        state = await guide_only.hears("auctionState")
        assert (state["registration"], state["registered"], state["limit"]) == ("open", False, None)
        async with aiohttp.ClientSession(here.url) as session:
            web = Web(session)
            set_ = await web.posts(1, "setHouseRules", {"registration": "approval"})
            assert set_[0] == 200
            assert (await web.posts(3, "registerBidder", {"userId": 3, "approved": True}))[0] == 403
            assert (await dina.hears("houseRulesChanged"))["registration"] == "approval"
            await guide_only.says(bid(10))
            assert (await guide_only.hears("error"))["message"] == NOT_REGISTERED
            said = {"userId": 2, "approved": True, "limit": 50}
            status, done = await web.posts(1, "registerBidder", said)
            assert (status, done["paddle"]) == (200, 1)
            gone = await web.posts(1, "registerBidder", {"userId": 4711, "approved": True})
            assert (gone[0], gone[1]["code"]) == (404, "user_not_found")
        await guide_only.says(bid(20))
        assert (await guide_only.hears("newBid"))["newBid"]["bid"] == 20
        await guide_only.says(bid(60))
        refused = await guide_only.hears("error", lambda told: "limit" in told["message"])
        assert (refused["message"], refused["limit"]) == ("Your limit in this auction is 50", 50)
        assert (await dina.emits(bid(30)))["code"] == "not_registered"
        heard = {name for name, _ in dina.events}
        assert "registrationChanged" not in heard, "that is for its own user"
    await assert_sale_holds(store)
