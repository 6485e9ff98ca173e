"""Faults of lists, and of the states that joiners get."""

from __future__ import annotations

from typing import Any

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import (
    listing,
    stating,
    wire,
)
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


@wire(
    Promise.LISTS_ARE_THE_FOLD, r"number \d+: the bids are wrong at place|the bids are \d+, but \d+"
)
def a_list_misses_a_bid() -> Tamper:
    return listing("newBid", "auctionBids", lambda rows: [rows[0], *rows[2:]])


@wire(
    Promise.LISTS_ARE_THE_FOLD, r"number \d+: the bids are wrong at place|the bids are \d+, but \d+"
)
def a_list_has_a_bid_twice() -> Tamper:
    return listing("newBid", "auctionBids", lambda rows: [rows[0], *rows])


@wire(Promise.LISTS_ARE_THE_FOLD, r"number \d+: the bids are wrong at place 1")
def a_list_is_oldest_first() -> Tamper:
    return listing("newBid", "auctionBids", lambda rows: rows[::-1])


@wire(Promise.LISTS_ARE_THE_FOLD, r"number \d+: the comments are wrong at place 1")
def comments_are_newest_first() -> Tamper:
    return listing("newComment", "comments", lambda rows: rows[::-1])


@wire(Promise.LISTS_ARE_THE_FOLD, r"number \d+: bids stand after the award")
def the_bids_are_not_cleared() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name != "auctionEnded":
            return [said]
        auction = said.data["auction"] | {"Auction_bids": [said.data["winningBid"]]}
        return [said.saying(auction=auction)]

    return tamper


def _awarding(change: dict[str, Any]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name != "auctionEnded":
            return [said]
        return [said.saying(auction=said.data["auction"] | change)]

    return tamper


@wire(Promise.ANNOUNCED_IS_KEPT, r"number \d+: 'Ring' is on the block after the award")
def what_was_awarded_stays_on_the_block() -> Tamper:
    return _awarding({"current_product": "Ring"})


@wire(Promise.ANNOUNCED_IS_KEPT, r"number \d+: the award says that the auction is not live")
def an_award_says_that_it_is_over() -> Tamper:
    return _awarding({"isLive": False})


@wire(Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: the bids are .* by what was announced")
def joiners_are_not_told_of_a_bid() -> Tamper:
    return stating(lambda state: {"auctionBids": state["auctionBids"][1:]})


@wire(
    Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: the comments are .* by what was announced"
)
def joiners_are_not_told_of_a_comment() -> Tamper:
    return stating(lambda state: {"auctionComments": state["auctionComments"][1:]})


@wire(Promise.ANNOUNCED_IS_KEPT, r"current_product is 'Brooch', but '.*' was announced")
def joiners_are_shown_another_product() -> Tamper:
    def change(state: dict[str, Any]) -> dict[str, Any]:
        up = state["auction"]["current_product"] is not None
        return {"auction": state["auction"] | {"current_product": "Brooch"}} if up else {}

    return stating(change)
