"""Random auctions against a naive model: properties that hold whatever happens."""

import copy
import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.lots import LotState
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.auction_record import adopted, lot_of, record_after
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.clock import (
    BiddingPaused,
    BiddingResumed,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    FairWarning,
    Moment,
)
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.domain.events import (
    OPERATOR,
    Adopted,
    Awarded,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Started,
)
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.increments import IncrementsSet
from baraka_server.domain.kinds import KINDS
from baraka_server.domain.lot_entries import (
    LotEdited,
    LotMoved,
    LotOfferedAgain,
    LotPassed,
    LotsAdded,
    LotWithdrawn,
)
from baraka_server.domain.lots import LotValues, RunLot
from baraka_server.domain.maxima import MaximaOpened, MaximumSet, MaximumWithdrawn, Opened
from baraka_server.domain.moderation import (
    CommentRemoved,
    CommentRestored,
    SlowModeSet,
    UserBlocked,
    UserMuted,
    UserUnblocked,
    UserUnmuted,
)
from baraka_server.domain.parts import FreeText, Lot, StandingBid
from baraka_server.domain.registration import BidderRegistered
from baraka_server.domain.replay import objection
from baraka_server.domain.roles import RoleSet
from baraka_server.domain.sale_rules import HouseRulesSet, SaleRules
from baraka_server.domain.state import BEGINNING, CLOCK_STEP_MAX, State, apply, next_entry
from baraka_server.domain.winnings import WinningChanged, WinningPaid
from tests.support.servers.records import auction_record

AMINA, BILAL, DINA = 1, 2, 3  # Amina hosts; Bilal and Dina bid
OPENING = datetime(2026, 1, 2, 18, 0, tzinfo=UTC)
INT_MAX = 2147483647

PRODUCTS = st.sampled_from(["Ring", "Necklace", "ring"])
PRICES = st.sampled_from([0, 1, 2, 5, 10, 20, 30, INT_MAX])
AMOUNTS = st.sampled_from([1, 2, 5, 10, 11, 20, 30, 40, INT_MAX])

ROW = auction_record(42, AMINA, OPENING, product_description="as it was")

STARTS = st.just(StartAuction(auction_id=42))
# Plain functions: builds() would fill in the fields' wire names beside our own.
LOTS = st.builds(
    lambda product, minimum, start, market: ChangeLot(
        auction_id=42,
        product=product,
        minimum_price=minimum,
        start_price=start,
        market_price=market,
    ),
    *(PRODUCTS, PRICES, PRICES, PRICES),
)
AWARDS = st.builds(
    lambda product, weight: AwardLot(auction_id=42, product=product, weight=weight),
    *(PRODUCTS, st.sampled_from(["", "5.2g"])),
)
BIDS = st.builds(
    lambda amount, seen: PlaceBid(auction_id=42, amount=amount, round=seen),
    *(AMOUNTS, st.sampled_from([None, None, None, 1, 2, 0])),
)
COMMENTS = st.just(PostComment(auction_id=42, comment="!"))
CLOSINGS = st.sampled_from([CancelAuction(auction_id=42), EndAuction(auction_id=42)])
HOSTS = st.sampled_from([AMINA, AMINA, AMINA, BILAL])
STREAM_OFF = st.just(BroadcasterLeave(auction_id=42))

# The clock of a server may be set back, and has more digits than a ledger.
CLOCK_STEPS = st.timedeltas(timedelta(hours=-2), timedelta(hours=2))

# What another program may leave in the row. The existing system resets the product to "".
ROW_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "current_product": st.none() | st.sampled_from(["", " ", "Ring", "Necklace"]),
        "minBidPrice": PRICES,
        "bidPrice": PRICES,
        "actualPrice": PRICES,
        "isLive": st.booleans(),
        "isCanceled": st.booleans(),
        "isEnded": st.booleans(),
        "user_id": st.sampled_from([None, AMINA, DINA]),
    },
)


def fold(events: list[LedgerEntry]) -> State:
    state = State()
    for entry in events:
        state = apply(state, entry)
    return state


def through_json(entry: LedgerEntry) -> LedgerEntry:
    data = json.loads(json.dumps(entry.event.data()))
    event = KINDS[entry.event.kind].from_data(data)
    return LedgerEntry(entry.seq, entry.round, entry.user_id, entry.at, event)


class AnAuction(RuleBasedStateMachine):
    """One auction with random commands; `adopt` is another program that writes to its row."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.row = ROW  # the row in the database
        self.view = ROW  # the record of a node that only hears events
        self.ledger: list[LedgerEntry] = []
        self.now = OPENING
        # the model
        self.product: str | None = None
        self.round = 0
        self.bids: list[tuple[int, int]] = []  # (amount, user) of this round, first to last
        self.closed = False

    @initialize(
        # Mostly an auction in which something can happen.
        changes=st.just({"isLive": True}) | st.just({}) | ROW_CHANGES,
        owner_bids=st.booleans(),
    )
    def first_sight(self, changes: dict[str, Any], owner_bids: bool) -> None:
        self.rules = HouseRules(owner_bids=owner_bids)
        self.row = self.view = ROW.model_copy(update=changes)
        self.adopt_row(None)

    # The commands of users.

    @precondition(lambda self: not self.state.live or len(self.ledger) % 8 == 3)
    @rule(event=STARTS, user_id=HOSTS)
    def start(self, event: ClientEvent, user_id: int) -> None:
        self.submit(event, user_id)

    @rule(event=LOTS, user_id=HOSTS)
    def change_lot(self, event: ClientEvent, user_id: int) -> None:
        self.submit(event, user_id)

    @precondition(lambda self: self.product is not None)
    @rule(event=AWARDS, user_id=HOSTS)
    def award(self, event: ClientEvent, user_id: int) -> None:
        self.submit(event, user_id)

    @rule(
        event=BIDS | COMMENTS | STREAM_OFF,
        user_id=st.sampled_from([BILAL, DINA, AMINA]),
        exists=st.sampled_from([True, True, True, False]),
    )
    def take_part(self, event: ClientEvent, user_id: int, exists: bool) -> None:
        self.submit(event, user_id, exists)

    @precondition(lambda self: self.product is not None)
    @rule(user_id=st.sampled_from([BILAL, DINA]), step=st.integers(-1, 9))
    def outbid(self, user_id: int, step: int) -> None:
        last = max([self.row.minBidPrice - 1, *(amount for amount, _ in self.bids)])
        amount = max(1, min(last + step, INT_MAX))
        self.submit(PlaceBid(auction_id=42, amount=amount), user_id)

    @precondition(lambda self: len(self.ledger) % 8 == 7)
    @rule(event=CLOSINGS, user_id=HOSTS)
    def close(self, event: ClientEvent, user_id: int) -> None:
        self.submit(event, user_id)

    @rule(step=CLOCK_STEPS)
    def set_clock(self, step: timedelta) -> None:
        self.now += step

    @precondition(lambda self: len(self.ledger) % 8 == 5)
    @rule(changes=ROW_CHANGES, amount=st.none() | AMOUNTS)
    def adopt(self, changes: dict[str, Any], amount: int | None) -> None:
        """Another program changes the row, and maybe leaves a bid in the bids' table."""
        self.row = self.row.model_copy(update=changes)
        high = amount and StandingBid(99, BILAL, amount, OPENING)
        self.adopt_row(high or None)

    @precondition(lambda self: not self.state.live or self.state.owner_id is None)
    @rule()
    def reopen(self) -> None:
        """Another program puts the auction back on air: ours never would."""
        self.adopt({"isLive": True, "isCanceled": False, "isEnded": False, "user_id": AMINA}, None)

    # How it is carried out.

    def submit(self, event: ClientEvent, user_id: int, exists: bool = True) -> None:
        before = copy.deepcopy(self.state)
        decision = decide(self.state, Command(event, user_id, exists), self.rules)
        assert decide(self.state, Command(event, user_id, exists), self.rules) == decision
        assert self.state == before
        if isinstance(decision, Refusal):
            assert decision.message
            assert decision.event == event.wire_name
            return
        self.check(decision, user_id)
        self.happen(decision, user_id)
        if isinstance(decision, Awarded):
            again = decide(self.state, Command(event, user_id), self.rules)
            assert isinstance(again, Refusal)
            assert again.code is Code.NO_LOT

    def adopt_row(self, high: StandingBid | None) -> None:
        event = adopted(self.row, high)
        product = event.lot.product if event.lot else None
        if product is not None and product != self.product:
            self.round += 1
        self.product = product
        self.bids = [(high.amount, high.user_id)] if high and product is not None else []
        self.closed = event.canceled or event.ended
        before = self.row
        self.happen(event, None)
        assert self.row is before  # taken as it stands, and not written to

    def happen(self, event: Event, user_id: int | None) -> None:
        entry = next_entry(self.state, event, user_id, self.now)
        assert objection(self.state, entry) is None
        self.ledger.append(entry)
        self.state = apply(self.state, entry)
        self.row = record_after(self.row, entry)
        self.view = record_after(self.view, entry)

    def check(self, event: Event, user_id: int) -> None:
        """That `event` may happen now, by the model; and what the model makes of it."""
        match event:
            case Started():
                assert not self.closed
            case LotRepriced(lot=lot):
                assert lot.product == self.product
            case LotOpened(lot=lot):
                assert lot.product != self.product
                self.product, self.bids = lot.product, []
                self.round += 1
            case BidPlaced(amount=amount):
                assert self.product is not None
                assert all(amount > earlier for earlier, _ in self.bids)
                assert self.bids or amount >= self.row.minBidPrice
                assert user_id != self.row.user_id or self.rules.owner_bids
                self.bids.append((amount, user_id))
            case Awarded(high=high):
                assert self.product is not None
                told = (high.amount, high.user_id) if high else None
                assert told == max(self.bids, default=None)
                self.product, self.bids = None, []
            case Canceled() | Ended():
                assert self.state.live
                self.closed = True

    # What always holds.

    @invariant()
    def the_fold_agrees_with_the_model(self) -> None:
        assert self.state.round == self.round
        assert (self.state.lot.product if self.state.lot else None) == self.product
        high = self.state.high
        assert ((high.amount, high.user_id) if high else None) == max(self.bids, default=None)

    @invariant()
    def the_fold_agrees_with_the_record(self) -> None:
        for record in (self.row, self.view):
            assert lot_of(record) == self.state.lot
            assert record.isLive == self.state.live
            assert record.isCanceled == self.state.canceled
            assert record.isEnded == self.state.ended
            if self.ledger:
                assert record.user_id == self.state.owner_id

    @invariant()
    def adopting_the_row_again_would_change_nothing(self) -> None:
        if self.ledger:
            again = next_entry(self.state, adopted(self.row, self.state.high), None, self.now)
            after = apply(self.state, again)
            assert again.round == self.state.round
            assert (after.lot, after.high) == (self.state.lot, self.state.high)
            assert record_after(self.row, again) is self.row

    def teardown(self) -> None:
        check_ledger(self.ledger)
        assert fold(self.ledger) == self.state
        assert fold([through_json(entry) for entry in self.ledger]) == self.state


def assert_lists_keep_their_order(ledger: list[LedgerEntry]) -> None:
    """Whatever clocks do: lists are ordered by time, and a newer row comes behind an older one."""
    last_bid = last_comment = BEGINNING
    for entry in ledger:
        match entry.event:
            case BidPlaced():
                assert entry.at >= last_bid
                last_bid = entry.at
            case Commented():
                assert entry.at >= last_comment
                last_comment = entry.at
            case Awarded():
                last_bid = last_comment = BEGINNING
            case LotRepriced():
                pass
            case LotOpened() | Adopted() | StandingBidChanged():
                last_bid = BEGINNING


def check_ledger(ledger: list[LedgerEntry]) -> None:
    """What can be said of a ledger without knowing the commands."""
    assert [entry.seq for entry in ledger] == list(range(1, len(ledger) + 1))
    assert_lists_keep_their_order(ledger)
    assert all(entry.at.microsecond % 1000 == 0 for entry in ledger)
    closed, bid_round, last = False, 0, 0
    for entry in ledger:
        opens = type(entry.event) is LotOpened
        if isinstance(entry.event, Adopted):
            assert entry.round in (bid_round, bid_round + 1)
            closed = entry.event.canceled or entry.event.ended
            last = entry.event.high.amount if entry.event.high else 0
        else:
            assert entry.round == bid_round + opens
            assert not (closed and isinstance(entry.event, Started))
        bid_round = entry.round
        if opens:
            last = 0
        match entry.event:
            case BidPlaced(amount=amount):
                assert amount > last
                last = amount
            case Canceled() | Ended():
                closed = True


# When it fails, finding a short example takes longer than a test may take otherwise.
TestAnAuction = pytest.mark.timeout(400)(AnAuction.TestCase)
TestAnAuction.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)


@pytest.mark.parametrize("seed", range(10))
def test_a_long_and_crowded_sale_holds_as_well(seed: int) -> None:
    """The machine looks into corners; this is an evening of mostly bids, with several awards."""
    dice = Random(seed)
    sale = AnAuction()
    sale.first_sight({"isLive": True}, owner_bids=seed % 2 == 0)
    for _ in range(500):
        last = max([sale.row.minBidPrice - 1, *(amount for amount, _ in sale.bids)])
        amount = max(1, last + dice.randint(-1, 5))
        seen = dice.choice([None, None, None, sale.round, sale.round - 1, sale.round + 1])
        bid = PlaceBid(auction_id=42, amount=amount, round=max(seen, 0) if seen else None)
        lot = ChangeLot(
            auction_id=42,
            product=dice.choice(["Ring", "Necklace"]),
            minimum_price=dice.randint(0, 20),
            start_price=30,
            market_price=40,
        )
        commands = [bid, lot, AwardLot(auction_id=42, product="Ring", weight="5.2g")]
        (event,) = dice.choices([*commands, PostComment(auction_id=42, comment="!")], [16, 2, 1, 1])
        user_id = AMINA if event.who.is_staff else dice.choice([AMINA, BILAL, DINA])
        sale.now += timedelta(milliseconds=dice.randint(-500, 900))
        sale.submit(event, user_id)
        sale.the_fold_agrees_with_the_model()
        sale.the_fold_agrees_with_the_record()
        sale.adopting_the_row_again_would_change_nothing()
    sale.teardown()
    awarded = [entry.event for entry in sale.ledger if isinstance(entry.event, Awarded)]
    assert any(event.high for event in awarded)
    assert len([entry for entry in sale.ledger if isinstance(entry.event, BidPlaced)]) > 40


def test_an_event_that_does_not_follow_is_no_part_of_the_fold() -> None:
    state = apply(State(), next_entry(State(), Started(), AMINA, OPENING))
    for seq in (0, 1, 3):
        with pytest.raises(ValueError, match="cannot follow 1"):
            apply(state, LedgerEntry(seq, 0, AMINA, OPENING, Started()))


def test_a_bid_without_a_bidder_is_no_part_of_the_fold() -> None:
    with pytest.raises(ValueError, match="a bid has a bidder"):
        apply(State(), next_entry(State(), BidPlaced(1), None, OPENING))


def test_the_time_of_an_event_is_cut_to_milliseconds_and_waits_for_a_clock_set_back() -> None:
    first = next_entry(State(), Started(), AMINA, OPENING.replace(microsecond=999_999))
    assert first.at == OPENING.replace(microsecond=999_000)
    early = next_entry(apply(State(), first), Started(), AMINA, OPENING - CLOCK_STEP_MAX / 2)
    assert early.at == first.at


def test_a_clock_that_was_wrong_hides_the_present_no_longer_than_lists_need() -> None:
    wrong, right = OPENING + timedelta(days=365), OPENING
    ring, pearl = LotOpened(Lot("Ring", 1, 1, 1)), LotOpened(Lot("Pearl", 1, 1, 1))
    state = State()

    def time_of(event: Event, now: datetime) -> datetime:
        nonlocal state
        entry = next_entry(state, event, BILAL, now)
        state = apply(state, entry)
        return entry.at

    for event in (Started(), ring, BidPlaced(1, 1), Commented("one", 1)):
        assert time_of(event, wrong) == wrong
    assert time_of(BidPlaced(2, 2), right) == wrong  # below the bid before it, in its list
    assert time_of(BroadcasterLeft(), right) == right
    assert time_of(Commented("two", 2), right) == wrong
    assert time_of(pearl, right) == right
    assert time_of(BidPlaced(3, 3), right) == right  # the first of its list
    assert time_of(Commented("three", 3), right) == wrong
    assert time_of(BidPlaced(4, 4), right) == right
    assert time_of(Awarded("Pearl", None, state.high), right) == right
    assert time_of(Commented("four", 4), right) == right


# --- events in the ledger -----------------------------------------------------

TEXTS = st.text(max_size=191)
IDS = st.integers(1, INT_MAX)
TIMES = st.datetimes(timezones=st.just(UTC)).map(
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)
ANY_LOT = st.builds(Lot, TEXTS, PRICES, PRICES, PRICES)
ANY_BID = st.builds(StandingBid, IDS, IDS, AMOUNTS, TIMES)
ANY_HIGH = st.none() | ANY_BID
COUNTS = st.integers(0, 2**50)
MOMENTS = st.builds(Moment, TIMES)
ANY_STEPS = st.none() | st.lists(st.tuples(PRICES, AMOUNTS), min_size=1, max_size=3).map(tuple)
ANY_ROLE = st.sampled_from([None, "clerk", "moderator"])
MAYBE_ID = st.none() | IDS
ANY_WORDS = st.none() | st.builds(FreeText, st.text("0123456789abcdef", min_size=64, max_size=64))
ANY_VALUES = st.builds(
    LotValues,
    *(IDS, TEXTS, PRICES, PRICES, PRICES, ANY_WORDS),
    *(st.none() | TEXTS, st.none() | TEXTS, ANY_STEPS, st.none() | PRICES),
)
ANY_RUN_LOT = st.builds(RunLot, IDS, IDS, ANY_VALUES, st.sampled_from(LotState), MAYBE_ID)
ANY_POSITIONS = st.lists(st.tuples(IDS, IDS), max_size=2).map(tuple)
ANY_LOT_STATE = st.sampled_from(LotState).map(str)
SALE_RULES = st.builds(
    SaleRules, st.sampled_from(["open", "approval"]), st.booleans(), st.none() | IDS
)
ANY_EVENT: dict[str, st.SearchStrategy[Event]] = {
    "adopted": st.builds(
        Adopted,
        st.none() | IDS,
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.none() | ANY_LOT,
        ANY_HIGH,
    ),
    "started": st.builds(Started),
    "lot_opened": st.builds(
        LotOpened, ANY_LOT, MAYBE_ID, MAYBE_ID, ANY_STEPS, MAYBE_ID, st.booleans(), ANY_WORDS
    ),
    "lot_repriced": st.builds(
        LotRepriced,
        *(ANY_LOT, MAYBE_ID, MAYBE_ID, ANY_STEPS, MAYBE_ID, st.none() | COUNTS),
    ),
    "bid": st.builds(
        BidPlaced,
        *(AMOUNTS, IDS, st.none() | COUNTS, COUNTS, MAYBE_ID),
        automatic=st.booleans(),
        act=MAYBE_ID,
    ),
    "maximum_set": st.builds(MaximumSet, TEXTS, MAYBE_ID),
    "maximum_withdrawn": st.builds(MaximumWithdrawn, IDS),
    "maxima_opened": st.builds(
        MaximaOpened, IDS, st.lists(st.builds(Opened, IDS, IDS, AMOUNTS, TEXTS)).map(tuple)
    ),
    "standing_bid_changed": st.builds(
        StandingBidChanged, ANY_LOT, ANY_HIGH, ANY_HIGH, st.booleans(), st.none() | COUNTS
    ),
    "comment": st.builds(Commented, TEXTS, IDS),
    "awarded": st.builds(
        Awarded,
        *(TEXTS, TEXTS, ANY_HIGH, MAYBE_ID, st.none() | COUNTS, MAYBE_ID, MAYBE_ID),
    ),
    "canceled": st.builds(Canceled),
    "ended": st.builds(Ended),
    "broadcaster_left": st.builds(BroadcasterLeft),
    "increments_set": st.builds(IncrementsSet, ANY_STEPS, ANY_STEPS),
    "bid_undone": st.builds(
        ActUndone,
        *(st.lists(IDS, min_size=1).map(tuple), ANY_HIGH, ANY_HIGH, st.none() | COUNTS),
        *(MAYBE_ID, st.booleans()),
    ),
    "lot_reopened": st.builds(
        LotOpenedAgain,
        *(ANY_LOT, IDS, ANY_HIGH, st.none() | IDS, st.none() | IDS, st.none() | IDS),
        st.lists(ANY_BID).map(tuple),
    ),
    "winning_paid": st.builds(WinningPaid, IDS, st.booleans()),
    "winning_changed": st.builds(
        WinningChanged,
        *(IDS, st.none() | IDS, st.none() | AMOUNTS, IDS, AMOUNTS, st.booleans()),
        st.none() | st.builds(FreeText, st.text("0123456789abcdef", min_size=64, max_size=64)),
    ),
    "runner_up_awarded": st.builds(RunnerUpAwarded, TEXTS, TEXTS, ANY_BID, ANY_BID, IDS),
    "clock_started": st.builds(
        ClockStarted, COUNTS, COUNTS, IDS, IDS, IDS, st.none() | st.just("auto"), MOMENTS
    ),
    "clock_paused": st.builds(ClockPaused, COUNTS, COUNTS, st.none() | TEXTS),
    "clock_resumed": st.builds(ClockResumed, COUNTS, COUNTS, st.none() | IDS, MOMENTS),
    "clock_stopped": st.builds(ClockStopped, COUNTS, COUNTS),
    "bidding_paused": st.builds(BiddingPaused, st.none() | COUNTS, st.booleans()),
    "bidding_resumed": st.builds(BiddingResumed, st.none() | COUNTS, st.booleans(), MOMENTS),
    "fair_warning": st.builds(FairWarning, st.integers(1, 3)),
    "comment_removed": st.builds(CommentRemoved, IDS),
    "comment_restored": st.builds(CommentRestored, IDS),
    "user_muted": st.builds(UserMuted, IDS, st.none() | TIMES),
    "user_unmuted": st.builds(UserUnmuted, IDS),
    "user_blocked": st.builds(
        UserBlocked,
        *(IDS, st.lists(IDS).map(tuple), ANY_HIGH, ANY_HIGH, st.none() | COUNTS, MAYBE_ID),
    ),
    "user_unblocked": st.builds(UserUnblocked, IDS),
    "slow_mode_set": st.builds(SlowModeSet, st.integers(0, 600), st.integers(0, 600)),
    "bidder_registered": st.builds(
        BidderRegistered,
        IDS,
        st.booleans(),
        st.none() | IDS,
        st.booleans(),
        st.none() | IDS,
        st.none() | IDS,
        st.none() | st.just(OPERATOR),
    ),
    "house_rules_set": st.builds(
        HouseRulesSet, SALE_RULES, SALE_RULES, st.none() | st.just(OPERATOR)
    ),
    "role_set": st.builds(
        RoleSet,
        IDS,
        ANY_ROLE,
        ANY_ROLE,
        sees_numbers=st.booleans(),
        saw_numbers=st.booleans(),
        by=st.none() | st.just(OPERATOR),
    ),
    "lots_added": st.builds(
        LotsAdded, st.lists(ANY_RUN_LOT, min_size=1, max_size=3).map(tuple), ANY_POSITIONS
    ),
    "lot_edited": st.builds(LotEdited, IDS, ANY_VALUES, ANY_VALUES),
    "lot_moved": st.builds(LotMoved, IDS, IDS, IDS, IDS, ANY_POSITIONS),
    "lot_withdrawn": st.builds(LotWithdrawn, IDS, IDS, ANY_LOT_STATE),
    "lot_offered_again": st.builds(LotOfferedAgain, IDS, IDS, IDS, ANY_LOT_STATE, ANY_POSITIONS),
    "lot_passed": st.builds(LotPassed, TEXTS, ANY_HIGH, MAYBE_ID, MAYBE_ID),
}


def test_every_kind_of_event_is_known_by_its_name() -> None:
    """The names are in every ledger that was ever written: they cannot change."""
    assert set(KINDS) == set(ANY_EVENT)
    assert {name: event.kind for name, event in KINDS.items()} == {name: name for name in ANY_EVENT}


def test_no_kind_of_event_is_a_special_case_of_another() -> None:
    """A `case` for one would take the other along where somebody forgets that it does."""
    assert {kind.__bases__ for kind in KINDS.values()} == {(Event,)}


@pytest.mark.parametrize("kind", ANY_EVENT)
@given(data=st.data())
def test_an_event_reads_back_from_json_as_it_was(kind: str, data: st.DataObject) -> None:
    event = data.draw(ANY_EVENT[kind])
    read = KINDS[kind].from_data(json.loads(json.dumps(event.data())))
    assert read == event
    assert type(read) is type(event)
