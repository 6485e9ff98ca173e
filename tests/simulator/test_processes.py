"""Crowds in several processes: judged as one, and said to be incomplete when a process dies."""

from __future__ import annotations

import itertools
import re
import signal
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_cli.client.frames import Frames
from baraka_cli.simulator.interrupt import Interrupt
from baraka_cli.simulator.processes.count import VIEWERS_PER_PROCESS, processes_that_help
from baraka_cli.simulator.processes.heard import HEARD, HeardLog, times
from baraka_cli.simulator.processes.workers import HOLDS_ITSELF_MAX, Workers
from baraka_cli.simulator.result import Promise, Result
from baraka_cli.simulator.scenario import PRESETS, Scenario
from tests.simulator.faults import FAULTS, Fault, expect_found
from tests.support.clients.simulated import CHAOS, STORM, VICTIM, hold
from tests.support.servers.broken_server import broken_server
from tests.support.servers.man_in_the_middle import Listener, Said

THEIRS = frozenset({VICTIM, VICTIM + 2, VICTIM + 4})
"""The viewers whose phones the second of two processes holds: every other one."""

LIES = (
    *("plain viewers are told of no bid", "one viewer is not told of one bid"),
    *("one viewer is told another name", "announcements are reordered for one viewer"),
    *("one viewer does not hear the end", "one viewer hears another count"),
    "one viewer is hung up on",
)
"""Faults that the main process knows from a worker alone."""


@pytest.fixture
def children() -> Callable[[], list[psutil.Process]]:
    """The children that the test itself has started. Others serve all tests of this process."""
    others = psutil.Process().children()
    return lambda: [child for child in psutil.Process().children() if child not in others]


# --- one judge


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_to_viewers_of_another_process_is_found_and_named(
    database: Path, name: str, monkeypatch: pytest.MonkeyPatch
):
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    await expect_found(fault, database, monkeypatch, processes=2)


async def test_what_all_viewers_of_one_process_are_told_otherwise_is_found(
    database: Path, monkeypatch: pytest.MonkeyPatch
):
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid" and to.user_id in THEIRS:
            row = said.data["newBid"]
            return [said.saying(newBid=row | {"bid": row["bid"] + 1})]
        return [said]

    words = r"number \d+ is bid \d+ of \d+ by user \d+ for some and bid .* for others"
    fault = Fault("all viewers of one process", Promise.ONE_ORDER, words, tamper=lambda: tamper)
    await expect_found(fault, database, monkeypatch, processes=2)


SHORT = {"duration": 1, "lots": 2, "connect_rate": 10_000, "chaos": 4, "slow_share": 0.1}
SMALL = {"viewers": 16, "bidders": 4, "commenters": 2, "two_tabs_share": 0.2, "full_share": 0.1}


async def test_a_library_in_another_process_that_hangs_up_itself_is_not_held_against_the_server(
    database: Path, monkeypatch: pytest.MonkeyPatch
):
    garbage: list[int] = []

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid" and to.user_id == VICTIM and not garbage:
            garbage.append(to.user_id)
            return [said, said.as_raw("<html>502 Bad Gateway</html>")]
        return [said]

    words = r"^viewer 2 .*, polling\+websocket heard what nothing can be made of$"
    fault = Fault("garbage", Promise.PAYLOADS_ARE_DOCUMENTED, words, tamper=lambda: tamper)
    result = await expect_found(fault, database, monkeypatch, processes=2)
    assert [one.promise for one in result.findings if one.broken] == [fault.promise]
    assert result.totals.dropped_by_server == 1


LIKE_SMOKE = {"evening-sale", "soak"}
"""Presets that are like it when they are as short and as small."""


def shortened(preset: Scenario) -> Scenario:
    limits = {"ramp_up": min(preset.ramp_up, 0.5), "find_limit": min(preset.find_limit, 0.3)}
    return preset.model_copy(update=SHORT | SMALL | limits)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted({*PRESETS} - LIKE_SMOKE))
async def test_a_sound_server_keeps_every_promise_to_each_preset(
    database: Path, name: str, children: Callable[[], list[psutil.Process]]
):
    scenario = shortened(PRESETS[name])
    async with broken_server(database) as server:
        result = await hold(server.url, scenario, server.database_url, processes=2)
    assert not result.could_not
    assert result.processes == 2
    for finding in result.findings:
        assert finding.first == [], finding.promise
        assert finding.checked, finding.promise
    assert result.totals.viewers_max == scenario.viewers
    assert result.totals.connections == result.totals.in_room_max + scenario.passers_by
    assert result.delivery.lost == 0
    assert children() == []


# --- its end


async def test_a_process_that_dies_ends_the_sale_and_is_said(
    database: Path, children: Callable[[], list[psutil.Process]]
):
    def kill(so_far: Result, _phase: str) -> None:
        if so_far.totals.accepted:
            for child in children():
                child.kill()

    async with broken_server(database) as server:
        result = await hold(server.url, STORM, show=kill, processes=3)
    assert re.fullmatch(
        r"Process [23] of the crowd is gone: it was ended by SIGKILL\. What its 2 phones heard "
        r"is not known\. The auction was ended\.",
        result.could_not,
    )
    assert {one.promise: one.first for one in result.findings if one.broken} == {}
    assert result.still_live == []
    assert children() == []


async def test_a_process_that_does_not_start_is_said_with_its_last_word(
    database: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("baraka_cli.simulator.processes.worker.MODULE", "baraka_cli.nowhere")
    async with broken_server(database) as server:
        result = await hold(server.url, STORM, processes=2)
    assert result.could_not.startswith("Process 2 of the crowd did not start: it ended with exit")
    assert "No module named baraka_cli.nowhere" in result.could_not
    assert result.totals.connections == 0


async def test_a_signal_ends_all_processes_and_the_auction(
    database: Path, children: Callable[[], list[psutil.Process]]
):
    interrupt = Interrupt()

    def stop(so_far: Result, _phase: str) -> None:
        if so_far.totals.accepted:
            interrupt(signal.SIGTERM, "SIGTERM")

    async with broken_server(database) as server:
        result = await hold(server.url, CHAOS, show=stop, interrupt=interrupt, processes=2)
    assert result.could_not == "It was interrupted by SIGTERM. The auction was ended."
    assert {one.promise: one.first for one in result.findings if one.broken} == {}
    assert children() == []


# --- who holds what


@pytest.mark.parametrize(
    ("viewers", "cores", "processes"),
    [
        (0, 8, 1),
        (VIEWERS_PER_PROCESS, 8, 1),
        (VIEWERS_PER_PROCESS + 1, 8, 2),
        (10_000, 8, 4),
        (100_000, 8, 8),
        (100_000, 1, 1),
        (100_000, 0, 1),
    ],
)
def test_as_many_processes_help_as_there_are_viewers_and_cores_for(viewers, cores, processes):
    assert processes_that_help(viewers, cores) == processes


def test_viewers_are_shared_evenly_and_both_tabs_of_one_are_in_one_process():
    workers = Workers(3, office=Mock())
    held_by = [workers.holder(number) for number in range(1, 7)]
    assert held_by[0] is None, "this process has its part"
    assert held_by[:3] == held_by[3:]
    assert set(held_by) == {None, *workers}
    assert Workers().holder(5) is None
    many = Workers(HOLDS_ITSELF_MAX + 1, office=Mock())
    assert {many.holder(number) for number in range(1, 7)} == {*many}, "this process judges them"


FRAMES = [Frames(lambda _: None).of(f'42["newBid",{{"seq":{seq}}}]') for seq in range(4)]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*FRAMES, "cut"])), max_size=60))
def test_what_each_phone_heard_and_did_stays_in_its_order(happened):
    log = HeardLog()
    clock = itertools.count(100)
    put: dict[int, list[object]] = defaultdict(list)
    for phone, what in happened:
        at = next(clock)
        if what == "cut":
            log.note(phone, "cut", phone)
            put[phone].append("cut")
        else:
            log.heard(phone, what, at)
            put[phone].append((what.text, at))
    taken = log.take()
    out: dict[int, list[object]] = defaultdict(list)
    for kind, *fields in taken["entries"]:
        if kind == HEARD:
            text, phones, micros = fields
            for phone, at in zip(phones, times(taken["began"], micros), strict=True):
                out[phone].append((taken["texts"][text], at))
        else:
            out[fields[0]].append(kind)
    assert out == put
    assert not log
    assert len(log.take()["entries"]) == 0


def test_a_frame_that_all_hear_while_some_hear_the_next_one_is_one_entry():
    log = HeardLog()
    for phone in range(5):
        log.heard(phone, FRAMES[0], 1.0)
        log.heard(phone, FRAMES[1], 2.0)
    assert [entry[2] for entry in log.take()["entries"]] == [list(range(5))] * 2
