"""The clock of a lot in a house: closing, pauses, and what interrupts it, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from baraka_server.contract import clock as asked
from baraka_server.contract.client_events import JoinAuction, PostComment, StartAuction
from baraka_server.contract.lots import AddLots, OpenLot
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.live import room, transaction
from baraka_server.store import attendance
from baraka_server.store.errors import Unavailable
from tests.live.ring import RING, bid
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.clock import Clock
from tests.support.servers.databases import only_mariadb

AMINA, BILAL, DINA = 1, 2, 3
OPENING = datetime(2026, 1, 2, 18, tzinfo=UTC)
STEP_SECONDS = 0.4
"""Time passes in steps that no node takes for standing still."""
INTERRUPTED = "The clock was stopped: the server was interrupted."


class Floor:
    """A house with the ring on the block, whose clock stands still until it is told to pass."""

    def __init__(self, store, hall, clock, **options):
        self.store, self.hall, self.clock = store, hall, clock
        self.house = open_house(store, hall, seconds=self.clock, **options)
        self.amina, self.bilal, self.dina = viewer(AMINA), viewer(BILAL), viewer(DINA)

    async def opens(self):
        for event in (StartAuction(auction_id=1), RING):
            await self.says(event)
        await self.house.submit(self.bilal, JoinAuction(auction_id=1))
        return self

    async def says(self, event, who=None):
        return await self.house.submit(who or self.amina, event)

    async def starts(self, seconds=60, **more):
        answer = await self.says(asked.StartClock(auction_id=1, seconds=seconds, **more))
        assert not isinstance(answer, Refusal), answer

    async def passes(self, seconds, *others):
        """Let time pass on every node, with beats in between."""
        whole, rest = divmod(seconds, STEP_SECONDS)
        for step in [STEP_SECONDS] * int(whole) + [rest]:
            self.clock.now += step
            for house in (self.house, *others):
                house.beat()
                await house.settled()

    @asynccontextmanager
    async def slow_to_lock(self, seconds):
        """Every way to the lock takes so long, in which the loop goes on."""
        change = self.store.change

        async def slowly(auction_id, work, **more):
            for _ in range(round(seconds / STEP_SECONDS)):
                self.clock.now += STEP_SECONDS
                self.house.beat()
            return await change(auction_id, work, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.store, "change", slowly)
            yield

    async def state(self, who=None):
        return await self.house.submit(who or viewer(9), JoinAuction(auction_id=1))

    async def told(self):
        return [event for event, _ in self.hall.news_of(self.bilal)]

    async def comments(self):
        return [e.event.comment for e in await the_ledger(self.store) if e.kind == "comment"]


class DatabaseClock(Clock):
    """The database's time; it passes as that of the nodes, but for what is `ahead`."""

    def __init__(self, nodes):
        super().__init__()
        self.nodes = nodes
        self.ahead = 0.0

    async def __call__(self, _connection):
        return OPENING + timedelta(seconds=round(self.nodes.now + self.ahead, 3))


@pytest.fixture
def passing():
    """The time of all nodes."""
    return Clock()


@pytest.fixture
def database(passing):
    """Patched in by itself, so that it stays when a test takes its own patches back."""
    database = DatabaseClock(passing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attendance, "database_time", database)
        yield database


@pytest.fixture
async def floor(store, hall, passing, database):
    floor = await Floor(store, hall, passing).opens()
    yield floor
    await floor.house.close()


async def test_bidding_closes_and_the_room_sees_a_clock(floor):
    await floor.starts(60)
    (heard,) = [said for event, said in floor.hall.news_of(floor.bilal) if event == "auctionClock"]
    assert (heard["remainingMs"], heard["running"], heard["award"]) == (60_000, True, None)
    await floor.passes(30)
    state = await floor.state()
    assert state["bidding"] == "open"
    assert state["clock"]["remainingMs"] == 30_000
    assert (await floor.says(bid(10), floor.bilal))["seq"]
    await floor.passes(30)
    refused = await floor.says(bid(20), floor.dina)
    assert (refused.code, refused.message) == (Code.BIDDING_CLOSED, "Bidding is closed")
    state = await floor.state()
    assert (state["bidding"], state["clock"]["running"]) == ("closed", False)
    await assert_sale_holds(floor.store)


async def test_a_bid_in_the_last_seconds_moves_the_end(floor):
    await floor.starts(60)
    await floor.passes(55)
    await floor.says(bid(10), floor.bilal)
    *_, (event, heard) = floor.hall.news_of(floor.bilal)
    assert (event, heard["clock"]["remainingMs"]) == ("newBid", 10_000)
    await floor.passes(9)
    assert not isinstance(await floor.says(bid(20), floor.dina), Refusal)
    await floor.passes(10)
    assert (await floor.says(bid(30), floor.bilal)).code is Code.BIDDING_CLOSED
    await assert_sale_holds(floor.store)


async def test_a_clock_stands_still_in_a_pause_and_runs_on_behind_it(floor):
    await floor.starts(60)
    await floor.passes(56)
    await floor.says(asked.PauseBidding(auction_id=1))
    assert (await floor.state())["bidding"] == "paused"
    await floor.passes(30)
    assert (await floor.says(bid(10), floor.bilal)).code is Code.BIDDING_PAUSED
    await floor.says(asked.ResumeBidding(auction_id=1))
    assert (await floor.state())["clock"]["remainingMs"] == 10_000
    await floor.passes(9)
    assert not isinstance(await floor.says(bid(10), floor.bilal), Refusal)
    await assert_sale_holds(floor.store)


@pytest.mark.parametrize("left", [3, 9.5, 12])
async def test_a_node_that_stood_still_in_the_last_window_stops_the_clock(floor, left):
    """A bid that was read meanwhile counts; the host lets the clock run on."""
    await floor.starts(60)
    await floor.passes(60 - left)
    before = await floor.state()
    floor.clock.now += 20
    answer = await floor.says(bid(10), floor.bilal)
    assert not isinstance(answer, Refusal)
    paused, said, placed = (await the_ledger(floor.store))[-3:]
    assert (paused.kind, paused.user_id, paused.event.reason) == (
        "clock_paused",
        None,
        "interrupted",
    )
    stood_from = before["clock"]["remainingMs"]
    assert stood_from - 500 <= paused.event.ends_ms - paused.event.clock_ms <= stood_from + 500
    assert (said.event.comment, said.user_id) == (INTERRUPTED, AMINA)
    assert isinstance(placed.event, BidPlaced)
    state = await floor.state()
    assert (state["bidding"], state["clock"]["reason"]) == ("open", "interrupted")
    await floor.says(asked.ResumeClock(auction_id=1))
    assert (await floor.state())["clock"]["remainingMs"] >= 10_000
    await assert_sale_holds(floor.store)


async def test_nobody_has_to_ask_for_a_clock_to_be_stopped(floor):
    await floor.starts(60)
    await floor.passes(55)
    floor.clock.now += 20
    floor.house.beat()
    await floor.house.settled()
    *_, (event, heard), _ = floor.hall.news_of(floor.bilal)
    assert (event, heard["reason"]) == ("auctionClock", "interrupted")
    assert (await floor.comments())[-1] == INTERRUPTED


async def test_a_node_that_stood_still_long_before_the_end_counts_on(floor):
    await floor.starts(60)
    await floor.passes(10)
    floor.clock.now += 20
    await floor.passes(1)
    assert (await floor.state())["clock"]["remainingMs"] == 29_000
    assert INTERRUPTED not in await floor.comments()


async def test_standing_still_behind_the_end_opens_nothing(floor):
    await floor.starts(20)
    await floor.passes(21)
    floor.clock.now += 30
    await floor.passes(1)
    assert (await floor.state())["bidding"] == "closed"


async def test_a_way_to_the_lock_that_took_long_stops_the_clock_and_its_bids_count(floor):
    await floor.starts(60)
    await floor.passes(57)
    async with floor.slow_to_lock(20 * STEP_SECONDS):
        assert not isinstance(await floor.says(bid(10), floor.bilal), Refusal)
    paused, _, placed = (await the_ledger(floor.store))[-3:]
    assert 2_500 <= paused.event.ends_ms - paused.event.clock_ms <= 3_000
    assert 7_900 <= placed.event.late_ms <= 8_100
    await assert_sale_holds(floor.store)


async def test_a_bid_that_waited_for_less_is_punctual_and_nothing_is_stopped(floor):
    await floor.starts(60, window_seconds=0)
    await floor.passes(59.6)
    async with floor.slow_to_lock(2 * STEP_SECONDS):
        assert not isinstance(await floor.says(bid(10), floor.bilal), Refusal)
    (placed,) = (await the_ledger(floor.store))[-1:]
    assert placed.event.clock_ms > 60_000 > placed.event.clock_ms - placed.event.late_ms
    assert (await floor.says(bid(20), floor.dina)).code is Code.BIDDING_CLOSED
    await assert_sale_holds(floor.store)


async def test_bids_that_the_database_refused_in_the_last_window_stop_the_clock(floor, monkeypatch):
    await floor.starts(60)
    await floor.passes(58)

    async def never(_auction_id, _work, **_more):
        raise Unavailable("it is down")

    monkeypatch.setattr(floor.store, "change", never)
    assert (await floor.says(bid(10), floor.bilal)).code is Code.UNAVAILABLE
    monkeypatch.undo()
    await floor.passes(0.4)
    state = await floor.state()
    assert (state["bidding"], state["clock"]["reason"]) == ("open", "interrupted")
    await assert_sale_holds(floor.store)


@only_mariadb
@pytest.mark.parametrize("seconds", [-3600, -1.5, 1.5, 3600])
async def test_a_database_whose_clock_is_set_in_the_last_window_stops_it(floor, database, seconds):
    await floor.starts(60)
    await floor.passes(57)
    database.ahead = seconds
    await floor.passes(1.2)
    state = await floor.state()
    assert state["clock"]["reason"] == "interrupted"
    assert 2_000 <= state["clock"]["remainingMs"] <= 4_000
    assert not isinstance(await floor.says(bid(10), floor.bilal), Refusal)


@pytest.mark.parametrize("seconds", [-3600, 3600])
async def test_a_database_whose_clock_is_set_before_that_moves_nothing(floor, database, seconds):
    await floor.starts(60)
    await floor.passes(10)
    database.ahead = seconds
    await floor.passes(10)
    assert (await floor.state())["clock"]["remainingMs"] == 40_000
    await floor.passes(40)
    assert (await floor.state())["bidding"] == "closed"


@pytest.mark.parametrize("seconds", [-50, 7200])
async def test_a_wall_clock_that_is_set_moves_no_clock(floor, monkeypatch, seconds):
    await floor.starts(60)
    await floor.passes(52)

    class Set(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(seconds=seconds)

    for module in (transaction, room):
        monkeypatch.setattr(module, "datetime", Set)
    assert (await floor.state())["clock"]["remainingMs"] == 8_000
    await floor.says(bid(10), floor.bilal)
    await floor.passes(9.6)
    assert not isinstance(await floor.says(bid(20), floor.dina), Refusal)
    await floor.passes(10)
    assert (await floor.says(bid(30), floor.bilal)).code is Code.BIDDING_CLOSED
    await assert_sale_holds(floor.store)


@pytest.mark.parametrize(("steps", "stops"), [(2, False), (8, True)])
async def test_a_database_that_does_not_answer_stops_a_clock_when_it_takes_long(
    floor, monkeypatch, steps, stops
):
    await floor.starts(60)
    await floor.passes(53)

    async def never(*_):
        raise Unavailable("it is down")

    monkeypatch.setattr(floor.store, "attend", never)
    await floor.passes(STEP_SECONDS * steps)
    monkeypatch.undo()
    await floor.passes(2)
    assert ("reason" in (await floor.state())["clock"]) == stops


# --- other processes


async def test_a_process_that_is_started_again_long_before_the_end_counts_on(floor):
    await floor.starts(60)
    await floor.passes(30)
    await floor.house.close()
    floor.clock.now += 10
    again = open_house(floor.store, Hall(), seconds=floor.clock)
    state = await again.submit(floor.dina, JoinAuction(auction_id=1))
    assert state["clock"]["remainingMs"] == 20_000
    assert not isinstance(await again.submit(floor.dina, bid(10)), Refusal)
    await assert_sale_holds(floor.store)
    await again.close()


@pytest.mark.parametrize(
    ("runs", "is_down", "left"),
    [
        (20, 15, 10_000),  # from before the last window into it
        (57, 1, 3_000),
        (57, 2, 3_000),
        (57, 60, 3_000),
        (59.6, 600, 400),
    ],
)
async def test_a_process_that_was_down_in_the_last_window_stops_the_clock(
    floor, runs, is_down, left
):
    seconds = 30 if runs == 20 else 60
    await floor.starts(seconds)
    await floor.passes(runs)
    floor.clock.now += is_down
    again = open_house(floor.store, Hall(), seconds=floor.clock)
    state = await again.submit(floor.dina, JoinAuction(auction_id=1))
    assert (state["bidding"], state["clock"]["reason"]) == ("open", "interrupted")
    assert left <= state["clock"]["remainingMs"] <= left + 1_200
    assert (await floor.comments())[-1] == INTERRUPTED
    assert not isinstance(await again.submit(floor.dina, bid(10)), Refusal)
    await assert_sale_holds(floor.store)
    await again.close()


async def test_a_clock_that_ran_out_while_somebody_attended_stays_closed(floor):
    await floor.starts(20)
    await floor.passes(22)
    floor.clock.now += 600
    again = open_house(floor.store, Hall(), seconds=floor.clock)
    state = await again.submit(floor.dina, JoinAuction(auction_id=1))
    assert (state["bidding"], state["clock"]["remainingMs"]) == ("closed", 0)
    assert (await again.submit(floor.dina, bid(10))).code is Code.BIDDING_CLOSED
    await again.close()


async def test_a_node_that_comes_in_the_last_window_counts_on_while_another_one_attends(floor):
    """The first phone of that node bids there; the other node goes on writing that it attends."""
    await floor.starts(60)
    await floor.passes(55)
    late = open_house(floor.store, Hall(), seconds=floor.clock)
    joining = asyncio.ensure_future(late.submit(floor.dina, JoinAuction(auction_id=1)))
    while not joining.done():
        await floor.passes(0.4)
        await asyncio.sleep(0.1)
    state = joining.result()
    assert (state["bidding"], "reason" in state["clock"]) == ("open", False)
    assert not isinstance(await late.submit(floor.dina, bid(10)), Refusal)
    await late.close()


# --- the award of a clock


async def awards(floor):
    """The entries by which a lot was sold or passed."""
    closing = {"awarded", "lot_passed"}
    return [entry for entry in await the_ledger(floor.store) if entry.kind in closing]


async def test_a_clock_awards_its_lot_to_the_bid_that_stands(floor):
    await floor.starts(20, award="auto")
    await floor.says(bid(10), floor.bilal)
    await floor.passes(20)
    assert await awards(floor) == []
    await floor.passes(0.4)
    (award,) = await awards(floor)
    assert (award.user_id, award.event.high.user_id, award.event.by_clock) == (None, BILAL, 20_400)
    *_, (event, heard) = floor.hall.news_of(floor.bilal)
    assert (event, heard["winningUser"]["id"], heard["clock"]) == ("auctionEnded", BILAL, None)
    await assert_sale_holds(floor.store)


async def test_a_clock_s_award_among_other_commands_is_in_the_state(floor):
    """It is committed behind the commands of a batch, and announced before all of these are answered."""
    await floor.starts(20, award="auto")
    await floor.says(bid(10), floor.bilal)
    await floor.passes(20)
    comment = PostComment(auction_id=1, comment="Mine!")
    writing = asyncio.ensure_future(floor.house.submit(floor.bilal, comment))
    floor.clock.now += STEP_SECONDS
    floor.house.beat()
    await writing
    await floor.house.settled()
    assert len(await awards(floor)) == 1
    state = await floor.state()
    assert json.loads(state["auction"])["current_product"] is None


async def test_a_clock_that_could_not_be_looked_at_awards_when_it_can(floor, monkeypatch):
    await floor.starts(5, award="auto")
    await floor.says(bid(10), floor.bilal)

    async def never(*_):
        raise Unavailable("it is down")

    await floor.passes(10)
    monkeypatch.setattr(floor.store, "entries_after", never)
    await floor.passes(1.2)
    monkeypatch.undo()
    assert await awards(floor) == []
    await floor.passes(0.4)
    assert len(await awards(floor)) == 1


async def test_a_clock_passes_a_lot_on_which_nobody_bid_and_only_once(floor):
    await floor.starts(5, award="auto")
    await floor.passes(9)
    (passed,) = await awards(floor)
    assert (passed.kind, passed.event.high, passed.user_id) == ("lot_passed", None, None)
    *_, (event, heard) = floor.hall.news_of(floor.bilal)
    assert (event, heard["winningUser"], heard["winningBid"]) == ("auctionEnded", None, None)
    await assert_sale_holds(floor.store)
    assert (await floor.says(bid(10), floor.bilal)).code is Code.NO_LOT


async def test_a_clock_sells_no_lot_below_its_reserve(floor):
    lot = {"product": "Vase", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1, "reserve": 20}
    await floor.says(AddLots.model_validate({"auctionId": 1, "lots": [lot, lot]}))
    for lot_id, amount, kind in ((1, 19, "lot_passed"), (2, 20, "awarded")):
        await floor.says(OpenLot(auction_id=1, lot_id=lot_id))
        await floor.starts(5, award="auto")
        await floor.says(bid(amount), floor.bilal)
        await floor.passes(16)
        closed = (await the_ledger(floor.store))[-1]
        assert (closed.kind, closed.event.lot_id, closed.event.high.amount) == (
            kind,
            lot_id,
            amount,
        )
    await assert_sale_holds(floor.store)


async def test_a_bid_that_was_read_before_the_end_is_decided_before_the_award(floor):
    """It waits behind a lock for longer than the end: the award is put behind it, and finds it."""
    await floor.starts(20, window_seconds=0, award="auto")
    await floor.says(bid(10), floor.bilal)
    await floor.passes(19.6)
    async with floor.slow_to_lock(2 * STEP_SECONDS):
        assert not isinstance(await floor.says(bid(20), floor.dina), Refusal)
    await floor.passes(1)
    (award,) = await awards(floor)
    assert award.event.high.user_id == DINA


async def test_a_bid_that_waits_behind_its_sender_s_join_is_decided_before_the_award(floor):
    await floor.starts(20, window_seconds=0, award="auto")
    await floor.passes(19.6)
    joining = asyncio.ensure_future(floor.house.submit(floor.dina, JoinAuction(auction_id=1)))
    bidding = asyncio.ensure_future(floor.house.submit(floor.dina, bid(20)))
    floor.clock.now += 0.8
    floor.house.beat()
    assert not isinstance(await joining, Refusal)
    assert not isinstance(await bidding, Refusal)
    await floor.passes(1)
    (award,) = await awards(floor)
    assert award.event.high.user_id == DINA


async def test_a_late_bid_in_the_window_moves_the_end_before_the_award(floor):
    await floor.starts(20, award="auto")
    await floor.passes(19.6)
    await floor.says(bid(10), floor.bilal)
    await floor.passes(9.6)
    assert await awards(floor) == []
    await floor.passes(1)
    assert len(await awards(floor)) == 1


async def test_an_interrupted_clock_awards_nothing_until_it_runs_out_again(floor):
    await floor.starts(20, award="auto")
    await floor.says(bid(10), floor.bilal)
    await floor.passes(18)
    floor.clock.now += 30
    await floor.passes(4)
    assert await awards(floor) == []
    await floor.says(asked.ResumeClock(auction_id=1))
    await floor.passes(9.6)
    assert await awards(floor) == []
    await floor.passes(0.8)
    (award,) = await awards(floor)
    assert award.event.high.user_id == BILAL
    await assert_sale_holds(floor.store)


# --- two nodes


@pytest.fixture
async def other(floor):
    """Another house on the same database, with Dina in its room."""
    house = open_house(floor.store, Hall(), seconds=floor.clock)
    yield house
    await house.close()


async def test_two_nodes_close_at_the_same_time_and_one_of_them_awards(floor, other):
    await floor.starts(20, award="auto")
    await other.submit(floor.dina, JoinAuction(auction_id=1))
    assert not isinstance(await other.submit(floor.dina, bid(10)), Refusal)
    await floor.passes(20, other)
    assert (await other.submit(floor.dina, bid(20))).code is Code.BIDDING_CLOSED
    await floor.passes(1.2, other)
    (award,) = await awards(floor)
    assert award.event.high.user_id == DINA
    await assert_sale_holds(floor.store)


async def test_no_clock_awards_while_another_node_may_hold_a_punctual_bid(floor, other):
    """The other node stands still behind the end with a bid that it has read. It is not sold without it."""
    await floor.starts(20, window_seconds=0, award="auto")
    await floor.says(bid(10), floor.bilal)
    await other.submit(floor.dina, JoinAuction(auction_id=1))
    await floor.passes(19.6, other)
    await floor.passes(1.2)
    assert await awards(floor) == []
    await floor.passes(4)
    paused, said = (await the_ledger(floor.store))[-2:]
    assert (paused.event.reason, said.event.comment) == ("interrupted", INTERRUPTED)
    assert not isinstance(await other.submit(floor.dina, bid(20)), Refusal)
    await floor.says(asked.ResumeClock(auction_id=1))
    await floor.passes(9.6)
    assert await awards(floor) == []
    await floor.passes(1.2, other)
    (award,) = await awards(floor)
    assert award.event.high.user_id == DINA
    await assert_sale_holds(floor.store)


async def test_a_node_that_stops_is_not_waited_for(floor, other):
    await floor.starts(20, award="auto")
    await other.submit(floor.dina, JoinAuction(auction_id=1))
    await floor.passes(15, other)
    await other.close()
    await floor.passes(6)
    assert len(await awards(floor)) == 1


async def test_a_node_whose_last_viewer_has_left_still_says_that_it_has_no_bid_left(floor, other):
    await floor.starts(20, award="auto")
    await other.submit(floor.dina, JoinAuction(auction_id=1))
    await floor.passes(5, other)
    other.disconnected(floor.dina)
    await floor.says(asked.StopClock(auction_id=1))
    await floor.starts(20, award="auto")
    await other.look_for_others()
    await floor.passes(21, other)
    assert len(await awards(floor)) == 1
