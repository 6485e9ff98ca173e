"""Sound servers under `baraka simulate`: they are not blamed, nor waited for in vain."""

from __future__ import annotations

import asyncio
from pathlib import Path

from baraka_cli.simulator.report.verdict import verdict
from baraka_cli.simulator.result import Promise, Result
from baraka_cli.simulator.scenario import Transport
from tests.simulator.faults.connections import WITH_LIBRARY
from tests.support.clients.crowd import Crowd
from tests.support.clients.simulated import AUCTION, EVENING, STORM, VICTIM, hold
from tests.support.servers.broken_server import broken_server
from tests.support.servers.guide_server import GuideServer
from tests.support.servers.man_in_the_middle import Listener, Said

STRANGER = 50
"""A user who is none of the crowd's; the next one is none, too."""
SETTLE_SECONDS_MAX = 30
"""What is waited for that never comes: a run that waits for it lasts longer."""


def assert_blameless(result: Result) -> None:
    assert not result.could_not
    assert {one.promise: one.first for one in result.findings if one.broken} == {}
    assert result.seconds < SETTLE_SECONDS_MAX


async def test_nobody_next_door(database: Path):
    async with broken_server(database) as server:
        scenario = STORM.model_copy(update={"passers_by": 0})
        assert_blameless(await hold(server.url, scenario, server.database_url))


async def test_people_who_come_and_go_in_the_middle(database: Path):
    """Each of them once, and not at the same time as the crowd's own phones."""
    in_the_middle, sold = asyncio.Event(), asyncio.Event()

    def show(_result: Result, phase: str) -> None:
        if phase.startswith("lot 1"):
            in_the_middle.set()
        if phase.startswith("lot 2"):
            sold.set()

    async def visit(crowd: Crowd, url: str) -> None:
        guest, other = [
            await crowd.pick_up(url, user_id, "python websocket")
            for user_id in (STRANGER, STRANGER + 1)
        ]
        await in_the_middle.wait()
        for phone in (guest, other):
            assert (await phone.emits("joinAuction", {"auctionId": AUCTION}))["ok"]
        await sold.wait()
        assert (await other.emits("leaveAuction", {"auctionId": AUCTION}))["ok"]

    async with broken_server(database) as server, Crowd() as crowd:
        scenario = EVENING.model_copy(update={"duration": 6, "bids_per_lot_max": 0})
        visiting = asyncio.create_task(visit(crowd, server.url))
        result = await hold(server.url, scenario, server.database_url, show=show)
        await visiting
    assert_blameless(result)


async def test_a_viewer_who_hears_no_counts_is_named_and_what_never_comes_is_not_waited_for(
    database: Path,
):
    def tamper(to: Listener, said: Said) -> list[Said]:
        return [] if said.name == "userCountUpdate" and to.user_id == VICTIM else [said]

    async with broken_server(database) as server:
        server.man.tamper = tamper
        quick = {"lots": 1, "bids_per_lot_max": 3, "viewers": 2}
        result = await hold(server.url, STORM.model_copy(update=quick))
    (counts,) = (one for one in result.findings if one.broken)
    assert counts.promise is Promise.COUNTS_AGREE
    words = (
        "viewer 2 (user 9), polling+websocket heard a count of None when everybody was in, and the"
    )
    assert [one.what.startswith(words) for one in counts.first] == [True]
    assert result.seconds < SETTLE_SECONDS_MAX


async def test_a_phone_that_hangs_up_itself_over_what_it_cannot_read_was_not_hung_up_on(
    database: Path,
):
    told: set[int] = set()

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name != "newBid" or to.user_id != WITH_LIBRARY or told:
            return [said]
        told.add(said.data["seq"])
        return [said, said.as_raw("<html>502 Bad Gateway</html>")]

    async with broken_server(database) as server:
        server.man.tamper = tamper
        result = await hold(server.url, STORM)
    assert not result.could_not
    broken = [one.promise for one in result.findings if one.broken]
    assert broken == [Promise.PAYLOADS_ARE_DOCUMENTED]


async def test_a_poll_may_be_answered_with_many_packets(database: Path):
    def tamper(to: Listener, said: Said) -> list[Said]:
        more = 300 if to.websocket is None and said.name == "newBid" else 0
        return [said, *[said.as_raw("6")] * more]

    async with broken_server(database) as server:
        server.man.tamper = tamper
        quick = {"transport": Transport.POLLING, "viewers": 1, "bidders": 2, "lots": 1}
        assert_blameless(await hold(server.url, STORM.model_copy(update=quick)))


async def test_a_server_of_the_guide_that_is_right(database: Path):
    async with GuideServer() as server:
        result = await hold(server.url, STORM)
    assert_blameless(result)
    assert result.server == "the guide alone"


async def test_a_promise_can_be_exempted_and_the_report_says_so(database: Path):
    """Two servers behind one address, each of which counts its own half of the viewers (D9)."""

    def own_half(_to: Listener, said: Said) -> list[Said]:
        if said.name == "userCountUpdate":
            return [said.saying(userCount=1 + said.data["userCount"] // 2)]
        return [said]

    async with broken_server(database) as server:
        server.man.tamper = own_half
        result = await hold(server.url, STORM, exempt=frozenset({Promise.COUNTS_AGREE}))
    assert_blameless(result)
    (counts,) = (one for one in result.findings if one.promise is Promise.COUNTS_AGREE)
    assert counts.exempt
    assert counts.holds is None
    assert counts.unchecked.startswith("exempted by --except counts_agree")
    (caveat,) = (one for one in verdict(result).caveats if "--except" in one)
    assert counts.title in caveat
