"""Whether the database can be used at present, and what the log hears of it: when it goes, when it is back."""

from __future__ import annotations

import logging
import time

from baraka_server.store.errors import StoreError, Trouble, Unavailable

log = logging.getLogger(__name__)

SAID_SECONDS_MIN = 10
"""A database that comes and goes is said to be gone no more often."""


class Availability:
    """Hears how every transaction of a server ended. Two lines for each time that a database is away."""

    def __init__(self) -> None:
        self._trouble: Trouble | None = None
        self._since = self._said_at = self._wrote_at = float("-inf")
        self._refused = self._untold = 0

    def failed(self, error: StoreError) -> None:
        """A transaction ended with `error`. That others were quicker is no trouble of the database."""
        self._wrote_at = float("-inf")
        if not isinstance(error, Unavailable):
            return
        now = time.monotonic()
        if self._trouble is None:
            self._since, self._refused = now, 0
        self._refused += 1
        if error.trouble is not self._trouble:
            self._trouble = error.trouble
            self._say(error, now)

    def worked(self, *, wrote: bool) -> None:
        """A transaction was committed; `wrote` tells whether it changed anything."""
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
        """Whether a write was committed so recently, and nothing has failed since."""
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
