"""Callbacks for the moment when a transport has sent what it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baraka_server.wire.fanout import Subscriber

LOOK_SECONDS = 0.05
"""How often a buffer is checked that still has the bytes that are waited for."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A callback `then` that is due when the subscriber's transport has sent `position` bytes."""

    subscriber: Subscriber
    position: int
    then: Callable[[], None]


class DrainWatch:
    """Calls back when the buffer of a subscriber's transport is sent, up to what it has now.

    A viewer on a slow connection has not seen what is still in the buffer, however long ago it was
    written.
    """

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._next_look: asyncio.TimerHandle | None = None

    def when_drained(self, subscriber: Subscriber, then: Callable[[], None]) -> None:
        """Call `then` now, or when everything that `subscriber` was given so far is sent."""
        if subscriber.unsent_bytes == 0:
            then()
            return
        self._waiting.append(_Waiting(subscriber, subscriber.buffered_bytes, then))
        if self._next_look is None:
            self._look_soon()

    def _look_soon(self) -> None:
        self._next_look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._next_look = None
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.subscriber.is_closed:
                continue  # nobody will read it
            if one.subscriber.buffered_bytes - one.subscriber.unsent_bytes >= one.position:
                one.then()
            else:
                self._waiting.append(one)
        if self._waiting:
            self._look_soon()
