"""Rate-limited log of clients that are refused or disconnected for what they do.

It says enough to see an attack, and never as much as the attack sends.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

log = logging.getLogger(__name__)

SUMMARY_SECONDS = 10
"""How often a cause that goes on is logged again, with the number of times."""
ADDRESSES_KEPT_MAX = 100
"""How many addresses are counted separately for one cause, between two summaries."""
ADDRESSES_TOLD = 3


class Cause(NamedTuple):
    """The key by which log lines are counted together.

    `reason` is a text of ours, `limit` the setting that it is about: Cause("refused", "the server is
    full", "connections_max").
    """

    event: str
    reason: str
    limit: str


class Tally:
    """The number of times that one cause occurred, from which addresses, since when."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.count = 0
        self.addresses: Counter[str] = Counter()

    def add(self, address: str) -> None:
        self.count += 1
        if address in self.addresses or len(self.addresses) < ADDRESSES_KEPT_MAX:
            self.addresses[address] += 1

    @property
    def most(self) -> dict[str, int]:
        """The addresses that it came from most."""
        return dict(self.addresses.most_common(ADDRESSES_TOLD))


class AbuseLog:
    """Logs each cause at once, then once for each `SUMMARY_SECONDS` in which it occurred again.

    Its owner calls `sum_up` about once a second, and `close` at the end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tallies: dict[Cause, Tally] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        """How often each happened, by event and limit: all that was ever counted."""

    def hung_up(self, address: str, reason: str, limit: str = "") -> None:
        """Log that a connection was closed for what it sent, or for what it did not send."""
        self._say(address, Cause("hung_up", reason, limit))

    def refused(self, address: str, reason: str, limit: str = "") -> None:
        """Log that a connection or a request was refused."""
        self._say(address, Cause("refused", reason, limit))

    def _say(self, address: str, cause: Cause) -> None:
        self.counts[cause.event, cause.limit] += 1
        if cause in self._tallies:
            self._tallies[cause].add(address)
            return
        self._tallies[cause] = Tally(self._clock())
        log.warning(
            "%s %s: %s",
            _verb(cause),
            address,
            _why(cause),
            extra=_fields(cause) | {"count": 1, "address": address, "addresses": {address: 1}},
        )

    def sum_up(self) -> None:
        """Log the causes that went on for `SUMMARY_SECONDS`; forget those that did not occur again."""
        latest = self._clock() - SUMMARY_SECONDS
        for cause, tally in list(self._tallies.items()):
            if tally.since <= latest:
                del self._tallies[cause]
                if tally.count:
                    self._tallies[cause] = Tally(self._clock())
                    self._tell(cause, tally)

    def close(self) -> None:
        """Log what was counted and not logged yet."""
        for cause, tally in self._tallies.items():
            if tally.count:
                self._tell(cause, tally)
        self._tallies.clear()

    def _tell(self, cause: Cause, tally: Tally) -> None:
        seconds = round(self._clock() - tally.since)
        most = [f"{address} ({count})" for address, count in tally.most.items()]
        others = len(tally.addresses) - len(most)
        more = f" and {others} other addresses" if others else ""
        log.warning(
            "%s %d more in %d s: %s; from %s%s",
            _verb(cause),
            tally.count,
            seconds,
            _why(cause),
            ", ".join(most),
            more,
            extra=_fields(cause)
            | {"count": tally.count, "seconds": seconds, "addresses": tally.most},
        )


def _verb(cause: Cause) -> str:
    return "disconnected" if cause.event == "hung_up" else "refused"


def _why(cause: Cause) -> str:
    return f"{cause.reason} (BARAKA_{cause.limit.upper()})" if cause.limit else cause.reason


def _fields(cause: Cause) -> dict[str, Any]:
    return {"event": cause.event, "reason": cause.reason} | (
        {"limit": cause.limit} if cause.limit else {}
    )


def errors_only(name: str) -> logging.Logger:
    """The logger of a library, set to errors: its warnings repeat what clients sent, unlimited."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.ERROR)
    return logger
