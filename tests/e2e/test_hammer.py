"""Undo, reopening and runner-up through a whole server, beside phones that know the guide alone (D37 to D39)."""

from __future__ import annotations

from typing import Any

from baraka_server.contract.client_events import AwardLot, ChangeLot, PlaceBid
from baraka_server.contract.hammer import ReopenLot, UndoBid
from tests.support.checks.proof import assert_everybody_heard, assert_sale_holds
from tests.support.clients.crowd import join, open_sale
from tests.support.clients.guide_screen import GuideScreen
from tests.support.clients.phones import Phone
from tests.support.servers.baraka import Baraka

RING = "Gold Ring"
PEARL = ChangeLot(auction_id=1, product="Pearl", minimum_price=5, start_price=7, market_price=9)
BILAL, DINA = "Bilal A.", "Dina A."


def undo(answer: dict[str, Any]) -> UndoBid:
    return UndoBid(auction_id=1, bid_id=answer["bidId"])


def award(product: str = RING, **more: Any) -> AwardLot:
    return AwardLot(auction_id=1, product=product, **more)


async def bids(phone: Phone, amount: int, **more: Any) -> dict[str, Any]:
    answer = await phone.emits(PlaceBid(auction_id=1, amount=amount, **more))
    assert answer["ok"], answer
    return answer


async def done(host: Phone, command: Any) -> dict[str, Any]:
    answer = await host.emits(command)
    assert answer["ok"], answer
    return answer


async def test_a_phone_of_the_guide_shows_the_right_thing_behind_every_step(baraka, crowd, store):
    amina = await crowd.pick_up(baraka.url, 1, "python websocket")
    bilal, dina = await crowd.pick_up_many(
        baraka.url, [2, 3], ["official websocket", "official polling"]
    )
    delta = await crowd.pick_up(baraka.url, 4, "python websocket", auth={"updates": "delta"})
    await open_sale(amina, product=RING, minimum=5)
    await join([bilal, dina, delta, amina])
    screens = [GuideScreen(bilal), GuideScreen(dina)]

    async def all_show(**expected: Any) -> None:
        for screen in screens:
            await screen.shows(**expected)

    first = await bids(bilal, 10)
    second = await bids(dina, 20, request_id="mine")
    third = await bids(bilal, 30)
    whole = ((BILAL, 30), (DINA, 20), (BILAL, 10))
    await all_show(price=30, bids=whole)

    await done(amina, undo(third))
    await all_show(price=20, bids=whole[1:])
    await done(amina, undo(second))
    await all_show(price=10, bids=whole[2:])
    await done(amina, undo(first))
    # With none left it may show the last undone bid until the next one (D37).
    await all_show(product=RING, price=5, bids=whole[2:])
    assert (await dina.emits(PlaceBid(auction_id=1, amount=20, request_id="mine")))["undone"]

    await bids(dina, 10)
    await all_show(price=10, bids=((DINA, 10),))
    await bids(bilal, 15)
    hammer = await amina.emits(award())
    assert hammer["code"] == "standing_bid_changed"
    await done(amina, award())
    await all_show(product="", bids=(), winner=(BILAL, 15))

    await done(amina, ReopenLot(auction_id=1))
    back = ((BILAL, 15), (DINA, 10))
    await all_show(product=RING, price=15, bids=back, winner=None, chat=(f"{RING} is open again",))
    await bids(dina, 25)
    await all_show(price=25, bids=((DINA, 25), *back))

    await done(amina, award(bid_id=(await _listed(amina))[1]["id"], runner_up=True))
    await all_show(product="", bids=(), winner=(BILAL, 15))
    await done(amina, ReopenLot(auction_id=1))
    await all_show(product=RING, price=25, bids=((DINA, 25), *back))
    await done(amina, award(bid_id=(await _listed(amina))[0]["id"]))
    await all_show(product="", winner=(DINA, 25))
    await done(amina, PEARL)
    await all_show(product="Pearl", price=7, bids=(), winner=None)
    assert (await amina.emits(ReopenLot(auction_id=1)))["code"] == "lot_open"
    ledger = await assert_sale_holds(store)
    await assert_everybody_heard([bilal, dina], ledger)
    changed = [one for one in delta.heard("newBid") if "formerBid" in one]
    assert [len(one["auctionBids"]) for one in changed] == [2, 1, 2, 2, 3]


async def _listed(phone: Phone) -> list[dict[str, Any]]:
    state = await phone.emits("joinAuction", {"auctionId": 1})
    listed: list[dict[str, Any]] = state["auctionBids"]
    return listed


async def test_a_server_that_is_killed_between_the_steps_loses_none_of_them(
    baraka: Baraka, crowd, store
):
    """Killed behind the award, the reopening and the undo; phones come back by themselves and resume."""
    soon = {"reconnectionDelay": 50, "reconnectionDelayMax": 100}
    amina = await crowd.pick_up(baraka.url, 1, **soon)
    bilal = await crowd.pick_up(baraka.url, 2, **soon)
    await open_sale(amina, product=RING, minimum=5)
    await join([amina, bilal])
    await bids(bilal, 10)
    placed = await bids(bilal, 20)
    screen, lives = GuideScreen(bilal), 1

    async def dies() -> None:
        nonlocal lives
        await baraka.kill()
        await baraka.start()
        lives += 1
        for phone in (amina, bilal):
            await phone.lives_through_again("connect", lives)
        await join([amina, bilal])

    await done(amina, award())
    await dies()
    assert (await amina.emits(award()))["code"] == "no_lot"  # a tap more
    await done(amina, ReopenLot(auction_id=1))
    await screen.shows(product=RING, price=20, bids=((BILAL, 20), (BILAL, 10)))
    await dies()
    assert (await amina.emits(ReopenLot(auction_id=1)))["code"] == "lot_open"
    await done(amina, undo(placed))
    await screen.shows(price=10, bids=((BILAL, 10),))
    await dies()
    assert (await amina.emits(undo(placed)))["code"] == "not_newest"
    again = await bids(bilal, 20)
    assert again["bidId"] > placed["bidId"]
    assert (await amina.emits(award()))["code"] == "standing_bid_changed"
    await done(amina, award())
    await screen.shows(winner=(BILAL, 20))
    await assert_sale_holds(store)
