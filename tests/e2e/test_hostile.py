"""`baraka simulate hostile` as it is typed, against a real server with its real limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from baraka_cli.simulator.hostile.table import PROBES
from baraka_cli.simulator.result import Result
from baraka_server.settings import Settings
from tests.support.clients.command_line import Answer, run
from tests.support.servers.baraka import Baraka
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import REAL_LIMITS

SECONDS_MAX = 120
LATE_BIDS = Settings.model_fields["late_bid_seconds"].default


@pytest.fixture
async def shop(sale_database: str, tmp_path: Path) -> AsyncIterator[Baraka]:
    """A server as somebody starts it who sets nothing."""
    settings = REAL_LIMITS | {"BARAKA_LATE_BID_SECONDS": LATE_BIDS}
    async with Baraka(sale_database, tmp_path, **settings) as server:
        yield server


async def hostile(baraka: Baraka, folder: Path, *words: str) -> Answer:
    command = ("simulate", "hostile", f"--url={baraka.url}", "--users=60", *words)
    return await asyncio.to_thread(run, *command, folder=folder, seconds_max=SECONDS_MAX)


async def test_our_server_passes_every_probe(shop, tmp_path):
    done = await hostile(shop, tmp_path, "--json")
    assert done.code == 0, done.out + done.err
    result = Result.model_validate_json(done.out)
    assert (result.could_not, result.server) == ("", "acknowledgements, seq")
    assert [one.name for one in result.probes] == list(PROBES)
    for one in result.probes:
        assert (one.faults, one.unchecked) == ([], ""), one.name
        assert one.checked, one.name
    assert result.kept


@only_sqlite
async def test_probes_are_named_and_exempted_by_name_and_both_are_said(shop, tmp_path):
    words = ("--probe=second-award", "--probe=owner-bid", "--except=owner-bid")
    files = ("--report=probes.html", "--junit=probes.xml")
    done = await hostile(shop, tmp_path, *words, *files)
    assert done.code == 0, done.out + done.err
    page = (tmp_path / "probes.html").read_text(encoding="utf-8")
    for told in (done.out, page):
        assert "second-award" in told
        assert "low-bid" not in told
        assert "exempted by --except owner-bid" in " ".join(told.split())
        assert "Every probe that was tried was answered rightly" in told
    cases = {case.get("name"): case for case in ET.parse(tmp_path / "probes.xml").iter("testcase")}
    assert cases["second-award"].find("skipped") is None
    assert cases["owner-bid"].find("skipped") is not None
    assert "simulate hostile" in page
    assert "--probe=second-award --probe=owner-bid --except=owner-bid" in page


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--probe=bribery"], "--probe: there is no probe 'bribery'; there are early-bid, "),
        (["--except=counts"], "--except: there is no probe 'counts'; there are early-bid, "),
        (["--viewers=3"], "--viewers is for a sale"),
        (["--compare=old.json"], "--compare is for a sale"),
    ],
)
def test_what_cannot_be_meant_is_exit_2_and_names_what_is_wrong(words, told, tmp_path):
    done = run("simulate", "hostile", *words, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def test_a_probe_is_of_hostile_alone(tmp_path):
    done = run("simulate", "--probe=late-bid", folder=tmp_path)
    assert done.code == 2
    assert "baraka simulate hostile --probe late-bid" in done.err


@pytest.mark.parametrize(
    ("name", "told"),
    [("a", "'a' names more than one promise"), ("bribes", "'bribes' names no promise")],
)
def test_a_promise_is_exempted_by_the_beginning_of_its_name(name, told, tmp_path):
    done = run("simulate", f"--except={name}", folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "counts_agree" in done.err


@only_sqlite
async def test_an_exempted_promise_is_said_beside_those_that_were_kept(shop, tmp_path):
    words = ("smoke", "--users=60", "--duration=4", "--viewers=3", "--except=counts")
    command = ("simulate", f"--url={shop.url}", *words)
    done = await asyncio.to_thread(run, *command, folder=tmp_path, seconds_max=SECONDS_MAX)
    assert done.code == 0, done.out + done.err
    told = " ".join(done.out.split())
    assert "not checked: exempted by --except counts_agree" in told
    assert "Exempted by --except, and not held against the server: viewer counts agree" in told
