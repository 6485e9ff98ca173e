"""Maximum bids in a house: sealed, answered at once, undone, blocked, reopened and opened (D43)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from baraka_server.contract.client_events import (
    CancelAuction,
    ChangeLot,
    EndAuction,
    JoinAuction,
    PlaceBid,
)
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.maxima import SetMaximumBid, WithdrawMaximum
from baraka_server.contract.moderation import BlockUser, UnblockUser
from baraka_server.contract.prices import SetIncrements
from baraka_server.contract.refusals import Code
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.decision import Found, HouseRules
from baraka_server.domain.maxima import MaximaOpened, MaximumSet, Sealed
from baraka_server.live.audience import Viewer
from baraka_server.live.encoded import encode
from baraka_server.store import audit
from baraka_server.store.tables import auctions, maxima, users
from tests.live.ring import AWARD, change_row
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.backups import loses

DINA, CARLA = Viewer("Dina's socket", 3), Viewer("Carla's socket", 4)


def bid(amount: int, **more: Any) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount, **more)


def up_to(amount: int, round_: int = 1, **more: Any) -> SetMaximumBid:
    return SetMaximumBid(auction_id=1, amount=amount, round=round_, **more)


def no_more(round_: int = 1) -> WithdrawMaximum:
    return WithdrawMaximum(auction_id=1, round=round_)


def undo(bid_id: int) -> UndoBid:
    return UndoBid(auction_id=1, bid_id=bid_id)


@pytest.fixture
async def taken(on_air):
    """The house, which takes maximum bids by steps of 10; Dina and Carla are in the room too."""
    house, amina, bilal = on_air
    await house.submit(amina, parse("setHouseRules", [{"auctionId": 1, "maxima": True}]))
    await house.submit(amina, SetIncrements(auction_id=1, increments=10))
    for who in (DINA, CARLA):
        await house.submit(who, JoinAuction(auction_id=1))
    return house, amina, bilal


async def bids_of(store) -> list[tuple[int, int, bool]]:
    return [
        (entry.user_id, entry.event.amount, entry.event.automatic)
        for entry in await the_ledger(store)
        if entry.kind == "bid"
    ]


def own(hall: Hall, who: Viewer) -> list[tuple[Any, str]]:
    return [
        (said["maximum"], said["reason"])
        for name, said in hall.news_of(who)
        if name == "maximumChanged"
    ]


async def joined(house, who) -> dict[str, Any]:
    return json.loads(encode(await house.submit(who, JoinAuction(auction_id=1))))


async def test_a_maximum_answers_at_once_and_only_its_own_user_hears_of_it(taken, store, hall):
    house, _amina, bilal = taken
    done = await house.submit(bilal, up_to(500))
    assert await bids_of(store) == [(2, 5, True)]
    outbid = await house.submit(DINA, bid(200))
    assert outbid["bidId"]
    assert await bids_of(store) == [(2, 5, True), (3, 200, False), (2, 210, True)]
    assert own(hall, bilal) == [(500, "set")]
    assert own(hall, DINA) == own(hall, CARLA) == []
    heard = [(name, said["seq"]) for name, said in hall.news_of(DINA) if said["seq"] >= done["seq"]]
    assert [name for name, _ in heard] == ["auctionEntry", "newBid", "newBid", "newBid"]
    newest = hall.news_of(DINA)[-1][1]
    assert [(row["bid"], row.get("automatic")) for row in newest["auctionBids"]] == [
        (210, True),
        (200, None),
        (5, True),
    ]
    assert (newest["newBid"]["automatic"], newest["nextBid"]) == (True, 220)
    assert "500" not in str(hall.news_of(DINA))
    # an equal bid: its bidder hears what stands before the refusal
    refused = await house.submit(DINA, bid(500))
    assert (refused.code, refused.values) == (Code.BID_TOO_LOW, {"current": 500})
    assert (await bids_of(store))[-1] == (2, 500, True)
    assert (await joined(house, bilal))["maximum"] == 500
    assert (await joined(house, DINA))["maximum"] is None
    again = open_house(store, Hall())
    state = await joined(again, bilal)
    assert (state["maximum"], state["maxima"]) == (500, True)
    assert [row.get("automatic") for row in state["auctionBids"]] == [True, True, None, True]
    await again.close()
    await assert_sale_holds(store)


async def test_what_is_refused_of_a_maximum(taken, store):
    house, amina, bilal = taken
    assert (await house.submit(bilal, up_to(4))).code is Code.BID_BELOW_MINIMUM
    assert (await house.submit(bilal, up_to(500, 2))).code is Code.ROUND_OVER
    assert (await house.submit(bilal, no_more())).code is Code.NO_MAXIMUM
    assert (await house.submit(amina, up_to(500))).code is Code.OWNER_BID
    await house.submit(bilal, bid(100))
    assert (await house.submit(DINA, up_to(100))).code is Code.BID_TOO_LOW
    assert (await house.submit(DINA, up_to(105))).code is Code.BID_BELOW_STEP
    first = await house.submit(bilal, up_to(100))  # who leads needs no more than the own bid
    same = await house.submit(bilal, up_to(100))
    assert (same["changed"], same["seq"]) == (False, first["seq"])
    assert (await house.submit(bilal, up_to(99))).code is Code.BID_TOO_LOW
    await house.submit(amina, parse("setHouseRules", [{"auctionId": 1, "maxima": False}]))
    assert (await house.submit(bilal, up_to(300))).code is Code.MAXIMA_OFF
    assert (await house.submit(bilal, up_to(100)))["changed"] is False
    assert await bids_of(store) == [(2, 100, False)]
    await assert_sale_holds(store)


async def test_commands_that_are_committed_together_see_each_others_maxima(taken, store, hall):
    house, _amina, bilal = taken
    waiting = [
        house.submit(bilal, up_to(300, request_id="a")),
        house.submit(DINA, up_to(300)),
        house.submit(CARLA, bid(300)),
        house.submit(bilal, up_to(300, request_id="a")),
        house.submit(bilal, up_to(400, request_id="a")),
        house.submit(CARLA, bid(400)),
        house.submit(DINA, no_more()),
    ]
    first, second, equal, same, other, higher, gone = [await one for one in waiting]
    assert equal.code is Code.BID_TOO_LOW
    assert same == first
    assert other.code is Code.REQUEST_ID_REUSED
    assert higher["bidId"]
    assert gone["seq"] > second["seq"]
    assert await bids_of(store) == [(2, 5, True), (2, 300, True), (4, 400, False)]
    assert own(hall, DINA) == [(300, "set"), (None, "withdrawn")]
    await assert_sale_holds(store)


async def test_a_repeated_maximum_gets_its_first_answer_and_the_same_id_is_for_no_other_amount(
    taken, store
):
    house, _amina, bilal = taken
    first = await house.submit(bilal, up_to(500, request_id="x"))
    same = await house.submit(bilal, up_to(500, request_id="y"))
    await house.submit(bilal, up_to(700))
    for request, answer in (("x", first), ("y", same)):
        assert await house.submit(bilal, up_to(500, request_id=request)) == answer
        reused = await house.submit(bilal, up_to(501, request_id=request))
        assert reused.code is Code.REQUEST_ID_REUSED
    assert (await joined(house, bilal))["maximum"] == 700
    entries = [entry.event for entry in await the_ledger(store) if entry.kind == "maximum_set"]
    assert [one.replaces for one in entries] == [None, first["seq"]]


async def test_an_undo_takes_back_the_act_and_its_maximum_and_the_others_wait(taken, store, hall):
    house, amina, bilal = taken
    await house.submit(bilal, up_to(500))  # A 5
    await house.submit(DINA, up_to(800))  # A 500, D 510
    standing = (await joined(house, bilal))["auctionBids"]
    undone = await house.submit(amina, undo(standing[1]["id"]))
    assert sorted(undone["bidIds"]) == sorted(row["id"] for row in standing[:2])
    assert undone["standingBid"]["amount"] == 5
    assert own(hall, DINA) == [(800, "set"), (None, "undone")]
    assert (await joined(house, DINA))["maximum"] is None
    assert (await joined(house, bilal))["maximum"] == 500
    # Bilal leads and sleeps; the next bid wakes him
    await house.submit(CARLA, bid(50))
    assert (await bids_of(store))[-2:] == [(4, 50, False), (2, 60, True)]
    # a maximum that made no bid is not an act, and keeps nothing from being undone
    await house.submit(bilal, up_to(900))
    last = (await joined(house, bilal))["auctionBids"][0]["id"]
    await house.submit(amina, undo(last))
    assert (await joined(house, bilal))["maximum"] == 900
    state = await store.state_at(1, 10_000)
    assert state.maxima.closes_floor  # twice, while somebody else's maximum stood
    await assert_sale_holds(store)


async def test_a_request_that_was_undone_says_so_when_it_is_repeated(taken, store):
    house, amina, bilal = taken
    first = await house.submit(bilal, up_to(500, request_id="x"))
    rows = (await joined(house, bilal))["auctionBids"]
    await house.submit(amina, undo(rows[0]["id"]))
    assert await house.submit(bilal, up_to(500, request_id="x")) == first | {"undone": True}
    assert (await joined(house, bilal))["maximum"] is None


async def test_a_block_takes_the_maximum_and_leaves_the_answers_to_it(taken, store, hall):
    house, amina, bilal = taken
    await house.submit(bilal, up_to(500))
    await house.submit(DINA, up_to(800))  # B 500, D 510
    await house.submit(amina, BlockUser(auction_id=1, user_id=3))
    assert own(hall, DINA)[-1] == (None, "blocked")
    state = await joined(house, bilal)
    assert [row["bid"] for row in state["auctionBids"]] == [500, 5]
    await house.submit(amina, UnblockUser(auction_id=1, user_id=3))
    assert (await joined(house, DINA))["maximum"] is None
    await house.submit(amina, undo(state["auctionBids"][0]["id"]))  # the answer, alone
    assert [row["bid"] for row in (await joined(house, bilal))["auctionBids"]] == [5]
    verdict = await audit.verify(store, 1)
    assert verdict.ok, verdict


async def test_maxima_stand_through_the_hammer_and_a_reopening_and_end_with_the_round(taken, store):
    house, amina, bilal = taken
    await house.submit(bilal, up_to(500))
    await house.submit(amina, AWARD)
    assert (await joined(house, bilal))["maximum"] == 500
    again = open_house(store, Hall())  # a process that knows of it from the ledger alone
    await again.submit(amina, ReopenLot(auction_id=1))
    state = await joined(again, bilal)
    assert (state["maximum"], state["auctionBids"][0]["automatic"]) == (500, True)
    await again.submit(DINA, bid(20))
    assert (await bids_of(store))[-1] == (2, 30, True)
    pearl = ChangeLot(
        auction_id=1, product="Pearl", minimum_price=5, start_price=10, market_price=20
    )
    await again.submit(amina, pearl)
    assert (await joined(again, bilal))["maximum"] is None
    assert (await again.submit(bilal, no_more())).code is Code.ROUND_OVER
    assert (await again.submit(bilal, no_more(2))).code is Code.NO_MAXIMUM
    await again.submit(DINA, bid(20, round=2))
    assert (await bids_of(store))[-1] == (3, 20, False)
    await again.close()
    await assert_sale_holds(store)


async def test_a_missed_award_says_that_the_bid_was_automatic(taken, store):
    """Also where the bid was heard before, the next lot is up, and the server has just begun."""
    house, amina, bilal = taken
    await house.submit(bilal, up_to(500))
    heard = (await the_ledger(store))[-1].seq
    await house.submit(amina, AWARD)
    pearl = ChangeLot(
        auction_id=1, product="Pearl", minimum_price=5, start_price=10, market_price=20
    )
    await house.submit(amina, pearl)
    again = open_house(store, Hall())
    state = await again.submit(DINA, JoinAuction(auction_id=1, last_seq=heard))
    award, _opened = json.loads(encode(state["missed"]))
    assert award["data"]["winningBid"]["automatic"]
    await again.close()


async def test_deleted_users_bid_no_more_and_the_ledger_says_since_when(taken, store):
    house, _amina, bilal = taken
    await house.submit(bilal, up_to(500))
    await house.submit(DINA, bid(100))  # B 110
    async with store.writing() as connection:
        await connection.execute(delete(users).where(users.c.id == 2))
    await house.submit(CARLA, bid(200))
    withdrawn = [entry for entry in await the_ledger(store) if entry.kind == "maximum_withdrawn"]
    assert [entry.user_id for entry in withdrawn] == [None]
    assert (await bids_of(store))[-1] == (4, 200, False)
    verdict = await audit.verify(store, 1)
    assert verdict.ok, verdict


async def test_an_owners_maximum_is_no_more_in_a_house_where_owners_may_not_bid(taken, store):
    house, amina, _bilal = taken
    before = open_house(store, Hall(), rules=HouseRules(owner_bids=True))
    await before.submit(amina, up_to(500))
    await before.submit(DINA, bid(100))  # A 110
    await before.close()
    await house.submit(CARLA, bid(200))
    withdrawn = [entry for entry in await the_ledger(store) if entry.kind == "maximum_withdrawn"]
    assert [entry.user_id for entry in withdrawn] == [None]
    assert await bids_of(store) == [(1, 5, True), (3, 100, False), (1, 110, True), (4, 200, False)]
    await assert_sale_holds(store)


async def test_a_maximum_that_was_lost_with_its_entry_is_in_nobodys_way(taken, store):
    house, _amina, bilal = taken
    lost = await house.submit(bilal, up_to(500))
    await loses(store, after=lost["seq"] - 1)
    again = open_house(store, Hall())
    assert (await again.submit(DINA, up_to(300)))["seq"] == lost["seq"]
    await again.submit(CARLA, bid(100))
    assert await bids_of(store) == [(3, 5, True), (4, 100, False), (3, 110, True)]
    await again.close()
    await assert_sale_holds(store)


@pytest.mark.parametrize("over", [EndAuction, CancelAuction])
async def test_all_are_opened_with_the_end_and_the_ledger_proves_itself(taken, store, over):
    house, amina, bilal = taken
    await house.submit(bilal, up_to(500))
    await house.submit(bilal, up_to(450))
    await house.submit(DINA, bid(450))
    await house.submit(amina, AWARD)
    pearl = ChangeLot(
        auction_id=1, product="Pearl", minimum_price=5, start_price=10, market_price=20
    )
    await house.submit(amina, pearl)
    both = [house.submit(CARLA, up_to(60, 2)), house.submit(amina, over(auction_id=1))]
    set_, ended = [await one for one in both]
    entries = await the_ledger(store)
    *_, first, second, last = entries
    assert (last.kind, last.seq) == (entries[-1].kind, ended["seq"])
    assert isinstance(first.event, MaximaOpened)
    assert isinstance(second.event, MaximaOpened)
    assert (first.user_id, first.event.of_round, second.event.of_round) == (None, 1, 2)
    assert [(one.user_id, one.amount) for one in first.event.maxima] == [(2, 500), (2, 450)]
    assert [(one.seq, one.amount) for one in second.event.maxima] == [(set_["seq"], 60)]
    await assert_sale_holds(store)
    # from the ledger alone: only the table is complained of
    async with store.writing() as connection:
        await connection.execute(delete(maxima))
    verdict = await audit.verify(store, 1)
    assert verdict.alteredEntry is None
    assert {one.table for one in verdict.disagreements} == {"baraka_maxima"}


async def test_another_programs_end_opens_them_too(taken, store):
    house, _amina, bilal = taken
    await house.submit(bilal, up_to(500))
    await change_row(store, auctions, 1, isEnded=True, isLive=False)
    await house.submit(DINA, bid(100))
    kinds = [entry.kind for entry in await the_ledger(store)]
    assert kinds[-2:] == ["adopted", "maxima_opened"]
    await assert_sale_holds(store)


async def test_verify_finds_a_maximum_that_was_changed_and_bids_that_do_not_follow(taken, store):
    house, _amina, bilal = taken
    await house.submit(bilal, up_to(500))
    await house.submit(DINA, bid(100))
    async with store.reading() as connection:
        row = (await connection.execute(select(maxima))).one()
    await change_row_of_maximum(store, amount=501)
    verdict = await audit.verify(store, 1)
    assert [(one.table, one.rowId) for one in verdict.disagreements] == [("baraka_maxima", row.seq)]
    assert "500" not in str(verdict)
    await change_row_of_maximum(store, amount=500)
    await assert_sale_holds(store)


async def change_row_of_maximum(store, **values):
    async with store.writing() as connection:
        await connection.execute(update(maxima).values(values))


async def test_the_history_says_that_one_was_set_and_not_by_whom(taken, store):
    house, _amina, bilal = taken
    await house.submit(bilal, up_to(500))
    await house.submit(bilal, no_more())
    told = [entry async for entry in audit.history(store, 1)][-3:]
    assert [(one.what, one.who, one.userId, one.paddle) for one in told] == [
        ("a maximum bid was set", None, None, None),
        ("bid 5, automatically by a maximum bid", "Bilal A.", 2, 1),
        ("a maximum bid was withdrawn", None, None, None),
    ]


async def test_another_node_tells_the_user_who_is_there(taken, store):
    house, _amina, bilal = taken
    elsewhere = Hall()
    other = open_house(store, elsewhere)
    phone, stranger = viewer(2), viewer(3)
    for who in (phone, stranger):
        await other.submit(who, JoinAuction(auction_id=1))
    await house.submit(bilal, up_to(4711))
    await other.look_for_others()
    await other.settled()
    assert own(elsewhere, phone) == [(4711, "set")]
    assert "4711" not in str(elsewhere.news_of(stranger))
    await other.submit(CARLA, bid(100))  # which decides by the table
    assert (await bids_of(store))[-1] == (2, 110, True)
    await other.close()
    await assert_sale_holds(store)


def test_nothing_that_is_printed_has_the_amount():
    kept = Sealed(1, 2, 4711, "salt")
    for secret in (up_to(4711), kept, MaximumSet("hash", sealed=kept), Found(sealed={7: kept})):
        assert "4711" not in repr(secret) + str(secret)
