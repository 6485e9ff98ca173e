"""Whatever happens to maximum bids in a round: the ledger proves itself, and nobody is left waiting (D43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baraka_server.contract.client_events import ClientEvent, EndAuction, PlaceBid
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.maxima import SetMaximumBid, WithdrawMaximum
from baraka_server.contract.moderation import BlockUser, UnblockUser
from baraka_server.contract.prices import SetIncrements
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.domain import acts as acts_of
from baraka_server.domain.acts import RoundActs
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.clock import ClockStarted, Moment
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import (
    By,
    Command,
    Counted,
    Decision,
    Found,
    HouseRules,
    RefusedWith,
    Several,
    Unchanged,
)
from baraka_server.domain.events import Event, LedgerEntry, LotOpened
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.maxima import MaximaOpened, MaximumSet, MaximumWithdrawn, Opened, Sealed
from baraka_server.domain.maxima_proved import MaximaProof
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.domain.registration import BidderRegistered
from baraka_server.domain.replay import objection
from baraka_server.domain.roles import RoleSet
from baraka_server.domain.sale_rules import GUIDES_RULES, HouseRulesSet, SaleRules
from baraka_server.domain.state import State, apply, next_entry
from tests.domain.phases import AMINA, BILAL, DINA, LIVE, OPENING

CARLA, EMIL = 4, 5
BIDDERS = (BILAL, DINA, CARLA, EMIL)
USERS = frozenset({AMINA, *BIDDERS})
VASE = Lot("Vase", minimum_price=100, start_price=100, market_price=200)
TAKEN = SaleRules(maxima=True)
SECRET = b"s" * 32
START = [
    *LIVE,
    (AMINA, HouseRulesSet(TAKEN, GUIDES_RULES)),
    (AMINA, LotOpened(VASE)),
]


class Sale:
    """A sale that is decided, folded and proved entry by entry, with the rows that it would have."""

    def __init__(self, *more: tuple[int | None, Event]) -> None:
        self.state, self.acts = State(), RoundActs()
        self.ledger: list[LedgerEntry] = []
        self.sealed: dict[int, Sealed] = {}
        self.rows: dict[int, StandingBid] = {}
        self.sold: list[StandingBid] = []
        self.counted = Counted()
        self._ids = 0
        for user_id, event in (*START, *more):
            self.write(By(event, user_id))

    def write(self, said: By) -> LedgerEntry:
        event = said.event
        if isinstance(event, BidPlaced):
            self._ids += 1
            event = replace(event, bid_id=self._ids)
        now = OPENING + timedelta(seconds=len(self.ledger))
        entry = next_entry(self.state, event, said.user_id, now)
        assert objection(self.state, entry) is None, (objection(self.state, entry), entry)
        assert acts_of.objection(self.acts, entry) is None
        if isinstance(event, MaximumSet):
            assert event.sealed is not None
            self.sealed[entry.seq] = event.sealed
        if isinstance(event, BidPlaced):
            assert entry.user_id is not None
            self.rows[event.bid_id] = StandingBid(
                event.bid_id, entry.user_id, event.amount, entry.at
            )
        for bid_id in getattr(event, "bids", ()):
            self.rows.pop(bid_id, None)
        self.state = apply(self.state, entry)
        self.acts.take(entry)
        self.ledger.append(entry)
        return entry

    def does(self, user_id: int, event: ClientEvent) -> Decision:
        standing = sorted(self.rows.values(), key=lambda bid: -bid.amount)
        found = Found(USERS, SECRET, round=self.acts, standing=tuple(standing), sealed=self.sealed)
        command = Command(event, user_id, found=found, counted=self.counted)
        decision = decide(self.state, command, HouseRules())
        match decision:
            case Refusal() | Unchanged():
                pass
            case RefusedWith(_, events) | Several(events, _):
                for one in events:
                    self.write(one if isinstance(one, By) else By(one, user_id))
            case one:
                self.write(By(one, user_id))
        return decision

    def bids(self) -> list[tuple[int | None, int]]:
        return [
            (entry.user_id, entry.event.amount)
            for entry in self.ledger
            if isinstance(entry.event, BidPlaced)
        ]

    def prove(self) -> None:
        assert proved(self.ledger, self.sealed) is None


def proved(ledger: list[LedgerEntry], sealed: dict[int, Sealed]) -> str | None:
    """What `verify` says of a ledger, as far as maximum bids go."""
    state, acts, proof = State(), RoundActs(), MaximaProof(42, sealed)
    for entry in ledger:
        if reason := objection(state, entry) or proof.objection(state, acts, entry):
            return reason
        state = apply(state, entry)
        acts.take(entry)
    return proof.owed


def up_to(amount: int, **more: Any) -> SetMaximumBid:
    return SetMaximumBid(auction_id=42, amount=amount, **({"round": 1} | more))


def bid(amount: int) -> PlaceBid:
    return PlaceBid(auction_id=42, amount=amount)


NO_MORE = WithdrawMaximum(auction_id=42, round=1)


# --- any series


AMOUNTS = st.sampled_from([99, 100, 101, 110, 120, 200, 210, 300, 2147483647])
ACTS = st.one_of(
    st.tuples(st.sampled_from(BIDDERS), st.builds(bid, AMOUNTS)),
    st.tuples(st.sampled_from(BIDDERS), st.builds(up_to, AMOUNTS)),
    st.tuples(st.sampled_from(BIDDERS), st.just(NO_MORE)),
    st.just((AMINA, "undo")),
    st.tuples(
        st.just(AMINA),
        st.sampled_from(BIDDERS).flatmap(
            lambda who: st.sampled_from(
                [BlockUser(auction_id=42, user_id=who), UnblockUser(auction_id=42, user_id=who)]
            )
        ),
    ),
    st.tuples(
        st.just(AMINA),
        st.sampled_from([None, 10, 100]).map(
            lambda step: parse("setIncrements", [{"auctionId": 42, "increments": step}])
        ),
    ),
    st.tuples(
        st.just(AMINA),
        st.tuples(st.sampled_from(BIDDERS), st.sampled_from([None, 105, 205])).map(
            lambda one: parse(
                "registerBidder",
                [
                    {"auctionId": 42, "userId": one[0], "approved": True}
                    | ({} if one[1] is None else {"limit": one[1]})
                ],
            )
        ),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS, max_size=25))
def test_any_series_is_proved_by_its_amounts_and_rises_between_undos(series):
    sale = Sale()
    for user_id, event in series:
        if event == "undo":
            if sale.state.high is None:
                continue
            event = UndoBid(auction_id=42, bid_id=sale.state.high.bid_id)
        high, before = sale.state.high, len(sale.ledger)
        decision = sale.does(user_id, event)
        new = [one for one in sale.ledger[before:] if isinstance(one.event, BidPlaced)]
        assert len(new) <= 3
        for entry in new:  # strictly above what stood
            assert high is None or entry.event.amount > high.amount
            high = StandingBid(0, entry.user_id or 0, entry.event.amount, entry.at)
        if isinstance(decision, Refusal):
            assert len(sale.ledger) == before
        top = max(sale.rows.values(), key=lambda one: one.amount, default=None)
        assert (top and top.bid_id) == (sale.state.high and sale.state.high.bid_id)
    sale.prove()
    entries = sale.does(AMINA, EndAuction(auction_id=42))
    assert not isinstance(entries, Refusal)
    opened = {
        one.seq: Sealed(entry.event.of_round, one.user_id, one.amount, one.salt)
        for entry in sale.ledger
        if isinstance(entry.event, MaximaOpened)
        for one in entry.event.maxima
    }
    assert opened == sale.sealed
    assert proved(sale.ledger, opened) is None  # from the ledger alone


# --- what a ledger cannot say


def answered() -> Sale:
    """Bilal up to 500; Dina bids 200 and is answered with 201."""
    sale = Sale()
    sale.does(BILAL, up_to(500))
    sale.does(DINA, bid(200))
    assert sale.bids() == [(BILAL, 100), (DINA, 200), (BILAL, 201)]
    return sale


def altered(sale: Sale, seq: int, **event: Any) -> list[LedgerEntry]:
    return [
        replace(one, event=replace(one.event, **event)) if one.seq == seq else one
        for one in sale.ledger
    ]


def test_an_answer_that_is_missing_is_missed_and_one_too_many_is_found():
    sale = answered()
    assert "answers here" in (proved(sale.ledger[:-1], sale.sealed) or "")
    last = sale.ledger[-1]
    higher = altered(sale, last.seq, amount=202)
    assert proved(higher, sale.sealed) == (
        "it is not what had to follow: the maximum bid of user 2 answers here"
    )
    again = BidPlaced(300, 9, automatic=True, act=last.seq - 1)
    more = [*sale.ledger, next_entry(sale.state, again, BILAL, OPENING)]
    assert proved(more, sale.sealed) == "no maximum bid had to answer there"
    alone = BidPlaced(300, 9, automatic=True)
    more = [*sale.ledger, next_entry(sale.state, alone, BILAL, OPENING)]
    assert proved(more, sale.sealed) == "no maximum bid was equal to a bid that was refused"
    strange = BidPlaced(300, 9, automatic=True, act=last.seq)
    more = [*sale.ledger, next_entry(sale.state, strange, CARLA, OPENING)]
    assert proved(more, sale.sealed) == "it is automatic, and user 4 had no maximum bid"


def test_a_maximum_below_two_others_was_equal_to_no_bid_that_was_refused():
    sale = Sale()
    sale.does(BILAL, up_to(800))
    sale.write(By(BidderRegistered(BILAL, True, 120), AMINA))
    sale.does(CARLA, up_to(700))  # Bilal 120, Carla 121
    sale.write(By(BidderRegistered(CARLA, True, 130), AMINA))
    sale.does(DINA, up_to(600))  # Carla 130, Dina 131
    for user_id, limit in ((BILAL, 120), (CARLA, 130)):
        raised = BidderRegistered(user_id, True, None, was_approved=True, limit_before=limit)
        sale.write(By(raised, AMINA))
    sale.prove()
    whole = next_entry(sale.state, BidPlaced(600, 9, automatic=True), DINA, OPENING)
    assert proved([*sale.ledger, whole], sale.sealed) == (
        "no maximum bid was equal to a bid that was refused"
    )


def test_a_bid_that_had_to_be_refused_is_found():
    sale = answered()
    equal = next_entry(sale.state, BidPlaced(500, 9, paddle=3), CARLA, OPENING)
    assert "it had to be refused" in (proved([*sale.ledger, equal], sale.sealed) or "")


def test_another_amount_than_was_sealed_proves_nothing_and_cannot_be_opened():
    sale = answered()
    (seq,) = sale.sealed
    other = {seq: replace(sale.sealed[seq], amount=400)}
    assert proved(sale.ledger, other) is None  # that the row is wrong is said of the table
    told = Opened(seq, BILAL, 400, sale.sealed[seq].salt)
    opened = next_entry(sale.state, MaximaOpened(1, (told,)), None, OPENING)
    assert "not the one that was sealed" in (proved([*sale.ledger, opened], sale.sealed) or "")
    none = next_entry(sale.state, MaximaOpened(1), None, OPENING)
    assert "other maximum bids than were set" in (proved([*sale.ledger, none], sale.sealed) or "")


@pytest.mark.parametrize(
    ("event", "user_id", "said"),
    [
        (MaximumSet("x", 4), DINA, "replaces another maximum bid"),
        (MaximumSet("x"), AMINA, None),
        (MaximumSet("x"), None, "has a bidder"),
        (MaximumWithdrawn(5), DINA, "withdrawn by its user, or by the server"),
        (MaximumWithdrawn(5), None, None),
        (MaximumWithdrawn(6), BILAL, "did not stand"),
        (MaximaOpened(2), None, "no maximum bids of that round were sealed"),
        (MaximaOpened(1), BILAL, "only the server opens"),
        (BidPlaced(300, 9, act=7), DINA, "only automatic bids belong to another act"),
        (BidPlaced(300, 9, automatic=True, act=5), BILAL, "does not follow the act"),
    ],
)
def test_entries_about_maxima_that_cannot_follow(event, user_id, said):
    sale = answered()
    assert list(sale.sealed) == [5]
    reason = objection(sale.state, next_entry(sale.state, event, user_id, OPENING))
    assert said in reason if said else reason is None


def test_an_undo_that_says_another_maximum_than_that_of_the_act_is_found():
    sale = answered()
    sale.does(AMINA, UndoBid(auction_id=42, bid_id=3))
    undone = sale.ledger[-1]
    assert isinstance(undone.event, ActUndone)
    assert (undone.event.maximum, undone.event.against_maximum) == (None, True)
    for wrong in ({"maximum": 5}, {"against_maximum": False}):
        assert proved(altered(sale, undone.seq, **wrong), sale.sealed)


# --- single rules


def test_a_limit_that_is_lowered_lowers_the_reach_and_raised_again_it_counts_again():
    sale = Sale()
    sale.does(BILAL, up_to(500))
    sale.write(By(BidderRegistered(BILAL, True, 150), AMINA))
    sale.does(DINA, bid(200))
    assert sale.bids()[-1] == (DINA, 200)  # beyond what Bilal may bid now
    sale.does(DINA, UndoBid(auction_id=42, bid_id=2))
    before = BidderRegistered(BILAL, True, 400, was_approved=True, limit_before=150)
    sale.write(By(before, AMINA))
    refused = sale.does(DINA, bid(400))
    assert isinstance(refused, RefusedWith)
    assert sale.bids()[-1] == (BILAL, 400)
    sale.prove()


def test_whoever_becomes_the_floor_user_or_gets_a_role_bids_no_more_by_a_maximum():
    for last in (
        HouseRulesSet(SaleRules(maxima=True, floor_user_id=BILAL), TAKEN),
        RoleSet(BILAL, "clerk", None),
    ):
        sale = Sale()
        sale.does(BILAL, up_to(500))
        sale.write(By(last, AMINA))
        sale.does(DINA, bid(200))
        assert sale.bids()[-1] == (DINA, 200)
        sale.prove()


def test_a_maximum_above_the_own_limit_is_refused():
    sale = Sale((AMINA, BidderRegistered(BILAL, True, 150, paddle=1)))
    refused = sale.does(BILAL, up_to(151))
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.values) == (Code.OVER_LIMIT, {"limit": 150})


def test_the_automatic_bids_of_an_act_have_its_time_and_the_first_ones_their_paddles():
    clock = ClockStarted(0, 60_000, 60, 10, 10, None, Moment(OPENING))
    sale = Sale((AMINA, clock))
    sale.counted = Counted(1_000, OPENING, 0)
    sale.does(BILAL, up_to(500))
    sale.counted = Counted(55_000, OPENING, 20)
    sale.does(DINA, up_to(700))
    *_, raised, leads = [one.event for one in sale.ledger if isinstance(one.event, BidPlaced)]
    for one in (raised, leads):
        assert (one.clock_ms, one.late_ms) == (55_000, 20)
    assert (raised.paddle, leads.paddle) == (None, 2)
    assert sale.state.bidding.clock is not None
    assert sale.state.bidding.clock.ends_ms == 54_980 + 10_000
    ends = sale.state.bidding.clock.ends_ms
    sale.counted = Counted(64_000, OPENING, 0)
    sale.does(DINA, up_to(900))  # makes no bid, and extends nothing
    assert sale.state.bidding.clock.ends_ms == ends
    sale.does(CARLA, bid(900))  # is refused, and raises its equal
    assert sale.state.bidding.clock.ends_ms == 74_000
    sale.prove()


def test_one_undone_figure_leaves_the_floor_open_and_a_search_closes_it():
    sale = Sale()
    sale.does(BILAL, up_to(500))
    for amount in (200, 300):
        assert not sale.state.maxima.closes_floor
        sale.does(DINA, bid(amount))
        assert sale.state.high is not None
        sale.does(AMINA, UndoBid(auction_id=42, bid_id=sale.state.high.bid_id))
    assert sale.state.maxima.closes_floor
    sale.write(By(LotOpened(VASE), AMINA))
    assert not sale.state.maxima.closes_floor


def test_who_undoes_the_own_maximum_alone_tells_nobody_of_another():
    sale = Sale()
    for _ in range(2):
        sale.does(BILAL, up_to(500))
        assert sale.state.high is not None
        sale.does(AMINA, UndoBid(auction_id=42, bid_id=sale.state.high.bid_id))
    assert not sale.state.maxima.closes_floor
    assert sale.state.maxima.standing == {}


def test_where_maxima_are_off_none_is_set_and_in_no_other_round():
    off = HouseRulesSet(GUIDES_RULES, TAKEN)
    sale = Sale((AMINA, off))
    for event, code in ((up_to(500), Code.MAXIMA_OFF), (up_to(500, round=2), Code.ROUND_OVER)):
        refused = sale.does(BILAL, event)
        assert isinstance(refused, Refusal)
        assert refused.code is code
    assert not isinstance(sale.does(AMINA, SetIncrements(auction_id=42, increments=None)), Refusal)
    assert isinstance(sale.does(AMINA, ReopenLot(auction_id=42)), Refusal)


def test_whoever_first_bids_by_an_answer_gets_a_paddle_behind_the_one_who_is_answered():
    sale = Sale()
    sale.does(BILAL, up_to(500))
    sale.does(DINA, up_to(500))  # the earlier one has it: Dina has not bid
    sale.does(AMINA, BlockUser(auction_id=42, user_id=BILAL))
    sale.does(CARLA, bid(200))
    assert sale.bids()[-2:] == [(CARLA, 200), (DINA, 201)]
    assert list(sale.state.paddles.bidders) == [BILAL, CARLA, DINA]
    sale.prove()


def test_a_block_withdraws_a_maximum_that_has_made_no_bid():
    sale = Sale()
    sale.does(BILAL, up_to(500))
    sale.does(DINA, up_to(500))
    sale.does(AMINA, BlockUser(auction_id=42, user_id=DINA))
    assert sale.state.taken_back == sale.ledger[-1].seq  # so that a repeated request is told
    sale.does(AMINA, UnblockUser(auction_id=42, user_id=DINA))
    assert list(sale.state.maxima.standing) == [BILAL]


def test_answers_to_a_bid_that_a_block_took_away_are_undone_one_by_one():
    sale = Sale()
    sale.does(BILAL, up_to(800))
    sale.does(DINA, up_to(700))  # Dina 700, Bilal 701
    sale.does(AMINA, UndoBid(auction_id=42, bid_id=3))
    sale.does(DINA, up_to(700))
    sale.does(AMINA, BlockUser(auction_id=42, user_id=DINA))
    assert [one.amount for one in sale.rows.values()] == [100, 701]
    sale.does(CARLA, bid(710))  # Carla 710, Bilal 711
    sale.does(EMIL, up_to(750))  # Emil 750, Bilal 751
    sale.does(AMINA, BlockUser(auction_id=42, user_id=EMIL))
    assert [one.amount for one in sale.rows.values()] == [100, 701, 710, 711, 751]
    taken = []
    while sale.state.high is not None:
        undo = UndoBid(auction_id=42, bid_id=sale.state.high.bid_id)
        sale.does(AMINA, undo)
        taken.append(len(sale.ledger[-1].event.bids))
    assert taken == [1, 2, 1, 1]
    sale.prove()


def test_both_answers_to_a_bidder_who_is_blocked_are_acts_of_their_own():
    sale = Sale()
    sale.does(BILAL, up_to(800))
    sale.write(By(BidderRegistered(BILAL, True, 120), AMINA))
    sale.does(CARLA, up_to(700))  # Bilal 120, Carla 121
    raised = BidderRegistered(BILAL, True, None, was_approved=True, limit_before=120)
    sale.write(By(raised, AMINA))
    sale.does(DINA, bid(200))
    assert sale.bids()[-3:] == [(DINA, 200), (CARLA, 700), (BILAL, 701)]
    sale.does(AMINA, BlockUser(auction_id=42, user_id=DINA))
    for left in (701, 700):
        assert sale.acts.newest is not None
        (last,) = sale.acts.newest.bids
        assert last.amount == left
        sale.does(AMINA, UndoBid(auction_id=42, bid_id=last.bid_id))
    sale.prove()
