"""Fan-out: an announcement is encoded once, and every websocket of its room is sent the same bytes.

The announcements of one batch of commands are joined into one write for each socket. Order is kept: who
sends something to one socket calls `flush` first.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property, partial

from baraka_server.live.audience import RoundShown
from baraka_server.live.encoded import Encoded
from baraka_server.metrics.counting import SHORT_SECONDS, Histogram
from baraka_server.wire.delayed_lists import DelayedLists, can_wait
from baraka_server.wire.drain_watch import DrainWatch
from baraka_server.wire.outgoing import OutgoingPacket, event_packet

log = logging.getLogger(__name__)

TOLD_AT_ONCE = 50
"""To write to so many takes two milliseconds or so, in which nobody else is served."""
JOINED_BYTES_MAX = 256 * 1024
"""Announcements are joined into one write up to this size."""


class JoinedPackets:
    """Packets for one room, joined: as packets for the queues of slow sockets, as bytes for all others."""

    def __init__(self, packets: list[OutgoingPacket]) -> None:
        self.packets = packets

    @cached_property
    def plain(self) -> bytes:
        return b"".join([pkt.frame.plain for pkt in self.packets])

    @cached_property
    def compressed(self) -> bytes:
        return b"".join([pkt.frame.compressed for pkt in self.packets])


class Subscriber:
    """One websocket as the fan-out reaches it.

    While it is `direct`, nothing waits in the socket's own queue, so that bytes may be written straight
    to its transport. Whoever queues something sets it to False. It has few fields, since fan-out is
    mostly waiting for memory.
    """

    __slots__ = (
        *("buffered_bytes", "compresses", "direct", "file", "lagging_bytes", "on_shown", "rooms"),
        *("enqueue", "transport"),
    )

    def __init__(
        self,
        enqueue: Callable[[JoinedPackets], None],
        lagging_bytes: int,
        on_shown: Callable[[RoundShown], None],
    ) -> None:
        self.enqueue = enqueue
        """Puts packets into the socket's queue, while the subscriber is not direct."""
        self.on_shown = on_shown
        """Called when a packet that shows a round has left for the network."""
        self.buffered_bytes = 0
        """All bytes that the transport was ever given; those written past it are not counted."""
        self.lagging_bytes = lagging_bytes
        """With more than this in its transport's buffer nothing is written directly."""
        self.direct = False
        self.compresses = False
        self.rooms: set[str] = set()
        self.transport: asyncio.WriteTransport | None = None
        self.file: int | None = None

    def attach(
        self, transport: asyncio.WriteTransport, *, compresses: bool, file: int | None = None
    ) -> None:
        """Set where to write. `file` is the transport's descriptor, where it writes bytes unchanged."""
        self.transport, self.compresses, self.file = transport, compresses, file

    def let_go(self) -> None:
        """Forget the socket, which is closed: the two would keep each other in memory."""
        self.direct = False
        self.enqueue = self.on_shown = _nothing

    def abort(self) -> None:
        """Abort the transport. The socket notices by itself."""
        self.direct = False
        if self.transport:
            self.transport.abort()

    @property
    def unsent_bytes(self) -> int:
        return self.transport.get_write_buffer_size() if self.transport else 0

    @property
    def is_closed(self) -> bool:
        return self.transport is None or self.transport.is_closing()

    @property
    def is_writable(self) -> bool:
        """Whether bytes may be written to the transport now."""
        to = self.transport
        return (
            self.direct
            and to is not None
            and to.get_write_buffer_size() <= self.lagging_bytes
            and not to.is_closing()
        )


def _nothing(_: object) -> None:
    pass


class FanOut:
    """Sends announcements to the websockets of rooms.

    `everybody` returns the subscribers of all who are connected. `list_bytes_per_second_max` is what
    each list of a room may cost before it is sent less often; 0 is no limit.
    """

    def __init__(
        self, everybody: Callable[[], Iterable[Subscriber]], *, list_bytes_per_second_max: float = 0
    ) -> None:
        self._everybody = everybody
        self._list_bytes_per_second_max = list_bytes_per_second_max
        self._delayed: dict[str, DelayedLists] = {}
        self._subscribers: defaultdict[str, dict[Subscriber, None]] = defaultdict(dict)
        self._rooms: tuple[str, str] = ("", "")
        self._waiting: defaultdict[str, list[OutgoingPacket]] = defaultdict(list)
        self._waiting_chars = 0
        self.drain_watch = DrainWatch()
        self.seconds = Histogram(SHORT_SECONDS)
        """How long one write to the rooms of an auction takes."""
        self.deliveries = self.deliveries_queued = 0
        """Announcements to one socket each, and those that had to wait for it."""

    @property
    def rooms(self) -> Mapping[str, int]:
        """The number of subscribers of each room that has any."""
        return {room: len(subscribers) for room, subscribers in self._subscribers.items()}

    @property
    def rooms_with_lists(self) -> AbstractSet[str]:
        """The rooms whose lists are counted, or wait."""
        return self._delayed.keys()

    def lagging(self, *rooms: str) -> int:
        """How many websockets of these rooms do not keep up."""
        return sum(
            one.transport is not None and not one.direct
            for room in rooms
            for one in self._subscribers.get(room, ())
        )

    @property
    def waits(self) -> bool:
        """Whether anything was announced that is not sent yet."""
        return bool(self._waiting)

    def enter(self, subscriber: Subscriber, room: str) -> None:
        """Add a subscriber to a room. It is sent nothing that was announced before."""
        self.flush()
        if room in self._delayed and room not in subscriber.rooms:
            self._delayed[room].late_joiners[subscriber] = []
        self._subscribers[room][subscriber] = None
        subscriber.rooms.add(room)

    def leave(self, subscriber: Subscriber, room: str) -> None:
        """Remove a subscriber from a room. It is sent what was announced before, but no delayed list."""
        self.flush()
        if room in subscriber.rooms:
            subscriber.rooms.remove(room)
            del self._subscribers[room][subscriber]
            if room in self._delayed:
                self._delayed[room].late_joiners.pop(subscriber, None)
            if not self._subscribers[room]:
                del self._subscribers[room]
                if room in self._delayed:
                    self._delayed.pop(room).take_all()

    def leave_all(self, subscriber: Subscriber) -> None:
        for room in list(subscriber.rooms):
            self.leave(subscriber, room)

    def announce(
        self,
        rooms: tuple[str, str],
        event: str,
        whole: Encoded,
        brief: Encoded,
        shows: RoundShown | None = None,
    ) -> None:
        """Announce `whole` to the first of the two rooms and `brief` to the second, soon and in order."""
        if rooms != self._rooms or self._waiting_chars > JOINED_BYTES_MAX:
            self.flush()
        self._rooms = rooms
        pkt = None
        for room, payload in zip(rooms, (whole, brief), strict=True):
            if room in self._subscribers:
                if pkt is None or payload is not whole:
                    pkt = event_packet(event, payload, shows)
                if not self._waiting:
                    asyncio.get_running_loop().call_soon(self.flush)
                self._waiting[room].append(pkt)
                self._waiting_chars += len(payload)

    async def announce_to_everyone(
        self, event: str, payload: Encoded, *, but_rooms: tuple[str, ...] = ()
    ) -> None:
        """A slice at a time: there may be many, and others have their turn in between."""
        everybody, packets = list(self._everybody()), [event_packet(event, payload)]
        for start in range(0, len(everybody), TOLD_AT_ONCE):
            if start:
                await asyncio.sleep(0)
            self.flush()
            some = everybody[start : start + TOLD_AT_ONCE]
            self._tell([one for one in some if one.rooms.isdisjoint(but_rooms)], packets)

    def flush(self) -> None:
        """Send what was announced so far, without waiting for any socket."""
        if self._waiting:
            began = time.perf_counter()
            waiting, self._waiting, self._waiting_chars = self._waiting, defaultdict(list), 0
            for room, packets in waiting.items():
                if self._list_bytes_per_second_max:
                    self._tell_within_budget(room, packets)
                else:
                    self._tell(self._subscribers[room], packets)
            self.seconds.observe(time.perf_counter() - began)

    def _tell_within_budget(self, room: str, packets: list[OutgoingPacket]) -> None:
        """Send packets, or delay them while they are lists over the budget.

        What is not a list is sent at once, behind the delayed lists that come before it.
        """
        if room not in self._delayed:
            self._delayed[room] = DelayedLists(self._list_bytes_per_second_max)
        delayed = self._delayed[room]
        if all(map(can_wait, packets)) and (wait := delayed.wait(packets)):
            if not delayed.packets:
                loop = asyncio.get_running_loop()
                delayed.due = loop.call_later(wait, self.release, room)
            delayed.add(packets)
            return
        if delayed.packets:
            delayed.add(packets)
            self.release(room)
        else:
            delayed.spend(packets, self._tell(self._subscribers[room], packets))

    def release(self, room: str) -> None:
        """Send the lists of a room that wait, now."""
        delayed = self._delayed[room]
        packets, late_joiners = delayed.take_all()
        subscribers = self._subscribers.get(room, {})
        if packets:
            delayed.spend(
                packets,
                self._tell(
                    [subscriber for subscriber in subscribers if subscriber not in late_joiners],
                    packets,
                ),
            )
        for subscriber, since in late_joiners.items():
            if since:
                self._tell([subscriber], since)

    def _tell(self, subscribers: Collection[Subscriber], packets: list[OutgoingPacket]) -> int:
        """Write packets to subscribers, or queue them. Returns the number of bytes written."""
        told_bytes = queued = 0
        # Inlined from `is_writable` and `JoinedPackets`: at thousands of subscribers a call would show.
        joined = JoinedPackets(packets)
        shows = [pkt.shows for pkt in packets if pkt.shows]
        plain = compressed = b""
        for subscriber in subscribers:
            try:
                to = subscriber.transport
                if (
                    subscriber.direct
                    and to is not None
                    and not to.is_closing()
                    and (unsent := to.get_write_buffer_size()) <= subscriber.lagging_bytes
                ):
                    if subscriber.compresses:
                        data = compressed = compressed or joined.compressed
                    else:
                        data = plain = plain or joined.plain
                    told_bytes += len(data)
                    sent = 0
                    if subscriber.file is not None and not unsent:
                        # Past the transport, which takes long to write to the same file. It gets
                        # what cannot be written at once, and finds out about errors.
                        try:
                            sent = os.write(subscriber.file, data)
                        except OSError:
                            sent = 0
                    if sent < len(data):
                        to.write(memoryview(data)[sent:] if sent else data)
                        subscriber.buffered_bytes += len(data) - sent
                    if shows:
                        self.report_when_drained(subscriber, shows)
                else:
                    queued += 1
                    subscriber.enqueue(joined)
            except Exception:
                log.exception(
                    "a viewer could not be sent to, and is disconnected", extra={"event": "fault"}
                )
                subscriber.abort()
        self.deliveries += len(subscribers) * len(packets)
        self.deliveries_queued += queued * len(packets)
        return told_bytes

    def report_when_drained(self, subscriber: Subscriber, shows: Iterable[RoundShown]) -> None:
        """Call `on_shown` for these rounds when what was written to the subscriber is sent."""
        for shown in shows:
            self.drain_watch.when_drained(subscriber, partial(subscriber.on_shown, shown))
