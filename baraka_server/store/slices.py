"""Long computations in slices, between which other tasks run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TypeVar

SLICE_ROWS = 50
"""A millisecond or two: a bid in between waits no longer than that."""

A = TypeVar("A")
B = TypeVar("B")


async def in_slices(make: Callable[[Sequence[A]], list[B]], rows: Sequence[A]) -> list[B]:
    """`make` of all the rows, a slice of them at a time."""
    starts = range(0, len(rows), SLICE_ROWS)
    return await of_slices(make, (rows[start : start + SLICE_ROWS] for start in starts))


async def of_slices(
    make: Callable[[Sequence[A]], list[B]], slices: Iterable[Sequence[A]]
) -> list[B]:
    """The same of slices that are made one after the other, as `partitions` makes them of a result."""
    made: list[B] = []
    async for some in each_in_slices(slices, at_once=1):
        made += make(some)
    return made


async def each_in_slices(items: Iterable[A], at_once: int = SLICE_ROWS) -> AsyncIterator[A]:
    """The items one after the other, with a pause for others after every slice."""
    for number, item in enumerate(items):
        if number and number % at_once == 0:
            await asyncio.sleep(0)
        yield item
