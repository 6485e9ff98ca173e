"""Turns: a few at once, one of each user, and nobody behind all that another one asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TooMany(Exception):
    """There is no room to wait for a turn."""


class Turns:
    """`at_once` turns; users who wait have theirs one after the other, whoever asked how often.

    `waiting_max` may wait in all. When there are more, the last one of whoever has most waiting is
    refused, so that one user cannot take all the room.
    """

    def __init__(self, at_once: int, waiting_max: int) -> None:
        self._free = at_once
        self._waiting_max = waiting_max
        self._having: set[int] = set()
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}
        """By user, whose turn is next first."""

    @asynccontextmanager
    async def of(self, user_id: int) -> AsyncIterator[None]:
        """Wait for a turn, and have it. Raises `TooMany`."""
        if not self._free or user_id in self._having:
            await self._wait(user_id)
        else:
            self._free -= 1
            self._having.add(user_id)
        try:
            yield
        finally:
            self._end(user_id)

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    async def _wait(self, user_id: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._make_room_for(user_id)
        self._waiting.setdefault(user_id, deque()).append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self._end(user_id)  # it was given a turn, and went away
            else:
                self._forget(user_id, turn)
            raise

    def _make_room_for(self, user_id: int) -> None:
        if self.waiting < self._waiting_max:
            return
        greediest = max(self._waiting, key=lambda user: len(self._waiting[user]))
        if len(self._waiting[greediest]) <= len(self._waiting.get(user_id, ())) + 1:
            raise TooMany
        last = self._waiting[greediest].pop()
        if not last.done():
            last.set_exception(TooMany())

    def _forget(self, user_id: int, turn: asyncio.Future[None]) -> None:
        mine = self._waiting.get(user_id)
        if mine and turn in mine:
            mine.remove(turn)
        if not mine:
            self._waiting.pop(user_id, None)

    def _end(self, user_id: int) -> None:
        self._having.discard(user_id)
        self._free += 1
        for each in list(self._waiting):
            if not self._free:
                return
            if each not in self._having:
                self._give(each)

    def _give(self, user_id: int) -> None:
        """Give the user a turn; what else the user waits for comes behind everybody."""
        mine = self._waiting.pop(user_id)
        while mine:
            turn = mine.popleft()
            if not turn.done():
                turn.set_result(None)
                self._free -= 1
                self._having.add(user_id)
                break
        if mine:
            self._waiting[user_id] = mine
