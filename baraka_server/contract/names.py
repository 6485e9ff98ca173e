"""Comparison of product names: two that differ in blanks or Unicode form are the same (D33)."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize


@lru_cache(maxsize=4096)
def compared(name: str) -> str:
    """The form in which `name` is compared: Unicode NFC, trimmed, runs of blanks as one.

    Names are stored and sent as they came. `"Ring "` and `"Ring"` are one product, and so are the
    two ways in which Unicode spells an accented letter; `"ring"` is another one.
    """
    return " ".join(normalize("NFC", name).split())


def same_name(one: str, other: str) -> bool:
    """Whether two names are of the same product."""
    return compared(one) == compared(other)


def numbered(paddle: int | None, name: str) -> str:
    """A bidder as people are shown one (D36): "26 Layla", or the name where there is no paddle."""
    return name if paddle is None else f"{paddle} {name}"
