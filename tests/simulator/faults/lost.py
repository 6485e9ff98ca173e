"""Faults of what never comes: announcements over a connection that holds, and answers."""

from __future__ import annotations

from collections.abc import Callable

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import wire
from tests.support.clients.simulated import VICTIM
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper

LOST = r"did not hear number \d+ of auction 1, {}, over a connection that held"


def losing(lost: Callable[[Listener, Said], bool]) -> Tamper:
    return lambda to, said: [] if lost(to, said) else [said]


def _once_for_the_victim(name: str, number: int) -> Tamper:
    """The victim does not hear one announcement; what it missed it is told when it asks."""
    heard: list[int] = []

    def lost(to: Listener, said: Said) -> bool:
        if said.name != name or to.user_id != VICTIM:
            return False
        heard.append(said.data["seq"])
        return len(heard) == number

    return losing(lost)


@wire(Promise.ONE_ORDER, LOST.format(r"bid \d+ of \d+ by user \d+"))
def plain_viewers_are_told_of_no_bid() -> Tamper:
    return losing(lambda to, said: said.name == "newBid" and not to.delta)


@wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* " + LOST.format(r"bid \d+ of \d+ by user \d+"))
def one_viewer_is_not_told_of_one_bid() -> Tamper:
    return _once_for_the_victim("newBid", 3)


@wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* " + LOST.format(r"comment \d+ by user \d+"))
def one_viewer_is_not_told_of_one_comment() -> Tamper:
    return _once_for_the_victim("newComment", 2)


@wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* " + LOST.format("an award to user .*"))
def one_viewer_is_not_told_of_one_award() -> Tamper:
    return _once_for_the_victim("auctionEnded", 1)


@wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* " + LOST.format("the lot '.*'"))
def one_viewer_is_not_told_of_a_new_lot() -> Tamper:
    return _once_for_the_victim("auction_change_product", 2)


@wire(Promise.ONE_ORDER, LOST.format(r"bid \d+ of \d+ by user \d+"))
def delta_viewers_are_told_of_every_other_bid() -> Tamper:
    return losing(lambda to, said: said.name == "newBid" and to.delta and said.data["seq"] % 2 == 0)


@wire(
    Promise.COMMANDS_ARE_ANSWERED,
    r"^bidder \d+ .* got no answer to placeBid, over a connection",
    is_silent=True,
)
def accepted_bids_are_not_answered() -> Tamper:
    return losing(lambda _to, said: said.answers == "placeBid" and said.data["ok"])


@wire(
    Promise.COMMANDS_ARE_ANSWERED,
    r"^bidder \d+ .* got no answer to placeBid, over a connection",
    is_silent=True,
)
def refused_bids_are_not_answered() -> Tamper:
    return losing(lambda _to, said: said.answers == "placeBid" and not said.data["ok"])


@wire(
    Promise.COMMANDS_ARE_ANSWERED,
    r"^commenter \d+ .* got no answer to comment, over a connection",
    is_silent=True,
)
def comments_are_not_answered() -> Tamper:
    return losing(lambda _to, said: said.answers == "comment")
