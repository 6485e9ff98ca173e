"""The clock by which bidding closes: its arithmetic, its commands, and what it never does (D44, D45)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_server.contract import clock as asked
from baraka_server.contract.client_events import ClientEvent, PlaceBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.clock import (
    BiddingPaused,
    BiddingResumed,
    Clock,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    FairWarning,
    Moment,
    Run,
)
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import (
    By,
    Command,
    Counted,
    Found,
    HouseRules,
    Several,
    Unchanged,
)
from baraka_server.domain.events import (
    Awarded,
    Canceled,
    Commented,
    Ended,
    Event,
    LotOpened,
    LotRepriced,
)
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.replay import objection
from baraka_server.domain.state import State, apply, next_entry
from tests.domain.phases import (
    AMINA,
    BID_ON,
    BILAL,
    DINA,
    NECKLACE,
    ON_THE_BLOCK,
    OPENING,
    RING,
    after,
)

RULES = HouseRules()
EVERYBODY = Found(users=frozenset({AMINA, BILAL, DINA}))


def clock(clock_ms: int = 0, ends_ms: int = 60_000, **more: Any) -> Clock:
    usual = {"extend_ms": 10_000, "window_ms": 10_000, "auto": False, "run": Run(4, 0, OPENING)}
    return Clock(clock_ms, ends_ms, **(usual | more))


STILL = clock(57_000, run=None)


class Sale:
    """A lot with a clock: commands are given at a count of it, and every entry must be one that may follow."""

    def __init__(self, *before: tuple[int | None, Event]) -> None:
        self.state = after(*(before or ON_THE_BLOCK))

    def at(
        self, clock_ms: int, event: ClientEvent, user_id: int = AMINA, late_ms: int = 0
    ) -> Refusal | Unchanged | list[Event]:
        clock = self.state.bidding.clock
        counted = clock.now(clock_ms) if clock else 0
        as_of = OPENING + timedelta(milliseconds=clock_ms)
        command = Command(event, user_id, found=EVERYBODY, counted=Counted(counted, as_of, late_ms))
        decision = decide(self.state, command, RULES)
        if isinstance(decision, Refusal | Unchanged):
            return decision
        events = decision.events if isinstance(decision, Several) else (decision,)
        for one in events:
            said = one if isinstance(one, By) else By(one, user_id)
            entry = next_entry(self.state, said.event, said.user_id, OPENING)
            assert objection(self.state, entry) is None
            self.state = apply(self.state, entry)
        return [one.event if isinstance(one, By) else one for one in events]

    def refused(self, clock_ms: int, event: ClientEvent, user_id: int = AMINA, **more: int) -> Code:
        before = self.state
        refusal = self.at(clock_ms, event, user_id, **more)
        assert isinstance(refusal, Refusal), refusal
        assert self.state == before
        return refusal.code

    @property
    def clock(self) -> Clock:
        assert self.state.bidding.clock
        return self.state.bidding.clock


def start(seconds: int = 60, **more: Any) -> asked.StartClock:
    return asked.StartClock(auction_id=42, seconds=seconds, **more)


def bid(amount: int) -> PlaceBid:
    return PlaceBid(auction_id=42, amount=amount)


PAUSE, STOP = asked.PauseClock(auction_id=42), asked.StopClock(auction_id=42)
RESUME, HOLD = asked.ResumeClock(auction_id=42), asked.PauseBidding(auction_id=42)
GO_ON = asked.ResumeBidding(auction_id=42)


# --- arithmetic


@pytest.mark.parametrize(
    ("decided_ms", "late_ms", "ends_ms"),
    [
        (0, 0, 60_000),
        (49_999, 0, 60_000),  # before the window
        (50_000, 0, 60_000),  # the window begins: ten seconds are left
        (50_001, 0, 60_001),
        (59_999, 0, 69_999),
        (68_000, 8_001, 69_999),  # behind a lock that was slow, and punctual
        (68_000, 20_000, 60_000),
        (61_000, 11_001, 60_000),
    ],
)
def test_a_bid_in_the_window_leaves_at_least_the_extension(decided_ms, late_ms, ends_ms):
    assert clock().with_bid(decided_ms, late_ms).ends_ms == ends_ms


@pytest.mark.parametrize(
    ("window_ms", "extend_ms", "ends_ms"),
    [(0, 10_000, 60_000), (10_000, 0, 60_000), (30_000, 5_000, 60_000), (30_000, 20_000, 72_000)],
)
def test_the_window_and_the_extension_are_what_was_asked(window_ms, extend_ms, ends_ms):
    made = clock(window_ms=window_ms, extend_ms=extend_ms)
    assert made.with_bid(52_000, 0).ends_ms == ends_ms


@pytest.mark.parametrize(
    ("before", "at_ms", "ends_ms", "ran_out"),
    [
        (clock(), 30_000, 60_000, False),
        (clock(), 55_000, 65_000, False),
        (clock(), 75_000, 85_000, False),  # it had run out, and runs again
        (STILL, 57_000, 67_000, False),
        (clock(extend_ms=0), 75_000, 75_000, True),
    ],
)
def test_an_undo_leaves_at_least_the_extension_and_never_less(before, at_ms, ends_ms, ran_out):
    left = before.with_time_left(at_ms)
    assert (left.ends_ms, left.ran_out(at_ms)) == (ends_ms, ran_out)


def test_a_clock_that_stands_still_counts_nothing_and_never_runs_out():
    assert STILL.now(99_000) == 57_000
    assert not STILL.ran_out(99_000)


def test_a_run_is_counted_by_the_database_s_time_and_never_backwards():
    run = Run(4, 2_000, OPENING)
    assert run.counted(OPENING + timedelta(seconds=3)) == 5_000
    assert run.counted(OPENING - timedelta(hours=1)) == 2_000


@given(
    st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 5_000), st.booleans()), max_size=30),
    st.integers(0, 60_000),
    st.integers(0, 60_000),
)
def test_nothing_that_comes_nearer_is_ever_the_end(steps, window_ms, extend_ms):
    """Whatever bids, undos and late bids come: neither the count nor the end goes back."""
    made, now = clock(window_ms=window_ms, extend_ms=extend_ms), 0
    for passed, late_ms, undone in steps:
        now += passed
        was = made
        if undone:
            made = made.with_time_left(now)
            assert made.left_ms(now) >= extend_ms
        elif not made.ran_out(max(0, now - late_ms)):
            made = made.with_bid(now, late_ms)
        assert made.ends_ms >= was.ends_ms
        assert made.clock_ms >= was.clock_ms


# --- commands


def test_one_second_is_one():
    _, said = Sale().at(0, start(seconds=1))
    assert said == Commented("Bidding closes in 1 second")


def test_a_clock_runs_out_and_refuses_what_comes_then():
    sale = Sale()
    started, said = sale.at(0, start())
    assert started == ClockStarted(0, 60_000, 60, 10, 10, None, Moment(OPENING))
    assert said == Commented("Bidding closes in 60 seconds")
    (placed,) = sale.at(30_000, bid(900), BILAL)
    assert placed == BidPlaced(900, clock_ms=30_000, paddle=1)
    (late,) = sale.at(61_500, bid(1000), DINA, late_ms=1_501)
    assert late == BidPlaced(1000, clock_ms=61_500, late_ms=1_501, paddle=2)
    assert sale.clock.ends_ms == 69_999
    assert sale.refused(69_999, bid(1100), BILAL) is Code.BIDDING_CLOSED
    assert sale.at(70_500, bid(1100), BILAL, late_ms=502) == [
        BidPlaced(1100, clock_ms=70_500, late_ms=502)
    ]


def test_the_refusal_says_what_the_clock_is():
    sale = Sale()
    sale.at(0, start(5))
    refusal = sale.at(5_000, bid(900), BILAL)
    assert refusal.extra["clock"]["remainingMs"] == 0
    assert refusal.extra["clock"]["running"] is False
    assert refusal.message == "Bidding is closed"


def test_another_clock_is_started_behind_one_that_ran_out_and_counts_on():
    sale = Sale()
    sale.at(0, start(5))
    assert sale.refused(4_999, start()) is Code.CLOCK_RUNNING
    started, _ = sale.at(7_000, start(30, extend_seconds=0, window_seconds=0, say="Once more"))
    assert (started.clock_ms, started.ends_ms) == (7_000, 37_000)
    assert sale.at(36_999, bid(900), BILAL) == [BidPlaced(900, clock_ms=36_999, paddle=1)]
    assert sale.clock.ends_ms == 37_000


def test_a_paused_clock_takes_bids_and_runs_on_with_what_was_left():
    sale = Sale()
    sale.at(0, start(60, extend_seconds=4))
    assert sale.at(53_000, PAUSE) == [ClockPaused(53_000, 60_000)]
    assert isinstance(sale.at(54_000, PAUSE), Unchanged)
    assert sale.refused(54_000, start()) is Code.CLOCK_RUNNING
    assert sale.at(99_000, bid(900), BILAL) == [BidPlaced(900, clock_ms=53_000, paddle=1)]
    (resumed,) = sale.at(99_000, RESUME)
    assert (resumed.clock_ms, resumed.ends_ms) == (53_000, 60_000)
    assert isinstance(sale.at(54_000, RESUME), Unchanged)


@pytest.mark.parametrize(("seconds", "ends_ms"), [(None, 69_000), (30, 89_000), (3, 69_000)])
def test_a_clock_never_runs_on_with_less_than_its_extension(seconds, ends_ms):
    sale = Sale()
    sale.at(0, start())
    sale.at(59_000, PAUSE)
    (resumed,) = sale.at(0, asked.ResumeClock(auction_id=42, seconds=seconds))
    assert resumed.ends_ms == ends_ms


def test_a_stopped_clock_is_gone_and_bidding_goes_on():
    sale = Sale()
    sale.at(0, start())
    assert sale.at(20_000, STOP) == [ClockStopped(20_000, 60_000)]
    assert sale.refused(20_000, STOP) is Code.NO_CLOCK
    assert sale.at(99_000, bid(900), BILAL) == [BidPlaced(900, paddle=1)]


@pytest.mark.parametrize(
    ("command", "code"),
    [(PAUSE, Code.NO_CLOCK), (RESUME, Code.NO_CLOCK), (STOP, Code.BIDDING_CLOSED)],
)
def test_a_clock_that_ran_out_is_neither_paused_nor_resumed_nor_stopped(command, code):
    sale = Sale()
    sale.at(0, start(5))
    assert sale.refused(5_000, command) is code


def test_a_pause_of_bidding_refuses_bids_and_holds_the_clock():
    sale = Sale()
    sale.at(0, start())
    assert sale.at(57_000, HOLD) == [BiddingPaused(57_000, True), Commented("Bidding is paused")]
    assert sale.refused(57_500, bid(900), BILAL) is Code.BIDDING_PAUSED
    assert sale.refused(57_500, start()) is Code.BIDDING_PAUSED
    assert sale.refused(57_500, RESUME) is Code.BIDDING_PAUSED
    assert isinstance(sale.at(58_000, HOLD), Unchanged)
    resumed, said = sale.at(99_000, GO_ON)
    assert resumed == BiddingResumed(57_000, True, Moment(OPENING + timedelta(seconds=99)))
    assert said == Commented("Bidding goes on")
    assert (sale.clock.clock_ms, sale.clock.ends_ms) == (57_000, 67_000)
    assert isinstance(sale.at(57_000, GO_ON), Unchanged)


def test_a_clock_that_is_paused_within_a_pause_of_bidding_does_not_run_on_behind_it():
    sale = Sale()
    sale.at(0, start())
    sale.at(20_000, HOLD)
    assert sale.at(20_000, PAUSE) == [ClockPaused(20_000, 60_000)]
    sale.at(20_000, GO_ON)
    assert not sale.clock.running
    assert sale.at(99_000, bid(900), BILAL)


def test_bidding_that_was_closed_stays_closed_behind_a_pause():
    sale = Sale()
    sale.at(0, start(5))
    assert sale.at(6_000, HOLD)[0] == BiddingPaused(6_000, False)
    sale.at(9_000, GO_ON)
    assert sale.refused(9_500, bid(900), BILAL) is Code.BIDDING_CLOSED


def test_bidding_is_paused_without_a_clock():
    sale = Sale()
    assert sale.at(0, HOLD)[0] == BiddingPaused(None, False)
    assert sale.refused(0, bid(900), BILAL) is Code.BIDDING_PAUSED
    sale.at(0, GO_ON)
    assert sale.at(0, bid(900), BILAL) == [BidPlaced(900, paddle=1)]


@pytest.mark.parametrize(
    ("stage", "said"), [(1, "Going once"), (2, "Going twice"), (3, "Last call")]
)
def test_a_warning_is_said_by_the_owner_and_may_be_repeated(stage, said):
    sale = Sale()
    warning = asked.FairWarning(auction_id=42, stage=stage)
    assert sale.at(0, warning) == [FairWarning(stage), Commented(said)]
    assert sale.at(0, warning) == [FairWarning(stage), Commented(said)]
    own = asked.FairWarning(auction_id=42, stage=stage, say="Zum Ersten")
    assert sale.at(0, own)[1] == Commented("Zum Ersten")


def test_nobody_says_anything_where_the_owner_has_no_user_row():
    sale = Sale()
    command = Command(HOLD, AMINA, found=Found(users=frozenset({BILAL})))
    assert decide(sale.state, command, RULES) == Several((BiddingPaused(None, False),))


COMMANDS = [start(), PAUSE, RESUME, STOP, HOLD, GO_ON, asked.FairWarning(auction_id=42, stage=1)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.wire_name)
def test_only_who_hosts_moves_a_clock_and_only_of_the_lot_that_is_seen(command):
    sale = Sale()
    assert sale.refused(0, command, BILAL) is Code.NOT_STAFF
    elsewhere = command.model_copy(update={"round": 7})
    if command is not GO_ON:  # it asks for what is so already
        assert sale.refused(0, elsewhere) is Code.ROUND_OVER
    empty = Sale(*ON_THE_BLOCK[:2])
    if command is not GO_ON:
        assert empty.refused(0, command) is Code.NO_LOT
    assert Sale(*ON_THE_BLOCK[:1]).refused(0, command) is Code.NOT_LIVE


@pytest.mark.parametrize(
    "over",
    [
        (AMINA, LotOpened(NECKLACE)),
        (AMINA, Awarded("Gold Ring", None, None)),
        (AMINA, Canceled()),
        (AMINA, Ended()),
    ],
    ids=lambda one: one[1].kind,
)
def test_whatever_ends_a_lot_ends_its_clock_and_its_pause(over):
    begun = (AMINA, ClockStarted(0, 60_000, 60, 10, 10, None, Moment(OPENING)))
    paused = (AMINA, BiddingPaused(3_000, True))
    bidding = after(*ON_THE_BLOCK, begun, paused, over).bidding
    assert (bidding.clock, bidding.paused) == (None, False)


def test_other_prices_leave_the_clock_and_a_bid_that_vanished_moves_it():
    begun = (AMINA, ClockStarted(0, 60_000, 60, 10, 10, None, Moment(OPENING)))
    repriced = after(*BID_ON, begun, (AMINA, LotRepriced(RING, clock_ms=5_000))).bidding.clock
    assert (repriced.clock_ms, repriced.ends_ms) == (5_000, 60_000)
    for gone in (
        (None, StandingBidChanged(RING, None, None, clock_ms=63_000)),
        (AMINA, ActUndone((2,), None, None, clock_ms=63_000)),
    ):
        moved = after(*BID_ON, begun, gone).bidding.clock
        assert (moved.clock_ms, moved.ends_ms) == (63_000, 73_000)


def test_an_award_that_is_refused_once_moves_no_clock_and_tells_how_far_it_had_counted():
    """Else what is told of it would have the time of the entry, and what was left at an earlier one."""
    begun = (AMINA, ClockStarted(0, 60_000, 60, 10, 10, None, Moment(OPENING)))
    refused = StandingBidChanged(RING, None, None, award_refused=True, clock_ms=61_000)
    told = after(*BID_ON, begun, (AMINA, refused)).bidding.clock
    assert (told.clock_ms, told.ends_ms) == (61_000, 60_000)


@pytest.mark.parametrize("clock_ms", [None, 4_999])
def test_an_undo_under_a_clock_says_how_far_it_had_counted(clock_ms):
    begun = (AMINA, ClockStarted(5_000, 60_000, 55, 10, 10, None, Moment(OPENING)))
    state = after(*BID_ON, begun)
    event = LotRepriced(RING, clock_ms=clock_ms)
    assert objection(state, next_entry(state, event, AMINA, OPENING))
    right = LotRepriced(RING, clock_ms=5_000)
    assert objection(state, next_entry(state, right, AMINA, OPENING)) is None


@pytest.mark.parametrize(
    ("at_ms", "ends_ms", "award", "code"),
    [
        (5_000, 5_000, "auto", None),
        (4_999, 5_000, "auto", Code.CLOCK_MOVED),
        (9_000, 4_000, "auto", Code.CLOCK_MOVED),
        (9_000, 5_000, None, Code.CLOCK_MOVED),
    ],
)
def test_a_clock_awards_its_lot_where_it_ran_out_and_nowhere_else(at_ms, ends_ms, award, code):
    sale = Sale(*BID_ON)
    sale.at(0, start(5, award=award))
    event = asked.AwardByClock(auction_id=42, ends_ms=ends_ms)
    if code:
        assert sale.refused(at_ms, event, user_id=0) is code
        return
    (awarded,) = sale.at(at_ms, event, user_id=0)
    assert (awarded.high.user_id, awarded.by_clock) == (DINA, 5_000)
    assert sale.state.bidding.clock is None


# --- what a ledger may say of a clock

BEGUN = (AMINA, ClockStarted(0, 60_000, 60, 10, 10, "auto", Moment(OPENING)))
RUNS = after(*BID_ON, BEGUN)
STANDS = after(*BID_ON, BEGUN, (AMINA, ClockPaused(57_000, 60_000)))
HELD = after(*BID_ON, BEGUN, (AMINA, BiddingPaused(57_000, True)))
NOW = Moment(OPENING)
FORGED: list[tuple[str, State, Event, int | None]] = [
    ("a bid behind the end", RUNS, BidPlaced(2_000, 9, clock_ms=60_000), BILAL),
    ("a bid that does not say when", RUNS, BidPlaced(2_000, 9), BILAL),
    ("a bid from before it was read", RUNS, BidPlaced(2_000, 9, clock_ms=9, late_ms=-1), BILAL),
    ("a bid without a clock", after(*BID_ON), BidPlaced(2_000, 9, clock_ms=9), BILAL),
    ("a bid before the entry in front", STANDS, BidPlaced(2_000, 9, clock_ms=56_000), BILAL),
    ("a bid by a clock that stands", STANDS, BidPlaced(2_000, 9, clock_ms=58_000), BILAL),
    ("a bid in a pause", HELD, BidPlaced(2_000, 9, clock_ms=57_000), BILAL),
    ("a clock on another", RUNS, ClockStarted(1, 61_000, 61, 1, 1, None, NOW), AMINA),
    ("one that ends elsewhere", after(*BID_ON), ClockStarted(0, 9, 60, 1, 1, None, NOW), AMINA),
    ("one that began before", after(*BID_ON), ClockStarted(9, 60_009, 60, 1, 1, None, NOW), AMINA),
    ("one in a pause", HELD, ClockStarted(60_000, 61_000, 1, 1, 1, None, NOW), AMINA),
    ("one that a bidder started", after(*BID_ON), ClockStarted(0, 1000, 1, 1, 1, None, NOW), BILAL),
    ("a pause by nobody", RUNS, ClockPaused(57_000, 60_000), None),
    ("a pause by a bidder", RUNS, ClockPaused(57_000, 60_000), BILAL),
    ("an interruption by a host", RUNS, ClockPaused(57_000, 60_000, "interrupted"), AMINA),
    ("an interruption of what stands", STANDS, ClockPaused(57_000, 60_000, "interrupted"), None),
    ("a pause that gives time", RUNS, ClockPaused(57_000, 90_000), AMINA),
    ("a pause behind the end", RUNS, ClockPaused(60_000, 60_000), AMINA),
    ("a pause of what stands", STANDS, ClockPaused(57_000, 60_000), AMINA),
    ("less than its extension", STANDS, ClockResumed(57_000, 60_000, None, NOW), AMINA),
    ("one that ran on by itself", STANDS, ClockResumed(58_000, 70_000, None, NOW), AMINA),
    ("one resumed that runs", RUNS, ClockResumed(0, 60_000, None, NOW), AMINA),
    ("a stop of nothing", after(*BID_ON), ClockStopped(0, 60_000), AMINA),
    ("bidding paused twice", HELD, BiddingPaused(57_000, True), AMINA),
    ("bidding resumed that was open", RUNS, BiddingResumed(9, False, NOW), AMINA),
    ("a clock that was paused runs on", HELD, BiddingResumed(57_000, False, NOW), AMINA),
    ("a fourth warning", RUNS, FairWarning(4), AMINA),
    ("an award before the end", RUNS, Awarded("R", None, RUNS.high, by_clock=59_999), None),
    ("an award by a host and a clock", RUNS, Awarded("R", None, RUNS.high, by_clock=60_000), AMINA),
    ("an award by nobody", RUNS, Awarded("R", None, RUNS.high), None),
    ("one by a clock that stands", STANDS, Awarded("R", None, RUNS.high, by_clock=60_000), None),
]


@pytest.mark.parametrize(("_what", "state", "event", "user_id"), FORGED, ids=[f[0] for f in FORGED])
def test_an_entry_of_a_clock_that_no_server_wrote_is_found(_what, state, event, user_id):
    assert objection(state, next_entry(state, event, user_id, OPENING))


@pytest.mark.parametrize(
    ("state", "event", "user_id"),
    [
        (RUNS, BidPlaced(2_000, 9, clock_ms=61_000, late_ms=1_001), BILAL),
        (RUNS, ClockPaused(75_000, 78_000, "interrupted"), None),
        (HELD, ClockPaused(57_000, 60_000), AMINA),
        (HELD, BiddingResumed(57_000, True, NOW), AMINA),
        (RUNS, Awarded("R", None, RUNS.high, by_clock=60_250), None),
        (RUNS, Awarded("R", None, RUNS.high), AMINA),
    ],
)
def test_an_entry_of_a_clock_that_a_server_writes_is_not_objected_to(state, event, user_id):
    assert objection(state, next_entry(state, event, user_id, OPENING)) is None


# --- what holds whatever comes


class Naive:
    """The clock of one lot, written down once more, with other words: the time that is left."""

    def __init__(self) -> None:
        self.left: float | None = None
        self.runs = self.paused = self.runs_on = False
        self.extend = self.window = 0

    def passes(self, ms: int) -> None:
        if self.left is not None and self.runs:
            self.left -= ms

    @property
    def out(self) -> bool:
        return self.left is not None and self.runs and self.left <= 0

    def takes(self, late_ms: int) -> bool:
        if self.paused:
            return False
        if self.left is None:
            return True
        left = self.left + late_ms
        if self.runs and left <= 0:
            return False
        if left <= self.window:
            self.left = max(self.left, self.extend - late_ms)
        return True

    def runs_at_least(self, ms: float) -> None:
        assert self.left is not None
        self.left, self.runs = max(self.left, ms), True

    def starts(self) -> None:
        assert self.left is None or self.out
        self.left, self.runs = 20_000, True
        self.extend, self.window = 5_000, 7_000

    def pauses(self) -> None:
        assert self.left is not None
        assert not self.out
        self.runs = self.runs_on = False

    def resumes(self) -> None:
        assert not self.runs
        self.runs_at_least(self.extend)

    def stops(self) -> None:
        assert not self.out
        self.left, self.runs, self.runs_on = None, False, False

    def holds(self) -> None:
        self.paused, self.runs_on = True, self.runs and not self.out
        self.runs = self.runs and self.out

    def goes_on(self) -> None:
        self.paused = False
        if self.runs_on:
            self.runs_at_least(self.extend)
        self.runs_on = False


MOVES: dict[str, tuple[ClientEvent, Callable[[Naive], None]]] = {
    "start": (start(20, extend_seconds=5, window_seconds=7), Naive.starts),
    "pause": (PAUSE, Naive.pauses),
    "resume": (RESUME, Naive.resumes),
    "stop": (STOP, Naive.stops),
    "hold": (HOLD, Naive.holds),
    "go on": (GO_ON, Naive.goes_on),
}
ANY_MOVE = st.sampled_from([*MOVES, "bid", "bid", "bid"])


@given(st.lists(st.tuples(ANY_MOVE, st.integers(0, 8_000), st.integers(0, 3_000)), max_size=40))
def test_the_clock_does_what_a_naive_one_does(moves):
    sale, naive, now, amount, measured_from = Sale(), Naive(), 0, 900, 0
    for move, passed, late_ms in moves:
        now += passed
        naive.passes(passed)
        before = sale.state.bidding.clock
        # A node measures from the entry since which the clock runs.
        at = now - measured_from if before and before.running else 0
        if move == "bid":
            late_ms = min(late_ms, at)
            taken = isinstance(sale.at(at, bid(amount), BILAL, late_ms), list)
            assert taken == naive.takes(late_ms)
            amount += taken
        else:
            command, does = MOVES[move]
            if isinstance(sale.at(at, command), list):
                does(naive)
        clock = sale.state.bidding.clock
        if clock and clock.run and (before is None or before.run != clock.run):
            measured_from = now - clock.run.clock_ms
        if clock is None:
            assert naive.left is None
            continue
        here = clock.now(now - measured_from if clock.running else 0)
        assert naive.left is not None
        assert max(0, naive.left) == clock.left_ms(here)
        assert naive.out == clock.ran_out(here)
