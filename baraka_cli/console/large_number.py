"""`LargeNumber`: a widget that shows a number in rows of three, five or ten."""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.renderables.digits import Digits as DigitsRenderable
from textual.widgets import Digits

from baraka_cli.console.line_digits import lined, lined_width

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
SMALL_ROWS, LARGE_ROWS, HUGE_ROWS = 3, 5, 10
ALL_ROWS = (HUGE_ROWS, LARGE_ROWS, SMALL_ROWS)


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


def huge(number: str) -> list[str]:
    """`number` in `HUGE_ROWS` lines: a dot is two cells wide, as it is high."""
    glyphs = [GLYPHS[char].split() for char in number]
    return [
        "  ".join("".join("██" if dot == "#" else "  " for dot in glyph[row]) for glyph in glyphs)
        for row in range(HUGE_ROWS)
    ]


class LargeNumber(Digits):
    """A number in at most `rows` rows, as there is room; solid or, where it `is_lined`, in lines.

    Half a digit would be another digit. In three rows they are Textual's digits (8.2), which are heavy where the style is bold.
    """

    rows = SMALL_ROWS
    is_lined = False

    def render(self) -> RenderResult:
        for rows in ALL_ROWS:
            has_room = (
                rows <= self.size.height and self.width_in(rows, self.value) <= self.size.width
            )
            if SMALL_ROWS < rows <= self.rows and has_room:
                return Text("\n".join(drawn(self.value, rows, self.is_lined)), no_wrap=True)
        return super().render()

    def width_in(self, rows: int, number: str) -> int:
        """Number of columns that `number` takes in so many rows."""
        if rows == SMALL_ROWS:
            return DigitsRenderable.get_width(number)
        if self.is_lined:
            return lined_width(number, rows)
        return len(drawn(number, rows, is_lined=False)[0])

    def draw_in(self, rows: int, number: str) -> None:
        if rows != self.rows:
            self.rows = rows
            self.refresh()
        if number != self.value:
            self.update(number)


def drawn(number: str, rows: int, is_lined: bool) -> list[str]:
    """The lines of a number in five or ten rows."""
    if is_lined:
        return lined(number, rows)
    return huge(number) if rows == HUGE_ROWS else large(number)
