"""Integration guide as a test, typed by hand, so that no rename can change the contract.

Nothing here is computed from the declarations that it is compared with, and each comparison goes
both ways: a rename, a lost field or an undocumented extra shows. Whoever changes this file changes
what clients in the field rely on.
"""

import types
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from baraka_server.contract import records
from baraka_server.contract.client_events import GUIDE_EVENTS
from baraka_server.contract.refusals import TEXTS, TEXTS_BY_EVENT, Code, Refusal
from baraka_server.contract.server_events import (
    ADDED_SERVER_EVENTS,
    DOCUMENTED_SERVER_EVENTS,
    AuctionCanceled,
    AuctionFinished,
)
from baraka_server.contract.vocabulary import SERVER_EVENTS

# --- the guide: Client → Server Events; every field is required --------------

SENT = {
    "startLiveAuction": {"auctionId": "number"},
    "joinAuction": {"auctionId": "number"},
    "leaveAuction": {"auctionId": "number"},
    "broadCasterLeave": {"auctionId": "number"},
    "comment": {"auctionId": "number", "comment": "string"},
    "placeBid": {"auctionId": "number", "amount": "number"},
    "cancelAuction": {"auctionId": "number"},
    "endAuction": {"auctionId": "number"},
    "awardingAuction": {"auctionId": "number", "product": "string"},
    "changeCuurentProduct": {
        "auctionId": "number",
        "product": "string",
        "minBidPrice": "number",
        "bidPrice": "number",
        "actualPrice": "number",
    },
}

OWNER_ONLY = {
    "startLiveAuction",
    "broadCasterLeave",
    "cancelAuction",
    "endAuction",
    "awardingAuction",
    "changeCuurentProduct",
}

# What we add, and the weight, which a phone app of the field leaves out (D21, D23, D29, D32).
SENT_OPTIONALLY = {
    "joinAuction": {"lastSeq": "number", "ledger": "string", "announced": "boolean"},
    "startLiveAuction": {"requestId": "string"},
    "broadCasterLeave": {"requestId": "string"},
    "comment": {"requestId": "string"},
    "placeBid": {"requestId": "string", "round": "number"},
    "cancelAuction": {"requestId": "string"},
    "endAuction": {"requestId": "string"},
    "awardingAuction": {
        "weight": "string",
        "bidId": "number",
        "runnerUp": "boolean",
        "belowReserve": "boolean",
        "requestId": "string",
        "round": "number",
    },
    "changeCuurentProduct": {"requestId": "string", "round": "number"},
}

# --- the guide: Database Models ----------------------------------------------

AUCTION = {
    "id": "number",
    "title": "string",
    "description": "string",
    "type": "AuctionType",
    "current_product": "string?",
    "product_description": "string?",
    "actualPrice": "number",
    "minBidPrice": "number",
    "bidPrice": "number",
    "quantity": "number",
    "expiryDate": "DateTime",
    "startDate": "DateTime?",
    "isLive": "boolean",
    "isExpired": "boolean",
    "isCanceled": "boolean",
    "isEnded": "boolean",
    "image_url": "string",
    "user_id": "number?",
    "winning_user_id": "number?",
    "category_id": "number",
    "createdAt": "DateTime",
    "updatedAt": "DateTime",
}

USERS = {
    "id": "number",
    "name": "string",
    "type": "UserType",
    "category_id": "number?",
    "number": "string",
    "otpCode": "string?",
    "createdAt": "DateTime",
    "updatedAt": "DateTime",
}

AUCTION_BIDS = {
    "id": "number",
    "auction_id": "number",
    "user_id": "number",
    "bid": "number",
    "createdAt": "DateTime",
    "updatedAt": "DateTime",
}

AUCTION_COMMENTS = {
    "id": "number",
    "auction_id": "number",
    "user_id": "number",
    "comment": "string",
    "createdAt": "DateTime",
    "updatedAt": "DateTime",
}

WINNINGS = {
    "id": "number",
    "user_id": "number",
    "auction_id": "number?",
    "product": "string",
    "price": "number",
    "weight": "string?",
    "sold": "boolean",
    "createdAt": "DateTime",
    "updatedAt": "DateTime",
}

CATEGORIES = {
    "id": "number",
    "name": "string",
    "pic_url": "string",
    "createdAt": "DateTime",
    "updatedAt": "DateTime",
}

RECORDS = {
    "Auction": AUCTION,
    "User": USERS,
    "Bid": AUCTION_BIDS,
    "Comment": AUCTION_COMMENTS,
    "Winning": WINNINGS,
    "Category": CATEGORIES,
    # with the relations that the guide says are sent along
    "BidWithUser": {**AUCTION_BIDS, "user": "User"},
    "CommentWithUser": {**AUCTION_COMMENTS, "user": "User"},
    "AuctionWithLists": {
        **AUCTION,
        "Auction_bids": "BidWithUser[]",
        "Auction_comments": "CommentWithUser[]",
    },
}

# The fields that we add to those (D36).
ADDED_TO_RECORDS = {
    "BidWithUser": {"paddle": "number?", "automatic": "boolean?", "floor": "boolean?"}
}

ENUMS = {"AuctionType": ["Live", "Open"], "UserType": ["Normal", "Expert"]}

# --- the guide: Server → Client Events ---------------------------------------

HEARD = {
    "auctionStarted": ("everyone", AUCTION),
    "userCountUpdate": ("room", {"auctionId": "number", "userCount": "number"}),
    "newComment": ("room", {"newComment": "CommentWithUser", "comments": "CommentWithUser[]"}),
    "newBid": ("room", {"newBid": "BidWithUser", "auctionBids": "BidWithUser[]"}),
    "auctionCanceled": ("room", {"auctionId": "number", "message": "string"}),
    "auctionFinished": ("room", {"auctionId": "number", "message": "string"}),
    "auctionEnded": (
        "room",
        {"auction": "AuctionWithLists", "winningBid": "BidWithUser?", "winningUser": "User?"},
    ),
    "auction_change_product": (
        "room",
        {
            "product": "string",
            "bidPrice": "number",
            "minBidPrice": "number",
            "actualPrice": "number",
        },
    ),
    "broadCasterLeft": ("room", {"auctionId": "number"}),
    "error": ("sender", {"message": "string"}),
}

# What we add to the documented ones (D20, D22).
PLACE = {"auctionId": "number", "seq": "number", "ledger": "string?", "serverTime": "DateTime"}
LOT = {"lotId": "number?", "lotNumber": "number?"}
HEARD_IN_ADDITION = {
    "auctionStarted": PLACE,
    "userCountUpdate": PLACE,
    "newComment": PLACE,
    "newBid": {
        **PLACE,
        **LOT,
        "round": "number",
        "formerBid": "NamedBid?",
        "nextBid": "number?",
        "reserveMet": "boolean?",
        "clock": "ClockShown?",
    },
    "auctionCanceled": PLACE,
    "auctionFinished": PLACE,
    "auctionEnded": {
        **PLACE,
        **LOT,
        "runnerUp": "boolean",
        "passed": "boolean?",
        "nextBid": "number?",
        "reserveMet": "boolean?",
        "clock": "ClockShown?",
    },
    "auction_change_product": {
        **PLACE,
        "round": "number",
        "auctionBids": "BidWithUser[]?",
        "formerBid": "NamedBid?",
        "nextBid": "number?",
        "reserveMet": "boolean?",
        "clock": "ClockShown?",
        **LOT,
        "description": "string?",
        "weight": "string?",
        "imageUrl": "string?",
    },
    "broadCasterLeft": PLACE,
    "error": {
        "code": "string?",
        "event": "string?",
        "retryAfterMs": "number?",
        "standingBid": "NamedBid?",
        "formerBid": "NamedBid?",
        "round": "number?",
        "nextBid": "number?",
        "clock": "ClockShown?",
        "lotState": "string?",
        "limit": "number?",
        "numbers": "number[]?",
        "lotsVersion": "number?",
        "announced": "AnnouncedAuction?",
    },
}

# A client that asks for deltas does not get these (D24); everybody else does.
LEFT_OUT_OF_DELTAS = {("newComment", "comments"), ("newBid", "auctionBids")}

STATE = (
    "sender",
    {
        **PLACE,
        "auction": "Auction",
        "auctionBids": "BidWithUser[]",
        "auctionComments": "CommentWithUser[]",
        "userCount": "number",
        "round": "number",
        "nextBid": "number?",
        "reserveMet": "boolean?",
        "clock": "ClockShown?",
        "bidding": "string?",
        "slowMode": "number?",
        "registration": "string?",
        "maxima": "boolean?",
        "maximum": "number?",
        "registered": "boolean?",
        "limit": "number?",
        "role": "string?",
        "paddle": "number?",
        "lot": "LotOnTheBlock?",
        "lotsVersion": "number?",
        "missed": "MissedEvent[]?",
        "missedComplete": "boolean?",
    },
)

# The events that we add (D21, D56).
OURS = {
    "auctionState": STATE,
    "auctionChanged": (
        "room",
        {**PLACE, "auction": "Auction", "highestBid": "BidWithUser?", "round": "number"},
    ),
    "auctionEntry": ("room", PLACE),
}

# --- the guide: Common Error Messages, and the decisions ---------------------

CONNECTION = ""

DOCUMENTED_ERRORS = [
    (CONNECTION, "no_token", "No token provided"),
    (CONNECTION, "invalid_token", "Invalid or expired token"),
    ("startLiveAuction", "auction_not_found", "Unauthorized or Auction not found"),
    ("startLiveAuction", "not_owner", "Unauthorized or Auction not found"),
    ("joinAuction", "not_live", "Auction has not started yet."),
    ("placeBid", "bid_too_low", "Bid must be higher than the current bid (1500)"),
    ("placeBid", "auction_not_found", "Auction not found!"),
    ("placeBid", "user_not_found", "User not found!"),
    ("cancelAuction", "not_live", "You only cancel live auctions!"),
    ("cancelAuction", "already_canceled", "Auction is already canceled"),
    ("cancelAuction", "not_owner", "You are not allowed to cancel this auction!"),
    ("endAuction", "already_ended", "Auction is already Ended"),
    ("awardingAuction", "not_owner", "You are not allowed to end the auction"),
    ("awardingAuction", "not_live", "Auction could not be ended."),
    ("awardingAuction", "watch_only", "Auction could not be ended."),
    ("changeCuurentProduct", "not_live", "Auction could not be ended."),
    ("changeCuurentProduct", "watch_only", "Auction could not be ended."),
]

DECIDED_ERRORS = [
    # D5
    ("startLiveAuction", "already_canceled", "Auction is already canceled"),
    ("startLiveAuction", "already_ended", "Auction is already Ended"),
    # D4, D6
    ("joinAuction", "auction_not_found", "Auction not found!"),
    ("placeBid", "not_live", "Auction has not started yet."),
    ("comment", "not_live", "Auction has not started yet."),
    ("comment", "auction_not_found", "Auction not found!"),
    ("comment", "user_not_found", "User not found!"),
    # D8
    ("endAuction", "not_owner", "You are not allowed to end the auction"),
    ("awardingAuction", "auction_not_found", "Auction could not be ended."),
    ("awardingAuction", "already_canceled", "Auction could not be ended."),
    ("awardingAuction", "already_ended", "Auction could not be ended."),
    ("awardingAuction", "no_lot", "Auction could not be ended."),
    ("awardingAuction", "other_bid_leads", "Auction could not be ended."),
    ("awardingAuction", "standing_bid_changed", "Auction could not be ended."),
    ("awardingAuction", "not_standing", "Auction could not be ended."),
    ("awardingAuction", "below_reserve", "Auction could not be ended."),
    # D40: whoever enters a bid is not who bids
    ("floorBid", "user_not_found", "That bidder has no account any more"),
    ("floorBid", "blocked", "That bidder cannot take part in this auction"),
    ("floorBid", "owner_bid", "The owner cannot bid on the own auction"),
    ("floorBid", "staff_bid", "That bidder works in this auction and cannot bid in it"),
    ("floorBid", "not_registered", "That bidder is not registered to bid in this auction"),
    ("floorBid", "over_limit", "The limit of that bidder in this auction is 900"),
    ("changeCuurentProduct", "auction_not_found", "Auction could not be ended."),
    ("changeCuurentProduct", "not_owner", "Auction could not be ended."),
    ("changeCuurentProduct", "already_canceled", "Auction could not be ended."),
    ("changeCuurentProduct", "already_ended", "Auction could not be ended."),
    ("changeCuurentProduct", "no_lot", "Auction could not be ended."),
    ("awardingAuction", "round_over", "Auction could not be ended."),
    ("changeCuurentProduct", "round_over", "Auction could not be ended."),
    # D31
    ("placeBid", "round_over", "The product has just changed"),
    ("placeBid", "not_joined", "Join the auction before you bid"),
    # D11, D13
    ("placeBid", "bid_below_minimum", "Bid must be at least the minimum bid (800)"),
    ("placeBid", "owner_bid", "You cannot bid on your own auction"),
]

# The codes are ours, and programs read them: as much a promise as the texts.
CODES = {
    "too_fast",
    "other_bid_leads",
    "standing_bid_changed",
    "no_token",
    "invalid_token",
    "auction_not_found",
    "user_not_found",
    "not_owner",
    "not_live",
    "already_canceled",
    "already_ended",
    "bid_too_low",
    "bid_below_minimum",
    "no_lot",
    "round_over",
    "not_joined",
    "owner_bid",
    "request_id_reused",
    "malformed",
    "bad_parameter",
    "old_client",
    "unknown_event",
    "busy",
    "unavailable",
    "unsuited",
    "outcome_unknown",
    "fault",
    # of the auction house
    "not_staff",
    "staff_bid",
    "is_staff",
    "has_bids",
    "lot_not_found",
    "lot_not_waiting",
    "lot_open",
    "number_taken",
    "lots_changed",
    "bids_stand",
    "nothing_to_undo",
    "not_newest",
    "nothing_to_reopen",
    "winning_settled",
    "not_standing",
    "below_reserve",
    "bid_below_step",
    "over_limit",
    "not_registered",
    "maxima_off",
    "no_maximum",
    "bidding_closed",
    "bidding_paused",
    "no_clock",
    "clock_running",
    "clock_moved",
    "comment_not_found",
    "muted",
    "slow_mode",
    "blocked",
    "blocked_everywhere",
    "paddle_not_found",
    "no_floor_user",
    "floor_closed",
    "winning_paid",
    "other_history",
    # of those who watch without an account, and of signing in
    "watch_only",
    "other_auction",
    "too_many_guests",
    "guests_off",
    "too_many_codes",
    "wrong_code",
    "too_many_tries",
    "challenge_over",
    "name_needed",
    "session_over",
    "sign_in_unavailable",
}

VALUES = {"current": 1500, "minimum": 800, "reason": "…", "name": "…", "hint": "", "incident": "…"}
VALUES |= {"number": 7, "lotState": "sold", "lot": "Lot 7", "nextBid": 110, "limit": 900}
VALUES |= {"paddle": 12, "seconds": 5}


def spelled(annotation: Any) -> str:
    """A declared type in the guide's words: `number`, `string?`, `BidWithUser[]`."""
    words = {int: "number", str: "string", bool: "boolean", datetime: "DateTime"}
    kind, inner = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        return spelled(inner[0])
    if kind in (Union, types.UnionType):
        (one,) = [each for each in inner if each is not types.NoneType]
        return f"{spelled(one)}?"
    if kind is list:
        return f"{spelled(inner[0])}[]"
    if kind is dict:
        return "object"
    return words.get(annotation) or annotation.__name__


def declared(model: type[BaseModel]) -> dict[str, str]:
    return {
        field.alias or name: spelled(field.annotation) for name, field in model.model_fields.items()
    }


def optional_fields(model: type[BaseModel]) -> set[str]:
    return {
        field.alias or name for name, field in model.model_fields.items() if not field.is_required()
    }


def test_the_client_events_are_the_documented_ones() -> None:
    assert set(GUIDE_EVENTS) == set(SENT)
    assert {name: event.wire_name for name, event in GUIDE_EVENTS.items()} == {
        name: name for name in SENT
    }


@pytest.mark.parametrize("name", SENT)
def test_a_client_event_has_the_documented_fields(name: str) -> None:
    optional = SENT_OPTIONALLY.get(name, {})
    event = GUIDE_EVENTS[name]
    assert declared(event) == SENT[name] | {field: f"{kind}?" for field, kind in optional.items()}
    assert set(declared(event)) - optional_fields(event) == set(SENT[name])


def test_the_owner_only_events_are_the_documented_ones() -> None:
    assert {name for name, event in GUIDE_EVENTS.items() if event.who.is_staff} == OWNER_ONLY


def test_the_server_events_are_the_documented_ones_and_ours() -> None:
    assert {event.wire_name for event in DOCUMENTED_SERVER_EVENTS} == set(HEARD)
    assert len(DOCUMENTED_SERVER_EVENTS) == len(HEARD)
    documented = {event.wire_name for event in DOCUMENTED_SERVER_EVENTS + ADDED_SERVER_EVENTS}
    assert documented == {*HEARD, *OURS}
    assert {name: SERVER_EVENTS[name].wire_name for name in documented} == {
        name: name for name in documented
    }


@pytest.mark.parametrize("name", [*HEARD, *OURS])
def test_a_server_event_has_the_documented_scope_and_fields(name: str) -> None:
    scope, documented = OURS.get(name) or HEARD[name]
    expected = {
        field: f"{kind}?" if (name, field) in LEFT_OUT_OF_DELTAS else kind
        for field, kind in (documented | HEARD_IN_ADDITION.get(name, {})).items()
    }
    event = SERVER_EVENTS[name]
    assert event.scope == scope
    assert declared(event) == expected
    if name in HEARD:
        left_out = {(name, field) for field in optional_fields(event) & set(documented)}
        assert left_out == {pair for pair in LEFT_OUT_OF_DELTAS if pair[0] == name}


def test_the_closing_messages_are_the_documented_ones() -> None:
    assert AuctionCanceled.TEXT == "The auction has been canceled."
    assert AuctionFinished.TEXT == "The auction has been ended."


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_has_the_documented_fields(name: str) -> None:
    record = getattr(records, name)
    added = ADDED_TO_RECORDS.get(name, {})
    assert declared(record) == RECORDS[name] | added
    required = {name for name, field in record.model_fields.items() if field.is_required()}
    assert required == set(RECORDS[name])


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_sent_under_the_names_that_it_declares(name: str) -> None:
    schema = getattr(records, name).model_json_schema(mode="serialization")
    assert set(schema["properties"]) == set(RECORDS[name]) | set(ADDED_TO_RECORDS.get(name, {}))


def test_no_record_is_undocumented() -> None:
    found = {
        name
        for name, each in vars(records).items()
        if isinstance(each, type) and issubclass(each, records.Record)
    }
    assert found - {"Record"} == set(RECORDS)


def test_the_enums_have_the_documented_values() -> None:
    found = {
        name: [str(value) for value in each]
        for name, each in vars(records).items()
        if isinstance(each, type) and issubclass(each, StrEnum) and each is not StrEnum
    }
    assert found == ENUMS


@pytest.mark.parametrize(("trigger", "code", "text"), [*DOCUMENTED_ERRORS, *DECIDED_ERRORS])
def test_an_error_has_its_text_to_the_letter(trigger: str, code: str, text: str) -> None:
    assert Refusal(Code(code), trigger, VALUES).message == text


def test_only_what_guide_and_decisions_say_depends_on_the_event() -> None:
    settled = {(trigger, code) for trigger, code, _ in [*DOCUMENTED_ERRORS, *DECIDED_ERRORS]}
    assert {(event, str(code)) for event, code in TEXTS_BY_EVENT} <= settled


def test_every_code_is_known_and_has_a_text_that_can_be_told() -> None:
    assert {str(code) for code in Code} == CODES
    assert {str(code) for code in TEXTS} == CODES
    for code in Code:
        message = Refusal(code, CONNECTION, VALUES).message
        assert message
        assert not set(message) & set("{}")
