"""Tests of the comparison of the whole server with others."""

from __future__ import annotations

import pytest

from benchmarks.cpu import Spent
from benchmarks.report import RATE, Measured, Results, goals_table
from benchmarks.whole import ASSUMED, LISTS, Plan, assumed, goals, key

ALONE = Spent(server=1, wall=10, foreign=0)


@pytest.mark.parametrize(
    ("plain", "measured", "name", "ratio"),
    [
        (key("nest", LISTS, 200), Measured({RATE: 90}, ALONE), "NestJS and Prisma", "10.0"),
        (ASSUMED, assumed(), "a plain server (assumed 180/s)", "5.00"),
    ],
)
def test_ours_is_compared_with_the_plain_server_or_with_what_is_assumed_of_it(
    plain, measured, name, ratio
):
    found = Results()
    for way in ("delta", "lists"):
        found.add(key("ours", way, 200), Measured({RATE: 900}, ALONE))
    found.add(plain, measured)
    told = goals_table(goals(Plan(), found), found).splitlines()[2:]
    assert len(told) == 2
    for line, way in zip(told, ("delta", "lists"), strict=True):
        assert f"ours ÷ {name}, {way}" in line
        assert ratio in line
