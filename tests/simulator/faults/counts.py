"""Faults of how many are said to be there."""

from __future__ import annotations

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import wire
from tests.support.clients.simulated import VICTIM
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


def _counting(more: int, *, who: int | None = None, answers: bool = True) -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        told = said.name == "userCountUpdate" or (answers and bool(said.answers))
        if told and "userCount" in said.data and who in {None, to.user_id}:
            return [said.saying(userCount=said.data["userCount"] + more)]
        return [said]

    return tamper


@wire(Promise.COUNTS_AGREE, r"auctions 1 and 2, which had just begun: the count was 1 more than")
def every_count_is_one_too_many() -> Tamper:
    return _counting(1)


@wire(Promise.COUNTS_AGREE, r"^viewer 2 \(user 9\).* heard a count of \d+ .*, and the host one of")
def one_viewer_hears_another_count() -> Tamper:
    return _counting(7, who=VICTIM)


@wire(Promise.COUNTS_AGREE, r"^viewer 2 \(user 9\).* heard a count of None .*, and the host one of")
def one_viewer_hears_no_count() -> Tamper:
    return lambda to, said: (
        [] if said.name == "userCountUpdate" and to.user_id == VICTIM else [said]
    )


@wire(Promise.COUNTS_AGREE, r"auditor \d .* was told on joining that \d+ are there, and the count")
def joiners_are_told_a_count_that_is_too_high() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        joins = said.answers == "joinAuction" and said.data["ok"]
        if joins or said.name == "auctionState":
            return [said.saying(userCount=said.data["userCount"] + 50)]
        return [said]

    return tamper
