"""`LargeNumber`: a widget that shows a number in the largest type that there is room for."""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.renderables.digits import Digits as DigitsRenderable
from textual.widgets import Digits

# Two dots stand above each other in one cell; the lines of a glyph are equally long.
GLYPHS = {
    "0": """
.####.
######
##..##
##..##
##..##
##..##
##..##
##..##
######
.####.""",
    "1": """
..##..
.###..
####..
..##..
..##..
..##..
..##..
..##..
######
######""",
    "2": """
.####.
######
##..##
....##
...###
..###.
.###..
###...
######
######""",
    "3": """
.####.
######
##..##
....##
..###.
..###.
....##
##..##
######
.####.""",
    "4": """
##..##
##..##
##..##
##..##
######
######
....##
....##
....##
....##""",
    "5": """
######
######
##....
##....
#####.
######
....##
##..##
######
.####.""",
    "6": """
.####.
######
##....
##....
#####.
######
##..##
##..##
######
.####.""",
    "7": """
######
######
....##
....##
...##.
...##.
..##..
..##..
..##..
..##..""",
    "8": """
.####.
######
##..##
##..##
.####.
######
##..##
##..##
######
.####.""",
    "9": """
.####.
######
##..##
##..##
######
.#####
....##
....##
######
.####.""",
    ",": """
..
..
..
..
..
..
..
##
##
#.""",
    "-": """
....
....
....
....
####
####
....
....
....
....""",
}
CELLS = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}
LARGE_ROWS = 5


def large(number: str) -> list[str]:
    """`number` in `LARGE_ROWS` lines; of digits, commas and the minus sign."""
    glyphs = [GLYPHS[char].split() for char in number]
    return [
        " ".join(
            "".join(
                CELLS[above + below] for above, below in zip(*glyph[row : row + 2], strict=True)
            )
            for glyph in glyphs
        )
        for row in range(0, 2 * LARGE_ROWS, 2)
    ]


def large_width(number: str) -> int:
    return sum(len(GLYPHS[char].split()[0]) + 1 for char in number) - 1


def small_width(number: str) -> int:
    return DigitsRenderable.get_width(number)


class LargeNumber(Digits):
    """A number in lines of three or, where `is_large` says so, of five rows."""

    is_large = False

    def render(self) -> RenderResult:
        if not self.is_large:
            return super().render()
        return Text("\n".join(large(self.value)), no_wrap=True, overflow="crop")
