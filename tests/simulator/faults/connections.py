"""Faults of connections: hung up on, and garbage."""

from __future__ import annotations

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import wire
from tests.support.clients.simulated import NEIGHBOUR, VICTIM
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper

FOURTH = VICTIM + 2
"""A viewer with a bare websocket."""
WITH_LIBRARY, POLLING = VICTIM + 1, NEIGHBOUR - 2
"""A viewer, and a passer-by on long-polling, with python-socketio's client, which hides what it cannot read."""


@wire(Promise.CONNECTIONS_HOLD, r"^viewer 2 \(user 9\).* was hung up on$")
def one_viewer_is_hung_up_on() -> Tamper:
    bids: list[int] = []

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid" and to.user_id == VICTIM:
            bids.append(said.data["seq"])
            if len(bids) == 3:
                to.hangs_up()
        return [said]

    return tamper


@wire(Promise.CONNECTIONS_HOLD, r"^viewer \d+ .* was hung up on$")
def all_viewers_are_hung_up_on_in_the_middle() -> Tamper:
    gone: set[int] = set()

    def tamper(to: Listener, said: Said) -> list[Said]:
        third = said.name == "newBid" and len(said.data.get("auctionBids", ())) == 3
        if third and to.user_id and to.user_id >= VICTIM - 1 and to.user_id not in gone:
            gone.add(to.user_id)
            to.hangs_up()
        return [said]

    return tamper


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^'' is not a documented event$")
def one_viewer_hears_what_is_not_json() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid" and to.user_id == FOURTH:
            return [said, said.as_raw('42["newBid",{"auctionId":')]
        return [said]

    return tamper


@wire(
    Promise.PAYLOADS_ARE_DOCUMENTED,
    r"^bidder \d+ .* heard what nothing can be made of$",
    is_silent=True,
)
def bids_are_answered_with_nothing_in_it() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "placeBid":
            return [said.as_raw(f'43{said.number}["yes"]')]
        return [said]

    return tamper


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^viewer 4 .* heard what nothing can be made of$")
def one_viewer_hears_a_page_of_html() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newComment" and to.user_id == FOURTH:
            return [said, said.as_raw("<html>502 Bad Gateway</html>")]
        return [said]

    return tamper


@wire(
    Promise.PAYLOADS_ARE_DOCUMENTED,
    r"^viewer 3 .*, websocket heard what nothing can be made of$",
)
def a_client_library_hears_what_is_not_json() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid" and to.user_id == WITH_LIBRARY:
            return [said, said.as_raw('42["newBid",{"auctionId":')]
        return [said]

    return tamper


@wire(
    Promise.PAYLOADS_ARE_DOCUMENTED,
    r"^passer-by 3 .*, polling heard what nothing can be made of$",
)
def a_poll_is_answered_with_a_page_of_html() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "userCountUpdate" and to.user_id == POLLING:
            return [said, said.as_raw("<html>502 Bad Gateway</html>")]
        return [said]

    return tamper
