"""Fan-out: what is announced is encoded once, and every websocket of the room is sent the same bytes.

What one batch of an auction announces is joined into one write for each socket. Nothing else may pass
it on the way: whoever is about to say something to one socket, or moves one in or out of a room,
calls `flush` first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from typing import Protocol

from baraka_server.contract.server_events import NewBid, NewComment, UserCountUpdate
from baraka_server.live.encoded import Encoded
from baraka_server.wire.backlog import Spoken

JOINED_BYTES_MAX = 256 * 1024
"""What is announced at once is written together up to this size."""

LISTS = frozenset({NewBid.wire_name, NewComment.wire_name})
"""Events whose list contains the list of the one before."""


class Batch:
    """What one room is told at once: packets for those who wait, bytes for all others."""

    def __init__(self, packets: list[Spoken]) -> None:
        self.packets = packets

    @cached_property
    def plain(self) -> bytes:
        return b"".join([pkt.frame.plain for pkt in self.packets])

    @cached_property
    def compressed(self) -> bytes:
        return b"".join([pkt.frame.compressed for pkt in self.packets])


class Listener(Protocol):
    """A socket that can be told something without waiting for it."""

    def hears(self, batch: Batch) -> None: ...


class FanOut:
    """`listeners(room)` are the sockets that are in a room now; None is everybody's."""

    def __init__(self, listeners: Callable[[str | None], Iterable[Listener]]) -> None:
        self._listeners = listeners
        self._rooms: tuple[str, str] = ("", "")
        self._waiting: list[tuple[Spoken, Spoken]] = []
        self._waiting_chars = 0
        self._turns = 0

    def announce(self, rooms: tuple[str, str], event: str, whole: Encoded, brief: Encoded) -> None:
        """`whole` for the first of the two rooms, `brief` for the second: soon, and in order."""
        if rooms != self._rooms or self._waiting_chars > JOINED_BYTES_MAX:
            self.flush()
        self._rooms = rooms
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        first = spoken(event, whole, self._subject(rooms, event))
        self._waiting.append((first, first if brief is whole else spoken(event, brief)))
        self._waiting_chars += len(whole)

    def announce_to_everyone(self, event: str, payload: Encoded) -> None:
        self.flush()
        self._turns += 1
        self._tell(None, [spoken(event, payload)])

    def flush(self) -> None:
        """Send what was announced. Does not wait for anybody."""
        if self._waiting:
            waiting, self._waiting, self._waiting_chars = self._waiting, [], 0
            for place, room in enumerate(self._rooms):
                self._tell(room, [both[place] for both in waiting])

    def _tell(self, room: str | None, packets: list[Spoken]) -> None:
        batch = Batch(packets)
        for listener in self._listeners(room):
            listener.hears(batch)

    def _subject(self, rooms: tuple[str, str], event: str) -> Hashable:
        """What a packet is about, if a newer one about the same contains it.

        Lists grow until something else happens, which may begin them anew.
        """
        if event in LISTS:
            return rooms[0], event, self._turns
        if event == UserCountUpdate.wire_name:
            return rooms[0], event
        self._turns += 1
        return None


def spoken(event: str, payload: Encoded, subject: Hashable = None) -> Spoken:
    """The Socket.IO packet of an event, around JSON that is there already."""
    return Spoken(f'2["{event}",{payload}]', subject)
