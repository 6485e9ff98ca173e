"""The largest type: what the block letters of a number look like."""

from __future__ import annotations

from itertools import combinations

import pytest

from baraka_cli.console.large_number import GLYPHS, LARGE_ROWS, large, large_width


def test_a_number_is_read_from_its_block_letters() -> None:
    assert large("1,207") == [
        " ▄██      ▄████▄ ▄████▄ ██████",
        "▀▀██      ▀▀  ██ ██  ██     ██",
        "  ██        ▄██▀ ██  ██    ██ ",
        "  ██   ▄▄ ▄██▀   ██  ██   ██  ",
        "██████ █▀ ██████ ▀████▀   ██  ",
    ]


@pytest.mark.parametrize("number", ["0", "-", "8,888", "2,147,483,647"])
def test_its_lines_are_as_wide_as_is_said(number: str) -> None:
    lines = large(number)
    assert len(lines) == LARGE_ROWS
    assert {len(line) for line in lines} == {large_width(number)}


def test_no_two_digits_are_taken_for_each_other() -> None:
    """At least four dots apart: a 3 that looks like an 8 sells at the wrong price."""
    for one, other in combinations("0123456789", 2):
        dots = zip(GLYPHS[one], GLYPHS[other], strict=True)
        assert sum(a != b for a, b in dots) >= 4, f"{one} and {other}"
