"""Byte rate of what a websocket receives, taken before the library reads its frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from baraka_server.wire.rate_limits import Rate


class InboundBytes:
    """Wraps aiohttp's frame reader, and calls `over` instead of it above a rate of bytes.

    Fragments of a message that never ends pass every queue and every other rate: they are read for
    as long as they come, a megabyte at a time, and nobody else is served meanwhile.
    """

    def __init__(self, reader: Any, rate: Rate, over: Callable[[], None]) -> None:
        self._reader = reader
        self._rate = rate
        self._over = over

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        if self._rate.take(len(data)):
            self._over()
            return True, b""
        read: tuple[bool, bytes] = self._reader.feed_data(data)
        return read

    def feed_eof(self) -> None:
        self._reader.feed_eof()


def measure(request: web.Request, rate: Rate, over: Callable[[], None]) -> None:
    """Count what an open websocket receives from now on. `over` is called when the rate is exceeded."""
    protocol: Any = request.protocol
    protocol._payload_parser = InboundBytes(protocol._payload_parser, rate, over)
