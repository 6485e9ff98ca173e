"""Log of the database's availability: one line when it fails, one when it is back."""

from __future__ import annotations

import logging
import time
from collections import Counter

from baraka_server.store.errors import StoreError, Trouble, Unavailable

log = logging.getLogger(__name__)

SAID_SECONDS_MIN = 10
"""The shortest time between two lines that the database failed."""


class Availability:
    """Tracks how transactions end, and logs when the database becomes unusable and usable again."""

    def __init__(self) -> None:
        self._trouble: Trouble | None = None
        self._since = self._said_at = self._wrote_at = float("-inf")
        self._refused = self._untold = 0
        self.failures: Counter[Trouble] = Counter()
        """How many transactions failed, by the trouble."""

    @property
    def healthy(self) -> bool:
        return self._trouble is None

    def failed(self, error: StoreError) -> None:
        """Note that a transaction ended with `error`. Contention is not trouble of the database."""
        self._wrote_at = float("-inf")
        if not isinstance(error, Unavailable):
            return
        self.failures[error.trouble] += 1
        now = time.monotonic()
        if self._trouble is None:
            self._since, self._refused = now, 0
        self._refused += 1
        if error.trouble is not self._trouble:
            self._trouble = error.trouble
            self._say(error, now)

    def worked(self, *, wrote: bool) -> None:
        """Note that a transaction was committed; `wrote` says whether it changed anything."""
        if wrote:
            self._wrote_at = time.monotonic()
        if self._trouble is None or (self._trouble.only_writes and not wrote):
            return
        if self._said_at >= self._since:
            log.warning(
                "the database is back after %.1f s, in which it refused %s",
                time.monotonic() - self._since,
                _transactions(self._refused),
                extra={"event": "database_back", "refused": self._refused},
            )
        else:
            self._untold += 1
        self._trouble = None

    def wrote_within(self, seconds: float) -> bool:
        """Whether a write was committed within so many seconds, and nothing has failed since."""
        return time.monotonic() - self._wrote_at < seconds

    def _say(self, error: Unavailable, now: float) -> None:
        if now - self._said_at < SAID_SECONDS_MIN:
            return
        again = f" (and went {self._untold} more times since it was said last)"
        log.error(
            "the database %s: %s%s",
            error.trouble.words,
            error,
            again if self._untold else "",
            extra={"event": "database_gone", "database": error.trouble},
        )
        self._said_at, self._untold = now, 0


def _transactions(count: int) -> str:
    return "1 transaction" if count == 1 else f"{count:,} transactions"
