"""The rules of bids and of the steps by which they rise (D11 to D13, D31, D41)."""

from __future__ import annotations

from baraka_server.contract.client_events import PlaceBid
from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.prices import SetIncrements
from baraka_server.contract.refusals import Code
from baraka_server.domain import paddles
from baraka_server.domain.decision import Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import BidPlaced, LedgerEntry
from baraka_server.domain.increments import IncrementsSet
from baraka_server.domain.rules.checks import (
    is_for_another_round,
    is_over,
    is_stale,
    no_participant,
    over_objection,
)
from baraka_server.domain.rules.clock import closed, timed
from baraka_server.domain.rules.clock_proved import closed_by
from baraka_server.domain.rules.registration import bidder_objection, over_limit, unregistered
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.state import State


def next_bid(state: State) -> int | None:
    """The least that a bid must be now; None where none can be placed (D41)."""
    if state.lot is None:
        return None
    if state.high is None:
        return max(1, state.lot.minimum_price)
    lot = state.run_list.open
    return state.increments.next(state.high.amount, lot.values.increments if lot else None)


def _bid(state: State, command: Command, event: PlaceBid, rules: HouseRules) -> Decision:
    if refusal := no_participant(state, command):
        return refusal
    if command.user_id == state.owner_id and not rules.owner_bids:
        return command.refused(Code.OWNER_BID)
    if command.user_id in state.roles.given:
        return command.refused(Code.STAFF_BID)
    if refusal := unregistered(state, command, command.user_id):
        return refusal
    if event.round is None and command.seen is not None:
        if command.seen.round is None:
            return command.refused(Code.NOT_JOINED)
        if command.seen.round != state.round:
            return command.refused(Code.ROUND_OVER, round=state.round)
    if is_for_another_round(state, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    if state.lot is None:
        return command.refused(Code.NO_LOT)
    if refusal := closed(state, command):
        return refusal
    if state.high is not None and event.amount <= state.high.amount:
        return command.refused(Code.BID_TOO_LOW, current=state.high.amount)
    if state.high is None and event.amount < state.lot.minimum_price:
        return command.refused(Code.BID_BELOW_MINIMUM, minimum=state.lot.minimum_price)
    least = next_bid(state)
    if least is not None and event.amount < least:
        return command.refused(Code.BID_BELOW_STEP, nextBid=least)
    if refusal := over_limit(state, command, command.user_id, event.amount):
        return refusal
    paddle = state.paddles.next_for(command.user_id)
    return BidPlaced(event.amount, paddle=paddle, **timed(state, command))


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
    if entry.user_id in state.moderation.blocked:
        return f"user {entry.user_id} was blocked"
    if entry.user_id in state.roles.given:
        return f"user {entry.user_id} works in the auction"
    if reason := bidder_objection(state, entry.user_id, event.amount):
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
    if least is not None and event.amount < least:
        return f"a bid of {event.amount} is below the next step, which is {least}"
    return paddles.objection(state.paddles, entry, event)


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
