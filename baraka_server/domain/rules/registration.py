"""The rules of registration: who may bid, up to which amount, and who is registered (D48)."""

from __future__ import annotations

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.registration import RegisterBidder
from baraka_server.domain import paddles
from baraka_server.domain.decision import Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.registration import BidderRegistered, Registration
from baraka_server.domain.rules.checks import is_over, is_stale, over_objection
from baraka_server.domain.rules.operators import acted_by, operator_words
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.staff import works_here
from baraka_server.domain.state import State


def is_registered(state: State, user_id: int | None) -> bool:
    """Whether a user may bid as far as registration goes; the owner never needs it (D13)."""
    if not state.sale_rules.by_approval or user_id == state.owner_id:
        return True
    return state.bidders.of(user_id) is not None


def limit_of(state: State, user_id: int | None) -> int | None:
    """The highest single bid of a user, also where all may bid; None where there is no limit."""
    registration = state.bidders.of(user_id)
    return registration.limit if registration else None


def unregistered(state: State, command: Command, user_id: int | None) -> Refusal | None:
    """The refusal of a bid of a user who would have to be registered."""
    return None if is_registered(state, user_id) else command.refused(Code.NOT_REGISTERED)


def over_limit(state: State, command: Command, user_id: int | None, amount: int) -> Refusal | None:
    """The refusal of an amount above the bidder's limit."""
    limit = limit_of(state, user_id)
    if limit is None or amount <= limit:
        return None
    return command.refused(Code.OVER_LIMIT, limit=limit)


def bidder_objection(state: State, user_id: int | None, amount: int) -> str | None:
    """The reason why a user cannot have bid this amount, as far as registration goes."""
    if not is_registered(state, user_id):
        return f"user {user_id} was not registered to bid"
    limit = limit_of(state, user_id)
    if limit is not None and amount > limit:
        return f"a bid of {amount} is above the limit of user {user_id}, which is {limit}"
    return None


def _register(
    state: State, command: Command, event: RegisterBidder, _rules: HouseRules
) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    user_id = event.user_id
    before = state.bidders.of(user_id)
    wanted = Registration(event.limit) if event.approved else None
    if wanted == before:
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    if wanted is not None:
        if user_id not in command.found.users:
            return command.refused(Code.USER_NOT_FOUND)
        if works_here(state, user_id):
            return command.refused(Code.IS_STAFF)
    return BidderRegistered(
        user_id,
        event.approved,
        limit=event.limit,
        was_approved=before is not None,
        limit_before=before.limit if before else None,
        paddle=state.paddles.next_for(user_id) if event.approved else None,
        by=acted_by(command),
    )


DECISIONS: Decisions = {RegisterBidder: _register}


def _register_objection(state: State, _entry: LedgerEntry, event: BidderRegistered) -> str | None:
    if reason := over_objection(state):
        return reason
    if event.before != state.bidders.of(event.target_id):
        return "it names another registration before it than the user had"
    if event.approved and works_here(state, event.target_id):
        return f"user {event.target_id} works in the auction"
    return paddles.misgiven(state.paddles, event.target_id, event.paddle)


OBJECTIONS: Objections = {BidderRegistered: _register_objection}


def _register_words(event: BidderRegistered, name_of: NameOf) -> str:
    who = name_of(event.target_id)
    operator = operator_words(event.by)
    if not event.approved:
        return f"{operator}took the registration of {who} away"
    limit = "without a limit" if event.limit is None else f"with a limit of {event.limit}"
    if event.was_approved:
        return f"{operator}registered {who} {limit} from now on"
    return f"{operator}registered {who} to bid{'' if event.limit is None else f', {limit}'}"


WORDS: Words = {BidderRegistered: _register_words}
