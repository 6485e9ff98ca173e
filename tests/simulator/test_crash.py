"""A storm of bids, broken connections, and a server that dies in the middle of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from baraka_cli.simulator.result import Result
from tests.support.clients.simulated import STORM, hold
from tests.support.servers.baraka import Baraka

ENOUGH_BIDS = 30
STORM_WITH_CHAOS = STORM.model_copy(
    update={
        "viewers": 20,
        "bidders": 12,
        "lots": 6,
        "bids_per_lot_max": 40,
        "duration": 120,
        "chaos": 8,
        "two_tabs_share": 0.1,
        "slow_share": 0.05,
    }
)


@pytest.mark.chaos
async def test_a_storm_survives_dropped_connections_and_a_killed_server(
    database: Path, tmp_path: Path
):
    url = f"sqlite+aiosqlite:///{database}"
    restarts: list[asyncio.Task[None]] = []

    def kill_in_the_middle(so_far: Result, _phase: str) -> None:
        if so_far.totals.accepted > ENOUGH_BIDS and not restarts:
            restarts.append(asyncio.create_task(again()))

    async def again() -> None:
        await server.kill()
        await server.start()

    async with Baraka(url, tmp_path) as server:
        result = await hold(server.url, STORM_WITH_CHAOS, url, show=kill_in_the_middle)
        (restart,) = restarts
        await restart
    assert not result.could_not
    for finding in result.findings:
        assert finding.first == [], finding.promise
        assert finding.checked, finding.promise
    totals = result.totals
    assert totals.asked == totals.accepted + totals.refused + totals.unanswered
    for event, tally in result.requests.items():
        assert tally.sent == tally.done + tally.refused + tally.unanswered, event
    assert result.totals.lots == result.totals.sold + result.totals.passed == 6
    assert result.totals.reconnections > STORM_WITH_CHAOS.sockets_max() / 2
