"""Steps by which bids rise (D41): what may follow a bid, and what is refused."""

from __future__ import annotations

import pytest

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.prices import SetIncrements
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import Started
from baraka_server.domain.increments import Increments, IncrementsSet
from baraka_server.domain.replay import objection
from baraka_server.domain.rules.prices import next_bid
from baraka_server.domain.state import State, next_entry
from tests.domain.phases import AMINA, BID_ON, BILAL, ON_THE_BLOCK, OPENING, PHASES, after, bid

TENS = ((0, 10), (1_500, 100))
STEPPED = after(*BID_ON, (AMINA, IncrementsSet(TENS, None)))  # 1500 stands


def set_to(state: State | None, steps: object, user_id: int = AMINA, **more: object) -> Decision:
    event = SetIncrements.model_validate({"auctionId": 42, "increments": steps} | more)
    return decide(state, Command(event, user_id), HouseRules())


@pytest.mark.parametrize(
    ("steps", "amount", "least"),
    [
        (None, 7, 8),
        (((0, 10),), 7, 17),
        (TENS, 1_499, 1_509),
        (TENS, 1_500, 1_600),
        (((100, 10),), 7, 8),  # no step from so low
        (TENS, INT_MAX - 1, INT_MAX),
        (TENS, INT_MAX, None),
    ],
)
def test_the_next_bid_is_a_step_above_the_last(steps, amount, least):
    assert Increments(steps).next(amount) == least


@pytest.mark.parametrize(
    ("phase", "least"), [("nolot", None), ("nobids", 800), ("bids", 1_501), ("ended", 1_501)]
)
def test_without_steps_the_next_bid_is_the_guides(phase, least):
    state = PHASES[phase]
    assert state is not None
    assert next_bid(state) == least


def test_a_bid_below_the_step_is_refused_with_the_least_that_would_do():
    refusal = bid(STEPPED, 1_599)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.message) == (Code.BID_BELOW_STEP, "Bid must be at least 1600")
    assert refusal.extra == {"nextBid": 1_600}
    assert bid(STEPPED, 1_600) == BidPlaced(1_600)


def test_at_or_below_the_current_bid_the_text_is_the_guides():
    refusal = bid(STEPPED, 1_500)
    assert isinstance(refusal, Refusal)
    assert refusal.message == "Bid must be higher than the current bid (1500)"


def test_a_first_bid_needs_the_minimum_alone():
    state = after(*ON_THE_BLOCK, (AMINA, IncrementsSet(TENS, None)))
    assert bid(state, 800) == BidPlaced(800)


@pytest.mark.parametrize("phase", ["new", "nolot", "nobids", "bids", "prepared"])
def test_steps_are_set_before_a_sale_and_in_it(phase):
    assert set_to(PHASES[phase], 10) == IncrementsSet(((0, 10),), None)


@pytest.mark.parametrize(
    ("phase", "code"),
    [
        ("nowhere", Code.AUCTION_NOT_FOUND),
        ("canceled", Code.ALREADY_CANCELED),
        ("ended", Code.ALREADY_ENDED),
    ],
)
def test_steps_are_not_set_where_no_sale_is(phase, code):
    refusal = set_to(PHASES[phase], 10)
    assert isinstance(refusal, Refusal)
    assert refusal.code is code


def test_whoever_has_no_role_may_not_set_them():
    refusal = set_to(STEPPED, 10, BILAL)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.NOT_STAFF


def test_what_is_so_already_is_not_written():
    rows = [{"from": 0, "step": 10}, {"from": 1_500, "step": 100}]
    assert set_to(STEPPED, rows) == Unchanged()
    assert set_to(STEPPED, rows, round=7) == Unchanged()  # whatever its sender saw
    assert set_to(STEPPED, None) == IncrementsSet(None, TENS)
    stale = set_to(STEPPED, None, round=7)
    assert isinstance(stale, Refusal)
    assert stale.code is Code.ROUND_OVER


@pytest.mark.parametrize(
    ("event", "user_id", "said"),
    [
        (BidPlaced(1_599, 3), BILAL, "below the next step, which is 1600"),
        (IncrementsSet(None, None), AMINA, "other steps before it"),
        (IncrementsSet(None, TENS), BILAL, "only the owner may do this"),
        (IncrementsSet(None, TENS), AMINA, None),
        (Started(), AMINA, None),
    ],
)
def test_a_ledger_is_proved_by_its_steps(event, user_id, said):
    reason = objection(STEPPED, next_entry(STEPPED, event, user_id, OPENING))
    assert said in reason if said else reason is None
