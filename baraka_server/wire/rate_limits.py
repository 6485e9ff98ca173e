"""Rate limits: token buckets, for one client or for each key."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

BURST_SECONDS = 5
"""The size of a burst: what the average allows in so many seconds."""

KEYS_MAX = 20_000
"""How many keys a `Rates` keeps before it forgets those whose bucket is full."""

K = TypeVar("K", bound=Hashable)


def capacity(per_second: float, burst: float | None = None) -> float:
    """How many a rate allows at once."""
    return max(1.0, per_second * BURST_SECONDS if burst is None else burst)


class Rate:
    """Token bucket: `per_second` on average, `burst` at once, else `BURST_SECONDS` of them. 0 is no limit.

    wait = rate.take()  # 0 when it may be done now
    """

    __slots__ = ("_at", "_capacity", "_clock", "_left", "_per_second")

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        burst: float | None = None,
    ) -> None:
        self._per_second = per_second
        self._capacity = capacity(per_second, burst)
        self._left = self._capacity
        self._clock = clock
        self._at = clock()

    def take(self, amount: float = 1) -> float:
        """Take `amount` from the bucket: 0 when it may be done now, else the seconds until it may.

        An amount of more than is left is allowed whole; the debt is paid before the next one.
        """
        if not self._per_second:
            return 0
        wait = self.wait
        if not wait:
            self._left -= amount
        return wait

    def spend(self, amount: float) -> None:
        """Take `amount` without a check: for what turned out to cost more, or less."""
        if self._per_second:
            self._refill()
            self._left -= amount

    def owe(self, amount: float, bursts_max: float) -> None:
        """Take `amount` that was allowed elsewhere, into a debt of so many bursts at most."""
        self._refill()
        floor = -bursts_max * self._capacity
        self._left = min(self._left, max(self._left - amount, floor))

    @property
    def wait(self) -> float:
        """The seconds until the next one may be done."""
        self._refill()
        return 0 if self._left >= 1 else (1 - self._left) / self._per_second

    def overdraw(self, seconds: float) -> None:
        """Empty the bucket so far that nothing is allowed for so long."""
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


class Counted:
    """One that was taken from a rate, and is given back once if it turns out not to count."""

    __slots__ = ("_rate",)

    def __init__(self, rate: Rate) -> None:
        self._rate: Rate | None = rate

    def give_back(self) -> None:
        if self._rate is not None:
            self._rate.spend(-1)
            self._rate = None


class Rates(Generic[K]):
    """A `Rate` for each key. It outlives a connection, so that reconnecting does not refill it.

    `setting` is the name of the setting with the limit, for the log. `clock` counts seconds; `burst` is
    that of each `Rate`.
    """

    def __init__(
        self,
        per_second: float,
        setting: str = "",
        clock: Callable[[], float] = time.monotonic,
        burst: float | None = None,
    ) -> None:
        self.setting = setting
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._rates: dict[K, Rate] = {}
        self._keys_max = KEYS_MAX

    def __len__(self) -> int:
        """The number of keys that have a rate now."""
        return len(self._rates)

    def take(self, key: K) -> float:
        return self.of(key).take() if self._per_second else 0

    def wait(self, key: K) -> float:
        """The seconds until this key may take one, without taking it."""
        return self.of(key).wait if self._per_second else 0

    def of(self, key: K) -> Rate:
        """The rate of this key, which may be kept."""
        rate = self._rates.get(key)
        if rate is None:
            if len(self._rates) >= self._keys_max:
                self._rates = {key: rate for key, rate in self._rates.items() if not rate.at_rest}
                # Where no bucket is full, do not look at all of them for each new key.
                self._keys_max = max(KEYS_MAX, 2 * len(self._rates))
            rate = self._rates[key] = Rate(self._per_second, self._clock, self._burst)
        return rate
