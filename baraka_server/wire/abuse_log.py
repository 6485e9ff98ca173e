"""What the log hears of strangers: enough to see an attack, never as much as it sends."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

log = logging.getLogger(__name__)

SUMMARY_SECONDS = 10
"""How often something that goes on is told again, with how much there was of it."""
ADDRESSES_KEPT_MAX = 100
"""How many addresses are counted apart for one cause, between two summaries."""
ADDRESSES_TOLD = 3


class Cause(NamedTuple):
    """What is counted together. `reason` is a text of ours, `limit` the setting that it is about."""

    event: str
    reason: str
    limit: str


class Tally:
    """How often, from where, since when."""

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
    """For each cause one line at once, then one for each `SUMMARY_SECONDS` in which there was more.

    Whoever has it calls `sum_up` every second or so, and `close` at the end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tallies: dict[Cause, Tally] = {}

    def hung_up(self, address: str, reason: str, limit: str = "") -> None:
        """A connection was closed for what came over it, or for what did not."""
        self._say(address, Cause("hung_up", reason, limit))

    def refused(self, address: str, reason: str, limit: str = "") -> None:
        """Somebody was not let in, or not served."""
        self._say(address, Cause("refused", reason, limit))

    def _say(self, address: str, cause: Cause) -> None:
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
        """Tell what went on for long enough. What did not is forgotten."""
        latest = self._clock() - SUMMARY_SECONDS
        for cause, tally in list(self._tallies.items()):
            if tally.since <= latest:
                del self._tallies[cause]
                if tally.count:
                    self._tallies[cause] = Tally(self._clock())
                    self._tell(cause, tally)

    def close(self) -> None:
        """Tell what was not told yet."""
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
    return "hung up on" if cause.event == "hung_up" else "refused"


def _why(cause: Cause) -> str:
    return f"{cause.reason} (BARAKA_{cause.limit.upper()})" if cause.limit else cause.reason


def _fields(cause: Cause) -> dict[str, Any]:
    return {"event": cause.event, "reason": cause.reason} | (
        {"limit": cause.limit} if cause.limit else {}
    )


def errors_only(name: str) -> logging.Logger:
    """A library's logger that warns of whatever a stranger gets wrong, in the stranger's words."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.ERROR)
    return logger
