"""Thresholds of a run, growth of a server, and the file that a CI reads of both."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from baraka_cli.commands.simulate_result import exit_code
from baraka_cli.simulator.growth import growth
from baraka_cli.simulator.report.compare import compare
from baraka_cli.simulator.report.junit import HELD, PROVED, junit
from baraka_cli.simulator.report.verdict import Grade, verdict
from baraka_cli.simulator.result import (
    TITLES,
    Finding,
    Latency,
    Probed,
    Promise,
    Result,
    Step,
    Totals,
)
from baraka_cli.simulator.scenario import Scenario
from baraka_cli.simulator.thresholds import SOAK_SECONDS_MIN, judged
from tests.support.checks.runs import FIRST, OF_EVERY_SALE, RESULTS, a_run

TOTALS = Totals(asked=100, accepted=90, refused=8, unanswered=2, bidding_seconds=10)
DELIVERY = Latency(count=1_000, lost=3, p50=5, p95=20, p99=80, max=900)


@pytest.mark.parametrize(
    ("name", "holds", "breaks", "measured"),
    [
        ("max_p99_ms", 80, 79.9, 80),
        ("max_lost", 3, 2, 3),
        ("max_unanswered", 2, 1, 2),
        ("min_accepted_per_second", 9, 9.1, 9),
    ],
)
def test_a_threshold_is_held_or_not_and_says_what_was_measured(name, holds, breaks, measured):
    run = a_run(totals=TOTALS, delivery=DELIVERY)
    for limit, held in ((holds, True), (breaks, False)):
        (found,) = judged(Scenario(**{name: limit}), run)
        assert found.name == "--" + name.replace("_", "-")
        assert (found.holds, found.limit, found.value) == (held, limit, measured)
        judged_run = run.model_copy(update={"thresholds": [found]})
        assert exit_code(judged_run, None, written=True) == (0 if held else 1)


def test_what_could_not_be_measured_was_not_held():
    every = Scenario(max_p99_ms=1, max_lost=0, max_unanswered=0, min_accepted_per_second=0)
    nothing = a_run(totals=Totals(), delivery=Latency())
    assert [found.holds for found in judged(every, nothing)] == [False] * 4


def test_the_steps_of_a_search_break_thresholds_and_only_the_first_one_must_hold():
    looks = Scenario(find_limit=10, max_p99_ms=50, min_accepted_per_second=8)
    steps = [
        Step(rate=5, asked=5, accepted=5, p99=4, lost=0, unanswered=0),
        Step(rate=7.5, asked=7.5, accepted=7.4, p99=9, lost=0, unanswered=0),
        Step(rate=11.2, asked=11, accepted=11, p99=80, lost=0, unanswered=0, why="p99"),
    ]
    limit, accepted = judged(looks, a_run(delivery=DELIVERY, steps=steps))
    assert (limit.value, limit.holds) == (7.5, True)
    assert (accepted.value, accepted.holds) == (7.4, False)
    (limit, _) = judged(looks, a_run(steps=steps[2:]))
    assert not limit.holds


# --- growth ------------------------------------------------------------------


def grows(samples: list[float | None]) -> bool | None:
    found = growth(samples, share=0.05, floor=10)
    return None if found is None else found.grows


def test_what_rises_to_the_end_grows_and_what_levels_out_does_not():
    assert grows([1_000.0 + at for at in range(300)]) is True
    assert grows([min(1_000.0 + 20 * at, 1_400.0) for at in range(300)]) is False
    assert grows([1_000.0 + 100 * (at % 7) for at in range(300)]) is False
    assert grows([1_000.0 + at / 10 for at in range(300)]) is False, "within the allowance"
    assert grows([2_000.0 - at for at in range(300)]) is False
    assert grows([50.0 + at / 30 for at in range(300)]) is False, "fewer than the floor"
    assert grows([None] * 300) is None
    assert grows([1.0] * 20) is None


def a_soak(seconds: int, **fields) -> Result:
    totals = Totals(asked=1, accepted=1, bidding_seconds=seconds)
    return a_run(seconds=seconds, viewers=10, totals=totals, **fields)


def test_a_soak_judges_memory_and_files_of_the_server():
    run = a_soak(SOAK_SECONDS_MIN)  # its memory rises by 700 kB a second
    for at, second in enumerate(run.timeline):
        second.server_files = 40 + at % 3
    memory, files = judged(Scenario(), run)
    assert "memory" in memory.name
    assert not memory.holds
    assert memory.unit == "bytes"
    assert files.holds
    for second in run.timeline:
        second.server_rss_bytes = 90_000_000 + second.at % 50
    assert [found.holds for found in judged(Scenario(), run)] == [True, True]


def test_without_time_or_without_a_process_nothing_is_said_of_growth():
    assert judged(Scenario(), a_soak(SOAK_SECONDS_MIN - 1)) == []
    assert judged(Scenario(), a_soak(SOAK_SECONDS_MIN, measured=False)) == []


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (a_run(findings=[Finding(promise=Promise.COUNTS_AGREE, checked=3)]), "No bid was accepted"),
        (a_run(probes=[Probed(name="no-token", title="…", unchecked="cut")]), "No probe was tried"),
    ],
)
def test_a_run_that_proved_nothing_is_not_green(run, why):
    assert run.kept
    assert run.thresholds_hold
    assert run.unproven.startswith(why)
    assert exit_code(run, None, written=True) == 1
    assert verdict(run).grade is Grade.UNCHECKED
    assert run.unproven in verdict(run).caveats
    failure = cases(junit(run))[PROVED].find("failure")
    assert failure is not None
    assert failure.get("message") == run.unproven
    assert exit_code(a_run(), None, written=True) == 0
    assert cases(junit(a_run()))[PROVED].find("failure") is None


# --- JUnit -------------------------------------------------------------------


def cases(text: str) -> dict[str, ET.Element]:
    return {case.get("name", ""): case for case in ET.fromstring(text.encode()).iter("testcase")}


def test_every_promise_and_every_threshold_is_a_test_case():
    run = a_run(broken=FIRST, delivery=DELIVERY)
    run.thresholds = judged(Scenario(max_p99_ms=50, max_lost=9), run)
    found = cases(junit(run))
    assert list(found) == [
        HELD,
        PROVED,
        *map(TITLES.get, OF_EVERY_SALE),
        "--max-p99-ms",
        "--max-lost",
    ]
    broken = found[TITLES[Promise.AWARD_IS_HIGHEST]].find("failure")
    assert broken is not None
    assert "though Bilal had bid 1,500" in broken.get("message", "")
    assert "auctionEnded" in (broken.text or "")
    assert found[TITLES[Promise.DATABASE_AGREES]].find("skipped") is not None
    late = found["--max-p99-ms"].find("failure")
    assert late is not None
    assert late.get("message") == "--max-p99-ms 50.0 ms: it was 80.0 ms"
    assert found["--max-lost"].find("failure") is None
    (suite,) = ET.fromstring(junit(run).encode()).iter("testsuite")
    counted = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "21", "failures": "2", "errors": "0", "skipped": "1"}


def test_a_run_that_broke_off_is_an_error_and_each_run_of_a_series_a_suite():
    series = a_run(repeats=[a_run(could_not="the server went away")])
    suites = list(ET.fromstring(junit(series).encode()).iter("testsuite"))
    assert [suite.get("errors") for suite in suites] == ["0", "1"]


def test_what_is_worse_than_before_is_a_failure():
    found = cases(junit(a_run(slower=9), compare(a_run(slower=9), a_run())))
    assert found["delivery p50"].find("failure") is not None
    assert found["messages/s"].find("failure") is None


@given(RESULTS)
@settings(max_examples=30, deadline=None)
def test_whatever_a_run_says_it_is_xml(result: Result):
    ET.fromstring(junit(result).encode())
