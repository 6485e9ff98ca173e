"""Fan-out: what is announced is encoded once, and every websocket of the room is sent the same bytes.

What one batch of an auction announces is joined into one write for each socket. Nothing else may pass
it on the way: whoever is about to say something to one socket calls `flush` first.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property, partial

from baraka_server.live.audience import RoundShown
from baraka_server.live.encoded import Encoded, Pieces, Superseding
from baraka_server.wire.departures import Departures
from baraka_server.wire.held_lists import HeldLists, can_wait
from baraka_server.wire.send_queue import Spoken, SpokenInPieces

log = logging.getLogger(__name__)

JOINED_BYTES_MAX = 256 * 1024
"""What is announced at once is written together up to this size."""


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


class Lane:
    """The way to one socket, with next to nothing in it: fan-out is mostly waiting for memory.

    While it is `clear`, nothing waits for the socket but what its transport has: bytes may go straight
    there. Whatever comes in between has to say that it is not.
    """

    __slots__ = (
        *("buffered_bytes", "clear", "compresses", "file", "lagging_bytes", "left", "rooms"),
        *("slowly", "transport"),
    )

    def __init__(
        self,
        slowly: Callable[[Batch], None],
        lagging_bytes: int,
        left: Callable[[RoundShown], None],
    ) -> None:
        self.slowly = slowly
        """Tell the socket, without waiting for it, while the lane is not clear."""
        self.left = left
        """Called when what shows a round has left for the network."""
        self.buffered_bytes = 0
        """All that the transport was ever given, but for what went past it."""
        self.lagging_bytes = lagging_bytes
        """With more than this in its transport's buffer it is not clear either."""
        self.clear = False
        self.compresses = False
        self.rooms: set[str] = set()
        self.transport: asyncio.WriteTransport | None = None
        self.file: int | None = None

    def lead_to(
        self, transport: asyncio.WriteTransport, *, compresses: bool, file: int | None = None
    ) -> None:
        """`file` is what the transport writes to, if it writes there just what it is given."""
        self.transport, self.compresses, self.file = transport, compresses, file

    def cut(self) -> None:
        """Hang up at once. The socket notices by itself."""
        self.clear = False
        if self.transport:
            self.transport.abort()

    @property
    def unsent_bytes(self) -> int:
        return self.transport.get_write_buffer_size() if self.transport else 0

    @property
    def is_closed(self) -> bool:
        return self.transport is None or self.transport.is_closing()

    @property
    def is_open(self) -> bool:
        """Whether bytes may be written to it now."""
        to = self.transport
        return (
            self.clear
            and to is not None
            and to.get_write_buffer_size() <= self.lagging_bytes
            and not to.is_closing()
        )


class FanOut:
    """`everybody` are the lanes of all who are connected.

    `list_bytes_per_second_max` is what each list of a room may cost before it is sent less often; 0 is
    no limit.
    """

    def __init__(
        self, everybody: Callable[[], Iterable[Lane]], *, list_bytes_per_second_max: float = 0
    ) -> None:
        self._everybody = everybody
        self._list_bytes_per_second_max = list_bytes_per_second_max
        self._held: dict[str, HeldLists] = {}
        self._lanes: defaultdict[str, dict[Lane, None]] = defaultdict(dict)
        self._rooms: tuple[str, str] = ("", "")
        self._waiting: defaultdict[str, list[Spoken]] = defaultdict(list)
        self._waiting_chars = 0
        self.departures = Departures()

    def enter(self, lane: Lane, room: str) -> None:
        """Whoever comes hears nothing that was announced before."""
        self.flush()
        if room in self._held and room not in lane.rooms:
            self._held[room].newcomers[lane] = []
        self._lanes[room][lane] = None
        lane.rooms.add(room)

    def leave(self, lane: Lane, room: str) -> None:
        """Whoever goes hears all that was, but for a list that waits."""
        self.flush()
        if room in lane.rooms:
            lane.rooms.remove(room)
            del self._lanes[room][lane]
            if room in self._held:
                self._held[room].newcomers.pop(lane, None)
            if not self._lanes[room]:
                del self._lanes[room]
                if room in self._held:
                    self._held.pop(room).taken()

    def leave_all(self, lane: Lane) -> None:
        for room in list(lane.rooms):
            self.leave(lane, room)

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
            if room in self._lanes:
                if pkt is None or payload is not whole:
                    pkt = spoken(event, payload, shows)
                if not self._waiting:
                    asyncio.get_running_loop().call_soon(self.flush)
                self._waiting[room].append(pkt)
                self._waiting_chars += len(payload)

    def announce_to_everyone(
        self, event: str, payload: Encoded, *, but_rooms: tuple[str, ...] = ()
    ) -> None:
        self.flush()
        lanes = (lane for lane in self._everybody() if lane.rooms.isdisjoint(but_rooms))
        self._tell(lanes, [spoken(event, payload)])

    def flush(self) -> None:
        """Send what was announced. Does not wait for anybody."""
        if self._waiting:
            waiting, self._waiting, self._waiting_chars = self._waiting, defaultdict(list), 0
            for room, packets in waiting.items():
                if self._list_bytes_per_second_max:
                    self._tell_within_budget(room, packets)
                else:
                    self._tell(self._lanes[room], packets)

    def _tell_within_budget(self, room: str, packets: list[Spoken]) -> None:
        """Lists may wait for a while; whatever else is announced takes along what waits before it."""
        if room not in self._held:
            self._held[room] = HeldLists(self._list_bytes_per_second_max)
        held = self._held[room]
        if all(map(can_wait, packets)) and (wait := held.wait(packets)):
            if not held.packets:
                loop = asyncio.get_running_loop()
                held.due = loop.call_later(wait, self._release, room, held)
            held.hold(packets)
            return
        if held.packets:
            held.hold(packets)
            self._release(room, held)
        else:
            held.spend(packets, self._tell(self._lanes[room], packets))

    def _release(self, room: str, held: HeldLists) -> None:
        packets, newcomers = held.taken()
        lanes = self._lanes.get(room, {})
        if packets:
            held.spend(
                packets, self._tell([lane for lane in lanes if lane not in newcomers], packets)
            )
        for lane, since in newcomers.items():
            if since:
                self._tell([lane], since)

    def _tell(self, lanes: Iterable[Lane], packets: list[Spoken]) -> int:
        """Returns how many bytes that was, for all."""
        told_bytes = 0
        # Spelled out, as in `is_open` and `Batch`: at thousands of lanes each call would show.
        batch = Batch(packets)
        shows = [pkt.shows for pkt in packets if pkt.shows]
        plain = compressed = b""
        for lane in lanes:
            try:
                to = lane.transport
                if (
                    lane.clear
                    and to is not None
                    and not to.is_closing()
                    and (unsent := to.get_write_buffer_size()) <= lane.lagging_bytes
                ):
                    if lane.compresses:
                        data = compressed = compressed or batch.compressed
                    else:
                        data = plain = plain or batch.plain
                    told_bytes += len(data)
                    sent = 0
                    if lane.file is not None and not unsent:
                        # Past the transport, whose own way to the same file is a long one. It is
                        # left what does not go at once, and what goes wrong.
                        try:
                            sent = os.write(lane.file, data)
                        except OSError:
                            sent = 0
                    if sent < len(data):
                        to.write(memoryview(data)[sent:] if sent else data)
                        lane.buffered_bytes += len(data) - sent
                    if shows:
                        self.note_departure(lane, shows)
                else:
                    lane.slowly(batch)
            except Exception:
                log.exception(
                    "a viewer could not be told, and is hung up on", extra={"event": "fault"}
                )
                lane.cut()
        return told_bytes

    def note_departure(self, lane: Lane, shows: Iterable[RoundShown]) -> None:
        """What shows these was written to the lane: tell when it has left."""
        for shown in shows:
            self.departures.after(lane, partial(lane.left, shown))


def spoken_in_pieces(
    event: str, payload: Pieces, shows: RoundShown | None = None
) -> SpokenInPieces:
    """The same for a payload in pieces, to one client."""
    return SpokenInPieces((f'2["{event}",{payload[0]}', *payload[1:], "]"), shows)


def acknowledged(number: int, payload: Pieces, shows: RoundShown | None = None) -> SpokenInPieces:
    """The acknowledgement of the event that a client gave this number."""
    return SpokenInPieces((f"3{number}[{payload[0]}", *payload[1:], "]"), shows)


def spoken(event: str, payload: Encoded, shows: RoundShown | None = None) -> Spoken:
    """The Socket.IO packet of an event, around JSON that is there already."""
    subject = payload.subject if isinstance(payload, Superseding) else None
    return Spoken(f'2["{event}",{payload}]', subject, shows)
