"""Faults of the order in which things are told."""

from __future__ import annotations

from collections.abc import Callable

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import (
    third_bid,
    wire,
    without,
)
from tests.support.clients.simulated import (
    CHAOS,
    VICTIM,
)
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


def _swapping(whom: Callable[[Listener], bool]) -> Tamper:
    """Bids arrive after what followed them."""
    held: dict[Listener, list[Said]] = {}

    def tamper(to: Listener, said: Said) -> list[Said]:
        if not whom(to) or said.answers or said.name in {"error", "userCountUpdate"}:
            return [said]
        if to in held:
            return [said, *held.pop(to)]
        if said.name == "newBid":
            held[to] = [said]
            return []
        return [said]

    return tamper


@wire(Promise.ONE_ORDER, r"heard number \d+ of auction 1 after number \d+")
def announcements_are_reordered() -> Tamper:
    return _swapping(lambda to: True)


@wire(
    Promise.ONE_ORDER,
    r"^viewer 2 \(user 9\).* (heard number \d+ of auction 1 after|did not hear) number \d+",
)
def announcements_are_reordered_for_one_viewer() -> Tamper:
    return _swapping(lambda to: to.user_id == VICTIM)


@wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* heard number (\d+) of auction 1 after number \1")
def an_announcement_is_told_twice() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        return [said, said] if said.name == "newBid" and to.user_id == VICTIM else [said]

    return tamper


@wire(Promise.ONE_ORDER, r"number \d+ is bid \d+ of \d+ by user \d+ for some and bid .* for others")
def one_viewer_is_told_another_amount() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid" and to.user_id == VICTIM:
            row = said.data["newBid"]
            return [said.saying(newBid=row | {"bid": row["bid"] + 1})]
        return [said]

    return tamper


@wire(
    Promise.ONE_ORDER, r"number \d+ is comment \d+ by user \d+ for some and comment .* for others"
)
def one_viewer_is_told_another_comment() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newComment" and to.user_id == VICTIM:
            row = said.data["newComment"]
            return [said.saying(newComment=row | {"comment": row["comment"] + "!"})]
        return [said]

    return tamper


@wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* resumed behind number \d+ and was told up to")
def one_viewer_never_gets_what_it_missed() -> Tamper:
    is_third = third_bid()

    def tamper(to: Listener, said: Said) -> list[Said]:
        third = is_third(said)
        if to.user_id != VICTIM:
            return [said]
        if (said.answers == "joinAuction" or said.name == "auctionState") and "missed" in said.data:
            return [said.saying(missed=without(said.data["missed"], is_third))]
        return [] if third else [said]

    return tamper


@wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* heard nothing of auction 1 after number \d+")
def one_viewer_does_not_hear_the_end() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        return [] if said.name == "auctionFinished" and to.user_id == VICTIM else [said]

    return tamper


@wire(Promise.ONE_ORDER, r"resumed behind number \d+ and was told up to \d+", CHAOS)
def resumes_leave_a_gap() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if isinstance(said.data, dict) and said.data.get("missed"):
            return [said.saying(missed=said.data["missed"][1:])]
        return [said]

    return tamper
