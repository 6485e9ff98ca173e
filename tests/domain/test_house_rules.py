"""The rules of an auction that its owner sets: who may, what is refused, what stays (D48)."""

from __future__ import annotations

from typing import Any

import pytest

from baraka_server.contract.house_rules import SetHouseRules
from baraka_server.contract.people import SetRole
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Found, HouseRules, Unchanged
from baraka_server.domain.events import OPERATOR, Canceled, Ended
from baraka_server.domain.replay import objection
from baraka_server.domain.roles import RoleSet
from baraka_server.domain.sale_rules import GUIDES_RULES, HouseRulesSet, SaleRules
from baraka_server.domain.state import State, next_entry
from tests.domain.phases import AMINA, BID_ON, BILAL, DINA, LIVE, NEW, OPENING, after

CLARA, FLORA = 6, 8  # Clara is a clerk; in Flora's name bids from the room are placed
CHOSEN = SaleRules("approval", maxima=True, floor_user_id=FLORA)
CHOICE = HouseRulesSet(CHOSEN, GUIDES_RULES)
STAFFED = after(*BID_ON, (AMINA, RoleSet(CLARA, "clerk", None)))
CHOOSY = after(*BID_ON, (AMINA, RoleSet(CLARA, "clerk", None)), (AMINA, CHOICE))
EVERYBODY = frozenset({AMINA, BILAL, DINA, CLARA, FLORA})


def decided(state: State, user_id: int | None, **said: Any) -> Any:
    event = parse("setHouseRules", [{"auctionId": 42} | said])
    assert isinstance(event, SetHouseRules)
    return decide(state, Command(event, user_id, found=Found(EVERYBODY)), HouseRules())


def code(decision: Any) -> Any:
    return decision.code if isinstance(decision, Refusal) else decision


def test_rules_that_are_named_are_set_and_the_others_stay():
    assert STAFFED.sale_rules == SaleRules("open", maxima=False, floor_user_id=None)
    everything = {"registration": "approval", "maxima": True, "floorUserId": FLORA}
    assert decided(STAFFED, AMINA, **everything) == CHOICE
    assert CHOOSY.sale_rules == CHOSEN
    nobody = decided(CHOOSY, AMINA, floorUserId=None)
    assert nobody == HouseRulesSet(SaleRules("approval", maxima=True), CHOSEN)
    off = decided(CHOOSY, AMINA, maxima=False)
    assert off == HouseRulesSet(SaleRules("approval", floor_user_id=FLORA), CHOSEN)


@pytest.mark.parametrize(
    ("state", "user_id", "said", "outcome"),
    [
        (STAFFED, CLARA, {"maxima": True}, Code.NOT_OWNER),
        (STAFFED, BILAL, {"maxima": True}, Code.NOT_OWNER),
        (STAFFED, AMINA, {"floorUserId": 404}, Code.USER_NOT_FOUND),
        (STAFFED, AMINA, {"floorUserId": CLARA}, Code.IS_STAFF),
        (STAFFED, AMINA, {"floorUserId": AMINA}, Code.IS_STAFF),
        (STAFFED, AMINA, {"maxima": True, "round": 0}, Code.ROUND_OVER),
        (CHOOSY, AMINA, {"maxima": True, "round": 0}, Unchanged()),
        (CHOOSY, AMINA, {"floorUserId": FLORA, "registration": "approval"}, Unchanged()),
        (STAFFED, AMINA, {"registration": "open", "floorUserId": None}, Unchanged()),
        (after(*LIVE, (AMINA, Ended())), AMINA, {"maxima": True}, Code.ALREADY_ENDED),
        (after(*LIVE, (AMINA, Canceled())), AMINA, {"maxima": True}, Code.ALREADY_CANCELED),
    ],
)
def test_who_may_set_which_rules(state: State, user_id: int, said: dict[str, Any], outcome: Any):
    assert code(decided(state, user_id, **said)) == outcome


def test_rules_are_set_before_the_sale_and_by_the_operator_who_is_nobody():
    maxima = SaleRules(maxima=True)
    assert decided(after(*NEW), AMINA, maxima=True) == HouseRulesSet(maxima, GUIDES_RULES)
    by_operator = decided(STAFFED, None, maxima=True)
    assert by_operator == HouseRulesSet(maxima, GUIDES_RULES, by=OPERATOR)
    assert objection(STAFFED, next_entry(STAFFED, by_operator, None, OPENING)) is None


def test_the_floor_user_gets_no_role():
    role = SetRole(auction_id=42, user_id=FLORA, role="clerk")
    command = Command(role, AMINA, found=Found(EVERYBODY))
    assert code(decide(CHOOSY, command, HouseRules())) is Code.IS_STAFF


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "one of registration, maxima and floorUserId must be there"),
        ({"registration": "closed"}, "registration must be open or approval"),
        ({"registration": None}, "registration must be open or approval"),
        ({"maxima": 1}, "maxima must be true or false"),
        ({"maxima": None}, "maxima must be true or false"),
        ({"floorUserId": "8"}, "floorUserId must be a whole number from 1"),
    ],
)
def test_rules_that_are_none_are_malformed(said: dict[str, Any], reason: str):
    refusal = parse("setHouseRules", [{"auctionId": 42} | said])
    assert isinstance(refusal, Refusal)
    assert reason in refusal.message


@pytest.mark.parametrize("said", [{"floorUserId": None}, {"registration": "open"}])
def test_rules_are_sent_as_they_are_read(said: dict[str, Any]):
    event = parse("setHouseRules", [{"auctionId": 42} | said])
    assert isinstance(event, SetHouseRules)
    assert event.payload() == {"auctionId": 42} | said


def test_a_ledger_whose_rules_do_not_follow_was_not_written_by_a_server():
    def reason(state: State, event: Any, user_id: int = AMINA) -> str | None:
        return objection(state, next_entry(state, event, user_id, OPENING))

    assert reason(STAFFED, CHOICE) is None
    assert reason(STAFFED, CHOICE, CLARA) == f"only the owner may do this, which is user {AMINA}"
    assert reason(CHOOSY, CHOICE) == "it names other rules before it than there were"
    clerk = HouseRulesSet(SaleRules(floor_user_id=CLARA), GUIDES_RULES)
    assert "works in the auction" in str(reason(STAFFED, clerk))
    assert reason(CHOOSY, RoleSet(FLORA, "clerk", None)) == "the floor user has no role"
