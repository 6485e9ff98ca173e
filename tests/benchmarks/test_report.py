"""Tests of the benchmarks' evaluation of their numbers."""

from __future__ import annotations

import os
import subprocess

import pytest

from benchmarks.cpu import DISTURBED_CORES, Meter, Spent, process_seconds
from benchmarks.report import (
    DELIVERY,
    RATE,
    Goal,
    Measured,
    Results,
    goals_table,
    grid,
    short,
    summary,
    table,
)
from benchmarks.whole import in_the_middle

ALONE = Spent(server=1, wall=10, foreign=0)


def results(**cells: list[float]) -> Results:
    found = Results()
    for cell, values in cells.items():
        for value in values:
            found.add(cell, Measured({DELIVERY: value}, ALONE))
    return found


def test_a_summary_is_the_median_and_both_ends():
    found = summary([9, 1, 3])
    assert found is not None
    assert (found.median, found.least, found.most) == (3, 1, 9)
    assert str(found) == "3.00 (1.00–9.00)"
    assert summary([]) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (-12.34, "-12.3"),
        (1234.5, "1,234"),
    ],
)
def test_a_number_has_about_three_digits(value, text):
    assert short(value) == text


def test_a_ratio_is_taken_within_each_round():
    """In the second round the machine was twice as slow for both."""
    found = results(ours=[1, 2, 1], stock=[4, 8, 5]).ratio("stock", "ours", DELIVERY)
    assert found is not None
    assert (found.median, found.least, found.most) == (4, 4, 5)


def test_a_ratio_to_what_was_not_measured_or_was_nothing_is_none():
    found = results(ours=[1], floor=[0])
    assert found.ratio("ours", "node", DELIVERY) is None
    assert found.ratio("ours", "floor", DELIVERY) is None


@pytest.mark.parametrize(
    ("at_least", "over", "word"),
    [(False, 1.6, "met"), (False, 1.7, "missed"), (True, 1.6, "met"), (True, 1.5, "missed")],
)
def test_a_goal_is_met_at_its_bound_and_missed_beyond(at_least, over, word):
    goal = Goal("a ÷ b", "a", "b", DELIVERY, 1.6, 2, at_least=at_least)
    line = goals_table([goal], results(a=[over], b=[1])).splitlines()[-1]
    assert word in line
    assert ("≥" if at_least else "≤") in line


def test_a_goal_that_was_not_measured_is_neither_met_nor_missed():
    line = goals_table([Goal("a ÷ b", "a", "b", DELIVERY, 1, 1)], Results()).splitlines()[-1]
    assert "not measured" in line
    assert "met" not in line
    assert "missed" not in line


def test_a_goal_without_a_bound_is_told_and_one_without_a_divisor_is_the_value_itself():
    found = results(a=[3, 6, 9], b=[2, 2, 2])
    told = Goal("a ÷ b", "a", "b", DELIVERY, must=None, aim=2)
    alone = Goal("a", "a", None, DELIVERY, must=5, aim=3)
    lines = goals_table([told, alone], found).splitlines()[2:]
    assert lines == [
        "| a ÷ b | told | 2.00 | 3.00 (1.50–4.50) |  |",
        "| a | ≤ 5.00 | 3.00 | 6.00 (3.00–9.00) | **missed** |",
    ]


def test_a_grid_leaves_out_what_was_not_measured():
    found = results(**{"ours 8": [1], "stock 80": [2]})
    rows = {"ours": "Ours", "stock": "Stock", "node": "Node"}
    text = grid(
        found, "", {"8": "8", "80": "80"}, rows, lambda row, size: f"{row} {size}", DELIVERY
    )
    assert text.splitlines()[2:] == [
        "| Ours | 1.00 (1.00–1.00) | – |",
        "| Stock | – | 2.00 (2.00–2.00) |",
    ]


def test_a_table_is_markdown():
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_what_others_used_is_said():
    found = Results()
    found.add("a", Measured({}, ALONE))
    assert "Nothing else disturbed the 1 measurements" in found.disturbance
    found.add("a", Measured({}, Spent(server=1, wall=10, foreign=5)))
    assert "disturbed 1 of 2 measurements" in found.disturbance
    assert "0.50 cores" in found.disturbance


def test_a_little_that_others_used_is_no_disturbance():
    assert not Spent(1, 10, 10 * DISTURBED_CORES).disturbed
    assert Spent(1, 10, 11 * DISTURBED_CORES).disturbed
    assert Spent(0, 0, 0).foreign_cores == 0


def test_a_meter_counts_what_its_process_works_and_not_what_others_do():
    with subprocess.Popen(["sleep", "60"]) as idle:
        ours, theirs = Meter(os.getpid()), Meter(idle.pid)
        before = process_seconds(os.getpid())
        while process_seconds(os.getpid()) < before + 0.3:
            sum(range(1000))
        worked, waited = ours.stop(), theirs.stop()
        idle.kill()
    assert worked.server > 0.29  # sums of hundredths
    assert worked.wall > 0
    assert waited.server < 0.1


def test_a_server_of_several_processes_is_the_sum_of_them():
    with subprocess.Popen(["sleep", "60"]) as idle:
        both = Meter([idle.pid, os.getpid()])
        before = process_seconds(os.getpid())
        while process_seconds(os.getpid()) < before + 0.3:
            sum(range(1000))
        worked = both.stop()
        idle.kill()
    assert worked.server > 0.29


def test_the_round_that_is_shown_whole_is_the_one_with_the_median_rate():
    rounds = [Measured({RATE: rate}, ALONE) for rate in (5, 1, 3)]
    assert in_the_middle(rounds) is rounds[2]
    assert in_the_middle(rounds[:2]) is rounds[1]
    assert in_the_middle([]) is None
