"""Faults of fields, and secrets in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import (
    changing,
    leaving_out,
    listing,
    user,
    wire,
)
from tests.support.clients.simulated import (
    HOST,
)
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid: round: Field required")
def a_bid_has_no_round() -> Tamper:
    return changing("newBid", leaving_out("round"))


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid, a row of auctionBids: createdAt: Field required")
def a_row_of_a_list_has_no_time() -> Tamper:
    without = leaving_out("createdAt")
    return listing("newBid", "auctionBids", lambda rows: [*rows[:-1], without(rows[-1])])


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^auction_change_product: minBidPrice: Input should be a")
def a_price_is_text() -> Tamper:
    return changing("auction_change_product", lambda data: data | {"minBidPrice": "100"})


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^auctionFinished: message: Field required")
def the_end_has_no_message() -> Tamper:
    return changing("auctionFinished", leaving_out("message"))


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid: newBid.user: Field required")
def a_bid_has_no_user() -> Tamper:
    without = leaving_out("user")
    return changing("newBid", lambda data: data | {"newBid": without(data["newBid"])})


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid: newBid.user: user 1 stands beside user_id \d+$")
def a_bid_is_shown_under_the_name_of_another() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [user(said, id=HOST) if said.name == "newBid" else said]

    return tamper


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"'bidPlaced' is not a documented event")
def an_event_has_another_name() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        extra = [replace(said, name="bidPlaced")] if said.name == "newBid" else []
        return [said, *extra]

    return tamper


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"joinAuction.*: userCount: Field required")
def the_answer_to_a_join_has_no_count() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "joinAuction":
            return [replace(said, data=leaving_out("userCount")(said.data))]
        return [said]

    return tamper


@wire(Promise.SECRETS_STAY, r"^newBid: the one-time code of user \d+ is in it")
def a_one_time_code_is_told() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [user(said, otpCode="123456") if said.name == "newBid" else said]

    return tamper


@wire(Promise.SECRETS_STAY, r"^newBid: the whole phone number of user \d+ is in it")
def a_whole_phone_number_is_told() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [user(said, number="+20100000042") if said.name == "newBid" else said]

    return tamper


@wire(Promise.SECRETS_STAY, r"joinAuction.*: the one-time code of user \d+ is in it")
def a_joiner_is_told_a_one_time_code() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "joinAuction" and said.data.get("auctionBids"):
            rows = said.data["auctionBids"]
            user = rows[0]["user"] | {"otpCode": "123456"}
            return [said.saying(auctionBids=[rows[0] | {"user": user}, *rows[1:]])]
        return [said]

    return tamper


@wire(Promise.AWARD_IS_HIGHEST, r"the winning bid is user \d+'s, but the winning user is 1$")
def the_winning_user_is_not_the_winning_bidder() -> Tamper:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"winningUser": data["winningUser"] | {"id": HOST}}

    return changing("auctionEnded", change)
