"""A sale that is told to end before everybody is in it."""

from __future__ import annotations

import signal
from pathlib import Path

from baraka_cli.simulator.crowd.hosting import END_SECONDS_MAX
from baraka_cli.simulator.interrupt import Interrupt
from tests.support.clients.simulated import HOST, STORM, hold
from tests.support.servers.broken_server import broken_server
from tests.support.servers.man_in_the_middle import Listener, Said


async def test_auctions_whose_end_nobody_is_there_to_hear_are_ended_without_waiting(
    database: Path,
):
    interrupt = Interrupt()

    def once_both_are_live(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "joinAuction" and said.data["ok"]:
            interrupt(signal.SIGTERM, "SIGTERM")
        return [said]

    async with broken_server(database) as server:
        server.man.tamper = once_both_are_live
        result = await hold(server.url, STORM, interrupt=interrupt)
    assert result.could_not == "It was interrupted by SIGTERM. The auction was ended."
    assert result.still_live == []
    assert result.seconds < END_SECONDS_MAX, "the answer to the end says that it is over"


async def test_what_is_told_to_end_before_it_began_ends(database: Path):
    interrupt = Interrupt()
    interrupt(signal.SIGINT, "Ctrl-C")
    async with broken_server(database) as server:
        result = await hold(server.url, STORM, interrupt=interrupt)
    assert result.could_not.startswith("It was interrupted by Ctrl-C.")
    assert result.interrupted == signal.SIGINT
    assert result.still_live == []


async def test_a_refusal_that_comes_when_nobody_waits_for_it_any_more_is_not_held_against_the_server(
    database: Path,
):
    interrupt = Interrupt()
    joining: list[int] = []

    def late_and_refused(to: Listener, said: Said) -> list[Said]:
        """What a join is told that reaches the server behind the end."""
        if said.answers != "joinAuction" or to.user_id == HOST:
            return [said]
        joining.append(to.user_id or 0)
        interrupt(signal.SIGINT, "Ctrl-C")
        refusal = {"message": "Auction has not started yet.", "code": "not_live"}
        return [Said("error", refusal | {"event": "joinAuction"}).held_back(0.01)]

    async with broken_server(database) as server:
        server.man.tamper = late_and_refused
        result = await hold(server.url, STORM, interrupt=interrupt)
    assert joining
    assert result.could_not.startswith("It was interrupted by Ctrl-C.")
    assert {one.promise: one.first for one in result.findings if one.broken} == {}
