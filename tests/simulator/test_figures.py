"""Numbers as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_cli.simulator.report import figures
from baraka_cli.simulator.report.figures import BARS, sparkline


@pytest.mark.parametrize(
    ("shown", "value", "text"),
    [
        (figures.count, 1_234_567, "1,234,567"),
        (figures.count, 28.25, "28.2"),
        (figures.count, 1_234.5, "1,234"),
        (figures.millis, 4.123, "4.12 ms"),
        (figures.millis, 41.23, "41.2 ms"),
        (figures.millis, 412.3, "412 ms"),
        (figures.millis, 4_123, "4.12 s"),
        (figures.millis, 61_000, "61.0 s"),
        (figures.micros, 17.56, "17.6 µs"),
        (figures.size, 999, "999 B"),
        (figures.size, 84_000_000, "84.0 MB"),
        (figures.size, 131_000_000, "131 MB"),
        (figures.size, 2_500_000_000, "2.5 GB"),
        (figures.percent, 1.5, "150%"),
    ],
)
def test_a_number_has_its_unit_and_the_digits_that_mean_something(shown, value, text) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    "shown", [figures.count, figures.millis, figures.micros, figures.size, figures.percent]
)
@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_was_not_measured_is_never_zero(shown, value) -> None:
    assert shown(value) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (65.9, "1:05"), (3_605, "1:00:05"), (float("nan"), "0:00")]
)
def test_a_moment_is_told_as_on_a_clock(seconds: float, text: str) -> None:
    assert figures.clock(seconds) == text


@given(
    st.lists(st.none() | st.floats(min_value=0, max_value=1e12), max_size=50), st.integers(0, 60)
)
def test_a_sparkline_has_a_bar_for_each_of_the_last_values(values, width) -> None:
    bars = sparkline(values, width)
    shown = values[-width:] if width else []
    assert len(bars) == len(shown)
    for bar, value in zip(bars, shown, strict=True):
        assert (bar == " ") is (value is None)
    known = [value for value in shown if value is not None]
    if known and max(known) > 0:
        assert bars[shown.index(max(known))] == BARS[-1]
    heights = sorted(
        (value, BARS.index(bar)) for value, bar in zip(shown, bars, strict=True) if bar != " "
    )
    assert [height for _, height in heights] == sorted(height for _, height in heights)
