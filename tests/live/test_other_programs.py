"""Changes by other programs to the rows of a sale: they are announced, and decided on."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert
from sqlalchemy.event import listen

from baraka_server.contract.client_events import JoinAuction, LeaveAuction, PlaceBid, StartAuction
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.events import Adopted, Awarded
from baraka_server.live.encoded import encode
from baraka_server.live.rows_look import LOOK_PAUSE_SECONDS_MAX, LOOK_SHARE_MAX
from baraka_server.store import audit
from baraka_server.store.errors import Unavailable
from baraka_server.store.tables import auctions, bids, requests, users
from tests.live.ring import AWARD, AWARD_PEARL, RING, bid, change_row
from tests.support.checks.proof import the_ledger
from tests.support.checks.shapes import SHAPES, assert_shape
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.clock import Clock
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until

pytestmark = only_sqlite


@asynccontextmanager
async def another_house(house, store, hall, *, restarted):
    """The same house, or one that was opened after the old one was closed."""
    if not restarted:
        yield house
        return
    await house.close()
    reopened = open_house(store, hall)
    yield reopened
    await reopened.close()


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_another_program_changed_goes_into_the_ledger(on_air, store, hall, restarted):
    house, amina, bilal = on_air
    await house.submit(bilal, bid(10))
    await change_row(store, auctions, 1, isLive=False)
    async with another_house(house, store, hall, restarted=restarted) as house:
        refused = await house.submit(bilal, bid(20))
        assert refused == Refusal(Code.NOT_LIVE, "placeBid")
        assert len(await the_ledger(store)) == 5  # what was seen is written down, refused or not

        await change_row(store, auctions, 1, isLive=True, minBidPrice=7, title="Renamed")
        assert (await house.submit(bilal, bid(30)))["round"] == 1

        await change_row(store, auctions, 1, current_product="Pearl", minBidPrice=3)
        assert (await house.submit(bilal, bid(2))).code is Code.BID_TOO_LOW
        pearl = await house.submit(bilal, bid(31))
        assert pearl["round"] == 2
        assert (
            await house.submit(amina, AWARD)
        ).code is Code.ROUND_OVER  # the ring is history (D32)
        assert (await house.submit(amina, AWARD_PEARL))["winningId"]
    ledger = await the_ledger(store)
    assert [entry.event.kind for entry in ledger][4:] == [
        "adopted",
        "adopted",
        "bid",
        "adopted",
        "bid",
        "awarded",
    ]
    assert ledger[5].event.lot.minimum_price == 7
    assert (await audit.verify(store, 1)).ok


async def test_what_was_changed_while_no_server_ran_goes_into_the_ledger(on_air, store, hall):
    house, _, bilal = on_air
    await house.submit(bilal, bid(10))
    await house.submit(viewer(3), bid(20))
    await house.close()
    await change_row(store, auctions, 1, minBidPrice=7)
    async with store.writing() as connection:  # Dina's account is gone, and her bids with it
        await connection.execute(delete(users).where(users.c.id == 3))
    house = open_house(store, hall)
    assert (await house.submit(bilal, bid(10))).values == {"current": 10}
    assert (await house.submit(bilal, bid(11)))["seq"] == 8
    adopted, changed = [entry.event for entry in (await the_ledger(store))[5:7]]
    assert isinstance(adopted, Adopted)
    assert (adopted.lot.minimum_price, adopted.high.amount) == (7, 10)
    assert (changed.was.amount, changed.high.amount) == (20, 10)
    assert (await audit.verify(store, 1)).ok
    await house.close()


async def test_the_winner_by_a_bid_of_another_program_is_named(on_air, store, hall):
    """The bid is adopted and awarded in one transaction, by somebody who has not asked for anything."""
    house, amina, bilal = on_air
    await change_row(store, auctions, 1, current_product="Pearl")
    async with store.writing() as connection:
        when = (await the_ledger(store))[-1].at
        row = {"auction_id": 1, "user_id": 3, "bid": 70, "createdAt": when, "updatedAt": when}
        await connection.execute(insert(bids).values(row))
    await house.submit(amina, AWARD_PEARL)
    await until(lambda: hall.news_of(bilal)[-1][0] == "auctionEnded")
    (_, heard) = hall.news_of(bilal)[-1]
    assert (heard["winningUser"]["id"], heard["winningBid"]["bid"]) == (3, 70)
    assert heard["winningUser"]["name"] == "Dina A."


async def test_the_id_of_a_bid_is_never_another_bids(on_air):
    """A host awards the bid that leads by its id, perhaps a lot too late."""
    house, amina, bilal = on_air
    first = await house.submit(bilal, bid(10))
    await house.submit(amina, AWARD)
    await house.submit(amina, RING)
    second = await house.submit(bilal, bid(10))
    assert second["bidId"] != first["bidId"]


async def low_and_gone(house, store):
    """A bid of 10 stands: the one of 500 is gone with Dina, who made it."""
    low = await house.submit(viewer(2), bid(10))
    await house.submit(viewer(3), bid(500))
    async with store.writing() as connection:
        await connection.execute(delete(users).where(users.c.id == 3))
    return low["bidId"]


@pytest.mark.parametrize("watched", [True, False])
async def test_who_clicks_again_before_the_refusal_is_there_does_not_sell(on_air, store, watched):
    """D47. In the same transaction or in the next one; whether there is anybody to be told or not."""
    house, amina, bilal = on_air
    await low_and_gone(house, store)
    if not watched:
        await house.submit(bilal, LeaveAuction(auction_id=1))
    clicks = [house.submit(amina, AWARD), house.submit(amina, AWARD)]
    await asyncio.sleep(0)  # the first two are on their way
    clicks.append(house.submit(amina, AWARD))
    assert [click.code for click in await asyncio.gather(*clicks)] == [
        Code.STANDING_BID_CHANGED
    ] * 3
    kinds = [entry.kind for entry in await the_ledger(store)]
    assert kinds[-2:] == ["standing_bid_changed", "standing_bid_changed"]
    assert (await house.submit(amina, AWARD))["winningId"]


@pytest.mark.parametrize("watched", [True, False])
async def test_on_another_house_the_refusal_counts_once_it_was_told_there(
    on_air, store, hall, watched
):
    house, amina, _ = on_air
    other, there = open_house(store, Hall()), viewer(4)
    await other.submit(there, JoinAuction(auction_id=1))
    if not watched:
        await other.submit(there, LeaveAuction(auction_id=1))
    low = await low_and_gone(house, store)
    assert (await house.submit(amina, AWARD)).code is Code.STANDING_BID_CHANGED
    if watched:  # it came in before anybody there was told
        assert (await other.submit(amina, AWARD)).code is Code.STANDING_BID_CHANGED
    assert (await other.submit(amina, AWARD))["winningId"]
    (awarded,) = [
        entry.event for entry in await the_ledger(store) if isinstance(entry.event, Awarded)
    ]
    assert awarded.high.bid_id == low
    await other.close()


async def test_an_award_that_is_refused_for_a_bid_of_its_own_transaction_names_it(on_air, store):
    """D47: the bid has its id by then, in the ledger and in both answers, so that it can be awarded."""
    house, amina, bilal = on_air
    gone = await house.submit(bilal, bid(10))
    async with store.writing() as connection:
        await connection.execute(delete(bids).where(bids.c.id == gone["bidId"]))
    placed, *refused = await asyncio.gather(
        house.submit(bilal, bid(20)),
        house.submit(amina, AWARD),
        house.submit(amina, AWARD.model_copy(update={"request_id": "a"})),
    )
    again = await house.submit(amina, AWARD.model_copy(update={"request_id": "a"}))
    standing = {"bidId": placed["bidId"], "userId": 2, "amount": 20}
    assert [one.extra["standingBid"] for one in (*refused, again)] == [standing] * 3
    assert "bidSeq" not in again.values
    assert (await audit.verify(store, 1)).ok
    award = AWARD.model_copy(update={"bid_id": placed["bidId"]})
    assert (await house.submit(amina, award))["winningId"]


async def test_who_leads_is_told_with_the_list_though_it_was_cleared_in_the_same_transaction(
    on_air, store, hall
):
    house, amina, bilal = on_air
    await house.submit(viewer(6), bid(5))
    await low_and_gone(house, store)
    pearl = RING.model_copy(update={"product": "Pearl"})
    refused, opened = await asyncio.gather(house.submit(amina, AWARD), house.submit(amina, pearl))
    assert (refused.code, opened["round"]) == (Code.STANDING_BID_CHANGED, 2)
    await until(lambda: hall.news_of(bilal)[-1][1]["seq"] == opened["seq"])
    told = [payload for _, payload in hall.news_of(bilal) if "formerBid" in payload]
    assert [[row["bid"] for row in one["auctionBids"]] for one in told] == [[10, 5]] * 2


async def test_a_repeated_request_to_award_gets_the_same_refusal(on_air, store):
    """D23: who sends again what got no answer has not said anything new."""
    house, amina, _ = on_air
    await low_and_gone(house, store)
    award = AWARD.model_copy(update={"request_id": "a"})
    first = await house.submit(amina, award)
    assert first.code is Code.STANDING_BID_CHANGED
    assert await house.submit(amina, award) == first
    assert (await house.submit(amina, award.model_copy(update={"request_id": "b"})))["winningId"]


async def test_a_bid_takes_four_statements(on_air, engine):
    """What stands, and the users, are read with what is read anyway: the auction, the end of the ledger."""
    house, *_ = on_air
    await house.submit(viewer(2), bid(10))
    await house.submit(viewer(3), bid(15))  # a first bid also writes the bidder's number
    statements = []
    listen(
        engine.sync_engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement.split()[0]),
    )
    await house.submit(viewer(3), bid(20))
    assert [one for one in statements if one != "BEGIN"] == ["SELECT"] * 2 + ["INSERT"] * 2


@pytest.mark.parametrize(
    ("took", "pause"), [(0.1, 0.1 / LOOK_SHARE_MAX), (600, LOOK_PAUSE_SECONDS_MAX)]
)
async def test_rows_that_take_long_to_look_at_are_looked_at_less_often(
    store, hall, monkeypatch, took, pause
):
    clock, looks, look = Clock(), [], store.look
    house = open_house(store, hall, clock=clock)
    await house.submit(viewer(1), StartAuction(auction_id=1))
    await house.submit(viewer(2), JoinAuction(auction_id=1))

    async def takes_long(auction_id):
        looks.append(auction_id)
        clock.now += took
        return await look(auction_id)

    monkeypatch.setattr(store, "look", takes_long)
    await house.check_rows()
    clock.now += pause * 0.99
    await house.check_rows()
    assert len(looks) == 1
    clock.now += pause * 0.02
    await house.check_rows()
    assert len(looks) == 2
    await house.close()


async def test_nobody_waits_for_a_look_at_the_rows_of_a_database_that_stalls(
    store, hall, monkeypatch
):
    looks, may_look, look = [], asyncio.Event(), store.look

    async def stalls(auction_id):
        if not house.presence.count(auction_id):
            return await look(auction_id)  # for who joins an empty room, and waits for it
        looks.append(auction_id)
        await may_look.wait()
        raise Unavailable("it did not answer in time")

    monkeypatch.setattr(store, "look", stalls)
    house = open_house(store, hall, rows_look_seconds=0.01)
    await house.submit(viewer(1), StartAuction(auction_id=1))
    await house.submit(viewer(2), JoinAuction(auction_id=1))
    await until(lambda: looks)
    assert (await house.submit(viewer(3), JoinAuction(auction_id=1)))["userCount"] == 2
    may_look.set()
    await until(lambda: len(looks) > 1)  # it goes on when it failed
    await house.close()


async def test_a_request_that_the_first_release_answered_is_still_the_same(on_air, store):
    """D23: its fingerprints had the fields in them that were not there."""
    house, _, bilal = on_air
    body = {"auction_id": 1, "amount": 900, "round": None}
    mark = hashlib.sha256(json.dumps(["placeBid", body], sort_keys=True).encode()).hexdigest()
    row = {
        "user_id": bilal.user_id,
        "request_hash": hashlib.sha256(b"old").hexdigest(),
        "auction_id": 1,
        "fingerprint": mark,
        "outcome": json.dumps({"accepted": {"seq": 2}}),
        "at": datetime.now(UTC),
    }
    async with store.writing() as connection:
        await connection.execute(insert(requests).values(row))
    for amount, outcome in ((900, {"seq": 2}), (901, Code.REQUEST_ID_REUSED)):
        bid = PlaceBid(auction_id=1, amount=amount, request_id="old")
        answer = await house.submit(bilal, bid)
        assert (answer.code if isinstance(answer, Refusal) else answer) == outcome


async def test_what_another_program_did_is_told_the_same_at_once_and_later(on_air, store, hall):
    house, _, bilal = on_air
    await house.submit(bilal, bid(10))
    await change_row(store, auctions, 1, current_product="Pearl", minBidPrice=7)
    assert (await house.submit(bilal, bid(20)))["seq"] == 6
    await house.drained()
    (told,) = [payload for name, payload in hall.news_of(bilal) if name == "auctionChanged"]
    assert_shape(told, SHAPES["auctionChanged"])
    assert (told["seq"], told["round"]) == (5, 2)
    assert (told["auction"]["current_product"], told["auction"]["minBidPrice"]) == ("Pearl", 7)
    assert (told["highestBid"]["bid"], told["highestBid"]["user"]["id"]) == (10, 2)

    for here in (house, restarted := open_house(store, Hall())):
        state = await here.submit(viewer(3), JoinAuction(auction_id=1, last_seq=4))
        missed = json.loads(state["missed"])
        assert [one["event"] for one in missed] == ["auctionChanged", "newBid"]
        assert missed[0]["data"] == told
    await restarted.close()


async def test_a_state_has_one_shape_however_it_is_told(on_air, hall):
    house, _, bilal = on_air
    state = await house.submit(bilal, JoinAuction(auction_id=1))
    told = [payload for name, payload in hall.heard[bilal] if name == "auctionState"]
    assert len(told) == 2
    for one in (json.loads(encode(state)), *told):
        assert_shape(one, SHAPES["auctionState"])
