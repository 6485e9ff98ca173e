"""A clock that stands still until a test moves it, for whatever takes a `clock`."""

from __future__ import annotations


class Clock:
    """`clock()` are its seconds, as `time.monotonic()`; `clock.now += 5` lets five go by."""

    def __init__(self, now: float = 1_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
