"""Two runs side by side, and the file that one of them comes from."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baraka_cli.simulator.report.compare import (
    MEASURES,
    SAME_RATIO_MAX,
    Change,
    NotAResult,
    compare,
    doubts,
    read_result,
)
from baraka_cli.simulator.result import FORMAT, Result, Totals
from tests.support.checks.runs import RESULTS, a_broken_run, a_latency, a_run, an_empty_run


def changes(new: Result, old: Result) -> dict[str, Change]:
    return {change.name: change for change in compare(new, old)}


def test_a_slower_server_is_worse_and_a_faster_one_better() -> None:
    slower, faster = changes(a_run(slower=2), a_run()), changes(a_run(), a_run(slower=2))
    for name in ("delivery p50", "delivery p99", "answer p95", "join p95", "CPU per delivery"):
        assert slower[name].mark == "✗ worse"
        assert slower[name].ratio == pytest.approx(2)
        assert faster[name].mark == "✓ better"
        assert faster[name].shown_ratio == "×0.50"


def test_of_a_handful_nothing_is_judged() -> None:
    few = [a_run(delivery=a_latency(399, middle)) for middle in (5, 10)]
    found = changes(*few)
    assert found["delivery p50"].mark == "✓ better"
    assert found["delivery p95"].mark == "? too few"
    assert found["delivery p95"].better is None
    assert found["delivery p95"].shown_ratio == "×0.50"
    enough = a_run(delivery=a_latency(2_000, 5))
    assert changes(enough, few[1])["delivery p95"].mark == "? too few"
    assert changes(enough, a_run(delivery=a_latency(2_000, 10)))["delivery p99"].better is True


def test_more_bids_and_messages_are_better() -> None:
    totals = Totals(accepted=100, messages=1_000)
    twice = Totals(accepted=200, messages=2_000)
    found = changes(a_run(totals=twice), a_run(totals=totals))
    assert found["bids accepted/s"].better is True
    assert found["messages/s"].better is True


def test_a_broken_promise_is_worse_also_when_there_was_none_before() -> None:
    found = changes(a_broken_run(), a_run())
    assert found["promises broken"].mark == "✗ worse"
    assert found["promises broken"].ratio is None
    assert changes(a_run(), a_broken_run())["promises broken"].mark == "✓ better"


def test_one_promise_less_is_no_accident() -> None:
    fewer = a_run().findings[1:]
    assert changes(a_run(findings=fewer), a_run())["promises checked"].better is False


@given(st.floats(min_value=0.5, max_value=2))
def test_within_what_two_runs_differ_by_anyway_nothing_is_said(slower: float) -> None:
    change = changes(a_run(seconds=5, slower=slower), a_run(seconds=5))["delivery p95"]
    if slower > SAME_RATIO_MAX * 1.001:
        assert change.better is False
    elif slower < 0.999 / SAME_RATIO_MAX:
        assert change.better is True
    elif 1.001 / SAME_RATIO_MAX < slower < SAME_RATIO_MAX * 0.999:
        assert change.mark == "= same"


def test_what_one_run_did_not_measure_is_not_judged() -> None:
    found = changes(a_run(measured=False), a_run())
    assert found["CPU per delivery"].mark == "–"
    assert found["CPU per delivery"].shown_new == "–"
    assert all(change.better is None for change in compare(an_empty_run(), an_empty_run()))


@given(RESULTS, RESULTS)
@settings(max_examples=40, deadline=None)
def test_what_is_better_one_way_is_worse_the_other_way(new: Result, old: Result) -> None:
    there, back = compare(new, old), compare(old, new)
    assert [change.name for change in there] == [measure.name for measure in MEASURES]
    for one, other in zip(there, back, strict=True):
        if one.better is not None and other.better is not None:
            assert one.better is not other.better
        if one.ratio and other.ratio:
            assert (one.better is None) is (other.better is None)


# --- whether they may be compared --------------------------------------------


def test_two_runs_of_one_scenario_raise_no_doubt() -> None:
    here = {"seed": 7, "viewers": 10, "report": "a.html", "database_url": "x"}
    there = {"seed": 7, "viewers": 10, "report": "b.html"}
    assert doubts(a_run(scenario=here, url="http://a"), a_run(scenario=there, url="http://b")) == []


@pytest.mark.parametrize(
    ("new", "old", "said"),
    [
        ({"scenario": {"seed": 7}}, {"scenario": {"seed": 8}}, "seed 8 then, 7 now"),
        ({"scenario": {}}, {"scenario": {"chaos": True}}, "chaos True then, – now"),
        ({"bottleneck": "its CPU"}, {}, "This run was held up by the simulator: its CPU"),
        ({}, {"bottleneck": "its CPU"}, "The earlier run was held up"),
        ({"could_not": "it broke"}, {}, "This run broke off: it broke"),
    ],
)
def test_two_runs_that_differ_in_more_than_the_server_are_told_apart(new, old, said) -> None:
    (doubt,) = doubts(a_run(**new), a_run(**old))
    assert said in doubt


# --- the file ----------------------------------------------------------------


@given(result=RESULTS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_run_goes_to_json_and_back_whole(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(result.model_dump(mode="json")))
    assert read_result(path) == result


def test_a_field_of_a_later_version_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(a_run().model_dump(mode="json") | {"weather": "fine"}))
    assert read_result(path) == a_run()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("<html>", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no result of baraka simulate --json"),
        ('{"ok": true}', "is no result of baraka simulate --json"),
        (
            json.dumps({"format": FORMAT + 1, "baraka": "9.0"}),
            f"has format {FORMAT + 1}, written by Baraka 9.0; this Baraka reads format {FORMAT}",
        ),
        (json.dumps({"format": FORMAT}), "is no result: url: Field required"),
        (
            json.dumps({"format": FORMAT, "url": "x", "started_at": "y", "timeline": [{}]}),
            "is no result: timeline.0.at: Field required",
        ),
    ],
)
def test_a_file_that_is_no_run_says_what_is_wrong_with_it(
    text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(NotAResult, match=r"run\.json") as refused:
        read_result(path)
    assert said in str(refused.value)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotAResult, match="there is no such file"):
        read_result(tmp_path / "none.json")
    with pytest.raises(NotAResult, match="cannot be read"):
        read_result(tmp_path)
    (tmp_path / "latin.json").write_bytes(b'{"format": "\xe9"}')
    with pytest.raises(NotAResult, match="is no JSON"):
        read_result(tmp_path / "latin.json")
