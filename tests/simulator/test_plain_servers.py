"""A server that knows the guide alone: it is checked by what it has, and the rest is said."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import pytest

from baraka_cli.simulator.crowd import crowd
from baraka_cli.simulator.result import Promise
from baraka_server.contract import vocabulary
from baraka_server.contract.client_events import GUIDE_EVENTS
from tests.simulator.faults import FAULTS
from tests.support.clients.simulated import EVENING, HOUSE, STORM, hold
from tests.support.servers.broken_server import BrokenServer, broken_server
from tests.support.servers.man_in_the_middle import sound, speaking_the_guide_alone

UNSEEN = {
    Promise.ACKNOWLEDGED_IS_ANNOUNCED: "no bid was acknowledged with a number",
    Promise.ANNOUNCED_IS_KEPT: "joiners are not told the state",
    Promise.ONE_ORDER: "announcements have no seq: the order was seen, not gaps",
    Promise.COMMANDS_ARE_ANSWERED: "the server acknowledges nothing",
    Promise.DATABASE_AGREES: "no --database-url was given",
    Promise.CLOCK_IS_KEPT: "the server acknowledges nothing",
    Promise.MAXIMA_ARE_KEPT: "the server acknowledges nothing",
    Promise.MODERATION_HOLDS: "the server acknowledges nothing",
}
SEEN = {
    "equal bids are both accepted": "",
    "a lower bid is accepted": "",
    "the award goes to the second highest": "",
    "the winning user is not the winning bidder": "",
    "announcements are reordered for one viewer": r"viewer 2 .* heard .* where others heard",
    "an announcement is told twice": r"viewer 2 .* heard bid .*",
    "one viewer is told another amount": r"viewer 2 .* heard bid .* where others heard bid",
    "one viewer does not hear the end": r"viewer 2 .* heard nothing of auction 1 after number",
    "an error has words of its own": r"words that are not documented: Too low",
    "a list misses a bid": "",
    "a list is oldest first": "",
    "comments are newest first": "",
    "a row of a list has no time": "",
    "a bid has no user": "",
    "the end has no message": "",
    "the start is told to its host alone": "",
    "bids are heard next door": "",
    "comments are heard outside": "",
    "a viewer hears what others are refused": "",
    "the count is one too many": "",
    "a one time code is told": "",
    "a whole phone number is told": "",
}
"""Faults that can be seen there; in other words where numbers would tell more."""


@pytest.fixture
async def plain(database: Path) -> AsyncIterator[BrokenServer]:
    async with broken_server(database) as server:
        server.man.has_delta = False
        server.man.tamper = speaking_the_guide_alone(sound)
        yield server


HURRY = EVENING.model_copy(update={"rate": 1_000, "duration": 1})
"""Several bids are due at once, of which nobody may make two: an `error` says not which it is for."""


@pytest.mark.parametrize(
    "scenario", [STORM, EVENING, HURRY, HOUSE], ids=["storm", "evening", "hurry", "house"]
)
async def test_a_sound_one_keeps_what_can_be_seen_and_the_rest_is_said(plain, scenario):
    result = await hold(plain.url, scenario)
    assert not result.could_not
    assert result.server == "the guide alone"
    assert result.totals.lots == result.totals.sold >= 1
    for finding in result.findings:
        assert finding.first == [], finding.promise
        assert finding.unchecked == UNSEEN.get(finding.promise, "")
        assert finding.checked or finding.unchecked, finding.promise


async def test_an_older_one_is_asked_once_for_what_it_does_not_know_and_the_rest_is_said(
    database: Path,
):
    with patch.dict(vocabulary.CLIENT_EVENTS):
        for name in vocabulary.CLIENT_EVENTS.keys() - GUIDE_EVENTS:
            del vocabulary.CLIENT_EVENTS[name]
        async with broken_server(database) as server:
            result = await hold(server.url, HOUSE)
    assert not result.could_not
    assert [finding.first for finding in result.findings if finding.broken] == []
    asked = {what: times for what, times in result.other_refusals.items() if "unknown" in what}
    assert asked["startClock: unknown_event"] == 1
    assert {*asked.values()} == {1}
    unchecked = {finding.promise: finding.unchecked for finding in result.findings}
    said = unchecked[Promise.CLOCK_IS_KEPT]
    assert re.fullmatch(r"the server does not know .*\bstartClock\b.*", said)
    (aim,) = (aim for aim in result.aims if aim.what == "lots with a clock")
    assert (aim.planned, aim.reached, aim.why) == (2, 0, said)


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.name in SEEN], ids=lambda f: f.name)
async def test_a_fault_is_found_there_too(plain, fault, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crowd, "SETTLE_SECONDS_MAX", 1)
    plain.man.tamper = speaking_the_guide_alone(fault.tamper())
    with fault.rules():
        result = await hold(plain.url, fault.scenario.model_copy(update={"duration": 4}))
    found = {finding.promise: finding for finding in result.findings}[fault.promise]
    assert found.broken, [finding for finding in result.findings if finding.broken]
    assert re.search(SEEN[fault.name] or fault.words, found.first[0].what), found.first


def test_every_fault_that_is_named_here_exists():
    assert SEEN.keys() <= {fault.name for fault in FAULTS}
