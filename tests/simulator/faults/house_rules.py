"""Faults of maximum bids, of bids from the floor, and of registration (D40, D43, D48)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from baraka_cli.simulator.result import Promise
from baraka_server.domain import automatic_bids
from baraka_server.domain.automatic_bids import Maximum, Offer, Terms
from baraka_server.domain.rules import answering, registration
from tests.simulator.faults.kinds import leaking, rule, stating, wire
from tests.support.clients.simulated import FLOOR, MAXIMA, VICTIM
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper

_answers = automatic_bids.answers


def _answering(change: Any) -> Any:
    def answers(stands: Offer | None, of: Iterable[Maximum], terms: Terms) -> tuple[Offer, ...]:
        them = list(of)
        return change(_answers(stands, them, terms), {one.user_id: one.reach for one in them})

    changed = patch.multiple(automatic_bids, answers=answers)
    return changed, patch.object(answering, "answers", answers)


@rule(
    Promise.MAXIMA_ARE_KEPT,
    r"is automatic, who has the maximum of \d+; the automatic bid that was due is \d+ by user",
    MAXIMA,
)
def a_maximum_bids_more_than_the_least_that_leads() -> Iterator[None]:
    def change(bids: tuple[Offer, ...], reach: dict[int, int]) -> tuple[Offer, ...]:
        *before, last = bids or (None,)
        if last is None or reach.get(last.user_id, 0) <= last.amount:
            return bids
        return (*before, replace(last, amount=last.amount + 1))

    ours, theirs = _answering(change)
    with ours, theirs:
        yield


@rule(
    Promise.MAXIMA_ARE_KEPT,
    r"came where the maximum of user \d+ was to bid \d+",
    MAXIMA,
    is_long=True,
)
def maxima_bid_nothing() -> Iterator[None]:
    ours, theirs = _answering(lambda bids, _: ())
    with ours, theirs:
        yield


@wire(Promise.MAXIMA_ARE_KEPT, r"heard of a maximum that is not the own one: \d+", MAXIMA)
def a_viewer_hears_of_the_maximum_of_a_bidder() -> Tamper:
    return leaking("maximumChanged", VICTIM)


@wire(
    Promise.MAXIMA_ARE_KEPT,
    r"was told on joining of a maximum that is not the own one: 1234567",
    MAXIMA,
    is_long=True,
)
def joiners_are_told_of_the_maximum_of_another() -> Tamper:
    return stating(lambda data: {"maximum": 1_234_567})


@rule(Promise.MODERATION_HOLDS, r"bid \d+ of \d+ by user \d+, who is not registered", FLOOR)
def who_is_not_registered_may_bid() -> Iterator[None]:
    with patch.object(registration, "is_registered", lambda *_: True):
        yield


@wire(Promise.SECRETS_STAY, r"the room heard whom the staff calls '.*\(hush\)'", FLOOR)
def a_label_of_the_floor_is_told() -> Tamper:
    labels: list[str] = []

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "floorBid" and "label" in said.asked:
            labels.append(said.asked["label"])
        row = said.data.get("newComment") if said.name == "newComment" else None
        if not labels or row is None:
            return [said]
        return [said.saying(newComment=row | {"comment": labels[0]})]

    return tamper
