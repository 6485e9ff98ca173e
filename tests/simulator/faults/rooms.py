"""Faults of who hears what, and of how many are there."""

from __future__ import annotations

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import (
    leaking,
    overhearing,
    wire,
)
from tests.support.clients.simulated import (
    AUCTION,
    FIRST_BIDDER,
    HOST,
    NEIGHBOUR,
    ONLOOKER,
    VICTIM,
)
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


@wire(
    Promise.STARTS_ARE_TOLD,
    r"^passer-by 1 \(user 60\).* was connected when auction 1 was started, and did not hear of it$",
)
def the_start_is_told_to_its_host_alone() -> Tamper:
    return lambda to, said: [] if said.name == "auctionStarted" and to.user_id != HOST else [said]


@wire(Promise.ROOMS_ARE_CLOSED, r"^passer-by 1 \(user 60\).* is not in the room and heard newBid")
def bids_are_heard_next_door() -> Tamper:
    return leaking("newBid", NEIGHBOUR)


@wire(
    Promise.ROOMS_ARE_CLOSED, r"^passer-by 2 \(user 59\).* is not in the room and heard newComment"
)
def comments_are_heard_outside() -> Tamper:
    return leaking("newComment", ONLOOKER)


@wire(
    Promise.ROOMS_ARE_CLOSED, r"^passer-by 2 \(user 59\).* is not in the room and heard its count"
)
def counts_are_heard_outside() -> Tamper:
    return leaking("userCountUpdate", ONLOOKER)


@wire(
    Promise.ROOMS_ARE_CLOSED, r"^passer-by 2 \(user 59\).* is not in the room and heard its state"
)
def states_are_heard_outside() -> Tamper:
    """What a joiner is answered is told to somebody else as well."""

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.answers == "joinAuction" and said.data["ok"]:
            state = {name: value for name, value in said.data.items() if name != "ok"}
            for other in to.owner.listeners:
                if other.user_id == ONLOOKER:
                    to.owner.tells(other, Said("auctionState", state))
        return [said]

    return tamper


@wire(
    Promise.ROOMS_ARE_CLOSED, r"^viewer 2 \(user 9\).* asked nothing and heard what somebody else"
)
def a_viewer_hears_what_others_are_refused() -> Tamper:
    return overhearing(VICTIM)


@wire(
    Promise.ROOMS_ARE_CLOSED, r"^bidder 1 \(user 2\).* (heard \d+ errors: some were|asked nothing)"
)
def a_bidder_hears_what_others_are_refused() -> Tamper:
    return overhearing(FIRST_BIDDER)


@wire(Promise.COUNTS_AGREE, r"auction 1, after 1 left: the count is \d+, and \d+ are there")
def the_count_forgets_who_left() -> Tamper:
    most = [0]

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "userCountUpdate" and said.data["auctionId"] == AUCTION:
            most[0] = max(most[0], said.data["userCount"])
            return [said.saying(userCount=most[0])]
        return [said]

    return tamper


# On its way up, a count that is one too many is right for a moment: it may be found only later.
@wire(
    Promise.COUNTS_AGREE,
    r"auction 1, (when everybody was in|before the end|after \d+ left): "
    r"the count is \d+, and \d+ are there",
)
def the_count_is_one_too_many() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "userCountUpdate" and said.data["userCount"] > 3:
            return [said.saying(userCount=said.data["userCount"] + 1)]
        return [said]

    return tamper
