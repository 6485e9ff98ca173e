"""Lines over time, as SVG."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_cli.simulator.report.charts import HEIGHT, POINTS_MAX, WIDTH, Chart, Line, draw
from baraka_cli.simulator.report.figures import count


def chart(*values: float | None, **fields: bool) -> Chart:
    seconds = range(len(values))
    return Chart("Bids", "a second", seconds, [Line("asked", 1, values)], count, **fields)


def points(svg: str) -> list[tuple[float, float]]:
    """Every place that a line goes through."""
    paths = " ".join(re.findall(r'class="line" d="([^"]*)"', svg))
    return [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+) ([-\d.]+)", paths)]


def lines(svg: str) -> int:
    return svg.count('class="line"')


def test_where_nothing_was_measured_the_line_is_broken() -> None:
    assert lines(draw(chart(1, 2, 3, 4)).svg) == 1
    assert lines(draw(chart(1, 2, None, 4, 5)).svg) == 2


def test_a_second_without_a_word_is_no_gap() -> None:
    asked = Line("asked", 1, [1, 2, 3, 4])
    assert lines(draw(Chart("Bids", "a second", [0, 1, 3, 4], [asked], count)).svg) == 1


def test_a_value_that_stands_alone_is_a_dot() -> None:
    svg = draw(chart(1, 2, None, 4, None, 5, 6)).svg
    assert lines(svg) == 2
    assert svg.count("<circle") == 1


def test_more_is_higher_and_later_is_further_right() -> None:
    (x1, y1), (x2, y2), (x3, y3) = points(draw(chart(0, 50, 100)).svg)
    assert x1 < x2 < x3
    assert y1 > y2 > y3
    assert y1 - y2 == pytest.approx(y2 - y3, abs=0.2)


def test_a_long_run_is_drawn_in_steps_and_says_so() -> None:
    values = [1.0] * 3_600
    values[1_800] = 100
    mean, worst = draw(chart(*values)), draw(chart(*values, worst=True))
    assert len(points(mean.svg)) <= POINTS_MAX
    assert mean.remarks == ("each point is the mean of 15 s",)
    assert worst.remarks == ("each point is the highest of 15 s",)
    assert ": asked 100<" in worst.svg
    assert ": asked 100<" not in mean.svg


def test_one_spike_does_not_flatten_everything_else() -> None:
    values = [5.0] * 50 + [5_000.0]
    linear, logarithmic = draw(chart(*values)), draw(chart(*values, may_be_logarithmic=True))
    assert linear.remarks == ()
    assert logarithmic.remarks == ("logarithmic scale",)
    assert points(logarithmic.svg)[0][1] < points(linear.svg)[0][1] - HEIGHT / 10


def test_a_breach_stands_at_its_moment() -> None:
    svg = draw(chart(*range(60)), [30.0, 99.0, float("nan")]).svg
    (at,) = re.findall(r'class="breach" d="M([\d.]+)', svg)
    assert points(svg)[29][0] < float(at) < points(svg)[30][0]


def test_a_name_cannot_leave_the_picture() -> None:
    name = '"><script>alert(1)</script>'
    hostile = Chart(name, name, [0, 1], [Line(name, 1, [1, 2])], count)
    root = ET.fromstring(draw(hostile).svg)
    assert {element.tag for element in root.iter()} <= {"svg", "path", "text", "g", "rect", "title"}


VALUES = st.none() | st.floats(min_value=0, max_value=1e15) | st.just(float("nan"))


@given(st.lists(VALUES, max_size=40), st.booleans(), st.lists(st.floats(), max_size=3))
def test_whatever_was_measured_stays_inside_the_picture(values, logarithmic, marks) -> None:
    svg = draw(chart(*values, may_be_logarithmic=logarithmic), marks).svg
    ET.fromstring(svg)
    assert "nan" not in svg
    assert "inf" not in svg
    for x, y in points(svg):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
