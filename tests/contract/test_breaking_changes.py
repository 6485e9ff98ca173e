"""A change of the contract that breaks a client of the last release is named; an addition is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from baraka_cli.contract_documents.comparison import breaking_changes
from baraka_cli.contract_documents.schema import contract_schema

Contract = dict[str, Any]
OLD = contract_schema()
NULL = {"type": "null"}


def fields(contract: Contract, definition: str) -> Contract:
    found: Contract = contract["$defs"][definition]["properties"]
    return found


BREAKING: dict[str, Callable[[Contract], object]] = {
    "client event comment: is gone": lambda new: new["clientToServer"].pop("comment"),
    "server event slowMode: is gone": lambda new: new["serverToClient"].pop("slowMode"),
    "GET /api/auctions/{id}/lots: is gone": lambda new: new["http"].pop(
        "GET /api/auctions/{id}/lots"
    ),
    "client event placeBid, round: is required now": lambda new: new["$defs"]["PlaceBid"][
        "required"
    ].append("round"),
    "client event placeBid, round: is gone": lambda new: fields(new, "PlaceBid").pop("round"),
    "client event placeBid, amount: maximum is 1000, and was 2147483647": lambda new: fields(
        new, "PlaceBid"
    )["amount"].update(maximum=1000),
    "client event comment, comment: maxLength is 100, and was 191": lambda new: fields(
        new, "PostComment"
    )["comment"].update(maxLength=100),
    "client event setRole, role: no longer takes clerk": lambda new: fields(new, "SetRole")["role"][
        "enum"
    ].remove("clerk"),
    "client event addLots, lots[].weight: no longer takes null": lambda new: fields(new, "NewLot")[
        "weight"
    ]["anyOf"].remove(NULL),
    "client event floorBid: which fields go together has changed": lambda new: new["$defs"][
        "FloorBid"
    ].update(oneOf=[{"required": ["paddle"]}]),
    "client event undoBid: is for owner now, and was for clerk": lambda new: new["clientToServer"][
        "undoBid"
    ].update(who="owner"),
    "server event newBid, round: is gone": lambda new: fields(new, "NewBid").pop("round"),
    "server event newBid, newBid.bid: may now be string": lambda new: fields(
        new, "BidWithUser"
    ).update(bid={"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    "server event newBid, newBid.user.name: may now be null": lambda new: fields(
        new, "User"
    ).update(name={"anyOf": [{"type": "string"}, NULL]}),
    "server event auctionFinished, message: may be left out now": lambda new: new["$defs"][
        "AuctionFinished"
    ]["required"].remove("message"),
    "server event auctionStarted: is told to room, not to everyone": lambda new: new[
        "serverToClient"
    ]["auctionStarted"].update(scope="room"),
    "acknowledgement of placeBid, bidId: is gone": lambda new: fields(new, "BidAccepted").pop(
        "bidId"
    ),
    "refusal of placeBid, standingBid: is gone": lambda new: fields(new, "Refused").pop(
        "standingBid"
    ),
    "answer of GET /api/auctions/{id}/summary, totals.due: is gone": lambda new: fields(
        new, "SaleTotals"
    ).pop("due"),
    "GET /api/auctions: no longer takes limit": lambda new: new["http"]["GET /api/auctions"][
        "query"
    ].remove("limit"),
    "code no_lot: is gone": lambda new: new["refusals"].pop("no_lot"),
    "code no_lot: its text was 'There is no product to bid on at the moment' and is 'No'": (
        lambda new: new["refusals"]["no_lot"].update(text="No")
    ),
    "code not_live of cancelAuction: its text was 'You only cancel live auctions!' and is "
    "'Auction has not started yet.'": lambda new: new["refusals"]["not_live"]["answering"].pop(
        "cancelAuction"
    ),
}

ADDED: dict[str, Callable[[Contract], object]] = {
    "an optional field of a client's payload": lambda new: fields(new, "PlaceBid").update(
        tip={"type": "integer"}
    ),
    "a field of what clients are told": lambda new: fields(new, "NewBid").update(
        colour={"type": "string"}
    ),
    "a field of it that is always there": lambda new: new["$defs"]["NewBid"]["required"].append(
        "nextBid"
    ),
    "a client event": lambda new: new["clientToServer"].update(
        wave=new["clientToServer"]["leaveAuction"]
    ),
    "a server event": lambda new: new["serverToClient"].update(
        waved=new["serverToClient"]["slowMode"]
    ),
    "a route": lambda new: new["http"].update({"GET /api/wave": new["http"]["GET /api/auctions"]}),
    "a code": lambda new: (
        new["refusals"].update(no_wave={"text": "Nobody waves"}),
        new["$defs"]["Code"]["enum"].append("no_wave"),
    ),
    "a value that clients may send": lambda new: fields(new, "SetRole")["role"]["enum"].append(
        "runner"
    ),
    "longer text of a client": lambda new: fields(new, "PostComment")["comment"].update(
        maxLength=500
    ),
    "less that may be null": lambda new: fields(new, "Auction").update(user_id={"type": "integer"}),
    "more people who may": lambda new: new["clientToServer"]["endAuction"].update(who="clerk"),
    "another description": lambda new: fields(new, "NewBid")["newBid"].update(description="A bid"),
}


@pytest.mark.parametrize("named", BREAKING)
def test_a_change_that_breaks_a_client_is_named(named: str) -> None:
    new = copy.deepcopy(OLD)
    BREAKING[named](new)
    assert named in breaking_changes(OLD, new)


@pytest.mark.parametrize("addition", ADDED)
def test_an_addition_breaks_nobody(addition: str) -> None:
    new = copy.deepcopy(OLD)
    ADDED[addition](new)
    assert new != OLD
    assert breaking_changes(OLD, new) == []


def test_the_contract_does_not_break_itself() -> None:
    assert breaking_changes(OLD, copy.deepcopy(OLD)) == []
