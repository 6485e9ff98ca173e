"""The rules of bids and of the steps by which they rise (D11 to D13, D31, D41)."""

from __future__ import annotations

from baraka_server.contract.client_events import PlaceBid
from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.prices import SetIncrements
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain import paddles
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decision import By, Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.increments import IncrementsSet
from baraka_server.domain.rules.answering import automatic_objection, offer, terms, with_answers
from baraka_server.domain.rules.checks import (
    is_for_another_round,
    is_over,
    is_stale,
    no_participant,
    over_objection,
)
from baraka_server.domain.rules.clock import closed, timed
from baraka_server.domain.rules.clock_proved import closed_by
from baraka_server.domain.rules.floor_proved import floor_objection
from baraka_server.domain.rules.registration import bidder_objection, over_limit, unregistered
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.state import State


def next_bid(state: State) -> int | None:
    """The least that a bid must be now; None where none can be placed (D41)."""
    by = terms(state)
    return by.least_behind(offer(state.high)) if by else None


def _bid(state: State, command: Command, event: PlaceBid, rules: HouseRules) -> Decision:
    if refusal := no_bidder(state, command, rules) or _not_for_this_round(state, command, event):
        return refusal
    if refusal := no_bid(state, command, event.amount):
        return refusal
    paddle = state.paddles.next_for(command.user_id)
    placed = BidPlaced(event.amount, paddle=paddle, **timed(state, command))
    return with_answers(state, command, By(placed, command.user_id))


def no_bidder(state: State, command: Command, rules: HouseRules) -> Refusal | None:
    """Refuse a bid of somebody who may not bid now, whatever the amount."""
    if refusal := no_participant(state, command):
        return refusal
    if command.user_id == state.owner_id and not rules.owner_bids:
        return command.refused(Code.OWNER_BID)
    is_floor_user = command.user_id == state.sale_rules.floor_user_id
    if command.user_id in state.roles.given or (is_floor_user and command.user_id is not None):
        return command.refused(Code.STAFF_BID)
    return unregistered(state, command, command.user_id)


def _not_for_this_round(state: State, command: Command, event: PlaceBid) -> Refusal | None:
    if event.round is None and command.seen is not None:
        if command.seen.round is None:
            return command.refused(Code.NOT_JOINED)
        if command.seen.round != state.round:
            return command.refused(Code.ROUND_OVER, round=state.round)
    if is_for_another_round(state, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    return None


def no_bid(
    state: State, command: Command, amount: int, *, own_lead: bool = False
) -> Refusal | None:
    """Refuse an amount that may not follow what stands. With `own_lead` whoever leads may say the own bid."""
    if state.lot is None:
        return command.refused(Code.NO_LOT)
    if refusal := closed(state, command):
        return refusal
    high = state.high
    leads = own_lead and high is not None and high.user_id == command.user_id
    if high is not None and amount < high.amount + (not leads):
        return command.refused(Code.BID_TOO_LOW, current=high.amount)
    if high is None and amount < state.lot.minimum_price:
        return command.refused(Code.BID_BELOW_MINIMUM, minimum=state.lot.minimum_price)
    least = next_bid(state)
    if not leads and least is not None and amount < least:
        return command.refused(Code.BID_BELOW_STEP, nextBid=least)
    return over_limit(state, command, command.user_id, amount)


def _set_increments(
    state: State, command: Command, event: SetIncrements, _rules: HouseRules
) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    before = state.increments.of_auction
    if event.increments == before:
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    return IncrementsSet(event.increments, before)


DECISIONS: Decisions = {
    PlaceBid: _bid,
    SetIncrements: _set_increments,
}


def _bid_objection(state: State, entry: LedgerEntry, event: BidPlaced) -> str | None:
    if not state.live:
        return "the auction was not live"
    if entry.user_id is None:
        return "a bid has a bidder"
    if reason := floor_objection(state, entry, event):
        return reason
    if event.label_paddle is None and (reason := _user_objection(state, entry.user_id, event)):
        return reason
    if state.lot is None:
        return "there was no product to bid on"
    if reason := closed_by(state, event):
        return reason
    if type(event.amount) is not int or not 1 <= event.amount <= INT_MAX:
        return "that is not an amount"
    if state.high is not None and event.amount <= state.high.amount:
        return f"a bid of {event.amount} does not follow one of {state.high.amount}"
    if state.high is None and event.amount < state.lot.minimum_price:
        return f"a first bid of {event.amount} is below the minimum of {state.lot.minimum_price}"
    least = next_bid(state)
    if least is not None and event.amount < least and not event.automatic:
        return f"a bid of {event.amount} is below the next step, which is {least}"
    return automatic_objection(state, entry, event) or paddles.objection(
        state.paddles, entry, event
    )


def _user_objection(state: State, user_id: int, event: BidPlaced) -> str | None:
    if user_id in state.moderation.blocked:
        return f"user {user_id} was blocked"
    if user_id in state.roles.given:
        return f"user {user_id} works in the auction"
    return bidder_objection(state, user_id, event.amount)


def _set_objection(state: State, _entry: LedgerEntry, event: IncrementsSet) -> str | None:
    if reason := over_objection(state):
        return reason
    if event.before != state.increments.of_auction:
        return "it names other steps before it than those that were set"
    return None


OBJECTIONS: Objections = {BidPlaced: _bid_objection, IncrementsSet: _set_objection}


def _set_words(event: IncrementsSet, _name_of: NameOf) -> str:
    steps = event.increments
    if steps is None:
        return "set no steps for bids"
    if len(steps) == 1 and steps[0][0] == 0:
        return f"set the step of bids to {steps[0][1]}"
    told = ", ".join(f"{step} from {since}" for since, step in steps)
    return f"set the steps of bids: {told}"


WORDS: Words = {IncrementsSet: _set_words}
