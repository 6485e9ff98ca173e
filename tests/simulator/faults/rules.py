"""Faults of the rules: what a server accepts, and whom it awards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from baraka_cli.simulator.result import Promise
from baraka_server.contract.client_events import AwardLot, LeaveAuction, PlaceBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain import decide as rules
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Awarded
from baraka_server.domain.parts import StandingBid
from baraka_server.live.auctioneer import Auctioneer
from tests.simulator.faults.kinds import rule


def _deciding(kind: type, decide: Callable[[Any, Any, Any], Any]) -> Any:
    """Decide about one kind of command by `decide(usual decision, state, event)`."""
    usual = rules.DECISIONS[kind]

    def decided(state: Any, command: Any, event: Any, house: Any) -> Any:
        return decide(usual(state, command, event, house), state, event)

    return patch.dict(rules.DECISIONS, {kind: decided})


def _too_low(decision: Any) -> bool:
    return isinstance(decision, Refusal) and decision.code is Code.BID_TOO_LOW


@rule(Promise.BIDS_RISE, r"number \d+: a bid of (\d+) was accepted after one of \1$")
def equal_bids_are_both_accepted() -> Iterator[None]:
    def decide(decision: Any, state: Any, event: Any) -> Any:
        equal = _too_low(decision) and event.amount == state.high.amount
        return BidPlaced(event.amount) if equal else decision

    with _deciding(PlaceBid, decide):
        yield


@rule(Promise.BIDS_RISE, r"number \d+: a bid of \d+ was accepted after one of \d+$")
def a_lower_bid_is_accepted() -> Iterator[None]:
    def decide(decision: Any, state: Any, event: Any) -> Any:
        lower = _too_low(decision) and event.amount < state.high.amount
        return BidPlaced(event.amount) if lower else decision

    with _deciding(PlaceBid, decide):
        yield


@rule(
    Promise.AWARD_IS_HIGHEST, r"number \d+: awarded to user \d+ with \d+, but the highest is user"
)
def the_award_goes_to_the_second_highest() -> Iterator[None]:
    second: list[StandingBid | None] = [None]

    def bid(decision: Any, state: Any, _event: Any) -> Any:
        if isinstance(decision, BidPlaced):
            second[0] = state.high
        return decision

    def award(decision: Any, _state: Any, _event: Any) -> Any:
        return replace(decision, high=second[0]) if isinstance(decision, Awarded) else decision

    with _deciding(PlaceBid, bid), _deciding(AwardLot, award):
        yield


@rule(Promise.AWARD_IS_HIGHEST, r"number \d+: awarded to nobody, but the highest is user \d+ with")
def the_award_goes_to_nobody() -> Iterator[None]:
    def award(decision: Any, _state: Any, _event: Any) -> Any:
        return replace(decision, high=None) if isinstance(decision, Awarded) else decision

    with _deciding(AwardLot, award):
        yield


@rule(Promise.ROOMS_ARE_CLOSED, r"is not in the room and heard")
def who_leaves_stays_in_the_room() -> Iterator[None]:
    usual = Auctioneer.serve_member

    async def membership(self: Auctioneer, waiting: Any) -> Any:
        if not isinstance(waiting.event, LeaveAuction):
            return await usual(self, waiting)
        self.context.presence.leave(waiting.viewer, self.auction_id)
        count = self.context.presence.count(self.auction_id)
        return {"auctionId": self.auction_id, "userCount": count}

    with patch.object(Auctioneer, "serve_member", membership):
        yield


@rule(
    Promise.COMMANDS_ARE_DECIDED,
    r"^placeBid: of \d+ answers, \d+ put it off \('The auction is too busy at the moment",
    is_silent=True,
)
def every_bid_is_put_off_as_busy() -> Iterator[None]:
    with _deciding(PlaceBid, lambda _usual, _state, event: Refusal(Code.BUSY, event.wire_name)):
        yield
