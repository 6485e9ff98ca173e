"""Faults of refusals: good words for what is not so."""

from __future__ import annotations

from typing import Any

from baraka_cli.simulator.result import Promise
from baraka_server.contract.refusals import TEXTS, Code
from tests.simulator.faults.kinds import refusing, saying_no, wire
from tests.support.clients.simulated import STORM
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper

SAYING_THE_ROUND = STORM.model_copy(update={"delta_share": 1.0})
"""All phones do that know more than the guide (D31)."""


def _never_so(text: str) -> str:
    return rf"placeBid of bidder .* was refused as '{text}.*', and from number .* that was never so"


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so("Auction has not started yet"))
def bids_are_refused_because_the_auction_is_not_live() -> Tamper:
    return saying_no(Code.NOT_LIVE)


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so("There is no product to bid on"))
def bids_are_refused_because_nothing_is_on_the_block() -> Tamper:
    return saying_no(Code.NO_LOT)


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so("Join the auction before you bid"))
def who_has_joined_is_told_to_join() -> Tamper:
    return saying_no(Code.NOT_JOINED)


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so("The product has just changed"), SAYING_THE_ROUND)
def bids_are_refused_for_a_round_that_goes_on() -> Tamper:
    def change(said: Said) -> dict[str, Any] | None:
        if said.data.get("code") != Code.BID_TOO_LOW or "round" not in said.asked:
            return None
        text = TEXTS[Code.ROUND_OVER]
        return {"ok": False, "code": "round_over", "message": text, "round": said.asked["round"]}

    return refusing(change)


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so("User not found!"))
def who_has_bid_is_said_not_to_exist() -> Tamper:
    def change(said: Said) -> dict[str, Any] | None:
        if said.data.get("code") != Code.BID_TOO_LOW:
            return None
        return {"ok": False, "code": "user_not_found", "message": TEXTS[Code.USER_NOT_FOUND]}

    return _after(20, refusing(change))


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so("You cannot bid on your own auction"))
def guests_are_taken_for_the_owner() -> Tamper:
    return saying_no(Code.OWNER_BID)


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so("Auction not found!"))
def the_auction_is_said_not_to_exist() -> Tamper:
    return saying_no(Code.AUCTION_NOT_FOUND)


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so("This requestId was already used"))
def a_new_request_is_called_an_old_one() -> Tamper:
    return saying_no(Code.REQUEST_ID_REUSED)


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so(r"Bid must be higher than the current bid \(\d+\)"))
def bids_for_the_second_lot_are_refused_for_the_price_of_the_first() -> Tamper:
    highest: dict[int, int] = {}

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid":
            round_ = said.data["round"]
            highest[round_] = max(highest.get(round_, 0), said.data["newBid"]["bid"])
        if said.answers == "placeBid" and said.data.get("code") == "bid_too_low":
            first = highest.get(min(highest)) if len(highest) > 1 else None
            if first and said.asked["amount"] <= first:
                text = TEXTS[Code.BID_TOO_LOW].format(current=first)
                return [said.saying(message=text)]
        return [said]

    return tamper


@wire(Promise.REFUSALS_ARE_RIGHT, _never_so(r"Bid must be at least the minimum bid \(\d+\)"), STORM)
def a_bid_is_refused_for_a_minimum_that_was_passed() -> Tamper:
    def change(said: Said) -> dict[str, Any] | None:
        if said.data.get("code") != Code.BID_TOO_LOW:
            return None
        text = TEXTS[Code.BID_BELOW_MINIMUM].format(minimum=said.asked["amount"] + 1)
        return {"ok": False, "code": "bid_below_minimum", "message": text}

    return refusing(change)


def _after(bids: int, tamper: Tamper) -> Tamper:
    """Not before so many were announced."""
    seen: set[int] = set()

    def later(to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid":
            seen.add(said.data["seq"])
        return tamper(to, said) if len(seen) > bids else [said]

    return later
