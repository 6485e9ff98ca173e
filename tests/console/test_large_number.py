"""The largest types: what a number looks like solid and in lines."""

from __future__ import annotations

from itertools import combinations

import pytest

from baraka_cli.console.large_number import (
    GLYPHS,
    HUGE_ROWS,
    LARGE_ROWS,
    SMALL_ROWS,
    LargeNumber,
    drawn,
    large,
)
from baraka_cli.console.line_digits import STROKES, lined


def test_a_number_is_read_from_its_block_letters() -> None:
    assert large("1,207") == [
        " ▄██      ▄████▄ ▄████▄ ██████",
        "▀▀██      ▀▀  ██ ██  ██     ██",
        "  ██        ▄██▀ ██  ██    ██ ",
        "  ██   ▄▄ ▄██▀   ██  ██   ██  ",
        "██████ █▀ ██████ ▀████▀   ██  ",
    ]


def test_a_number_is_read_from_its_lines() -> None:
    assert lined("1,207", 5) == [
        "    ╻   ╺━━━┓ ┏━━━┓ ╺━━━┓",
        "    ┃       ┃ ┃   ┃     ┃",
        "    ┃   ┏━━━┛ ┃   ┃     ┃",
        "    ┃ ╻ ┃     ┃   ┃     ┃",
        "    ╹ ┛ ┗━━━╸ ┗━━━┛     ╹",
    ]


@pytest.mark.parametrize("is_lined", [True, False])
@pytest.mark.parametrize("rows", [LARGE_ROWS, HUGE_ROWS])
@pytest.mark.parametrize("number", ["0", "-", "8,888", "2,147,483,647"])
def test_its_lines_are_as_many_and_as_wide_as_is_said(
    number: str, rows: int, is_lined: bool
) -> None:
    figure = LargeNumber("0")
    figure.is_lined = is_lined
    lines = drawn(number, rows, is_lined)
    assert len(lines) == rows
    assert {len(line) for line in lines} == {figure.width_in(rows, number)}
    assert figure.width_in(SMALL_ROWS, number) <= figure.width_in(rows, number)


def test_no_two_digits_are_taken_for_each_other() -> None:
    """At least four dots apart: a 3 that looks like an 8 sells at the wrong price."""
    for one, other in combinations("0123456789", 2):
        dots = zip(GLYPHS[one], GLYPHS[other], strict=True)
        assert sum(a != b for a, b in dots) >= 4, f"{one} and {other}"
        assert set(STROKES[one]) != set(STROKES[other])


def test_last_bid_and_next_ask_have_no_row_in_common_without_any_colour() -> None:
    for rows in (LARGE_ROWS, HUGE_ROWS):
        for digit in "0123456789":
            solid, thin = drawn(digit, rows, is_lined=False), drawn(digit, rows, is_lined=True)
            assert not set(solid) & set(thin)
