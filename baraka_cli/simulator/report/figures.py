"""Formats numbers of a run, in one way for the screen, the tables and the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

NOTHING = "–"
"""Shown for what was not measured."""

BARS = "▁▂▃▄▅▆▇█"


def measured(value: float | None) -> float | None:
    """`value`, or None when it is not a number that can be drawn: a file may hold NaN."""
    return value if value is not None and math.isfinite(value) else None


def count(value: float | None) -> str:
    """Whole, with thousands separated; small ones that are not whole keep one decimal."""
    number = measured(value)
    if number is None:
        return NOTHING
    if number == int(number) or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:,.1f}"


def millis(value: float | None) -> str:
    """Milliseconds to three digits that mean something, or seconds from the first on."""
    number = measured(value)
    if number is None:
        return NOTHING
    if abs(number) >= 1_000:
        return f"{number / 1000:,.{1 if abs(number) >= 10_000 else 2}f} s"
    decimals = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{decimals}f} ms"


def micros(value: float | None) -> str:
    number = measured(value)
    return NOTHING if number is None else f"{number:,.{0 if abs(number) >= 100 else 1}f} µs"


def size(value: float | None) -> str:
    """Bytes, in units of a thousand as disks and networks are sold."""
    number = measured(value)
    if number is None:
        return NOTHING
    for unit, each in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(number) >= each:
            return f"{number / each:,.{1 if abs(number) < 100 * each else 0}f} {unit}"
    return f"{number:,.0f} B"


def percent(value: float | None) -> str:
    """A share of one core: 1.0 is 100%, two cores 200%."""
    number = measured(value)
    return NOTHING if number is None else f"{number * 100:,.0f}%"


def clock(seconds: float) -> str:
    """`1:05`, or `1:00:05` from an hour on."""
    whole = max(0, int(measured(seconds) or 0))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def rate(amount: float, seconds: float) -> float | None:
    """A second's share; None when no time passed."""
    return amount / seconds if seconds > 0 else None


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The last `width` values as bars from 0 to the highest of them; a blank where there is none."""
    shown = [measured(value) for value in values[-width:]] if width > 0 else []
    top = highest(shown)
    return "".join(" " if value is None else BARS[_step(value, top)] for value in shown)


def highest(values: Iterable[float | None]) -> float:
    """0 when there is nothing, or nothing above it."""
    return max((value for value in values if value is not None), default=0) or 0


def _step(value: float, top: float) -> int:
    if top <= 0 or value <= 0:
        return 0
    return min(len(BARS) - 1, max(0, math.ceil(value / top * len(BARS)) - 1))
