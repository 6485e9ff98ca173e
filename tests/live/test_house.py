"""The house on a real database: what its viewers are sent, and that every command is answered."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.event import listen

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    JoinAuction,
    LeaveAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.server_events import AuctionEntry
from baraka_server.domain.events import Adopted, Awarded
from baraka_server.live import transaction
from baraka_server.live.auctioneer import LOOK_PAUSE_SECONDS_MAX, LOOK_SHARE_MAX
from baraka_server.live.encoded import encode
from baraka_server.live.house import IDLE_AUCTIONEERS_MAX
from baraka_server.live.presence import COUNT_INTERVAL_SECONDS
from baraka_server.store import audit
from baraka_server.store.errors import OutcomeUnknown, Unavailable
from baraka_server.store.tables import auctions, bids, requests, users
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.checks.shapes import SHAPES, assert_shape
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers import newer
from tests.support.servers.clock import Clock
from tests.support.servers.databases import only_sqlite

pytestmark = only_sqlite

RING = ChangeLot(
    auction_id=1, product="Gold Ring", minimum_price=5, start_price=10, market_price=20
)
AWARD = AwardLot(auction_id=1, product="Gold Ring", weight="5.2g")
AWARD_PEARL = AwardLot(auction_id=1, product="Pearl")


def bid(amount: int) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount)


@pytest.fixture
async def on_air(house):
    """The house, with the ring on the block of auction 1 and Bilal in its room."""
    amina, bilal = viewer(1), viewer(2)
    await house.submit(amina, StartAuction(auction_id=1))
    await house.submit(amina, RING)
    assert (await house.submit(bilal, JoinAuction(auction_id=1)))["userCount"] == 1
    return house, amina, bilal


async def change_row(store, table, row_id, **values):
    async with store.writing() as connection:
        await connection.execute(update(table).where(table.c.id == row_id).values(values))


# --- nobody waits in vain


async def test_who_gives_up_waiting_keeps_nobody_else_waiting(on_air):
    house, _, bilal = on_air
    submitted = [asyncio.ensure_future(house.submit(bilal, bid(10 * n))) for n in range(1, 6)]
    submitted[0].cancel()
    submitted[3].cancel()
    outcomes = await asyncio.gather(*submitted, return_exceptions=True)
    assert [isinstance(outcome, dict) for outcome in outcomes] == [False, True, True, False, True]
    # A command is not taken back by a disconnect: it was sent, and it stands.
    assert (await house.submit(bilal, bid(60)))["seq"] == outcomes[4]["seq"] + 1


async def test_one_command_that_cannot_be_served_does_not_harm_its_neighbours(on_air, store, hall):
    """Farah is deleted between being looked up and her bid being written."""
    house, _, bilal = on_air
    farah = viewer(6)
    async with store.writing() as connection:
        await connection.exec_driver_sql(
            "CREATE TRIGGER farah BEFORE INSERT ON Auction_bids WHEN NEW.user_id = 6 "
            "BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END"
        )
    outcomes = await asyncio.gather(
        house.submit(bilal, bid(10)), house.submit(farah, bid(20)), house.submit(bilal, bid(30))
    )
    assert [outcome["seq"] for outcome in outcomes[::2]] == [4, 5]
    assert outcomes[1].code is Code.FAULT
    assert [payload["seq"] for _, payload in hall.news_of(bilal)] == [3, 4, 5]
    await assert_sale_holds(store)


async def test_what_is_known_after_a_refusal_is_in_the_ledger(on_air, store):
    """Another program takes the product away, and a bid is refused for it; no ledger begins with one."""
    house, _, bilal = on_air
    await change_row(store, auctions, 1, current_product=None)
    assert (await house.submit(bilal, bid(10))).code is Code.NO_LOT
    ledger = await the_ledger(store, 1)
    assert [entry.event.kind for entry in ledger][3:] == ["adopted"]
    assert ledger[3].event.lot is None
    assert isinstance(await house.submit(bilal, bid(10)), Refusal)
    assert isinstance(await house.submit(bilal, PlaceBid(auction_id=2, amount=10)), Refusal)
    assert len(await the_ledger(store, 1)) == 4
    assert await the_ledger(store, 2) == []
    assert (await house.submit(viewer(1), RING))["seq"] == 5


async def test_a_full_queue_is_said_to_be_busy(store, hall):
    house = open_house(store, hall, asks_waiting_max=3)
    bilal = viewer(2)
    outcomes = await asyncio.gather(*(house.submit(bilal, bid(n)) for n in range(1, 6)))
    assert [outcome.code for outcome in outcomes] == [Code.NOT_LIVE] * 3 + [Code.BUSY] * 2
    await house.close()


async def test_auctions_that_nobody_watches_are_forgotten(on_air):
    house, _, bilal = on_air
    for auction_id in range(2, 2 + 3 * IDLE_AUCTIONEERS_MAX):
        await house.submit(bilal, LeaveAuction(auction_id=auction_id))
    assert len(house.auctions) < 2 * IDLE_AUCTIONEERS_MAX
    assert 1 in house.auctions  # Bilal is in its room


async def test_what_a_long_round_keeps_in_memory_does_not_grow_with_its_lists(on_air):
    house, _, bilal = on_air
    await asyncio.gather(
        *(house.submit(bilal, PostComment(auction_id=1, comment=f"{n}")) for n in range(300))
    )
    recent = house.view_of(1).recent_after(0)
    assert len(recent) > 300
    kept = {id(text): sys.getsizeof(text) for one in recent for text in (one.whole, one.brief)}
    assert sum(kept.values()) < 300 * 1_000


async def test_who_comes_or_goes_is_not_held_up_by_bids_that_cannot_be_written(
    on_air, store, hall, monkeypatch
):
    house, _, bilal = on_air
    dina = viewer(3)

    async def gone(*_):
        raise Unavailable("the database is gone")

    monkeypatch.setattr(store, "change", gone)
    outcomes = await asyncio.gather(
        house.submit(dina, JoinAuction(auction_id=1)),
        house.submit(bilal, bid(10)),
        house.submit(bilal, LeaveAuction(auction_id=1)),
        house.submit(bilal, bid(20)),
    )
    assert outcomes[0]["userCount"] == 2
    assert outcomes[2]["userCount"] == 1
    assert [outcome.code for outcome in outcomes[1::2]] == [Code.UNAVAILABLE] * 2
    assert hall.rooms[1] == {dina}


async def test_after_a_failure_nothing_is_taken_for_known(on_air, store, monkeypatch):
    """What failed may have been a fail-over: every bid is looked at, not the newest alone."""
    house, _, bilal = on_air
    dina = viewer(3)
    first = (await house.submit(bilal, bid(100)))["bidId"]
    assert (await house.submit(dina, bid(200)))["bidId"] > first
    async with store.writing() as connection:
        await connection.execute(update(bids).where(bids.c.id == first).values(bid=500))

    async def gone(*_):
        raise Unavailable("the database is gone")

    with monkeypatch.context() as down:
        down.setattr(store, "change", gone)
        assert (await house.submit(dina, bid(250))).code is Code.UNAVAILABLE
    refused = await house.submit(dina, bid(300))
    assert (refused.code, refused.values["current"]) == (Code.BID_TOO_LOW, 500)


# --- what cannot be announced


async def test_an_accepted_bid_stays_accepted_when_it_cannot_be_announced(
    on_air, hall, monkeypatch
):
    house, _, bilal = on_air

    async def deaf(*_):
        raise OSError("the loudspeakers are broken")

    with monkeypatch.context() as broken:
        broken.setattr(hall, "to_room", deaf)
        assert (await house.submit(bilal, bid(10)))["seq"] == 4
    assert (await house.submit(bilal, bid(20)))["seq"] == 5
    (_, heard) = hall.news_of(bilal)[-1]
    assert [row["bid"] for row in heard["auctionBids"]] == [20, 10]


async def test_a_bid_of_unknown_outcome_is_heard_as_soon_as_it_is_known(
    on_air, store, hall, monkeypatch
):
    """The commit took place, but nobody could say so: with the next bid everybody hears both."""
    house, _, bilal = on_air
    change = store.change

    async def loses_the_answer(auction_id, work):
        await change(auction_id, work)
        raise OutcomeUnknown("no answer")

    repeated = PlaceBid(auction_id=1, amount=10, request_id="a")
    with monkeypatch.context() as cut:
        cut.setattr(store, "change", loses_the_answer)
        assert (await house.submit(bilal, repeated)).code is Code.OUTCOME_UNKNOWN
    assert (await house.submit(bilal, bid(20)))["seq"] == 5
    assert (await house.submit(bilal, repeated))["seq"] == 4
    assert [payload["seq"] for _, payload in hall.news_of(bilal)] == [3, 4, 5]
    await assert_sale_holds(store)


# --- another program has a hand in it


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
    await asyncio.wait_for(_until(lambda: hall.news_of(bilal)[-1][0] == "auctionEnded"), 20)
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


async def test_who_leads_is_told_with_the_list_though_it_was_cleared_in_the_same_transaction(
    on_air, store, hall
):
    house, amina, bilal = on_air
    await house.submit(viewer(6), bid(5))
    await low_and_gone(house, store)
    pearl = RING.model_copy(update={"product": "Pearl"})
    refused, opened = await asyncio.gather(house.submit(amina, AWARD), house.submit(amina, pearl))
    assert (refused.code, opened["round"]) == (Code.STANDING_BID_CHANGED, 2)
    await asyncio.wait_for(_until(lambda: hall.news_of(bilal)[-1][1]["seq"] == opened["seq"]), 20)
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


async def test_a_bid_takes_five_statements(on_air, engine):
    """What stands is read with what is read anyway: the auction, the end of the ledger, the users."""
    house, *_ = on_air
    await house.submit(viewer(2), bid(10))
    statements = []
    listen(
        engine.sync_engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement.split()[0]),
    )
    await house.submit(viewer(3), bid(20))
    assert [one for one in statements if one != "BEGIN"] == ["SELECT"] * 3 + ["INSERT"] * 2


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
    await house.look_at_rows()
    clock.now += pause * 0.99
    await house.look_at_rows()
    assert len(looks) == 1
    clock.now += pause * 0.02
    await house.look_at_rows()
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
    await asyncio.wait_for(_until(lambda: looks), 20)
    assert (await house.submit(viewer(3), JoinAuction(auction_id=1)))["userCount"] == 2
    may_look.set()
    await asyncio.wait_for(_until(lambda: len(looks) > 1), 20)  # it goes on when it failed
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


# --- two houses on one database


async def test_news_of_another_house_are_heard_within_a_poll(on_air, store, hall):
    house, _, bilal = on_air
    there = Hall()
    other = open_house(store, there, poll_seconds=0.01)
    dina = viewer(3)
    await other.submit(dina, JoinAuction(auction_id=1))
    for n in range(1, 30):
        await (house, other)[n % 2].submit(bilal, bid(10 * n))
    last = (await the_ledger(store))[-1].seq

    await asyncio.wait_for(_until(lambda: there.news_of(dina)[-1][1]["seq"] == last), 20)
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
    await asyncio.wait_for(_until(lambda: hall.news_of(bilal)[-1][1]["seq"] == 11), 20)
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
    await asyncio.wait_for(_until(lambda: looks), 20)
    amina, dina, farah = viewer(1), viewer(3), viewer(6)
    there.heard[farah].clear()
    await house.submit(amina, StartAuction(auction_id=1))
    assert (await other.submit(dina, JoinAuction(auction_id=1)))["seq"] == 2
    may_look.set()
    await asyncio.wait_for(_until(lambda: there.heard[farah]), 20)
    await house.submit(amina, StartAuction(auction_id=1))  # again (D5)
    await asyncio.wait_for(_until(lambda: len(there.heard[farah]) > 1), 20)
    await house.submit(viewer(2), PostComment(auction_id=1, comment="Hello"))
    await asyncio.wait_for(_until(lambda: there.heard[dina][-1][0] == "newComment"), 20)
    assert [(event, payload["seq"]) for event, payload in there.heard[farah]] == [
        ("auctionStarted", 2),
        ("auctionStarted", 3),
    ]
    await other.close()


async def _until(condition):
    while not condition():
        await asyncio.sleep(0.01)


# --- who is there


async def test_who_is_gone_before_the_turn_comes_does_not_enter(on_air, hall):
    house, *_ = on_air
    gone = [viewer(3) for _ in range(20)]
    submitted = [house.submit(one, JoinAuction(auction_id=1)) for one in gone]
    for one in gone:
        house.disconnected(one)
    await asyncio.gather(*submitted)
    assert house.presence.count(1) == len(hall.rooms[1]) == 1


async def test_a_busy_room_hears_the_first_count_and_the_last_and_few_between(on_air, hall):
    house, _, bilal = on_air
    clock = asyncio.get_running_loop().time
    hall.heard[bilal].clear()
    began = clock()
    crowd = [viewer(3) for _ in range(100)]
    for one in crowd:
        await house.submit(one, JoinAuction(auction_id=1))
    for one in crowd[:50]:
        await house.submit(one, LeaveAuction(auction_id=1))
        await house.submit(one, LeaveAuction(auction_id=1))
    for one in crowd[50:80]:
        house.disconnected(one)
        house.disconnected(one)

    def counts():
        return [p["userCount"] for event, p in hall.heard[bilal] if event == "userCountUpdate"]

    await asyncio.wait_for(_until(lambda: counts()[-1:] == [21]), 20)
    assert len(counts()) <= (clock() - began) / COUNT_INTERVAL_SECONDS + 2
    assert house.presence.count(1) == 21
    for one in [bilal, *crowd]:
        house.disconnected(one)
    assert house.presence.watched() == []


async def test_a_house_that_closed_asks_the_database_nothing_more(store, hall, monkeypatch):
    asking = 0
    live_auctions = store.live_auctions

    async def slow() -> set[int]:
        nonlocal asking
        asking += 1
        try:
            await asyncio.Event().wait()
            return await live_auctions()
        finally:
            await asyncio.sleep(0)  # what is cut off takes a moment to let go
            asking -= 1

    monkeypatch.setattr(store, "live_auctions", slow)
    house = open_house(store, hall, poll_seconds=0.01)
    await asyncio.wait_for(_until(lambda: asking == 1), 20)
    await house.close()
    assert asking == 0


# --- lists are made for those who read them


async def test_who_joins_a_room_of_deltas_hears_lists_that_are_whole(on_air, hall, store):
    house, _, bilal = on_air
    bilal.wants_lists = False
    dina = viewer(3)
    await asyncio.gather(house.submit(bilal, bid(10)), house.submit(bilal, bid(20)))
    # A bid before she is there, her joining, and her own bid behind it.
    _, state, _ = await asyncio.gather(
        house.submit(bilal, bid(30)),
        house.submit(dina, JoinAuction(auction_id=1)),
        house.submit(dina, bid(40)),
    )
    assert [row["bid"] for row in json.loads(state["auctionBids"])] == [30, 20, 10]
    told = [payload for name, payload in hall.news_of(dina) if name == "newBid"]
    assert [row["bid"] for row in told[0]["auctionBids"]] == [40, 30, 20, 10]
    briefs = [payload for name, payload in hall.news_of(bilal) if name == "newBid"]
    assert [payload["newBid"]["bid"] for payload in briefs] == [10, 20, 30, 40]
    assert all("auctionBids" not in payload for payload in briefs)
    await assert_sale_holds(store)


# --- what only a newer program knows


async def test_behind_a_rule_that_is_not_known_the_auction_is_shown_and_nothing_accepted(
    on_air, store, hall
):
    house, amina, bilal = on_air
    await house.submit(bilal, bid(10))
    seq = await newer.writes(store, "reserve_set", {"v": 1, "rule": True, "amount": 90})
    ask = PlaceBid(auction_id=1, amount=20, request_id="once")
    assert (await house.submit(bilal, ask)).code is Code.UNAVAILABLE
    for event in (AWARD, RING, StartAuction(auction_id=1)):
        assert (await house.submit(amina, event)).code is Code.UNAVAILABLE
    name, entry = next(heard for heard in hall.news_of(bilal) if heard[0] == "auctionEntry")
    assert AuctionEntry.model_validate(entry).model_fields_set == {
        "auction_id",
        "seq",
        "ledger",
        "server_time",
    }
    assert (name, entry["auctionId"], entry["seq"]) == ("auctionEntry", 1, seq)
    # What the entry did to the rows only they can say.
    assert [name for name, _ in hall.news_of(bilal)].count("auctionState") == 2
    state = await house.submit(viewer(3), JoinAuction(auction_id=1, last_seq=seq - 1))
    assert [row["bid"] for row in json.loads(state["auctionBids"])] == [10]
    assert [one["event"] for one in json.loads(state["missed"])] == ["auctionEntry"]
    assert len(await the_ledger(store, 1)) == seq

    # A newer server would accept it: the refusal is not what a repetition gets there.
    async with store.reading() as connection:
        assert (await connection.execute(select(requests))).all() == []


async def test_an_entry_that_is_no_rule_is_only_counted(on_air, store, hall):
    house, _, bilal = on_air
    seq = await newer.writes(store, "fair_warning", {"v": 1, "rule": False, "stage": 1})
    assert (await house.submit(bilal, bid(10)))["seq"] == seq + 1
    assert [(name, payload["seq"]) for name, payload in hall.news_of(bilal)][-2:] == [
        ("auctionEntry", seq),
        ("newBid", seq + 1),
    ]


# --- what another program did


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
