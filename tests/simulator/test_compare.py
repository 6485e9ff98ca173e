"""Comparison of two runs, and reading of the stored result of one of them."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baraka_cli.commands.simulate_result import exit_code
from baraka_cli.simulator.report.compare import Change, compare, doubts
from baraka_cli.simulator.report.measures import MEASURES, P95_NOISE
from baraka_cli.simulator.report.stored import NotAResult, read_result
from baraka_cli.simulator.result import FORMAT, Result, Totals, together
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
    bids = Totals(accepted=39, bidding_seconds=1)
    many_of_few = [a_run(delivery=a_latency(90_000, middle), totals=bids) for middle in (5, 10)]
    assert changes(*many_of_few)["delivery p50"].mark == "✓ better"
    assert changes(*many_of_few)["delivery p95"].mark == "? too few"
    enough = a_run(delivery=a_latency(2_000, 5))
    assert changes(enough, few[1])["delivery p95"].mark == "? too few"
    assert changes(enough, a_run(delivery=a_latency(2_000, 10)))["delivery p99"].better is True


def test_more_bids_and_messages_are_better() -> None:
    totals = Totals(accepted=100, bidding_messages=1_000, bidding_seconds=10)
    twice = Totals(accepted=200, bidding_messages=2_000, bidding_seconds=10)
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
    if slower > P95_NOISE * 1.001:
        assert change.better is False
    elif slower < 0.999 / P95_NOISE:
        assert change.better is True
    elif 1.001 / P95_NOISE < slower < P95_NOISE * 0.999:
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
        ("", "is not JSON"),
        ("<html>", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a result of baraka simulate --json"),
        ('{"ok": true}', "is not a result of baraka simulate --json"),
        (
            json.dumps({"format": FORMAT + 1, "baraka": "9.0"}),
            f"has format {FORMAT + 1}, written by Baraka 9.0; this Baraka reads format {FORMAT}",
        ),
        (json.dumps({"format": FORMAT}), "is not a result: url: Field required"),
        (
            json.dumps({"format": FORMAT, "url": "x", "started_at": "y", "timeline": [{}]}),
            "is not a result: timeline.0.at: Field required",
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
    with pytest.raises(NotAResult, match="is not JSON"):
        read_result(tmp_path / "latin.json")


# --- noise -------------------------------------------------------------------


def a_series(*middles: float) -> Result:
    first, *others = (a_run(delivery=a_latency(20_000, middle)) for middle in middles)
    return first.model_copy(update={"repeats": others})


def test_two_series_that_overlap_are_the_same_whatever_their_middles_are() -> None:
    found = changes(a_series(5, 9, 10), a_series(4, 6, 5.5))["delivery p50"]
    assert found.mark == "= same"
    assert found.shown_new == "9.00 ms (5.00 ms–10.0 ms)"


def test_two_series_that_do_not_overlap_differ_also_when_single_runs_might_not() -> None:
    slower = changes(a_series(5.6, 5.7, 5.8), a_series(5, 5.1, 5.2))["delivery p50"]
    assert slower.mark == "✗ worse"
    assert changes(a_series(5.7), a_series(5.1))["delivery p50"].mark == "= same"
    assert changes(a_series(5.21, 5.22), a_series(5.19, 5.2))["delivery p50"].mark == "= same"


def test_a_few_lost_ones_more_are_chance_and_many_are_not() -> None:
    def losing(lost: int) -> Result:
        return a_run(delivery=a_latency(20_000, 5).model_copy(update={"lost": lost}))

    assert changes(losing(4), losing(0))["deliveries lost"].mark == "= same"
    assert changes(losing(5), losing(0))["deliveries lost"].mark == "✗ worse"
    assert changes(losing(110), losing(100))["deliveries lost"].mark == "= same"
    assert changes(losing(100), losing(130))["deliveries lost"].mark == "✓ better"


def test_worse_is_exit_code_1_when_that_is_asked_for() -> None:
    assert exit_code(a_run(slower=9), a_run(), written=True) == 1
    assert exit_code(a_run(slower=9), None, written=True) == 0
    assert exit_code(a_run(), a_run(slower=9), written=True) == 0
    assert exit_code(a_series(5, 9, 10), a_series(4, 6, 5.5), written=True) == 0


def test_of_a_series_the_run_that_went_wrong_is_shown_else_the_one_in_the_middle() -> None:
    sound = [a_run(delivery=a_latency(20_000, middle)) for middle in (9, 5, 7)]
    middle = together(sound)
    assert middle.delivery.p50 == 7
    assert len(middle.runs) == 3
    assert middle.kept
    broken = together([*sound, a_broken_run()])
    assert broken.findings == a_broken_run().findings
    assert not broken.kept
    assert exit_code(broken, None, written=True) == 1
