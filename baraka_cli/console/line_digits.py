"""Digits drawn in lines, as on a calculator: `lined("12,500", 5)`.

They stand beside the solid digits of `large_number`, so that two prices differ by more than a colour.
"""

from __future__ import annotations

# The strokes of a digit: top, upper left, upper right, middle, lower left, lower right, bottom.
STROKES = {
    "0": "abcefg",
    "1": "cf",
    "2": "acdeg",
    "3": "acdfg",
    "4": "bcdf",
    "5": "abdfg",
    "6": "abdefg",
    "7": "acf",
    "8": "abcdefg",
    "9": "abcdfg",
    "-": "d",
}
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
LINES = {
    0: " ",
    UP: "╹",
    DOWN: "╻",
    LEFT: "╸",
    RIGHT: "╺",
    UP | DOWN: "┃",
    LEFT | RIGHT: "━",
    DOWN | RIGHT: "┏",
    DOWN | LEFT: "┓",
    UP | RIGHT: "┗",
    UP | LEFT: "┛",
    UP | DOWN | RIGHT: "┣",
    UP | DOWN | LEFT: "┫",
}
BROAD = str.maketrans("━╺╸┏┓╻┃╹┗┛┣┫", "▄▄▄▄▄▄██████")
"""Lines of digits that are read from afar: half a cell high, a cell wide."""
BROAD_FROM_ROWS = 8
COMMA = ("╻", "┛")
"""The last two rows of a comma."""


def lined(number: str, rows: int) -> list[str]:
    """`number` in `rows` lines, five or more; of digits, commas and the minus sign."""
    glyphs = [_comma(rows) if char == "," else _digit(STROKES[char], rows) for char in number]
    lines = [" ".join(glyph[row] for glyph in glyphs) for row in range(rows)]
    return lines if rows < BROAD_FROM_ROWS else [line.translate(BROAD) for line in lines]


def lined_width(number: str, rows: int) -> int:
    return sum((1 if char == "," else _columns(rows)) + 1 for char in number) - 1


def _columns(rows: int) -> int:
    """Width of a digit: narrower than it is high, also where a cell is."""
    return min(rows, 4 + rows // 2 - 1)


def _comma(rows: int) -> list[str]:
    return [" "] * (rows - len(COMMA)) + list(COMMA)


def _digit(strokes: str, rows: int) -> list[str]:
    columns, middle, last = _columns(rows), (rows - 1) // 2, rows - 1
    cells = [[0] * columns for _ in range(rows)]
    for stroke, row in (("a", 0), ("d", middle), ("g", last)):
        if stroke in strokes:
            for column in range(columns - 1):
                cells[row][column] |= RIGHT
                cells[row][column + 1] |= LEFT
    for stroke, column, first, end in (
        ("b", 0, 0, middle),
        ("c", columns - 1, 0, middle),
        ("e", 0, middle, last),
        ("f", columns - 1, middle, last),
    ):
        if stroke in strokes:
            for row in range(first, end):
                cells[row][column] |= DOWN
                cells[row + 1][column] |= UP
    return ["".join(LINES[cell] for cell in line) for line in cells]
