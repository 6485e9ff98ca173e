"""Rooms of the auctions: who is in each, and the announced counts (D9)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from baraka_server.live.audience import Viewer
from baraka_server.live.rounds_seen import RoundsSeen

COUNT_INTERVAL_SECONDS = 0.25


class Presence:
    """The viewers in each room. A count is the size of a set, so it cannot drift.

    `announce(auction_id)` is called when a room changed, at most four times a second: at once for the
    first change of a quiet room, and always for the last one. `elsewhere(auction_id)` are the viewers
    that an auction has on other nodes.
    """

    def __init__(
        self,
        announce: Callable[[int], Awaitable[None]],
        rounds: RoundsSeen,
        elsewhere: Callable[[int], int] = lambda _: 0,
    ) -> None:
        self._announce = announce
        self._rounds_seen = rounds
        self._elsewhere = elsewhere
        self._rooms: dict[int, set[Viewer]] = {}
        self._pacers: dict[int, asyncio.Task[None]] = {}
        self._changed: set[int] = set()

    def enter(self, viewer: Viewer, auction_id: int) -> None:
        room = self._rooms.setdefault(auction_id, set())
        if viewer not in room:
            room.add(viewer)
            self._rounds_seen.entered(viewer, auction_id)
            self._change(auction_id)

    def leave(self, viewer: Viewer, auction_id: int) -> None:
        room = self._rooms.get(auction_id, set())
        if viewer in room:
            room.remove(viewer)
            self._rounds_seen.left(viewer, auction_id)
            if not room:
                del self._rooms[auction_id]
            self._change(auction_id)

    def leave_all(self, viewer: Viewer) -> None:
        """Remove a disconnected viewer from all rooms; its joins that still wait find it gone."""
        viewer.gone = True
        for auction_id in [auction for auction, room in self._rooms.items() if viewer in room]:
            self.leave(viewer, auction_id)

    def viewers(self, auction_id: int) -> list[Viewer]:
        """The viewers in a room."""
        return list(self._rooms.get(auction_id, ()))

    def of(self, user_id: int, auction_id: int) -> list[Viewer]:
        """The viewers in a room who are this user."""
        return [one for one in self.viewers(auction_id) if one.user_id == user_id]

    def count(self, auction_id: int) -> int:
        """The viewers in a room on this node."""
        return len(self._rooms.get(auction_id, ()))

    def total(self, auction_id: int) -> int:
        """The viewers in a room on all nodes, as far as this one has heard."""
        return self.count(auction_id) + self._elsewhere(auction_id)

    def changed_elsewhere(self, auction_id: int) -> None:
        """Have the count announced again: it is another one on other nodes."""
        if auction_id in self._rooms:
            self._change(auction_id)

    def wants_lists(self, auction_id: int) -> bool:
        """Whether anybody in the room reads lists (D24)."""
        return any(viewer.wants_lists for viewer in self._rooms.get(auction_id, ()))

    def watched(self) -> list[int]:
        """The auctions that somebody is watching."""
        return list(self._rooms)

    def close(self) -> None:
        for pacer in self._pacers.values():
            pacer.cancel()

    def _change(self, auction_id: int) -> None:
        self._changed.add(auction_id)
        if auction_id not in self._pacers:
            self._pacers[auction_id] = asyncio.create_task(self._pace(auction_id))

    async def _pace(self, auction_id: int) -> None:
        try:
            while auction_id in self._changed:
                self._changed.discard(auction_id)
                await self._announce(auction_id)
                await asyncio.sleep(COUNT_INTERVAL_SECONDS)
        finally:
            del self._pacers[auction_id]
