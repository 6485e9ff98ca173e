"""`Later`: looks at what happened when whatever may bear on it has been told, too."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

TOLD_SECONDS_MAX = 3
"""How long behind an answer something may be announced that was so before it, and the other way round."""


class Later:
    """In order. `awake` gives the seconds in which the crowd could read."""

    def __init__(self, awake: Callable[[], float]) -> None:
        self._awake = awake
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()

    def add(self, look: Callable[[], None]) -> None:
        self._waiting.append((self._awake(), look))

    def judge(self) -> None:
        """All that happened long enough ago."""
        self._judge(self._awake())

    def finish(self) -> None:
        """All: nothing more will be told."""
        self._judge(float("inf"))

    def _judge(self, now: float) -> None:
        while self._waiting and now >= self._waiting[0][0] + TOLD_SECONDS_MAX:
            self._waiting.popleft()[1]()
