"""How many joins of one user may wait at once: each is answered with the state of a whole auction."""

from __future__ import annotations

from collections import Counter

JOINS_WAITING = "joins_waiting_per_user_max"
"""The setting of the limit."""

AGAIN_SECONDS = 1.0
"""When somebody may try again who has too many waiting."""


class JoinLimit:
    """Counts what is under way, over all sockets of a user. `waiting_max` 0 is no limit."""

    def __init__(self, waiting_max: int) -> None:
        self._max = waiting_max
        self._waiting: Counter[int] = Counter()

    def __len__(self) -> int:
        """How many wait, of all users."""
        return self._waiting.total()

    def acquire(self, user_id: int) -> float:
        """0 when one more may wait, which `end` ends; else the seconds until it may be tried again."""
        full = self._max and self._waiting[user_id] >= self._max
        self._waiting[user_id] += 1
        if not full:
            return 0
        self.release(user_id)
        return AGAIN_SECONDS

    def release(self, user_id: int) -> None:
        self._waiting[user_id] -= 1
        if not self._waiting[user_id]:
            del self._waiting[user_id]
