"""Two houses on one database: each hears what the other did."""

from __future__ import annotations

import asyncio

from baraka_server.contract.client_events import (
    JoinAuction,
    PostComment,
    StartAuction,
)
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.events import Awarded
from baraka_server.live import transaction
from tests.live.ring import bid
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until

pytestmark = only_sqlite


async def test_news_of_another_house_are_heard_within_a_poll(on_air, store, hall):
    house, _, bilal = on_air
    there = Hall()
    other = open_house(store, there, poll_seconds=0.01)
    dina = viewer(3)
    await other.submit(dina, JoinAuction(auction_id=1))
    for n in range(1, 30):
        await (house, other)[n % 2].submit(bilal, bid(10 * n))
    last = (await the_ledger(store))[-1].seq

    await until(lambda: there.news_of(dina)[-1][1]["seq"] == last)
    await house.submit(bilal, bid(1000))
    here = [payload["seq"] for _, payload in hall.news_of(bilal)]
    assert here == list(range(3, last + 2))
    seqs = [payload["seq"] for _, payload in there.news_of(dina)]
    assert seqs[: last - 2] == list(range(3, last + 1))
    ledger = await assert_sale_holds(store)
    assert not any(isinstance(entry.event, Awarded) for entry in ledger)
    await other.close()


async def test_a_house_that_is_far_behind_decides_on_what_is(on_air, store, hall, monkeypatch):
    """More happened elsewhere than it looks at in one transaction; its viewers hear all of it."""
    monkeypatch.setattr(transaction, "MISSED_EVENTS_MAX", 3)
    house, _, bilal = on_air
    other = open_house(store, Hall())
    for n in range(1, 8):
        await other.submit(bilal, bid(10 * n))
    refused = await house.submit(bilal, bid(70))
    assert refused == Refusal(Code.BID_TOO_LOW, "placeBid", {"current": 70})
    assert (await house.submit(bilal, bid(71)))["seq"] == 11
    await until(lambda: hall.news_of(bilal)[-1][1]["seq"] == 11)
    assert [payload["seq"] for _, payload in hall.news_of(bilal)] == list(range(3, 12))
    await assert_sale_holds(store)
    await other.close()


async def test_a_start_on_another_server_is_heard_by_all_though_somebody_joined_first(
    house, store, monkeypatch
):
    """Dina joins there before the start is told of there; Farah, in no room, hears of it all the same."""
    there = Hall()
    looks, may_look = [], asyncio.Event()
    live_auctions = store.live_auctions

    async def by_leave():
        if looks:
            await may_look.wait()
        looks.append(await live_auctions())
        return looks[-1]

    monkeypatch.setattr(store, "live_auctions", by_leave)
    other = open_house(store, there, poll_seconds=0.02)
    await until(lambda: looks)
    amina, dina, farah = viewer(1), viewer(3), viewer(6)
    there.heard[farah].clear()
    await house.submit(amina, StartAuction(auction_id=1))
    assert (await other.submit(dina, JoinAuction(auction_id=1)))["seq"] == 2
    may_look.set()
    await until(lambda: there.heard[farah])
    await house.submit(amina, StartAuction(auction_id=1))  # again (D5)
    await until(lambda: len(there.heard[farah]) > 1)
    await house.submit(viewer(2), PostComment(auction_id=1, comment="Hello"))
    await until(lambda: there.heard[dina][-1][0] == "newComment")
    assert [(event, payload["seq"]) for event, payload in there.heard[farah]] == [
        ("auctionStarted", 2),
        ("auctionStarted", 3),
    ]
    await other.close()
