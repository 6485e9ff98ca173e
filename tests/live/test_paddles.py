"""A bidder's paddle beside every bid, in the answer to a join, and the same on every server (D36)."""

from __future__ import annotations

import json

from sqlalchemy import delete, update

from baraka_server.contract.client_events import JoinAuction
from baraka_server.live.encoded import encode
from baraka_server.store.tables import bids, events, paddles
from tests.live.ring import AWARD, RING, bid
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.neighbours import until

JOIN = JoinAuction(auction_id=1)


async def joined(house, who):
    return json.loads(encode(await house.submit(who, JOIN)))


def heard(hall, who, name):
    return [payload for event, payload in hall.news_of(who) if event == name]


async def test_bids_have_the_paddle_of_their_bidder_wherever_they_are_told(on_air, store, hall):
    house, amina, bilal = on_air
    dina = viewer(3)
    for who, amount in ((dina, 10), (bilal, 20), (dina, 30)):
        await house.submit(who, bid(amount))
    told = heard(hall, bilal, "newBid")
    assert [one["newBid"]["paddle"] for one in told] == [1, 2, 1]
    assert [row["paddle"] for row in told[-1]["auctionBids"]] == [1, 2, 1]
    state = await joined(house, dina)
    assert [row["paddle"] for row in state["auctionBids"]] == [1, 2, 1]
    await house.submit(amina, AWARD)
    (award,) = heard(hall, bilal, "auctionEnded")
    assert award["winningBid"]["paddle"] == 1
    await assert_sale_holds(store)


async def test_whoever_joins_is_told_the_own_paddle(on_air):
    house, amina, bilal = on_air
    assert (await joined(house, bilal))["paddle"] is None
    await house.submit(bilal, bid(10))
    assert (await joined(house, bilal))["paddle"] == 1
    assert (await joined(house, amina))["paddle"] is None


async def test_a_paddle_is_kept_through_rounds_and_over_a_restart(on_air, store, hall):
    house, amina, bilal = on_air
    await house.submit(bilal, bid(10))
    await house.submit(amina, AWARD)
    again = open_house(store, there := Hall())
    farah, dina = viewer(6), viewer(3)
    await joined(again, farah)
    await again.submit(amina, RING)
    await again.submit(dina, bid(10))
    await again.submit(bilal, bid(20))
    assert [one["newBid"]["paddle"] for one in heard(there, farah, "newBid")] == [2, 1]
    await again.close()
    await assert_sale_holds(store)


async def test_two_servers_give_no_number_twice(on_air, store, hall):
    house, _, bilal = on_air
    other = open_house(store, Hall(), poll_seconds=0.01)
    for n, user_id in enumerate((2, 3, 4, 3, 5, 6, 2), 1):
        assert (await (house, other)[n % 2].submit(viewer(user_id), bid(10 * n)))["bidId"]
    await house.look_for_others()
    await until(lambda: len(heard(hall, bilal, "newBid")) == 7)
    assert [one["newBid"]["paddle"] for one in heard(hall, bilal, "newBid")] == [
        1,
        2,
        3,
        2,
        4,
        5,
        1,
    ]
    await other.close()
    await assert_sale_holds(store)


async def test_a_bid_that_was_taken_away_leaves_its_number_behind(on_air, store):
    house, _, bilal = on_air
    await house.submit(bilal, bid(10))
    async with store.writing() as connection:
        await connection.execute(delete(bids).where(bids.c.auction_id == 1))
    await house.submit(viewer(3), bid(10))
    state = await joined(house, bilal)
    assert (state["paddle"], [row["paddle"] for row in state["auctionBids"]]) == (1, [2])


async def test_who_bid_by_an_older_program_gets_a_number_that_earlier_bids_show_too(
    on_air, store, hall
):
    """The entry is as an older program writes it: with `paddle` neither in it nor in the table."""
    house, _, bilal = on_air
    await house.submit(bilal, bid(10))
    await house.close()
    async with store.writing() as connection:
        await connection.execute(delete(paddles))
        last = (events.c.auction_id == 1) & (events.c.kind == "bid")
        older = '{"v":1,"rule":true,"amount":10,"bid_id":1}'
        await connection.execute(update(events).where(last).values(data=older))
    again = open_house(store, there := Hall())
    dina = viewer(3)
    state = await joined(again, dina)
    assert (state["paddle"], state["auctionBids"][0]["paddle"]) == (None, None)
    await again.submit(dina, bid(20))
    await again.submit(bilal, bid(30))
    told = heard(there, dina, "newBid")
    assert [row["paddle"] for row in told[0]["auctionBids"]] == [1, None]
    assert [row["paddle"] for row in told[1]["auctionBids"]] == [2, 1, 2]
    await again.close()
