"""Isolation of text that runs from right to left, so that a line with it keeps its order.

Beside an Arabic name a terminal that orders text (UAX 9) moves numbers to the name's other side, where
they belong to whoever stands there. Each name, title and comment is isolated from what is around it.
"""

from __future__ import annotations

import re
import unicodedata

from rich.text import Text

from baraka_server.contract.text import printable

ISOLATE, END = "\u2068", "\u2069"
"""First strong isolate, and its end."""
TO_RIGHT, TO_LEFT = "\u2066", "\u2067"
"""Isolates of text of which the direction is known: what is left of a field on its next line."""
MARK = "\u200e"
"""Left-to-right mark: it keeps numbers apart from the name where isolates are not obeyed."""
OBEYED_HERE = frozenset({ISOLATE, END, MARK})
OBEYED_HERE_PATTERN = re.compile(f"([{ISOLATE}{END}{MARK}])")
STRONG = {"L": False, "R": True, "AL": True}


def is_from_right(char: str) -> bool:
    return unicodedata.bidirectional(char) in {"R", "AL", "AN"}


def isolated(text: str) -> str:
    """`text` as one field of a line. What is nowhere written from right to left needs no isolation."""
    text = printable(text)
    return f"{ISOLATE}{text}{END}{MARK}" if any(map(is_from_right, text)) else text


def readable(text: str) -> str:
    """`text` on one line, with its isolates and without all else that a terminal obeys."""
    return "".join(
        part if part in OBEYED_HERE else printable(part) for part in OBEYED_HERE_PATTERN.split(text)
    )


def begins_from_right(text: str) -> bool:
    """Whether its first letter is one of those that are written from right to left."""
    strong = (STRONG.get(unicodedata.bidirectional(char)) for char in text)
    return next((direction for direction in strong if direction is not None), False)


def closed(lines: list[Text]) -> list[Text]:
    """Lines that a field goes over, each with the field's isolates: a terminal orders line by line."""
    opening = ""
    shown = []
    for line in lines:
        before, opening = opening, _left_open(line.plain, opening)
        if before or opening:
            line = Text.assemble(before, line, END + MARK if opening else "")
        shown.append(line)
    return shown


def cut(line: Text, width: int) -> Text:
    """The line as far as it has room, with its last field closed; an ellipsis stands for the rest."""
    if line.cell_len <= width:
        return line
    line = line.copy()
    line.truncate(max(0, width), overflow="ellipsis")
    return closed([line])[0]


def _left_open(text: str, opening: str) -> str:
    """Isolate that a field which is open at the end of `text` goes on with; empty where none is."""
    for at, char in enumerate(text):
        if char == ISOLATE:
            field = text[at + 1 :].partition(END)[0]
            opening = TO_LEFT if begins_from_right(field) else TO_RIGHT
        elif char == END:
            opening = ""
    return opening
