"""Sales on servers with a fault, which a run must find."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from baraka_cli.simulator.crowd import crowd, visits
from baraka_cli.simulator.result import Result
from tests.simulator.faults.kinds import Fault
from tests.support.clients.simulated import hold
from tests.support.servers.broken_server import broken_server


async def expect_found(
    fault: Fault, database: Path, monkeypatch: pytest.MonkeyPatch, *, processes: int = 1
) -> Result:
    """Hold a sale on a server with the fault: the result names it by its promise, in its words."""
    # What never comes is not waited for as long as on a server that may only be slow.
    monkeypatch.setattr(crowd, "SETTLE_SECONDS_MAX", 1)
    if fault.is_silent:
        monkeypatch.setattr(crowd, "SETTLE_SECONDS_MAX", 2)
        monkeypatch.setattr(visits, "ANSWER_SECONDS_MAX", 1.5)
    # Lots end by their bids, but where those come to nothing.
    scenario = fault.scenario.model_copy(update={"duration": 4 if fault.is_silent else 15})
    async with broken_server(database) as server:
        server.man.tamper = fault.tamper()
        with fault.rules():
            result = await hold(server.url, scenario, processes=processes)
    found = {finding.promise: finding for finding in result.findings}[fault.promise]
    assert found.broken, [finding for finding in result.findings if finding.broken]
    assert re.search(fault.words, found.first[0].what), found.first
    assert not result.kept
    return result
