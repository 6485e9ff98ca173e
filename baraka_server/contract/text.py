"""Other people's text made safe for terminals and logs; not for the wire or the tables.

Names, titles, comments and event names are stored and sent as they came (D15). A terminal would obey
control characters in them: change colors, move the cursor, begin a line that looks like another's.
"""

from __future__ import annotations

import re

OBEYED = re.compile(
    # Control characters, halves of surrogate pairs, line separators, and marks that reorder text.
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200e\u200f\u061c\ud800-\udfff]"
)
"""The characters that a terminal obeys instead of showing them."""

_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")


def printable(text: str) -> str:
    """The text on one line, without anything that a terminal would obey."""
    return OBEYED.sub("", _BREAKS.sub(" ", text))
