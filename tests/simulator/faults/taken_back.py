"""Faults of what is taken back: a bid, or an award."""

from __future__ import annotations

from typing import Any

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import changing, leaving_out, wire
from tests.support.clients.simulated import MISTAKES
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


@wire(
    Promise.LISTS_ARE_THE_FOLD,
    r"user \d+ with \d+ is said to stand, but what is left is user \d+ with \d+",
    MISTAKES,
)
def an_undo_names_another_bid_than_the_one_that_stands() -> Tamper:
    def changed(data: dict[str, Any]) -> dict[str, Any]:
        bid = data["standingBid"]
        return data | {"standingBid": bid and bid | {"amount": bid["amount"] - 1}}

    return changing("bidUndone", changed)


@wire(Promise.LISTS_ARE_THE_FOLD, r"what was taken back was not the last", MISTAKES)
def an_undo_takes_back_an_earlier_bid() -> Tamper:
    return changing("bidUndone", lambda data: data | {"bidIds": [1]})


@wire(Promise.LISTS_ARE_THE_FOLD, r"number \d+: the bids are", MISTAKES)
def a_bid_that_was_undone_stays_on_the_list() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        rows = said.data.get("auctionBids") if said.name == "newBid" else None
        if rows and "formerBid" in said.data:
            return [said.saying(auctionBids=[rows[0], *rows])]
        return [said]

    return tamper


@wire(Promise.ONE_ORDER, r"was not said in the guide's words", MISTAKES)
def an_undo_is_not_said_in_the_guides_words() -> Tamper:
    seqs: set[int] = set()

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "bidUndone":
            seqs.add(said.data["seq"])
            return [said]
        said_again = said.name in {"newBid", "auction_change_product"} and said.data["seq"] in seqs
        return [] if said_again else [said]

    return tamper


@wire(Promise.AWARD_IS_HIGHEST, r"awarded to user \d+ with \d+, but the highest is", MISTAKES)
def a_runner_up_is_not_told_as_one() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name != "auctionEnded":
            return [said]
        return [said.but(leaving_out("runnerUp")(said.data))]

    return tamper
