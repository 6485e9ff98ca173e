"""Cache of the reason why an auction cannot be joined, so that many joins cost no query each."""

from __future__ import annotations

import time
from collections.abc import Callable

from baraka_server.contract.refusals import Code


class Closed:
    """The reason why joins are refused, kept for the `seconds` between two looks at other nodes' changes.

    `forget` is called when a change is known sooner. `reason` stands until `expire` is called after its
    time.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = 0.0
        self.reason: Code | None = None

    def because(self, reason: Code) -> None:
        self.reason, self._until = reason, self._clock() + self._seconds

    def expire(self) -> None:
        if self._clock() >= self._until:
            self.forget()

    def forget(self) -> None:
        self.reason = None
