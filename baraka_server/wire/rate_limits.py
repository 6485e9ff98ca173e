"""Rates: how often somebody may do something, with some room for a burst."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

BURST_SECONDS = 5
"""A burst may use what was not used in so many seconds."""

KEYS_MAX = 20_000
"""How many people a `Rates` remembers before it forgets those who are at rest."""

K = TypeVar("K", bound=Hashable)


class Rate:
    """`per_second` on average, `BURST_SECONDS` of them at once (a token bucket). 0 is no limit."""

    __slots__ = ("_at", "_capacity", "_clock", "_left", "_per_second")

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second * BURST_SECONDS)
        self._left = self._capacity
        self._clock = clock
        self._at = clock()

    def take(self, amount: float = 1) -> float:
        """0 when it may be done now, else the seconds until it may.

        What is more than is left is done whole, and paid for before anything else may be.
        """
        if not self._per_second:
            return 0
        wait = self.wait
        if not wait:
            self._left -= amount
        return wait

    def spend(self, amount: float) -> None:
        """Pay afterwards for what turned out to cost more."""
        if self._per_second:
            self._refill()
            self._left -= amount

    @property
    def wait(self) -> float:
        """The seconds until it may be done."""
        self._refill()
        return 0 if self._left >= 1 else (1 - self._left) / self._per_second

    def overdraw(self, seconds: float) -> None:
        """Allow nothing for so long."""
        self._refill()
        self._left = min(self._left, -seconds * self._per_second)

    @property
    def at_rest(self) -> bool:
        self._refill()
        return self._left >= self._capacity

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(self._capacity, self._left + (now - self._at) * self._per_second)
        self._at = now


class Rates(Generic[K]):
    """A rate for each key: it outlives a connection, so that reconnecting does not refill it.

    `setting` is the name of the limit, for whoever tells of it. `clock` counts seconds.
    """

    def __init__(
        self, per_second: float, setting: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.setting = setting
        self._per_second = per_second
        self._clock = clock
        self._rates: dict[K, Rate] = {}
        self._keys_max = KEYS_MAX

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._rates)

    def take(self, key: K) -> float:
        return self.of(key).take() if self._per_second else 0

    def of(self, key: K) -> Rate:
        """The rate of this key, for those who hold on to it."""
        rate = self._rates.get(key)
        if rate is None:
            if len(self._rates) >= self._keys_max:
                self._rates = {key: rate for key, rate in self._rates.items() if not rate.at_rest}
                # In a crowd in which nobody rests, do not look at everybody for each newcomer.
                self._keys_max = max(KEYS_MAX, 2 * len(self._rates))
            rate = self._rates[key] = Rate(self._per_second, self._clock)
        return rate
