"""A database that comes back without its last commits, while its server and its viewers go on (D34)."""

from __future__ import annotations

import signal

from baraka_server.contract.client_events import PlaceBid
from baraka_server.domain.decision import Command
from tests.support.checks.proof import assert_sale_holds
from tests.support.checks.shapes import SHAPES, assert_shape
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.backups import loses
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_mariadb
from tests.support.servers.sales import take

RING = {"auctionId": 1, "product": "Ring", "minBidPrice": 5, "bidPrice": 10, "actualPrice": 20}


def a_bid(user: int, amount: int) -> Command:
    return Command(PlaceBid(auction_id=1, amount=amount), user)


@only_mariadb
async def test_everybody_is_told_the_history_that_is_there(sale_database, tmp_path, store):
    async with (
        Baraka(sale_database, tmp_path, BARAKA_LEDGER_POLL_SECONDS=0.1) as server,
        PythonPhones() as phones,
    ):
        host = await phones.open(server.url, auth={"token": token(SECRET, 1)})
        await host.emits("startLiveAuction", {"auctionId": 1})
        await host.emits("changeCuurentProduct", RING)
        bilal = await phones.open(server.url, auth={"token": token(SECRET, 2)})
        farah = await phones.open(server.url, auth={"token": token(SECRET, 6), "updates": "delta"})
        for phone in (bilal, farah):
            assert (await phone.emits("joinAuction", {"auctionId": 1}))["ok"]
        for amount in (10, 20, 30):
            acknowledged = await bilal.emits("placeBid", {"auctionId": 1, "amount": amount})
        heard = await farah.hears("newBid", lambda told: told["newBid"]["bid"] == 30)
        assert heard["seq"] == acknowledged["seq"] == 6
        await farah.emits("leaveAuction", {"auctionId": 1})

        server.send(signal.SIGSTOP)  # so that it sees the end of it alone
        await loses(store, after=4)
        await take(store, 1, [a_bid(3, 12), a_bid(6, 14)])  # by another server, to the same number
        server.send(signal.SIGCONT)

        state = await bilal.hears("auctionState", lambda told: told["seq"] == 6)
        assert [row["bid"] for row in state["auctionBids"]] == [14, 12, 10]
        assert_shape(state, SHAPES["auctionState"])
        assert (state["seq"], state["userCount"]) == (6, 1)
        assert state["ledger"] != heard["ledger"]
        assert (await bilal.hears("auction_change_product"))["product"] == "Ring"
        told = await bilal.hears("newBid")
        assert [row["bid"] for row in told["auctionBids"]] == [14, 12, 10]

        back = {"auctionId": 1, "lastSeq": heard["seq"], "ledger": heard["ledger"]}
        joined = await farah.emits("joinAuction", back)
        assert (joined["missed"], joined["missedComplete"]) == ([], False)
        assert [row["bid"] for row in joined["auctionBids"]] == [14, 12, 10]
        assert (await farah.emits("placeBid", {"auctionId": 1, "amount": 15}))["seq"] == 7
        assert any("another one than this server followed" in str(line) for line in server.log)
    await assert_sale_holds(store)
