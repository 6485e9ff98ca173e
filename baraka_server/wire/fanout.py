"""Fan-out: what is announced is encoded once, and every websocket of the room is sent the same bytes.

What one batch of an auction announces is joined into one write for each socket. Nothing else may pass
it on the way: whoever is about to say something to one socket calls `flush` first.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property, partial

from baraka_server.live.audience import RoundShown
from baraka_server.live.encoded import Encoded
from baraka_server.wire.delayed_lists import DelayedLists, can_wait
from baraka_server.wire.drain_watch import DrainWatch
from baraka_server.wire.outgoing import OutgoingPacket, event_packet

log = logging.getLogger(__name__)

JOINED_BYTES_MAX = 256 * 1024
"""What is announced at once is written together up to this size."""


class JoinedPackets:
    """What one room is told at once: packets for those who wait, bytes for all others."""

    def __init__(self, packets: list[OutgoingPacket]) -> None:
        self.packets = packets

    @cached_property
    def plain(self) -> bytes:
        return b"".join([pkt.frame.plain for pkt in self.packets])

    @cached_property
    def compressed(self) -> bytes:
        return b"".join([pkt.frame.compressed for pkt in self.packets])


class Subscriber:
    """The way to one socket, with next to nothing in it: fan-out is mostly waiting for memory.

    While it is `clear`, nothing waits for the socket but what its transport has: bytes may go straight
    there. Whatever comes in between has to say that it is not.
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
        """Tell the socket, without waiting for it, while the subscriber is not clear."""
        self.on_shown = on_shown
        """Called when what shows a round has left for the network."""
        self.buffered_bytes = 0
        """All that the transport was ever given, but for what went past it."""
        self.lagging_bytes = lagging_bytes
        """With more than this in its transport's buffer it is not clear either."""
        self.direct = False
        self.compresses = False
        self.rooms: set[str] = set()
        self.transport: asyncio.WriteTransport | None = None
        self.file: int | None = None

    def attach(
        self, transport: asyncio.WriteTransport, *, compresses: bool, file: int | None = None
    ) -> None:
        """`file` is what the transport writes to, if it writes there just what it is given."""
        self.transport, self.compresses, self.file = transport, compresses, file

    def abort(self) -> None:
        """Hang up at once. The socket notices by itself."""
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
        """Whether bytes may be written to it now."""
        to = self.transport
        return (
            self.direct
            and to is not None
            and to.get_write_buffer_size() <= self.lagging_bytes
            and not to.is_closing()
        )


class FanOut:
    """`everybody` are the subscribers of all who are connected.

    `list_bytes_per_second_max` is what each list of a room may cost before it is sent less often; 0 is
    no limit.
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

    @property
    def rooms(self) -> Mapping[str, int]:
        """How many subscribers each room has. A room that nobody is in is not kept."""
        return {room: len(subscribers) for room, subscribers in self._subscribers.items()}

    @property
    def rooms_with_lists(self) -> AbstractSet[str]:
        """The rooms whose lists are counted, or wait."""
        return self._delayed.keys()

    @property
    def waits(self) -> bool:
        """Whether anything was announced that is not sent yet."""
        return bool(self._waiting)

    def enter(self, subscriber: Subscriber, room: str) -> None:
        """Whoever comes hears nothing that was announced before."""
        self.flush()
        if room in self._delayed and room not in subscriber.rooms:
            self._delayed[room].late_joiners[subscriber] = []
        self._subscribers[room][subscriber] = None
        subscriber.rooms.add(room)

    def leave(self, subscriber: Subscriber, room: str) -> None:
        """Whoever goes hears all that was, but for a list that waits."""
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
        """`whole` for the first of the two rooms, `brief` for the second: soon, and in order."""
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

    def announce_to_everyone(
        self, event: str, payload: Encoded, *, but_rooms: tuple[str, ...] = ()
    ) -> None:
        self.flush()
        subscribers = (
            subscriber for subscriber in self._everybody() if subscriber.rooms.isdisjoint(but_rooms)
        )
        self._tell(subscribers, [event_packet(event, payload)])

    def flush(self) -> None:
        """Send what was announced. Does not wait for anybody."""
        if self._waiting:
            waiting, self._waiting, self._waiting_chars = self._waiting, defaultdict(list), 0
            for room, packets in waiting.items():
                if self._list_bytes_per_second_max:
                    self._tell_within_budget(room, packets)
                else:
                    self._tell(self._subscribers[room], packets)

    def _tell_within_budget(self, room: str, packets: list[OutgoingPacket]) -> None:
        """Lists may wait for a while; whatever else is announced takes along what waits before it."""
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

    def _tell(self, subscribers: Iterable[Subscriber], packets: list[OutgoingPacket]) -> int:
        """Returns how many bytes that was, for all."""
        told_bytes = 0
        # Spelled out, as in `is_open` and `JoinedPackets`: at thousands of subscribers each call would show.
        batch = JoinedPackets(packets)
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
                        data = compressed = compressed or batch.compressed
                    else:
                        data = plain = plain or batch.plain
                    told_bytes += len(data)
                    sent = 0
                    if subscriber.file is not None and not unsent:
                        # Past the transport, whose own way to the same file is a long one. It is
                        # left what does not go at once, and what goes wrong.
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
                    subscriber.enqueue(batch)
            except Exception:
                log.exception(
                    "a viewer could not be told, and is hung up on", extra={"event": "fault"}
                )
                subscriber.abort()
        return told_bytes

    def report_when_drained(self, subscriber: Subscriber, shows: Iterable[RoundShown]) -> None:
        """What shows these was written to the subscriber: tell when it has left."""
        for shown in shows:
            self.drain_watch.when_drained(subscriber, partial(subscriber.on_shown, shown))
