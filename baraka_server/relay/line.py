"""Line: what a relay asks of whatever carries its messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

Hear = Callable[[bytes], None]


class Line(Protocol):
    """Channels to all nodes. What was published while it was cut is lost.

    `hear` is called with every message of a channel that is subscribed to, one's own among them, and
    `back` whenever messages may have been lost: when it is first there, and after each interruption.
    """

    def open(self, hear: Hear, back: Callable[[], None]) -> None: ...

    async def close(self) -> None: ...

    def publish(self, channel: str, message: bytes) -> None:
        """Send as soon as the loop is free; it never waits, and drops the oldest that nobody takes."""

    async def subscribe(self, channel: str) -> None:
        """Return when everything that is published from now on will be heard."""

    def unsubscribe(self, channels: Iterable[str]) -> None: ...

    def cut(self) -> None:
        """Begin anew: it is there, but nothing comes over it."""
