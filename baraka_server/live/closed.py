"""That nobody can join an auction now, remembered for as long as nothing else can be known."""

from __future__ import annotations

import time
from collections.abc import Callable

from baraka_server.contract.refusals import Code


class Closed:
    """Why joins are refused: for `seconds`, in which this node would not hear of a change elsewhere.

    Whoever hears of one sooner says `forget`. `reason` stands until `expire` is called after its time.
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
