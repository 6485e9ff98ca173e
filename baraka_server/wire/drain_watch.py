"""When bytes that were given to a transport have left it for the network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baraka_server.wire.fanout import Subscriber

LOOK_SECONDS = 0.05
"""How often a buffer is looked at that has not let go of what is waited for."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """`then` is due when all that had been buffered for the subscriber up to `position` is gone."""

    subscriber: Subscriber
    position: int
    then: Callable[[], None]


class DrainWatch:
    """Calls back when what a subscriber's transport had in its buffer at the time is out of it.

    A viewer on a slow line has not seen what still waits here, however long ago it was written.
    """

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._next_look: asyncio.TimerHandle | None = None

    def when_drained(self, subscriber: Subscriber, then: Callable[[], None]) -> None:
        """Call `then` now, or when everything that `subscriber` was given so far has left."""
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
