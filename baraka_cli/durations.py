"""Parses durations that people type: `90s`, `15m`, `2h`, `7d`, and in some places a plain number."""

from __future__ import annotations

import re
from datetime import timedelta

SECONDS_OF = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WITH_UNIT = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)([smhd])", re.ASCII)
_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,6})?", re.ASCII)


class BadDuration(ValueError):
    """A text that is not a duration. The text of the error is for a person."""


def duration_of(text: str) -> timedelta:
    """Parse whole units: `15m`. Raises `BadDuration`."""
    found = _WITH_UNIT.fullmatch(text.strip())
    if found is None or "." in found[1]:
        raise BadDuration(f"'{text}' is not a duration; write it like 90s, 15m, 2h or 7d.")
    return timedelta(seconds=int(found[1]) * SECONDS_OF[found[2]])


def seconds_of(text: str) -> float:
    """Parse a time with a unit, or a plain number of seconds: `25s`, `1.5m`, `25`. Raises `BadDuration`."""
    given = text.strip()
    if found := _WITH_UNIT.fullmatch(given):
        return float(found[1]) * SECONDS_OF[found[2]]
    if _PLAIN.fullmatch(given):
        return float(given)
    raise BadDuration(
        f"'{text}' is not a time; write it like 25s, 2m or 1h, or as a number of seconds"
    )
