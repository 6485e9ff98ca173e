"""Owner, clerk and moderator: who may do what, and who may be one (D46)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

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
    Who,
)
from baraka_server.contract.people import SetRole
from baraka_server.contract.prices import SetIncrements
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Found, HouseRules, Unchanged
from baraka_server.domain.events import OPERATOR, Canceled, Ended, LotOpened, Started
from baraka_server.domain.replay import objection
from baraka_server.domain.roles import Role, RoleSet
from baraka_server.domain.state import State, next_entry
from tests.domain.phases import AMINA, BILAL, DINA, LIVE, NECKLACE, ON_THE_BLOCK, OPENING, after

CLARA, MONA = 6, 7  # Clara is a clerk, Mona a moderator
ROLES = [
    (AMINA, RoleSet(CLARA, "clerk", None)),
    (AMINA, RoleSet(MONA, "moderator", None)),
]
STAFFED = after(*ON_THE_BLOCK, *ROLES)
EVERYBODY = frozenset({AMINA, BILAL, DINA, CLARA, MONA})


def decided(state: State, event: ClientEvent, user_id: int | None, **found: Any) -> Any:
    found.setdefault("users", EVERYBODY)
    return decide(state, Command(event, user_id, found=Found(**found)), HouseRules())


def code(decision: Any) -> str | None:
    return str(decision.code) if isinstance(decision, Refusal) else None


def set_role(user_id: int, role: str | None, **more: Any) -> SetRole:
    return SetRole(auction_id=42, user_id=user_id, role=role, **more)


PEARL = ChangeLot(auction_id=42, product="Pearl", minimum_price=1, start_price=1, market_price=1)
COMMANDS: list[tuple[ClientEvent, str]] = [
    # command, and the refusals for owner, clerk, moderator and a bidder
    (StartAuction(auction_id=42), "– – not_owner not_owner"),
    (PEARL, "– – not_owner not_owner"),
    (AwardLot(auction_id=42, product="Pearl", round=1), "– – not_owner not_owner"),
    (BroadcasterLeave(auction_id=42), "– – not_owner not_owner"),
    (SetIncrements(auction_id=42, increments=5), "– – not_staff not_staff"),
    (EndAuction(auction_id=42), "– not_owner not_owner not_owner"),
    (CancelAuction(auction_id=42), "– not_owner not_owner not_owner"),
    (set_role(BILAL, "clerk"), "– not_owner not_owner not_owner"),
    (PostComment(auction_id=42, comment="Hello"), "– – – –"),
    (PlaceBid(auction_id=42, amount=900), "owner_bid staff_bid staff_bid –"),
]


@pytest.mark.parametrize(
    ("event", "refusals"), COMMANDS, ids=[event.wire_name for event, _ in COMMANDS]
)
def test_each_role_may_do_what_is_its_own(event: ClientEvent, refusals: str) -> None:
    people = (AMINA, CLARA, MONA, BILAL)
    for user_id, refusal in zip(people, refusals.split(), strict=True):
        assert code(decided(STAFFED, event, user_id)) == (None if refusal == "–" else refusal)


def test_a_role_that_was_taken_away_gives_no_rights_and_lets_its_user_bid() -> None:
    state = after(*ON_THE_BLOCK, *ROLES, (AMINA, RoleSet(CLARA, None, "clerk")))
    assert code(decided(state, PEARL, CLARA)) == "not_owner"
    assert isinstance(decided(state, PlaceBid(auction_id=42, amount=900), CLARA), BidPlaced)


@pytest.mark.parametrize(
    ("event", "found", "outcome"),
    [
        (set_role(BILAL, "clerk"), {}, RoleSet(BILAL, "clerk", None)),
        (set_role(BILAL, "moderator"), {}, RoleSet(BILAL, "moderator", None)),
        (
            set_role(BILAL, "clerk", sees_numbers=True),
            {},
            RoleSet(BILAL, "clerk", None, sees_numbers=True),
        ),
        # numbers are a clerk's: a moderator reads no winnings
        (set_role(BILAL, "moderator", sees_numbers=True), {}, RoleSet(BILAL, "moderator", None)),
        (set_role(CLARA, "moderator"), {}, RoleSet(CLARA, "moderator", "clerk")),
        (set_role(CLARA, None), {}, RoleSet(CLARA, None, "clerk")),
        (set_role(CLARA, "clerk"), {}, Unchanged()),
        (set_role(BILAL, None), {}, Unchanged()),
        (set_role(404, "clerk"), {}, Code.USER_NOT_FOUND),
        (set_role(404, None), {}, Unchanged()),
        (set_role(AMINA, "clerk"), {}, Code.IS_STAFF),
        (set_role(BILAL, "clerk"), {"bidders": frozenset({BILAL})}, Code.HAS_BIDS),
        (set_role(CLARA, None), {"users": frozenset()}, RoleSet(CLARA, None, "clerk")),
    ],
)
def test_who_may_get_a_role(event: SetRole, found: dict[str, Any], outcome: Any) -> None:
    decision = decided(STAFFED, event, AMINA, **found)
    assert (decision.code if isinstance(decision, Refusal) else decision) == outcome


def test_roles_are_given_before_the_sale_and_never_after_it() -> None:
    before = after(LIVE[0])
    assert decided(before, set_role(BILAL, "clerk"), AMINA) == RoleSet(BILAL, "clerk", None)
    for over, refusal in ((Ended(), "already_ended"), (Canceled(), "already_canceled")):
        state = after(*LIVE, (AMINA, over))
        assert code(decided(state, set_role(BILAL, "clerk"), AMINA)) == refusal


def test_a_role_is_not_set_by_somebody_who_looked_at_another_round() -> None:
    assert code(decided(STAFFED, set_role(BILAL, "clerk", round=0), AMINA)) == "round_over"
    assert decided(STAFFED, set_role(CLARA, "clerk", round=0), AMINA) == Unchanged()


def test_the_operator_acts_as_nobody_and_the_entry_says_so() -> None:
    decision = decided(STAFFED, set_role(BILAL, "clerk"), None)
    assert decision == RoleSet(BILAL, "clerk", None, by=OPERATOR)
    assert objection(STAFFED, next_entry(STAFFED, decision, None, OPENING)) is None


def test_a_ledger_in_which_somebody_without_the_role_acts_was_not_written_by_a_server() -> None:
    def reason(event: Any, user_id: int | None) -> str | None:
        return objection(STAFFED, next_entry(STAFFED, event, user_id, OPENING))

    assert reason(LotOpened(NECKLACE), CLARA) is None
    assert reason(LotOpened(NECKLACE), MONA) == f"user {MONA} has no role that may do this"
    assert reason(Started(), None) == "nobody has no role that may do this"
    assert reason(Ended(), CLARA) == f"only the owner may do this, which is user {AMINA}"
    assert reason(RoleSet(BILAL, "clerk", None), CLARA) is not None
    assert reason(RoleSet(BILAL, "clerk", None), None) is not None  # nobody, and no operator either
    assert reason(RoleSet(BILAL, "clerk", "moderator"), AMINA) is not None
    assert reason(RoleSet(AMINA, "clerk", None), AMINA) == "the owner has no other role"
    assert reason(BidPlaced(900, 1, paddle=1), CLARA) == f"user {CLARA} works in the auction"
    assert reason(BidPlaced(900, 1, paddle=1), BILAL) is None


def test_roles_are_folded_from_the_ledger() -> None:
    assert STAFFED.roles.given == {CLARA: Role(Who.CLERK), MONA: Role(Who.MODERATOR)}
    moved = after(*ON_THE_BLOCK, *ROLES, (AMINA, LotOpened(NECKLACE)))
    assert moved.roles == STAFFED.roles
    assert replace(STAFFED, roles=moved.roles) == STAFFED
