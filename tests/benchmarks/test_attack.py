"""Tests of `make attack`: its attacks run, and its report is right."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.attack.__main__ import ATTACKS, Told, worse
from benchmarks.attack.cost import all_stayed
from benchmarks.attack.place import SETTLED_BYTES, SETTLED_LINES, Taken, Usage
from benchmarks.cpu import Spent

QUIET = Taken([4.0] * 99 + [10.0], {})


def told(beside, *, failed=False, **usage):
    spent = Spent(server=1, wall=2, foreign=usage.pop("foreign", 0))
    return Told("x", QUIET, beside, Usage(spent, **usage), "what it did", failed)


@pytest.mark.parametrize(
    ("beside", "quiet", "is_worse"), [(8, 4, False), (9, 4, True), (3, 1, False), (3.1, 1, True)]
)
def test_a_bid_may_take_twice_as_long_and_noise_is_no_attack(beside, quiet, is_worse):
    assert worse(beside, quiet) == is_worse


def test_a_row_has_what_bids_took_beside_the_attack_and_without_it():
    row = told(Taken([8.0] * 98 + [15.0, 20.0], {}), before=2**27, peak=2**28, after=2**27).row()
    assert row == [
        *("x", "8.00 / 4.00", "15.0 / 4.00 (3.75 ×)", "0.50", "128 → 256 → 128"),
        *("yes", "held off", "what it did"),
    ]


@pytest.mark.parametrize(
    ("ms", "late"),
    [
        ([4.0] * 98 + [51.0, 51.0], 2),  # twice the quiet 4 ms, and more than people's patience
        ([4.0] * 99 + [900.0], 0),  # an accident
        ([4.0] * 90 + [49.0] * 10, 0),  # nobody notices
        ([4.0] * 297 + [60.0] * 3, 0),  # one in a hundred is what p99 leaves out
        ([4.0] * 296 + [60.0] * 4, 4),
    ],
)
def test_late_bids_are_no_more_than_one_in_a_hundred(ms, late):
    row = told(Taken(ms, {}))
    assert (row.late, row.held_off) == (late, not late)
    assert row.row()[-1].endswith(f"; {late} bids were late" if late else "what it did")


def test_a_bid_is_late_beside_what_the_slowest_take_without_an_attack():
    slow = Taken([4.0] * 98 + [40.0, 40.0], {})
    assert Told("x", slow, Taken([4.0] * 98 + [79.0, 79.0], {}), Usage(), "", False).held_off
    assert not Told("x", slow, Taken([4.0] * 98 + [81.0, 81.0], {}), Usage(), "", False).held_off


def test_who_only_looks_on_is_hung_up_on_by_no_attack():
    all_stayed(5, 0)
    with pytest.raises(AssertionError, match="2 of 5 who only looked on"):
        all_stayed(5, 2)


def test_what_was_not_held_off_is_told_with_its_reason():
    slow = told(Taken([9.0] * 100, {}), foreign=1)
    assert "**not held off**, 0.5 cores were others'" in slow.row()
    refused = told(Taken([4.0] * 100, {"busy": 2}))
    assert not refused.held_off
    assert refused.row()[-1] == "what it did; the neighbour: 2 × busy"
    assert not told(None, failed=True).held_off
    assert told(None).held_off


def test_the_server_is_back_with_as_few_sockets_and_as_little_memory():
    assert Usage(after=SETTLED_BYTES, lines_after=SETTLED_LINES).left == ""
    assert Usage(after=2**26, lines_after=9).left == "9 sockets, 64 MB"
    assert "no: 64 MB more" in told(QUIET, after=2**26).row()


def run(*arguments):
    # Some runners ask for colours, in which help is not plain text.
    env = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    command = [sys.executable, "-m", "benchmarks.attack", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env)


def test_an_attack_that_there_is_not_is_refused_by_name():
    done = run("--only", "tricks,kindness")
    assert done.returncode == 2
    assert "no such attack: kindness" in done.stderr


@pytest.mark.slow
def test_attacks_run_against_a_server_and_a_sale_beside_it():
    """Not whether they are held off: this machine may be busy."""
    names = ["slow-viewer", "histories", "handshakes", "stop"]
    assert set(names) < set(ATTACKS)
    done = run("--quick", "--only", ",".join(names))
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row[0].strip("| ") for row in rows[2:]] == names, done.stderr
    what = {row[0].strip("| "): row[-1] for row in rows[2:]}
    assert "exit 0" in what["stop"]
    assert "others came in" in what["handshakes"]
    assert "× 200" in what["histories"]
    assert what["slow-viewer"].startswith("stays")
