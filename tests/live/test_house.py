"""The house itself: queues, failures, who is there, and what is kept in memory."""

from __future__ import annotations

import asyncio
import json
import sys

from sqlalchemy import update

from baraka_server.contract.client_events import (
    JoinAuction,
    LeaveAuction,
    PlaceBid,
    PostComment,
)
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live import presence
from baraka_server.live.house import IDLE_AUCTIONEERS_MAX
from baraka_server.live.view import AuctionView
from baraka_server.store.errors import OutcomeUnknown, Unavailable
from baraka_server.store.tables import auctions, bids
from tests.live.ring import RING, bid, change_row
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until

pytestmark = only_sqlite


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
    recent = house.view_of(1).recent.after(0)
    assert len(recent) > 300
    kept = {id(text): sys.getsizeof(text) for one in recent for text in (one.whole, one.brief)}
    assert sum(kept.values()) < 300 * 1_000


async def test_who_comes_or_goes_is_not_held_up_by_bids_that_cannot_be_written(
    on_air, store, hall, monkeypatch
):
    house, _, bilal = on_air
    dina = viewer(3)

    async def gone(*_, **_more):
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

    async def gone(*_, **_more):
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

    async def loses_the_answer(auction_id, work, **more):
        await change(auction_id, work, **more)
        raise OutcomeUnknown("no answer")

    repeated = PlaceBid(auction_id=1, amount=10, request_id="a")
    with monkeypatch.context() as cut:
        cut.setattr(store, "change", loses_the_answer)
        assert (await house.submit(bilal, repeated)).code is Code.OUTCOME_UNKNOWN
    assert (await house.submit(bilal, bid(20)))["seq"] == 5
    assert (await house.submit(bilal, repeated))["seq"] == 4
    assert [payload["seq"] for _, payload in hall.news_of(bilal)] == [3, 4, 5]
    await assert_sale_holds(store)


# --- who is there


async def test_who_is_gone_before_the_turn_comes_does_not_enter(on_air, hall):
    house, *_ = on_air
    gone = [viewer(3) for _ in range(20)]
    submitted = [house.submit(one, JoinAuction(auction_id=1)) for one in gone]
    for one in gone:
        house.disconnected(one)
    await asyncio.gather(*submitted)
    assert house.presence.count(1) == len(hall.rooms[1]) == 1


async def test_a_busy_room_hears_the_first_count_and_the_last_and_few_between(
    on_air, hall, monkeypatch
):
    house, _, bilal = on_air
    monkeypatch.setattr(presence, "COUNT_INTERVAL_SECONDS", 1)
    hall.heard[bilal].clear()
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

    await until(lambda: counts()[-1:] == [21])
    assert len(counts()) < 50  # of 180 who came and went
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
    await until(lambda: asking == 1)
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


async def test_what_another_house_wrote_is_told_without_lists_where_nobody_reads_them(
    on_air, store, monkeypatch
):
    """Also when it is read from the ledger: a round's lists are long, and every bid would make them."""
    house, _, bilal = on_air
    bilal.wants_lists = False
    made: list[bool] = []
    play = AuctionView.play

    def noted(view, entry, users, *, lists=True):
        made.append(lists)
        return play(view, entry, users, lists=lists)

    elsewhere = open_house(store, Hall())
    await elsewhere.submit(bilal, bid(10))
    await elsewhere.close()
    monkeypatch.setattr(AuctionView, "play", noted)
    await house.look_for_others()
    await until(lambda: made)
    assert made == [False]
