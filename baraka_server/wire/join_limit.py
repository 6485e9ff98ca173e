"""Limit on the joins of one user that wait at once: each is answered with an auction's whole state."""

from __future__ import annotations

from collections import Counter

JOINS_WAITING = "joins_waiting_per_user_max"
"""The setting that has the limit."""

AGAIN_SECONDS = 1.0
"""The seconds after which a user with too many joins waiting may try again."""


class JoinLimit:
    """Counts the joins that wait, over all sockets of a user. `waiting_max` 0 is no limit."""

    def __init__(self, waiting_max: int) -> None:
        self._max = waiting_max
        self._waiting: Counter[int] = Counter()

    def __len__(self) -> int:
        """The number of joins that wait, of all users."""
        return self._waiting.total()

    def acquire(self, user_id: int) -> float:
        """Count one more: 0 when it may wait, until `release`; else the seconds until the next try."""
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
