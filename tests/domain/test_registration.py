"""Registration: who may bid, up to which amount, and who gets a paddle by it (D36, D48)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from baraka_server.contract.client_events import PlaceBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.registration import RegisterBidder
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.clock import BiddingPaused
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Found, HouseRules, Seen, Unchanged
from baraka_server.domain.events import OPERATOR, Canceled, Ended, Event
from baraka_server.domain.increments import IncrementsSet
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.registration import NOBODY, BidderRegistered, Bidders, Registration
from baraka_server.domain.replay import objection
from baraka_server.domain.roles import RoleSet
from baraka_server.domain.sale_rules import GUIDES_RULES, HouseRulesSet, SaleRules
from baraka_server.domain.state import State, next_entry
from tests.domain.phases import AMINA, BID_ON, BILAL, DINA, LIVE, NEW, ON_THE_BLOCK, OPENING, after

CLARA, FLORA, HANA = 6, 8, 9  # Clara is a clerk, Flora the floor user; Hana comes by
EVERYBODY = frozenset({AMINA, BILAL, DINA, CLARA, FLORA, HANA})
APPROVAL = SaleRules("approval", floor_user_id=FLORA)
CLOSED: list[tuple[int | None, Event]] = [
    (AMINA, RoleSet(CLARA, "clerk", None)),
    (AMINA, HouseRulesSet(APPROVAL, GUIDES_RULES)),
    (AMINA, BidderRegistered(BILAL, True, limit=2000, paddle=1)),
    (AMINA, BidderRegistered(DINA, True, paddle=2)),
]
ROOM = after(*ON_THE_BLOCK, *CLOSED)


def decided(state: State, user_id: int | None, **said: Any) -> Any:
    event = parse("registerBidder", [{"auctionId": 42} | said])
    assert isinstance(event, RegisterBidder)
    return decide(state, Command(event, user_id, found=Found(EVERYBODY)), HouseRules())


def bids(state: State, user_id: int, amount: int, **more: Any) -> Any:
    rules = HouseRules(owner_bids=more.pop("owner_bids", False))
    command = Command(PlaceBid(auction_id=42, amount=amount), user_id, **more)
    return code(decide(state, command, rules))


def code(decision: Any) -> Any:
    return decision.code if isinstance(decision, Refusal) else decision


def test_a_registration_gives_the_next_paddle_and_a_bid_gives_none_then():
    assert decided(ROOM, AMINA, userId=HANA, approved=True) == BidderRegistered(
        HANA, True, paddle=3
    )
    assert bids(ROOM, DINA, 900) == BidPlaced(900)
    assert list(ROOM.paddles.bidders) == [BILAL, DINA]
    known = after(*BID_ON)  # who has a paddle by a bid keeps it
    again = decided(known, AMINA, userId=DINA, approved=True)
    assert again == BidderRegistered(DINA, True, paddle=known.paddles.next_for(DINA))


def test_registration_changes_and_goes_and_comes_back_with_the_same_paddle():
    raised = BidderRegistered(BILAL, True, limit=3000, was_approved=True, limit_before=2000)
    assert decided(ROOM, AMINA, userId=BILAL, approved=True, limit=3000) == raised
    free = BidderRegistered(BILAL, True, was_approved=True, limit_before=2000)
    assert decided(ROOM, AMINA, userId=BILAL, approved=True) == free
    gone = BidderRegistered(BILAL, False, was_approved=True, limit_before=2000)
    assert decided(ROOM, AMINA, userId=BILAL, approved=False) == gone
    later = after(*ON_THE_BLOCK, *CLOSED, (AMINA, gone))
    assert bids(later, BILAL, 900) is Code.NOT_REGISTERED
    back = decided(later, AMINA, userId=BILAL, approved=True, limit=5)
    assert back == BidderRegistered(BILAL, True, limit=5)
    assert later.paddles.of(BILAL) == 1


@pytest.mark.parametrize(
    ("state", "user_id", "said", "outcome"),
    [
        (ROOM, CLARA, {"userId": HANA, "approved": True}, Code.NOT_OWNER),
        (ROOM, BILAL, {"userId": BILAL, "approved": True}, Code.NOT_OWNER),
        (ROOM, AMINA, {"userId": 404, "approved": True}, Code.USER_NOT_FOUND),
        (ROOM, AMINA, {"userId": 404, "approved": False}, Unchanged()),
        (ROOM, AMINA, {"userId": CLARA, "approved": True}, Code.IS_STAFF),
        (ROOM, AMINA, {"userId": AMINA, "approved": True}, Code.IS_STAFF),
        (ROOM, AMINA, {"userId": FLORA, "approved": True}, Code.IS_STAFF),
        (ROOM, AMINA, {"userId": DINA, "approved": True}, Unchanged()),
        (ROOM, AMINA, {"userId": BILAL, "approved": True, "limit": 2000}, Unchanged()),
        (ROOM, AMINA, {"userId": HANA, "approved": True, "round": 0}, Code.ROUND_OVER),
        (ROOM, AMINA, {"userId": DINA, "approved": True, "round": 0}, Unchanged()),
        (
            after(*LIVE, (AMINA, Ended())),
            AMINA,
            {"userId": HANA, "approved": True},
            "already_ended",
        ),
        (
            after(*LIVE, (AMINA, Canceled())),
            AMINA,
            {"userId": HANA, "approved": True},
            "already_canceled",
        ),
    ],
)
def test_who_registers_whom(state: State, user_id: int, said: dict[str, Any], outcome: Any):
    assert code(decided(state, user_id, **said)) == outcome


def test_bidders_are_registered_before_the_sale_and_by_the_operator_who_is_nobody():
    found = decided(after(*NEW), None, userId=HANA, approved=True, limit=7)
    assert found == BidderRegistered(HANA, True, limit=7, paddle=1, by=OPERATOR)
    state = after(*NEW)
    assert objection(state, next_entry(state, found, None, OPENING)) is None


def test_others_are_refused_and_a_limit_is_the_highest_single_bid():
    assert bids(ROOM, HANA, 900) is Code.NOT_REGISTERED
    assert bids(ROOM, BILAL, 2000) == BidPlaced(2000)
    refusal = decide(ROOM, Command(PlaceBid(auction_id=42, amount=2001), BILAL), HouseRules())
    assert isinstance(refusal, Refusal)
    assert refusal.message == "Your limit in this auction is 2000"
    assert bids(ROOM, DINA, 2001) == BidPlaced(2001)
    assert bids(ROOM, AMINA, 900, owner_bids=True) == BidPlaced(900, paddle=3)


def test_where_all_may_bid_a_limit_holds_and_nobody_needs_a_registration():
    limited = (AMINA, BidderRegistered(BILAL, True, limit=1000, paddle=1))
    state = after(*ON_THE_BLOCK, limited)
    assert bids(state, HANA, 900) == BidPlaced(900, paddle=2)
    assert bids(state, BILAL, 1001) is Code.OVER_LIMIT
    gone = (AMINA, BidderRegistered(BILAL, False, was_approved=True, limit_before=1000))
    assert bids(after(*ON_THE_BLOCK, limited, gone), BILAL, 1001) == BidPlaced(1001)


@pytest.mark.parametrize(
    ("more", "user_id", "amount", "seen", "refused"),
    [
        # each before the next, as the table of commands has them
        ((HANA, UserBlocked(HANA)), HANA, 900, None, Code.BLOCKED),
        ((AMINA, RoleSet(HANA, "clerk", None)), HANA, 900, None, Code.STAFF_BID),
        (None, HANA, 900, Seen(None), Code.NOT_REGISTERED),
        (None, HANA, 900, Seen(0), Code.NOT_REGISTERED),
        ((AMINA, BiddingPaused(None, False)), HANA, 900, None, Code.NOT_REGISTERED),
        ((AMINA, BiddingPaused(None, False)), BILAL, 2001, None, Code.BIDDING_PAUSED),
        ((DINA, BidPlaced(2500, 1)), BILAL, 2001, None, Code.BID_TOO_LOW),
        (
            (AMINA, BidderRegistered(HANA, True, limit=5, paddle=3)),
            HANA,
            6,
            None,
            "bid_below_minimum",
        ),
        (None, BILAL, 2001, None, Code.OVER_LIMIT),
    ],
)
def test_refusals_of_a_bid_come_in_the_order_of_the_table(
    more: tuple[int, Event] | None, user_id: int, amount: int, seen: Seen | None, refused: Any
):
    state = after(*ON_THE_BLOCK, *CLOSED, *([more] if more else []))
    assert bids(state, user_id, amount, seen=seen) == refused


def test_a_step_that_is_not_reached_is_told_before_the_limit():
    steps = (AMINA, IncrementsSet(((0, 100),), None))
    state = after(*ON_THE_BLOCK, *CLOSED, steps, (DINA, BidPlaced(1990, 1)))
    assert bids(state, BILAL, 2001) is Code.BID_BELOW_STEP


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"userId": 9}, "approved is required"),
        ({"approved": True}, "userId is required"),
        ({"userId": 9, "approved": None}, "approved must be true or false"),
        ({"userId": 9, "approved": True, "limit": 0}, "limit must be a whole number from 1"),
        ({"userId": 9, "approved": False, "limit": 5}, "limit is for a user who is approved"),
    ],
)
def test_a_registration_that_is_none_is_malformed(said: dict[str, Any], reason: str):
    refusal = parse("registerBidder", [{"auctionId": 42} | said])
    assert isinstance(refusal, Refusal)
    assert reason in refusal.message


def test_a_ledger_whose_registrations_do_not_follow_was_not_written_by_a_server():
    def reason(event: Event, user_id: int = AMINA) -> str:
        return str(objection(ROOM, next_entry(ROOM, event, user_id, OPENING)))

    hana = BidderRegistered(HANA, True, paddle=3)
    assert reason(hana) == "None"
    assert reason(hana, CLARA) == f"only the owner may do this, which is user {AMINA}"
    assert reason(replace(hana, paddle=4)) == "it gives paddle 4, and 2 were given"
    assert "who has 1" in reason(
        BidderRegistered(BILAL, False, was_approved=True, limit_before=2000, paddle=3)
    )
    assert "another registration" in reason(BidderRegistered(BILAL, True, paddle=1))
    assert reason(BidderRegistered(CLARA, True, paddle=3)) == f"user {CLARA} works in the auction"
    assert reason(BidPlaced(900, 1), BILAL) == "None"
    assert reason(BidPlaced(900, 1), HANA) == f"user {HANA} was not registered to bid"
    assert "above the limit" in reason(BidPlaced(2001, 1), BILAL)


def test_registered_bidders_are_a_value_whoever_goes_on_from_it():
    one = NOBODY.with_change(1, Registration(10))
    two = one.with_change(2, Registration())
    other = one.with_change(3, Registration())
    gone = two.with_change(1, None)
    assert one.registered == {1: Registration(10)}
    assert two.registered == {1: Registration(10), 2: Registration()}
    assert other.registered == {1: Registration(10), 3: Registration()}
    assert (gone.of(1), gone.registered) == (None, {2: Registration()})
    assert gone == Bidders({2: Registration()})
    assert gone != two
    assert NOBODY.registered == {}
