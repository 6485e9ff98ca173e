"""Two servers on one database: what happens on one is heard on the other."""

from __future__ import annotations

from tests.support.checks.shapes import SHAPES, assert_shape
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka


async def test_everybody_on_every_server_hears_that_an_auction_started(sale_database, tmp_path):
    polls = {"BARAKA_LEDGER_POLL_SECONDS": 0.1}
    async with (
        Baraka(sale_database, tmp_path, **polls) as here,
        Baraka(sale_database, tmp_path, **polls) as there,
        PythonPhones() as phones,
    ):
        amina = await phones.open(here.url, auth={"token": token(SECRET, 1)})
        farah = await phones.open(there.url, auth={"token": token(SECRET, 6)})  # in no room
        assert (await amina.emits("startLiveAuction", {"auctionId": 1}))["ok"]
        started = await farah.hears("auctionStarted")
        assert_shape(started, SHAPES["auctionStarted"])
        assert started["isLive"] is True
        assert started == await amina.hears("auctionStarted")
        assert (await farah.emits("joinAuction", {"auctionId": 1}))["seq"] == started["seq"]
