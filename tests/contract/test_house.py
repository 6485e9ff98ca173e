"""Events of the auction house, typed by hand from docs/auction-house.md, as `test_guide` has the guide's."""

from __future__ import annotations

from typing import Any

import pytest

from baraka_server.contract.client_events import GUIDE_EVENTS
from baraka_server.contract.clock import AwardByClock, StartClock
from baraka_server.contract.lots import NewLot, RunListLot
from baraka_server.contract.prices import SetIncrements
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.server_events import ADDED_SERVER_EVENTS, DOCUMENTED_SERVER_EVENTS
from baraka_server.contract.vocabulary import CLIENT_EVENTS, HTTP_COMMANDS, SERVER_EVENTS, parse

COMMON = {"auctionId", "requestId", "round"}

PRICES = {"minBidPrice", "bidPrice", "actualPrice"}
VALUES = {
    *("product", "description", "weight", "imageUrl", "increments", "reserve"),
    *PRICES,
}
COMMANDS = {
    "addLots": ("clerk", {"lots", "before", "version"}),
    "editLot": ("clerk", {"lotId", "version", "lotNumber", *VALUES}),
    "moveLot": ("clerk", {"lotId", "before"}),
    "withdrawLot": ("clerk", {"lotId"}),
    "offerAgain": ("clerk", {"lotId", "before"}),
    "openLot": ("clerk", {"lotId", "withBids"}),
    "repriceLot": ("clerk", {*PRICES, "increments", "reserve"}),
    "passLot": ("clerk", {"withBids"}),
    "setIncrements": ("clerk", {"increments"}),
    "floorBid": ("clerk", {"amount", "paddle", "label"}),
    "setMaximumBid": ("anybody", {"amount"}),
    "withdrawMaximum": ("anybody", set()),
    "undoBid": ("clerk", {"bidId"}),
    "reopenLot": ("clerk", {"awardSeq", "say"}),
    "startClock": ("clerk", {"seconds", "extendSeconds", "windowSeconds", "award", "say"}),
    "pauseClock": ("clerk", set()),
    "resumeClock": ("clerk", {"seconds"}),
    "stopClock": ("clerk", set()),
    "fairWarning": ("clerk", {"stage", "say"}),
    "pauseBidding": ("clerk", {"say"}),
    "resumeBidding": ("clerk", {"say"}),
    "removeComment": ("moderator", {"commentId"}),
    "restoreComment": ("moderator", {"commentId"}),
    "muteUser": ("moderator", {"userId", "paddle", "minutes"}),
    "unmuteUser": ("moderator", {"userId", "paddle"}),
    "blockUser": ("moderator", {"userId", "paddle"}),
    "unblockUser": ("moderator", {"userId", "paddle"}),
    "slowMode": ("moderator", {"seconds", "say"}),
    "setRole": ("owner", {"userId", "role", "seesNumbers"}),
    "registerBidder": ("owner", {"userId", "approved", "limit"}),
    "setHouseRules": ("owner", {"registration", "maxima", "floorUserId"}),
}
"""Who may give a command, and its fields beside those that all have."""

CLOCK = {"endsAt", "remainingMs", "running", "extendSeconds", "windowSeconds", "award", "reason"}
TOLD = {
    "lotsChanged": {"lotsVersion", "lots"},
    "nextBidChanged": {"nextBid"},
    "bidUndone": {"bidIds", "standingBid", "formerBid", "nextBid", "reserveMet", "clock", "round"},
    "lotReopened": {
        *("product", "winningId", "standingBid", "nextBid", "reserveMet", "round"),
        *("lotId", "lotNumber"),
    },
    "auctionClock": CLOCK,
    "fairWarning": {"stage"},
    "biddingPaused": {"clock"},
    "biddingResumed": {"clock"},
    "roleChanged": {"role"},
    "registrationChanged": {"registered", "paddle", "limit"},
    "maximumChanged": {"maximum", "reason"},
    "houseRulesChanged": {"registration", "maxima"},
    "commentRemoved": {"commentId"},
    "slowMode": {"seconds"},
}
"""The fields of an event beside those that all have."""

MODERATION = {"removeComment", "restoreComment", "muteUser", "unmuteUser", "blockUser"}
MODERATION |= {"unblockUser", "slowMode"}
OVER_HTTP = MODERATION | {
    *("addLots", "editLot", "moveLot", "withdrawLot", "offerAgain"),
    *("openLot", "repriceLot", "passLot", "setIncrements", "setRole"),
    "setHouseRules",
    "registerBidder",
}

LOT = {"lotId", "lotNumber", "position", "state", "version", "winningId", *VALUES}


def fields(model: Any) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_commands_of_the_house_are_those():
    ours = {name: event for name, event in CLIENT_EVENTS.items() if name not in GUIDE_EVENTS}
    assert set(ours) == set(COMMANDS)
    found = {name: (event.who, fields(event) - COMMON) for name, event in ours.items()}
    assert found == COMMANDS
    assert all(fields(event) >= COMMON for event in ours.values())


def test_what_the_house_tells_is_that():
    others = {event.wire_name for event in DOCUMENTED_SERVER_EVENTS + ADDED_SERVER_EVENTS}
    ours = {name: event for name, event in SERVER_EVENTS.items() if name not in others}
    place = {"auctionId", "seq", "ledger", "serverTime"}
    assert {name: fields(event) - place for name, event in ours.items()} == TOLD


def test_a_new_lot_and_one_of_the_run_list_have_those_fields():
    assert fields(NewLot) == {"lotNumber", "was", "winningId", *VALUES}
    assert fields(RunListLot) == LOT


def test_the_commands_that_are_taken_over_http_are_those():
    assert set(HTTP_COMMANDS) == OVER_HTTP


@pytest.mark.parametrize(
    ("event", "sent", "says"),
    [
        ("startClock", {}, "seconds is required"),
        ("startClock", {"seconds": 0}, "seconds must be a whole number from 1 to 604800"),
        ("startClock", {"seconds": 604_801}, "seconds must be a whole number from 1 to 604800"),
        ("startClock", {"seconds": "60"}, "seconds must be"),
        ("startClock", {"seconds": 60, "extendSeconds": 601}, "extendSeconds must be"),
        ("startClock", {"seconds": 60, "windowSeconds": -1}, "windowSeconds must be"),
        ("startClock", {"seconds": 60, "award": "manual"}, 'award must be "auto"'),
        ("startClock", {"seconds": 60, "say": " "}, "say must not be blank"),
        ("resumeClock", {"seconds": 0}, "seconds must be"),
        ("fairWarning", {}, "stage is required"),
        ("fairWarning", {"stage": 4}, "stage must be a whole number from 1 to 3"),
        ("pauseBidding", {"say": "x" * 192}, "say must have at most 191 characters"),
    ],
)
def test_a_clock_that_is_no_clock_is_malformed(event, sent, says):
    refusal = parse(event, [{"auctionId": 1} | sent])
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.MALFORMED
    assert says in refusal.message


def test_a_clock_has_a_window_of_ten_seconds_where_nothing_is_said():
    event = parse("startClock", [{"auctionId": 1, "seconds": 60}])
    assert isinstance(event, StartClock)
    assert (event.extend_seconds, event.window_seconds, event.award) == (10, 10, None)


def test_nobody_but_the_server_awards_by_the_clock():
    refusal = parse(AwardByClock.wire_name, [{"auctionId": 1, "ends_ms": 0}])
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.UNKNOWN_EVENT


@pytest.mark.parametrize(
    ("sent", "steps"),
    [
        (10, ((0, 10),)),
        (10.0, ((0, 10),)),
        (None, None),
        ([{"from": 0, "step": 5}, {"from": 100, "step": 10}], ((0, 5), (100, 10))),
    ],
)
def test_increments_are_a_step_or_a_table(sent, steps):
    event = parse("setIncrements", [{"auctionId": 1, "increments": sent}])
    assert isinstance(event, SetIncrements)
    assert event.increments == steps


@pytest.mark.parametrize(
    "sent",
    [
        *(0, -1, True, "10", 1.5, {}, [], [10], [{"from": 0}], [{"from": 0, "step": 0}]),
        [{"from": 5, "step": 1}, {"from": 5, "step": 2}],
        [{"from": n, "step": 1} for n in range(51)],
    ],
)
def test_increments_that_are_no_table_are_malformed(sent):
    refusal = parse("setIncrements", [{"auctionId": 1, "increments": sent}])
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.MALFORMED
    assert "increments" in refusal.message


def test_increments_have_to_be_said():
    refusal = parse("setIncrements", [{"auctionId": 1}])
    assert isinstance(refusal, Refusal)
    assert refusal.message == "Invalid payload: increments is required"


@pytest.mark.parametrize("steps", [None, 10, [{"from": 5, "step": 1}]])
def test_increments_are_sent_as_they_are_read(steps):
    event = parse("setIncrements", [{"auctionId": 1, "increments": steps}])
    assert isinstance(event, SetIncrements)
    assert parse("setIncrements", [event.payload()]) == event
    assert "requestId" not in event.payload()
