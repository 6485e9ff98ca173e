"""Faults of bids and of their answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from baraka_cli.simulator.result import Promise
from baraka_server.contract.refusals import Code
from tests.simulator.faults.kinds import (
    changing,
    refusing,
    rewording,
    third_bid,
    wire,
    without,
)
from tests.support.clients.simulated import (
    AUCTION,
    EVENING,
    STORM,
)
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


@wire(
    Promise.ACKNOWLEDGED_IS_ANNOUNCED,
    r"bid \d+ of \d+, acknowledged with number \d+.* never came",
    is_long=True,  # a lot of which nobody hears goes on until its time is over
)
def an_acknowledged_bid_is_told_to_nobody() -> Tamper:
    is_third = third_bid()

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if isinstance(said.data, dict) and said.data.get("missed"):
            return [said.saying(missed=without(said.data["missed"], is_third))]
        return [] if is_third(said) else [said]

    return tamper


@wire(Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"acknowledged with number \d+ of 1, was not announced")
def a_bid_is_acknowledged_that_was_not_taken() -> Tamper:
    last = [0]

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if not said.answers and isinstance(said.data.get("seq"), int):
            last[0] = max(last[0], said.data["seq"])
        if said.answers == "placeBid" and said.data.get("code") == Code.BID_TOO_LOW:
            lie = {"auctionId": AUCTION, "seq": last[0], "bidId": 1, "round": 1}
            return [replace(said, data={"ok": True} | lie)]
        return [said]

    return tamper


@wire(Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"endAuction, acknowledged with number \d+ of 1, never")
def the_end_is_told_to_nobody() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [] if said.name == "auctionFinished" else [said]

    return tamper


@wire(Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"comment, acknowledged with number \d+ of 1, was not ann")
def comments_are_told_with_other_words() -> Tamper:
    return rewording("?")


@wire(Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"was acknowledged 1 times and announced 0 times")
def a_bid_is_acknowledged_without_a_number() -> Tamper:
    return refusing(
        lambda said: {"ok": True} if said.data.get("code") == Code.BID_TOO_LOW else None
    )


@wire(
    Promise.REFUSED_STAYS_REFUSED, r"was announced 1 times; 0 accepted|0 were accepted, 1 refused"
)
def an_announced_bid_is_answered_with_a_refusal() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "placeBid" and said.data["ok"]:
            no = {"ok": False, "code": "no_lot"}
            text = "There is no product to bid on at the moment"
            return [replace(said, data=no | {"message": text})]
        return [said]

    return tamper


@wire(Promise.REFUSALS_ARE_RIGHT, r"placeBid was refused in words that are not documented: Too low")
def a_refusal_has_words_of_its_own() -> Tamper:
    return refusing(
        lambda said: (
            said.data | {"message": "Too low"} if said.data.get("code") == "bid_too_low" else None
        )
    )


@wire(Promise.REFUSALS_ARE_RIGHT, r"'error' has words that are not documented: Too low")
def an_error_has_words_of_its_own() -> Tamper:
    return changing(
        "error",
        lambda data: data | {"message": "Too low"} if data.get("code") == "bid_too_low" else data,
    )


@wire(Promise.REFUSALS_ARE_RIGHT, r"was refused \d+ times and heard 0 errors")
def whoever_is_refused_hears_no_error() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [] if said.name == "error" else [said]

    return tamper


@wire(
    Promise.REFUSALS_ARE_RIGHT,
    r"placeBid of .* was refused as '.*\(1999999999\)', and from number \d+ to \d+ that was never",
)
def a_refusal_names_an_amount_that_never_stood() -> Tamper:
    text = "Bid must be higher than the current bid (1999999999)"
    return refusing(
        lambda said: (
            said.data | {"message": text} if said.data.get("code") == "bid_too_low" else None
        )
    )


@wire(Promise.REFUSALS_ARE_RIGHT, r"a bid of \d+ was refused with 'Bid must be higher .*\(\d+\)'")
def a_bid_is_refused_that_is_high_enough() -> Tamper:
    def change(said: Said) -> dict[str, Any] | None:
        if said.data.get("code") != "bid_too_low":
            return None
        less = said.asked["amount"] - 1
        return said.data | {"message": f"Bid must be higher than the current bid ({less})"}

    return refusing(change)


@wire(Promise.REFUSALS_ARE_RIGHT, r"^a bid of .* was accepted$", EVENING)
def nonsense_is_accepted() -> Tamper:
    return refusing(
        lambda said: (
            {"ok": True, "auctionId": AUCTION} if said.data.get("code") == "malformed" else None
        )
    )


@wire(Promise.REFUSALS_ARE_RIGHT, r"placeBid with .* was refused as 'Invalid payload", STORM)
def a_good_bid_is_called_malformed() -> Tamper:
    text = "Invalid payload: amount is missing"
    return refusing(
        lambda said: (
            said.data | {"code": "malformed", "message": text}
            if said.data.get("code") == "bid_too_low"
            else None
        )
    )
