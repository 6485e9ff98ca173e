"""Counts in words: one of something, or several."""

from __future__ import annotations


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 row`, `2,000 rows`; without `many` by an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
