"""Send queue of one client, bounded by bytes (D25)."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from engineio import packet

from baraka_server.wire.outgoing import OutgoingPacket

NOT_KNOWN = sys.maxsize
STANDSTILL_SECONDS = 5
"""How long a client over the limit may read nothing before it gets no room."""


class SendQueue:
    """The packets that wait for one client, and their size. `bytes_max` 0 is no limit.

    When there is no room, superseded packets are dropped. A client that has read nothing at all since
    the last such drop gets no room again: it would never read anything. One that is being sent
    something large, a state, has as much room more while it goes on reading.

        if not queue.put(packet, bytes_in_transport): disconnect
    """

    def __init__(
        self,
        queue: asyncio.Queue[Any],
        bytes_max: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bytes = 0
        self._queue = queue
        self._bytes_max = bytes_max
        self._clock = clock
        self._reads = True
        self._bytes_elsewhere = 0
        self._largest = 0  # of what was sent since there was room for all
        self._unread = 0  # the least that the transport had since then
        self._read_at = 0.0

    def put(self, pkt: packet.Packet, bytes_elsewhere: int) -> bool:
        """Queue a packet, behind `bytes_elsewhere` in the transport. False where there is no room."""
        if self._bytes_max and self.bytes + bytes_elsewhere > self._bytes_max:
            self._make_room(bytes_elsewhere)
            if self.bytes + bytes_elsewhere > self._bytes_max and not self._goes_on(
                bytes_elsewhere
            ):
                return False
        else:
            self._largest = 0
        self._queue.put_nowait(pkt)
        self.bytes += _size(pkt)
        return True

    def took(self, packets: Iterable[packet.Packet]) -> None:
        """Note that these left the queue and are being sent."""
        self._reads = True
        for pkt in packets:
            self.sends(pkt)
        self.bytes = max(0, self.bytes - sum(map(_size, packets)))

    def sends(self, pkt: packet.Packet) -> None:
        """Note that a packet is given to the transport."""
        self._largest = max(self._largest, _size(pkt))
        self._unread, self._read_at = NOT_KNOWN, self._clock()

    def _goes_on(self, bytes_elsewhere: int) -> bool:
        """Whether the client still reads something large, and the rest is within the limit."""
        if not self._largest:
            return False
        now = self._clock()
        if bytes_elsewhere < self._unread:
            self._unread, self._read_at = bytes_elsewhere, now
        more = self.bytes + bytes_elsewhere <= self._bytes_max + self._largest
        return more and now - self._read_at < STANDSTILL_SECONDS

    def clear(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
            self._queue.task_done()
        self.bytes = 0

    def _make_room(self, bytes_elsewhere: int) -> None:
        if not self._reads and bytes_elsewhere == self._bytes_elsewhere:
            return
        self._reads, self._bytes_elsewhere = False, bytes_elsewhere
        waiting = []
        while not self._queue.empty():
            waiting.append(self._queue.get_nowait())
            self._queue.task_done()
        newer: set[Hashable] = set()
        kept = []
        for pkt in reversed(waiting):
            subject = getattr(pkt, "subject", None)
            if subject in newer:
                self.bytes -= _size(pkt)
                continue
            if subject is not None:
                newer.add(subject)
            kept.append(pkt)
        for pkt in reversed(kept):
            self._queue.put_nowait(pkt)


def _size(pkt: packet.Packet | None) -> int:
    if isinstance(pkt, OutgoingPacket):
        return pkt.size
    return len(pkt.data) if pkt is not None and isinstance(pkt.data, str) else 0
