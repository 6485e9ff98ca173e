"""Fair queue: a limited number of tasks at once, and the waiting ones served round-robin by key."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class TooManyWaiting(Exception):
    """The queue is full, and nobody in it has more waiting than the one that was refused."""


class FairQueue(Generic[K]):
    """Semaphore of `at_once` turns, one at a time for each key, given round-robin to the keys.

    The key is a user or an address. At most `waiting_max` wait; when one more comes, the last one of
    the key that has most waiting is refused, so that no key takes all the places.

        async with queue.turn(user_id): ...
    """

    def __init__(self, at_once: int, waiting_max: int) -> None:
        self._free = at_once
        self._waiting_max = waiting_max
        self._having: set[K] = set()
        self._waiting: dict[K, deque[asyncio.Future[bool]]] = {}
        """Those who wait, by key; the key that is served next comes first. False is a refusal: an
        exception in a future keeps the frames through which it went, and these keep the future."""
        self.waiting = 0

    @asynccontextmanager
    async def turn(self, key: K) -> AsyncIterator[None]:
        """Wait for a turn, and have it. Raises `TooManyWaiting`."""
        if not self._free or key in self._having:
            await self._wait(key)
        else:
            self._free -= 1
            self._having.add(key)
        try:
            yield
        finally:
            self._end(key)

    async def _wait(self, key: K) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._make_room_for(key)
        self._waiting.setdefault(key, deque()).append(turn)
        self.waiting += 1
        try:
            was_given = await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.result():
                self._end(key)  # it was given a turn, and went away
            else:
                self._forget(key, turn)
            raise
        if not was_given:
            self._forget(key, turn)
            raise TooManyWaiting

    def _make_room_for(self, key: K) -> None:
        if self.waiting < self._waiting_max:
            return
        greediest = max(self._waiting, key=lambda each: len(self._waiting[each]))
        if len(self._waiting[greediest]) <= len(self._waiting.get(key, ())) + 1:
            raise TooManyWaiting
        last = self._waiting[greediest].pop()
        self.waiting -= 1
        if not last.done():
            last.set_result(False)

    def _forget(self, key: K, turn: asyncio.Future[bool]) -> None:
        mine = self._waiting.get(key)
        if mine and turn in mine:
            mine.remove(turn)
            self.waiting -= 1
        if not mine:
            self._waiting.pop(key, None)

    def _end(self, key: K) -> None:
        self._having.discard(key)
        self._free += 1
        while self._free:
            following = next((each for each in self._waiting if each not in self._having), None)
            if following is None:
                return
            self._give(following)

    def _give(self, key: K) -> None:
        """Give a turn to a key; what else it waits for goes to the end."""
        mine = self._waiting.pop(key)
        while mine:
            turn = mine.popleft()
            self.waiting -= 1
            if not turn.done():
                turn.set_result(True)
                self._free -= 1
                self._having.add(key)
                break
        if mine:
            self._waiting[key] = mine
