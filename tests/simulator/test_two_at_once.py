"""Two simulations on one server: each auction is held by one of them, and the other says so at once."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from baraka_cli.simulator.hostile.cast import cast_of
from baraka_cli.simulator.hostile.judge import CannotTry
from baraka_cli.simulator.hostile.probe_sale import ProbeSale
from baraka_cli.simulator.hostile.signs import started
from tests.support.clients.crowd import Crowd
from tests.support.clients.phones import token
from tests.support.clients.simulated import AUCTION, HOST, OTHERS, STORM, hold
from tests.support.servers.baraka import SECRET
from tests.support.servers.broken_server import broken_server
from tests.support.servers.guide_server import GuideServer

LEFT = f"Auction {AUCTION} was started by somebody else just now"
QUICK = STORM.model_copy(update={"lots": 1, "bids_per_lot_max": 5, "viewers": 2, "passers_by": 2})


async def test_of_two_that_start_together_one_holds_the_sale(database: Path):
    async with broken_server(database) as server:
        results = await asyncio.gather(hold(server.url, QUICK), hold(server.url, QUICK))
    held, left = sorted(results, key=lambda one: bool(one.could_not))
    assert (held.could_not, held.totals.sold, held.kept) == ("", 1, True)
    assert left.could_not.startswith(LEFT)
    assert left.still_live == []
    assert left.totals.asked == 0


async def test_one_that_was_started_before_anybody_of_ours_came_is_left_alone(database: Path):
    async with broken_server(database) as server, Crowd() as crowd:
        amina = await crowd.pick_up(server.url, 1, "python websocket")
        assert (await amina.emits("startLiveAuction", {"auctionId": AUCTION}))["ok"]
        left = await hold(server.url, QUICK)
        assert left.could_not.startswith(LEFT)
        assert (await amina.emits("joinAuction", {"auctionId": AUCTION}))["ok"], "it goes on"


async def test_a_live_one_that_was_named_is_left_alone_while_something_is_on_the_block(
    database: Path,
):
    prices = {"minBidPrice": 100, "bidPrice": 120, "actualPrice": 900}
    async with broken_server(database) as server, Crowd() as crowd:
        amina = await crowd.pick_up(server.url, 1, "python websocket")
        assert (await amina.emits("startLiveAuction", {"auctionId": AUCTION}))["ok"]
        lot = {"auctionId": AUCTION, "product": "Ring"} | prices
        assert (await amina.emits("changeCuurentProduct", lot))["ok"]
        left = await hold(server.url, QUICK, named=True)
        assert "is being held already: 'Ring' is on the block" in left.could_not
        award = {"auctionId": AUCTION, "product": "Ring", "weight": "5g"}
        assert (await amina.emits("awardingAuction", award))["ok"], "it goes on"
        held = await hold(server.url, QUICK, named=True)
    assert (held.could_not, held.totals.sold, held.kept) == ("", 1, True)


async def test_probes_are_not_tried_in_a_sale_that_somebody_else_started_meanwhile():
    async with GuideServer() as server, Crowd() as crowd:
        cast = cast_of([AUCTION], HOST, list(OTHERS), None)
        sale = ProbeSale(
            server.url, cast, partial(token, SECRET), secret=SECRET, patience_seconds=5
        )
        await sale.open()
        amina = await crowd.pick_up(server.url, HOST, "python websocket")
        await amina.says("startLiveAuction", {"auctionId": AUCTION})
        assert await sale.until(lambda: any(map(started(AUCTION), sale.watcher.heard)))
        with pytest.raises(CannotTry, match="was started by somebody else just now"):
            await sale.go_live(AUCTION)
        await sale.close()
