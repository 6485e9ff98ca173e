"""The newest bid is taken back by a house: rows, ledger, everybody who watches, and what comes behind (D37)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, select

from baraka_server.contract.client_events import AwardLot, JoinAuction, PlaceBid, PostComment
from baraka_server.contract.hammer import UndoBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.audience import Viewer
from baraka_server.store import audit
from baraka_server.store.store import Store
from baraka_server.store.tables import bids
from tests.live.ring import AWARD, change_row
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.neighbours import until
from tests.support.servers.stores import opened

DINA = Viewer("Dina's socket", 3)


def undo(bid_id: int, **more: Any) -> UndoBid:
    return UndoBid(auction_id=1, bid_id=bid_id, **more)


def bid(amount: int, **more: Any) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount, **more)


@pytest.fixture
async def bid_on(on_air):
    """Bilal has bid 10, Dina 20 and Bilal 30; the ids of their bids."""
    house, amina, bilal = on_air
    ids = [
        (await house.submit(who, bid(amount)))["bidId"]
        for who, amount in ((bilal, 10), (DINA, 20), (bilal, 30))
    ]
    return house, amina, bilal, ids


async def rows(store: Store) -> list[int]:
    async with store.reading() as connection:
        query = select(bids.c.bid).where(bids.c.auction_id == 1).order_by(bids.c.id)
        return list((await connection.execute(query)).scalars())


def told(hall: Hall, who: Viewer, seq: int) -> list[tuple[str, dict[str, Any]]]:
    return [(name, said) for name, said in hall.news_of(who) if said["seq"] == seq]


async def test_its_row_goes_the_ledger_keeps_both_and_everybody_hears_what_stands(
    bid_on, store, hall
):
    house, amina, bilal, (_, second, third) = bid_on
    changes = Viewer("asks for changes", 9, wants_lists=False)
    await house.submit(changes, JoinAuction(auction_id=1))
    done = await house.submit(amina, undo(third))
    standing = {"bidId": second, "userId": 3, "amount": 20}
    former = {"bidId": third, "userId": 2, "amount": 30}
    assert (done["bidIds"], done["standingBid"]) == ([third], standing)
    assert await rows(store) == [10, 20]
    assert [entry.kind for entry in await the_ledger(store)][-2:] == ["bid", "bid_undone"]
    for who in (bilal, changes):  # who asked for changes gets the whole list, too
        (first, said), (name, guided) = told(hall, who, done["seq"])
        assert (first, said["bidIds"]) == ("bidUndone", [third])
        assert (said["standingBid"], said["formerBid"]) == (standing, former)
        assert (said["nextBid"], said["round"]) == (21, 1)
        assert name == "newBid"
        assert (guided["newBid"]["bid"], guided["formerBid"]) == (20, former)
        assert [row["bid"] for row in guided["auctionBids"]] == [20, 10]
    await assert_sale_holds(store)


async def test_undo_after_undo_walks_back_to_the_block_as_it_was_opened(bid_on, store, hall):
    house, amina, bilal, ids = bid_on
    for bid_id in reversed(ids):
        last = await house.submit(amina, undo(bid_id))
        assert last["bidIds"] == [bid_id]
    assert await rows(store) == []
    (_, said), (name, guided) = told(hall, bilal, last["seq"])
    assert (said["standingBid"], said["nextBid"]) == (None, 5)
    assert (name, guided["product"], guided["bidPrice"]) == (
        "auction_change_product",
        "Gold Ring",
        10,
    )
    assert guided["auctionBids"] == []
    assert (await house.submit(amina, undo(ids[0]))).code is Code.NOTHING_TO_UNDO
    assert (await house.submit(bilal, bid(4))).code is Code.BID_BELOW_MINIMUM
    await assert_sale_holds(store)


async def test_the_amount_may_come_again_and_the_id_never_does(
    bid_on, store, request, database_url
):
    """Also behind a restart of the database, which is where counters are forgotten."""
    house, amina, bilal, ids = bid_on
    await house.submit(amina, undo(ids[2]))
    await house.submit(amina, undo(ids[1]))
    await house.close()
    await store.close()
    if "mysql" in database_url:
        request.getfixturevalue("mariadb").restart()
    async with opened(database_url) as again:
        house = open_house(again, Hall())
        placed = await house.submit(bilal, bid(30))
        assert placed["bidId"] > ids[2]
        assert (await house.submit(DINA, bid(30))).code is Code.BID_TOO_LOW
        await house.close()
        await assert_sale_holds(again)


async def test_a_bid_that_was_undone_and_is_sent_again_gets_its_first_answer_and_the_news(
    on_air, store
):
    house, amina, bilal = on_air
    first = await house.submit(bilal, bid(10, request_id="mine"))
    await house.submit(bilal, bid(11, request_id="another"))
    undoing = house.submit(amina, undo(first["bidId"] + 1))
    again = house.submit(bilal, bid(11, request_id="another"))  # in the batch of the undo
    _, repeated = await asyncio.gather(undoing, again)
    assert repeated["undone"] is True
    assert await house.submit(bilal, bid(10, request_id="mine")) == first
    await house.submit(amina, undo(first["bidId"]))
    assert await house.submit(bilal, bid(10, request_id="mine")) == first | {"undone": True}
    assert await rows(store) == []


async def test_a_repeated_undo_takes_back_nothing_more(bid_on, store):
    house, amina, _, (_, second, third) = bid_on
    done = await house.submit(amina, undo(third, request_id="oops"))
    assert await house.submit(amina, undo(third, request_id="oops")) == done
    refused = await house.submit(amina, undo(third))
    assert (refused.code, refused.extra["standingBid"]["bidId"]) == (Code.NOT_NEWEST, second)
    assert await rows(store) == [10, 20]


async def test_bids_that_wait_around_an_undo_are_decided_in_their_order(bid_on, store):
    house, amina, bilal, (*_, third) = bid_on
    before, undoing, low, high = await asyncio.gather(
        house.submit(bilal, bid(29)),
        house.submit(amina, undo(third)),
        house.submit(bilal, bid(20)),
        house.submit(DINA, bid(25)),
    )
    assert before.code is Code.BID_TOO_LOW
    assert undoing["bidIds"] == [third]
    assert low == Refusal(Code.BID_TOO_LOW, "placeBid", {"current": 20})
    assert high["seq"] == undoing["seq"] + 1
    assert await rows(store) == [10, 20, 25]
    await assert_sale_holds(store)


async def test_a_bid_that_waits_before_the_undo_of_the_one_below_it_keeps_it_from_being_undone(
    bid_on, store
):
    house, amina, _bilal, (*_, third) = bid_on
    placed, refused = await asyncio.gather(
        house.submit(DINA, bid(40)), house.submit(amina, undo(third))
    )
    assert refused.code is Code.NOT_NEWEST
    assert refused.extra["standingBid"]["bidId"] == placed["bidId"]


async def test_what_another_program_deleted_below_stays_deleted(bid_on, store, hall):
    house, amina, bilal, (first, second, third) = bid_on
    async with store.writing() as connection:
        await connection.execute(delete(bids).where(bids.c.id == second))
    done = await house.submit(amina, undo(third))
    assert done["standingBid"]["bidId"] == first
    assert [row["bid"] for row in told(hall, bilal, done["seq"])[1][1]["auctionBids"]] == [10]
    await house.submit(amina, undo(first))
    assert (await audit.verify(store, 1)).ok


async def test_what_another_program_wrote_may_be_taken_back_as_well(bid_on, store, hall):
    house, amina, _bilal, (_, _, third) = bid_on
    await change_row(store, bids, third, bid=35)
    assert (await house.submit(DINA, bid(33))).code is Code.BID_TOO_LOW
    done = await house.submit(amina, undo(third))
    assert done["standingBid"]["amount"] == 20
    assert (await audit.verify(store, 1)).ok


async def test_the_next_award_of_a_host_who_names_no_bid_is_refused_once(bid_on, store, hall):
    house, amina, bilal, (_, second, third) = bid_on
    await house.submit(amina, undo(third))
    refused = await house.submit(amina, AWARD)
    assert refused.code is Code.STANDING_BID_CHANGED
    assert (refused.extra["standingBid"]["bidId"], refused.extra["formerBid"]["bidId"]) == (
        second,
        third,
    )
    assert (await house.submit(amina, AWARD))["winningId"]
    assert hall.news_of(bilal)[-1][1]["winningUser"]["id"] == 3
    await assert_sale_holds(store)


async def test_an_award_that_was_on_its_way_does_not_sell_to_who_stands_by_now(bid_on, store):
    house, amina, _, (_, second, third) = bid_on
    undone, refused, named = await asyncio.gather(
        house.submit(amina, undo(third)),
        house.submit(amina, AWARD),
        house.submit(amina, AwardLot(auction_id=1, product="Gold Ring", bid_id=third)),
    )
    assert undone["bidIds"] == [third]
    assert refused.code is Code.STANDING_BID_CHANGED
    assert named.code is Code.STANDING_BID_CHANGED
    sold = await house.submit(amina, AwardLot(auction_id=1, product="Gold Ring", bid_id=second))
    assert sold["winningId"]
    await assert_sale_holds(store)


async def test_two_clerks_on_two_servers_take_back_one_bid(bid_on, store, hall):
    """Each wants the same bid gone: one does it, and the other is told that it is not the newest any more."""
    house, amina, bilal, (_, _, third) = bid_on
    there = Hall()
    other = open_house(store, there, poll_seconds=0.01)
    await other.submit(DINA, JoinAuction(auction_id=1))
    outcomes = await asyncio.gather(
        house.submit(amina, undo(third)), other.submit(viewer(1), undo(third))
    )
    codes = [one.code for one in outcomes if isinstance(one, Refusal)]
    assert codes == [Code.NOT_NEWEST]
    assert await rows(store) == [10, 20]
    seq = next(one["seq"] for one in outcomes if isinstance(one, dict))
    await until(lambda: len(told(there, DINA, seq)) == 2)
    assert told(there, DINA, seq)[1][1]["auctionBids"][0]["bid"] == 20
    await house.submit(bilal, PostComment(auction_id=1, comment="now this house has looked"))
    assert [name for name, _ in told(hall, bilal, seq)] == ["bidUndone", "newBid"]
    await other.close()
    await assert_sale_holds(store)


@pytest.mark.parametrize("kept", [512, 0], ids=["from memory", "from the ledger"])
async def test_who_comes_back_is_told_of_the_undo_in_its_place(bid_on, store, kept):
    house, amina, bilal, (*_, third) = bid_on
    if not kept:  # another server, which has nothing in its memory
        house = open_house(store, Hall())
    done = await house.submit(amina, undo(third))
    await house.submit(DINA, bid(25))
    state = await house.submit(bilal, JoinAuction(auction_id=1, last_seq=done["seq"] - 1))
    missed = [(one["event"], one["data"]["seq"]) for one in _missed(state)]
    assert missed == [("bidUndone", done["seq"]), ("newBid", done["seq"] + 1)]
    assert _missed(state)[0]["data"]["nextBid"] == 21
    if not kept:
        await house.close()


def _missed(state: dict[str, Any]) -> list[dict[str, Any]]:
    import json

    from baraka_server.live.encoded import encode

    found: list[dict[str, Any]] = json.loads(encode(state))["missed"]
    return found


async def test_a_row_that_was_undone_and_is_there_again_is_found(bid_on, store):
    """Somebody puts the row back that the ledger says was taken back."""
    house, amina, _bilal, (*_, third) = bid_on
    async with store.reading() as connection:
        row = dict(
            (await connection.execute(select(bids).where(bids.c.id == third))).mappings().one()
        )
    await house.submit(amina, undo(third))
    async with store.writing() as connection:
        await connection.execute(bids.insert().values(row))
    verdict = await audit.verify(store, 1)
    assert [one.rowId for one in verdict.disagreements] == [third]


async def test_the_history_says_who_took_back_what(bid_on, store):
    house, amina, _, ids = bid_on
    for bid_id in reversed(ids):
        await house.submit(amina, undo(bid_id))
    said = [(entry.who, entry.what) async for entry in audit.history(store, 1)][-3:]
    assert [who for who, _ in said] == ["Amina A."] * 3
    assert [what for _, what in said] == [
        "took back the bid of 30 by 1 Bilal A.: now the bid of 20 by 2 Dina A. stands",
        "took back the bid of 20 by 2 Dina A.: now the bid of 10 by 1 Bilal A. stands",
        "took back the bid of 10 by 1 Bilal A.: no bid stands",
    ]
