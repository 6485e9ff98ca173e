"""Bids from the floor in a house: what rooms, returning viewers, winnings and histories have of them (D40)."""

from __future__ import annotations

import json

import pytest

from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.vocabulary import parse
from baraka_server.contract.winnings import ReassignWinning
from baraka_server.live.desk import carry_out
from baraka_server.live.encoded import encode
from baraka_server.store import audit, catalog
from baraka_server.store.settlement import sale_summary
from tests.live.ring import bid
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.hall import Hall, open_house, viewer

CLARA, FLOOR = 6, 5


@pytest.fixture
async def sale(on_air, hall):
    """Say what Clara, who is a clerk, does. The ring is on the block; Bilal is in the room."""
    house, amina, bilal = on_air
    clara = viewer(CLARA)

    async def does(name, by=clara, **payload):
        return await house.submit(by, parse(name, [{"auctionId": 1} | payload]))

    does.amina, does.bilal, does.clara = amina, bilal, clara
    does.heard = lambda name: [told for event, told in hall.news_of(bilal) if event == name]
    await does("setRole", amina, userId=CLARA, role="clerk")
    await does("setHouseRules", amina, floorUserId=FLOOR)
    await house.submit(clara, JoinAuction(auction_id=1))
    return does


async def state_of(house, who):
    return json.loads(encode(await house.submit(who, JoinAuction(auction_id=1))))


def told(rows):
    return [(row["bid"], row["user_id"], row["paddle"], row.get("floor")) for row in rows]


async def test_the_room_hears_paddles_of_labels_and_never_a_label(sale, house, store):
    await house.submit(sale.bilal, bid(100))
    first = await sale("floorBid", amount=200, label="Frau Gruber, Tel. 4", requestId="f-1")
    assert first["paddle"] == 2
    await sale("floorBid", amount=300, paddle=1)
    await sale("floorBid", amount=400, label="tel 5")
    rows = [(400, FLOOR, 3, True), (300, 2, 1, True), (200, FLOOR, 2, True), (100, 2, 1, None)]
    assert told(sale.heard("newBid")[-1]["auctionBids"]) == rows
    assert told([one["newBid"] for one in sale.heard("newBid")]) == rows[::-1]
    # A server that is started now knows it from the ledger, and goes on with it.
    there, dina = Hall(), viewer(3)
    other = open_house(store, there)
    assert told((await state_of(other, dina))["auctionBids"]) == rows
    event = parse("floorBid", [{"auctionId": 1, "amount": 500, "label": "tel 5"}])
    assert (await other.submit(viewer(CLARA), event))["paddle"] == 3
    await other.close()
    # What was told to whom repeats its request, or was away, is the same.
    again = await sale("floorBid", amount=200, label="Frau Gruber, Tel. 4", requestId="f-1")
    assert again == first
    assert told((await state_of(house, sale.bilal))["auctionBids"])[0] == (500, FLOOR, 3, True)
    back = await house.submit(viewer(3), JoinAuction(auction_id=1, last_seq=first["seq"] - 1))
    missed = json.loads(encode(back["missed"]))
    assert told([one["data"]["newBid"] for one in missed]) == [*rows[2::-1], (500, FLOOR, 3, True)]
    words = encode([sale.heard("newBid"), missed])
    assert "Gruber" not in words
    assert "tel 5" not in words
    await assert_sale_holds(store)


async def test_an_undo_a_runner_up_and_a_reopening_keep_whose_bid_it_was(sale, house, store):
    tel = await sale("floorBid", amount=200, label="tel 1")
    await house.submit(sale.bilal, bid(300))
    newest = await sale("floorBid", amount=400, label="tel 2")
    undone = await sale("undoBid", bidId=newest["bidId"])
    assert undone["standingBid"]["amount"] == 300
    assert told(sale.heard("newBid")[-1]["auctionBids"]) == [
        (300, 2, 2, None),
        (200, FLOOR, 1, True),
    ]
    await sale("undoBid", bidId=undone["standingBid"]["bidId"])
    assert told([sale.heard("newBid")[-1]["newBid"]]) == [(200, FLOOR, 1, True)]
    await house.submit(sale.bilal, bid(500))
    sold = {"product": "Ring", "bidId": tel["bidId"], "runnerUp": True}
    seq = (await sale("awardingAuction", **sold))["seq"]
    won = sale.heard("auctionEnded")[-1]
    assert told([won["winningBid"]]) == [(200, FLOOR, 1, True)]
    assert won["winningUser"]["id"] == FLOOR
    await sale("reopenLot")
    assert told(sale.heard("newBid")[-1]["auctionBids"]) == [
        (500, 2, 2, None),
        (200, FLOOR, 1, True),
    ]
    await sale("changeCuurentProduct", product="Vase", minBidPrice=1, bidPrice=1, actualPrice=1)
    back = await house.submit(viewer(3), JoinAuction(auction_id=1, last_seq=seq - 1))
    missed = {one["event"]: one["data"] for one in json.loads(encode(back["missed"]))}
    assert told([missed["auctionEnded"]["winningBid"]]) == [(200, FLOOR, 1, True)]
    said = [entry async for entry in audit.history(store, 1)]
    name = next(one.who for one in said if one.kind == "bid" and one.userId == FLOOR)
    words = [one.what for one in said]
    assert any(f"awarded Ring to 1 {name} for 200, the runner-up" in one for one in words)
    assert any(one.startswith("bid 200 on the floor (“tel 1”), entered by ") for one in words)
    assert any(f"took back the bid of 400 by 3 {name}" in one for one in words)
    assert [one.paddle for one in said if one.kind == "bid"] == [1, 2, 3, 2]
    await assert_sale_holds(store)


async def test_what_labels_won_is_theirs_in_winnings_and_settlement(sale, house, store):
    for product, amount, who in (
        ("Ring", 200, {"label": "tel 1"}),
        ("Vase", 300, {"label": "room, second row"}),
        ("Lamp", 400, {"paddle": 1}),
        ("Rug", 500, None),
    ):
        prices = {"minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
        await sale("changeCuurentProduct", product=product, **prices)
        if who is None:
            await house.submit(sale.bilal, JoinAuction(auction_id=1))
            assert (await house.submit(sale.bilal, bid(amount)))["seq"]
        else:
            assert (await sale("floorBid", amount=amount, **who))["seq"]
        assert (await sale("awardingAuction", product=product))["winningId"]
    won = (await catalog.list_winnings(store, auction_id=1)).rows
    assert [(one.product, one.user_id, one.paddle, one.label) for one in won] == [
        ("Rug", 2, 3, None),
        ("Lamp", FLOOR, 1, "tel 1"),
        ("Vase", FLOOR, 2, "room, second row"),
        ("Ring", FLOOR, 1, "tel 1"),
    ]
    summary = await sale_summary(store, 1)
    assert [(one.paddle, one.lots, one.total) for one in summary.buyers] == [
        (1, 2, 600),
        (2, 1, 300),
        (3, 1, 500),
    ]
    assert summary.buyers[0].name.endswith(" (tel 1)")
    ring = next(one for one in won if one.product == "Ring")
    to_label = ReassignWinning(auction_id=1, winning_id=ring.id, paddle=2, price=250)
    assert (await carry_out(store, to_label))["seq"]
    now = (await catalog.list_winnings(store, auction_id=1)).rows[-1]
    assert (now.user_id, now.paddle, now.price) == (FLOOR, 2, 250)
    changed = (await sale_summary(store, 1)).changes
    assert [(one.paddleBefore, one.paddle) for one in changed] == [(1, 2)]
    said = [entry.what async for entry in audit.history(store, 1)]
    name = ring.user.name
    assert said[-1].endswith(f": 2 {name} for 250, before that 1 {name} for 200")
    assert (await audit.verify(store, 1)).ok
