"""Pace: the times at which bids are due."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_cli.simulator.crowd.pace import Pace

RATES = st.floats(min_value=0.1, max_value=1_000)


def test_a_steady_rate_is_one_bid_after_the_other() -> None:
    assert [Pace(4).due(number) for number in range(4)] == [0, 0.25, 0.5, 0.75]


def test_a_rate_that_grows_makes_half_as_many_at_first_and_all_of_them_then() -> None:
    pace = Pace(10, ramp_up=20)
    due = [pace.due(number) for number in range(400)]
    assert sum(at < 20 for at in due) == 100
    assert sum(at < 10 for at in due) == 25
    assert sum(20 <= at < 30 for at in due) == 100


@given(RATES, st.floats(min_value=0, max_value=600), st.integers(0, 10_000))
def test_no_bid_is_due_before_the_one_ahead_of_it(rate: float, ramp_up: float, number: int) -> None:
    pace = Pace(rate, ramp_up)
    between = pace.due(number + 1) - pace.due(number)
    assert between > 0
    if pace.due(number) >= ramp_up:
        assert between == pytest.approx(1 / rate, rel=1e-3, abs=1e-6)
