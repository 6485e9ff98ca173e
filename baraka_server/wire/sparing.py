"""What the log hears of strangers: enough to see an attack, never as much as it sends."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp.http_exceptions import HttpProcessingError

from baraka_server.wire.limits import Rate

log = logging.getLogger(__name__)

LOG_LINES_PER_SECOND = 2


class SparingLog:
    """At most a few lines a second about strangers; the rest is counted."""

    def __init__(self) -> None:
        self._rate = Rate(LOG_LINES_PER_SECOND)
        self._untold = 0

    def say(self, address: str, reason: str) -> None:
        if self._rate.take():
            self._untold += 1
            return
        more = f" (and {self._untold} more that were not logged)" if self._untold else ""
        self._untold = 0
        log.warning(
            "hung up on %s: %s%s",
            address,
            reason,
            more,
            extra={"event": "hung_up", "address": address},
        )


def errors_only(name: str) -> logging.Logger:
    """A library's logger that warns of whatever a stranger gets wrong, in the stranger's words."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.ERROR)
    return logger


class HttpLog(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's logger. It would write a stack trace for each request that is no HTTP.

    What it cannot write back, such as a header that is no UTF-8, is a `ValueError`.
    """

    def __init__(self, sparing: SparingLog) -> None:
        super().__init__(logging.getLogger("aiohttp.server"))
        self._sparing = sparing

    def exception(self, msg: object, *args: Any, exc_info: Any = True, **more: Any) -> None:
        if isinstance(exc_info, HttpProcessingError | ValueError):
            address = str(args[0]) if args else "somebody"
            self._sparing.say(address, f"it does not speak HTTP ({type(exc_info).__name__})")
        else:
            super().exception(msg, *args, exc_info=exc_info, **more)
