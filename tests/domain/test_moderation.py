"""Mutes, blocks and slow mode as the rules have them: whom they may meet, and what follows (D47)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from baraka_server.contract.client_events import ClientEvent, PlaceBid, PostComment
from baraka_server.contract.moderation import (
    BlockUser,
    MuteUser,
    RemoveComment,
    RestoreComment,
    SetSlowMode,
    UnblockUser,
    UnmuteUser,
)
from baraka_server.contract.refusals import Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.acts import RoundActs
from baraka_server.domain.acts import objection as acts_objection
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Found, HouseRules, Several, Unchanged
from baraka_server.domain.events import Awarded, Commented, Ended
from baraka_server.domain.moderation import (
    CommentRemoved,
    CommentRestored,
    SlowModeSet,
    UserBlocked,
    UserMuted,
    UserUnblocked,
    UserUnmuted,
)
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.replay import objection
from baraka_server.domain.roles import RoleSet
from baraka_server.domain.state import State, next_entry
from tests.domain.phases import AMINA, BILAL, DINA, LIVE, ON_THE_BLOCK, OPENING, after

MONA = 7
STAFFED = [
    *ON_THE_BLOCK,
    (AMINA, RoleSet(MONA, "moderator", None)),
    (DINA, BidPlaced(900, 1, paddle=1)),
    (BILAL, BidPlaced(1000, 2, paddle=2)),
]
SALE = after(*STAFFED)
LOW, HIGH = (
    StandingBid(1, DINA, 900, OPENING + timedelta(seconds=4)),
    StandingBid(2, BILAL, 1000, OPENING + timedelta(seconds=5)),
)
EVERYBODY = frozenset({AMINA, BILAL, DINA, MONA})
NOW = OPENING + timedelta(minutes=1)


def decided(state: State, event: ClientEvent, user_id: int | None = MONA, **found: Any) -> Any:
    facts = {"users": EVERYBODY, "standing": (HIGH, LOW)} | found
    return decide(state, Command(event, user_id, found=Found(**facts), now=NOW), HouseRules())


def said(decision: Any) -> Any:
    return str(decision.code) if isinstance(decision, Refusal) else decision


def about(kind: Any, user_id: int, **more: Any) -> Any:
    return kind(auction_id=42, user_id=user_id, **more)


MUTED = after(*STAFFED, (MONA, UserMuted(DINA)))
BLOCKED = after(*STAFFED, (MONA, UserBlocked(BILAL, (2,), LOW, HIGH)))
CASES: list[tuple[State, ClientEvent, Any]] = [
    (SALE, about(MuteUser, DINA), UserMuted(DINA)),
    (SALE, about(MuteUser, DINA, minutes=5), UserMuted(DINA, NOW + timedelta(minutes=5))),
    (SALE, MuteUser(auction_id=42, paddle=2), UserMuted(BILAL)),
    (SALE, MuteUser(auction_id=42, paddle=3), "paddle_not_found"),
    (SALE, about(MuteUser, 404), "user_not_found"),
    (SALE, about(MuteUser, AMINA), "is_staff"),
    (SALE, about(MuteUser, MONA), "is_staff"),
    (SALE, about(MuteUser, DINA, round=0), "round_over"),
    (MUTED, about(MuteUser, DINA), Unchanged()),
    (MUTED, about(MuteUser, DINA, minutes=5), UserMuted(DINA, NOW + timedelta(minutes=5))),
    (MUTED, about(UnmuteUser, DINA), UserUnmuted(DINA)),
    (SALE, about(UnmuteUser, DINA), Unchanged()),
    (SALE, about(BlockUser, BILAL), UserBlocked(BILAL, (2,), LOW, HIGH)),
    (SALE, about(BlockUser, DINA), UserBlocked(DINA, (1,), HIGH, HIGH)),
    (SALE, about(BlockUser, AMINA), "is_staff"),
    (BLOCKED, about(BlockUser, BILAL), Unchanged()),
    (BLOCKED, about(UnblockUser, BILAL), UserUnblocked(BILAL)),
    (SALE, about(UnblockUser, BILAL), Unchanged()),
    (SALE, RemoveComment(auction_id=42, comment_id=5), "comment_not_found"),
    (SALE, RestoreComment(auction_id=42, comment_id=5), "comment_not_found"),
    (SALE, SetSlowMode(auction_id=42, seconds=0), Unchanged()),
]


@pytest.mark.parametrize(("state", "event", "outcome"), CASES)
def test_a_moderator_s_command_has_the_outcome_of_the_table(
    state: State, event: ClientEvent, outcome: Any
) -> None:
    assert said(decided(state, event)) == outcome
    assert said(decided(state, event, DINA)) == "not_staff"
    if not isinstance(outcome, str):
        assert said(decided(state, event, AMINA)) == outcome
    over = after(*STAFFED, (AMINA, Ended()))
    assert said(decided(over, event)) == "already_ended"


def test_a_comment_is_removed_once_and_comes_back_until_its_lot_is_awarded() -> None:
    posted = next_entry(SALE, Commented("rude", 5), DINA, OPENING)
    remove, restore = [
        kind(auction_id=42, comment_id=5) for kind in (RemoveComment, RestoreComment)
    ]
    there = {"comments": frozenset({5})}
    assert decided(SALE, remove, **there) == CommentRemoved(5)
    gone = after(*STAFFED, (MONA, CommentRemoved(5)))
    assert decided(gone, restore, posted={5: posted}) == CommentRestored(5)
    assert decided(SALE, restore, **there) == Unchanged()
    sold = after(*STAFFED, (MONA, CommentRemoved(5)), (AMINA, Awarded("Ring", None, HIGH)))
    assert said(decided(sold, restore, posted={5: posted})) == "comment_not_found"


def test_whoever_is_blocked_neither_bids_nor_writes_and_may_again() -> None:
    bid = PlaceBid(auction_id=42, amount=2000)
    for event in (bid, PostComment(auction_id=42, comment="why?")):
        assert said(decided(BLOCKED, event, BILAL)) == "blocked"
        assert said(decided(BLOCKED, event, DINA)) not in {"blocked", "muted"}
    again = after(*STAFFED, (MONA, UserBlocked(BILAL)), (MONA, UserUnblocked(BILAL)))
    assert isinstance(decided(again, bid, BILAL), BidPlaced)


def test_behind_a_block_of_the_leader_the_next_bid_leads_and_an_award_is_refused_once() -> None:
    assert (BLOCKED.high, BLOCKED.bid_change and BLOCKED.bid_change.former) == (LOW, HIGH)
    other = after(*STAFFED, (MONA, UserBlocked(DINA, (1,), HIGH, HIGH)))
    assert (other.high, other.bid_change) == (HIGH, None)


def test_a_mute_ends_at_its_time() -> None:
    write = PostComment(auction_id=42, comment="Hello")
    for minutes, refusal in ((-1, Commented("Hello")), (1, "muted")):
        until = NOW + timedelta(minutes=minutes)
        state = after(*STAFFED, (MONA, UserMuted(DINA, until)))
        assert said(decided(state, write, DINA)) == refusal
    assert said(decided(MUTED, write, DINA)) == "muted"
    clerk = after(*STAFFED, (MONA, UserMuted(4)), (AMINA, RoleSet(4, "clerk", None)))
    assert said(decided(clerk, write, 4)) == Commented("Hello")


def test_slow_mode_counts_from_a_user_s_own_last_comment_since_it_is_on() -> None:
    write = PostComment(auction_id=42, comment="Hello")
    set_ = decided(SALE, SetSlowMode(auction_id=42, seconds=90))
    assert set_ == Several((SlowModeSet(90, 0), set_.events[1]))
    assert set_.events[1].user_id == AMINA
    before = after(*STAFFED, (DINA, Commented("early", 1)), (MONA, SlowModeSet(90, 0)))
    assert said(decided(before, write, DINA)) == Commented("Hello")
    wrote = after(*STAFFED, (MONA, SlowModeSet(90, 0)), (DINA, Commented("one", 1)))
    refused = decided(wrote, write, DINA)
    assert (refused.code, refused.message) == (
        "slow_mode",
        f"Please wait {refused.values['seconds']} s before you write again",
    )
    waited = wrote.moderation.wrote[DINA] + timedelta(seconds=90) - NOW
    assert refused.extra["retryAfterMs"] == waited.total_seconds() * 1000
    assert said(decided(wrote, write, BILAL)) == Commented("Hello")
    off = after(
        *STAFFED,
        (MONA, SlowModeSet(90, 0)),
        (DINA, Commented("one", 1)),
        (MONA, SlowModeSet(0, 90)),
    )
    assert said(decided(off, write, DINA)) == Commented("Hello")


def test_what_no_server_could_have_written_is_found() -> None:
    def reason(event: Any, user_id: int | None = MONA, state: State = SALE) -> str | None:
        return objection(state, next_entry(state, event, user_id, OPENING))

    assert reason(UserMuted(DINA)) is None
    assert reason(UserMuted(DINA), DINA) == f"user {DINA} has no role that may do this"
    assert reason(UserMuted(AMINA)) == f"user {AMINA} works in the auction"
    assert reason(UserBlocked(BILAL, (2,), LOW, HIGH)) is None
    assert reason(UserBlocked(BILAL, (2,), LOW, LOW)) == "another bid stood than it names"
    assert reason(UserBlocked(BILAL, (1,), HIGH, HIGH)) is not None
    assert reason(CommentRestored(5)) == "this comment was not removed"
    assert reason(SlowModeSet(5, 3)) is not None
    assert reason(BidPlaced(2000, 3), BILAL, BLOCKED) == f"user {BILAL} was blocked"
    acts = RoundActs()
    state = State()
    for user_id, event in STAFFED:
        entry = next_entry(state, event, user_id, OPENING)
        state = after(*STAFFED[: entry.seq])
        acts.take(entry) if isinstance(event, RoundActs.KINDS) else None
    for bids, fits in (((2,), True), ((1,), False), ((), False)):
        entry = next_entry(SALE, UserBlocked(BILAL, bids, LOW, HIGH), MONA, OPENING)
        assert (acts_objection(acts, entry) is None) == fits


@pytest.mark.parametrize("payload", [{}, {"userId": 3, "paddle": 2}])
def test_a_person_is_named_by_id_or_by_paddle(payload: dict[str, Any]) -> None:
    for name in ("muteUser", "unmuteUser", "blockUser", "unblockUser"):
        refusal = parse(name, [{"auctionId": 42} | payload])
        assert isinstance(refusal, Refusal)
        assert refusal.message == "Invalid payload: either userId or paddle must be there"


def test_before_a_sale_slow_mode_is_set_without_a_word() -> None:
    assert decided(after(LIVE[0]), SetSlowMode(auction_id=42, seconds=9), AMINA) == SlowModeSet(
        9, 0
    )
