"""A check that never fails is not a check: every promise, broken on purpose, over real sockets."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from baraka_cli.simulator.result import Promise
from tests.simulator.faults import FAULTS, Fault, expect_found, rewording
from tests.support.clients.simulated import CHAOS, EVENING, HOUSE, MISTAKES, STORM, hold
from tests.support.servers.broken_server import broken_server


@pytest.mark.parametrize(
    "scenario",
    [STORM, EVENING, CHAOS, MISTAKES, HOUSE],
    ids=["storm", "evening", "chaos", "mistakes", "house"],
)
async def test_a_sound_server_keeps_every_promise(database: Path, scenario):
    async with broken_server(database) as server:
        result = await hold(server.url, scenario, server.database_url)
    assert not result.could_not
    lots = (
        scenario.lots if scenario.rate == 0 else result.totals.lots
    )  # else the time may be over first
    assert result.totals.lots == result.totals.sold == lots >= 1
    assert result.delivery.lost == 0
    assert result.answer.lost == result.totals.unanswered
    assert result.totals.viewers_max == scenario.viewers
    for finding in result.findings:
        assert finding.first == [], finding.promise
        assert finding.checked, finding.promise
        assert not finding.unchecked, finding.promise


MEDDLING = {
    "a ledger entry that was altered": (
        "UPDATE baraka_events SET user_id = 3 WHERE auction_id = 1 AND kind = 'started'",
        r"auction 1: entry \d+ of the ledger: ",
    ),
    "a ledger whose end was cut off": (
        "DELETE FROM baraka_events WHERE auction_id = 1 AND kind = 'ended'",
        r"auction 1: row 1 of Auction: ",
    ),
    "a price that was altered": (
        "UPDATE winnings SET price = price + 1",
        r"auction 1: row \d+ of winnings: ",
    ),
    "a winning that is gone": (
        "DELETE FROM winnings",
        r"auction 1: row \d+ of winnings: it is gone",
    ),
}


@pytest.mark.parametrize(("statement", "words"), MEDDLING.values(), ids=MEDDLING)
async def test_a_database_that_says_something_else_is_found(database: Path, statement, words):
    def meddle():
        with sqlite3.connect(database) as connection:
            connection.execute(statement)

    async with broken_server(database) as server:
        result = await hold(server.url, STORM, server.database_url, meddle=meddle)
    (found,) = (finding for finding in result.findings if finding.broken)
    assert found.promise is Promise.DATABASE_AGREES
    assert re.search(words, found.first[0].what), found.first


async def test_announcements_that_the_ledger_has_otherwise_are_found(database: Path):
    async with broken_server(database) as server:
        server.man.tamper = rewording("!")
        result = await hold(server.url, STORM, server.database_url)
    found = {finding.promise: finding for finding in result.findings}[Promise.DATABASE_AGREES]
    words = r"number \d+: \('newComment', .*!'\) was announced, but the ledger has"
    assert re.search(words, found.first[0].what), found.first


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.name, marks=[pytest.mark.long] if fault.is_long else [])
        for fault in FAULTS
    ],
)
async def test_a_fault_is_found_and_named(
    database: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    await expect_found(fault, database, monkeypatch)
