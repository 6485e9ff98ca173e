"""Checks that the rules of several areas share."""

from __future__ import annotations

from baraka_server.contract.client_events import RoundEvent
from baraka_server.contract.names import same_name
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decision import Command
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.state import State


def is_over(state: State, command: Command) -> Refusal | None:
    if state.canceled:
        return command.refused(Code.ALREADY_CANCELED)
    return command.refused(Code.ALREADY_ENDED) if state.ended else None


def not_on_air(state: State, command: Command) -> Refusal | None:
    if refusal := is_over(state, command):
        return refusal
    return None if state.live else command.refused(Code.NOT_LIVE)


def no_participant(state: State, command: Command) -> Refusal | None:
    if not state.live:
        return command.refused(Code.NOT_LIVE)
    if not command.user_exists:
        return command.refused(Code.USER_NOT_FOUND)
    blocked = command.user_id in state.moderation.blocked
    return command.refused(Code.BLOCKED) if blocked else None


def is_stale(state: State, command: Command) -> Refusal | None:
    """Refuse a command that is about another round: by its `round`, or by what its sender saw.

    A command that asks for what is so already is not refused: look at that first.
    """
    event = command.event
    if not isinstance(event, RoundEvent):
        return None
    unsaid = event.round is None and event.about_lot
    if is_for_another_round(state, event) or (unsaid and looked_elsewhere(state, command)):
        return command.refused(Code.ROUND_OVER, round=state.round)
    return None


def is_for_another_round(state: State, event: RoundEvent) -> bool:
    return event.round is not None and event.round != state.round


def looked_elsewhere(state: State, command: Command) -> bool:
    """Whether the sender is known to have seen another round."""
    return command.seen is not None and command.seen.round not in {None, state.round}


def is_on_the_block(state: State, product: str) -> bool:
    return state.lot is not None and same_name(state.lot.product, product)


def leads(bid_id: int, high: StandingBid | None) -> bool:
    """Whether `bid_id` is the bid that stands; 0 means that there is none. A bid without a row has no id."""
    return bid_id == 0 if high is None else bid_id == high.bid_id != 0


def over_objection(state: State) -> str | None:
    return "the auction was over" if state.canceled or state.ended else None


def not_on_air_objection(state: State) -> str | None:
    if reason := over_objection(state):
        return reason
    return None if state.live else "the auction was not live"


def told_bid(bid: StandingBid | None) -> str:
    return f"bid {bid.bid_id} of {bid.amount} by user {bid.user_id}" if bid else "no bid"
