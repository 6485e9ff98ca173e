"""Long computations in slices, between which other tasks run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

SLICE_ROWS = 50
"""A millisecond or two: a bid in between waits no longer than that."""

A = TypeVar("A")
B = TypeVar("B")


async def in_slices(make: Callable[[Sequence[A]], list[B]], rows: Sequence[A]) -> list[B]:
    """`make` of all the rows, a slice of them at a time."""
    made: list[B] = []
    for start in range(0, len(rows), SLICE_ROWS):
        if start:
            await asyncio.sleep(0)
        made += make(rows[start : start + SLICE_ROWS])
    return made
