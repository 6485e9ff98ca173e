"""The rules of bids from the room and the telephone, which the staff enters (D40)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from baraka_server.contract.names import same_name
from baraka_server.contract.prices import FloorBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decision import By, Command, Decision, HouseRules
from baraka_server.domain.parts import FreeText
from baraka_server.domain.rules.answering import with_answers
from baraka_server.domain.rules.checks import is_stale, not_on_air
from baraka_server.domain.rules.clock import timed
from baraka_server.domain.rules.prices import no_bid, no_bidder
from baraka_server.domain.rules.tables import Decisions
from baraka_server.domain.state import State


@dataclass(frozen=True, slots=True)
class _Bidder:
    """Whose floor bid it is: the `user_id` in whose name it is placed, and the paddle of a label.

    A label without a paddle gets one. Limits, blocks and registration hold for users, not for labels.
    """

    user_id: int
    label_paddle: int | None = None
    new_label: FreeText | None = None


def _floor_bid(state: State, command: Command, event: FloorBid, rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command) or is_stale(state, command):
        return refusal
    bidder = _bidder(state, command, event)
    if isinstance(bidder, Refusal):
        return bidder
    if state.maxima.closes_floor:
        return command.refused(Code.FLOOR_CLOSED)
    if bidder.label_paddle is None:
        exists = bidder.user_id in command.found.users
        theirs = replace(command, user_id=bidder.user_id, user_exists=exists)
        refusal = no_bidder(state, theirs, rules)
    else:
        theirs, refusal = replace(command, user_id=None), None
    if refusal := refusal or no_bid(state, theirs, event.amount):
        return refusal
    placed = BidPlaced(
        event.amount,
        paddle=bidder.label_paddle if bidder.new_label else None,
        floor=True,
        entered_by=command.user_id,
        label_paddle=bidder.label_paddle,
        label=bidder.new_label,
        **timed(state, command),
    )
    return with_answers(state, command, By(placed, bidder.user_id))


def _bidder(state: State, command: Command, event: FloorBid) -> _Bidder | Refusal:
    """Who is meant. The paddle of a label means that label."""
    labels, paddles = command.found.labels, state.paddles
    if event.label is None:
        known = event.paddle or 0
        if (user_id := paddles.user_of(known)) is not None:
            return _Bidder(user_id)
        if known not in labels:
            return command.refused(Code.PADDLE_NOT_FOUND, paddle=event.paddle)
    else:
        known = _paddle_of(event.label, labels)
    floor_user = state.sale_rules.floor_user_id
    if floor_user is None or floor_user not in command.found.users:
        return command.refused(Code.NO_FLOOR_USER)
    if known or event.label is None:
        return _Bidder(floor_user, known)
    text = FreeText.of(event.label, command.found.salt, state.seq, 0)
    return _Bidder(floor_user, paddles.count + 1, text)


def _paddle_of(label: str, labels: Mapping[int, str | None]) -> int:
    """The paddle of a label, compared as names are; 0 for one that has none yet."""
    same = (number for number, text in labels.items() if text and same_name(text, label))
    return next(same, 0)


DECISIONS: Decisions = {FloorBid: _floor_bid}
