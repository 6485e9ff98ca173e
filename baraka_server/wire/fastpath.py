"""Fast path: bytes for a websocket are written straight to its transport when its queue is empty.

All hooks into the insides of the libraries that it needs are here. They were read in, and are tested
with, the versions of `READ_IN`; `fastpath_check` tries them at every start, and where they do not fit
the server uses the libraries' own path.

What it relies on:
- python-engineio: `AsyncSocket._websocket_handler` has one writer task, which calls `poll` and sends
  what that returns until it returns an empty list. Here `poll` writes by itself until the end.
- python-socketio: `manager.get_participants` knows who is connected.
- asyncio: `Queue._put` is called for whatever is put into a queue.
- uvloop and asyncio: a transport without TLS whose write buffer is empty has nothing to send, and keeps
  its file open until it says that it is closing.
- aiohttp: `WebSocketResponse._handshake` returns what was agreed, as (headers, protocol, compress,
  notakeover), and `_post_start` makes a reader that inflates if `_compress` is set by then, while the
  writer compresses only if the handshake said so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from aiohttp import hdrs, web
from engineio import exceptions, packet

from baraka_server.wire import deflate
from baraka_server.wire.fanout import FanOut, JoinedPackets, Subscriber
from baraka_server.wire.frames import TextFrame
from baraka_server.wire.outgoing import OutgoingPacket
from baraka_server.wire.server import GuardedServer
from baraka_server.wire.sockets import DOES_NOT_READ, GuardedSocket
from baraka_server.wire.websockets import GuardedWebSocket

READ_IN = {"python-engineio": "4.15", "python-socketio": "5.18", "aiohttp": "3.14"}
"""The versions of the libraries whose sources were read for this module."""

LAGGING_BYTES = 64 * 1024
"""With more than this in its transport's buffer a socket lags: what comes next waits in its queue,
where it can be superseded. The same as the transport's high-water mark, below which `drain` returns."""


class FastSocket(GuardedSocket):
    """A client's socket whose bytes go past the queue while that is empty, so that order is kept."""

    websocket: FastWebSocket
    subscriber: Subscriber
    leaving: asyncio.Task[None] | None

    def guard(self, host: GuardedServer, address: str) -> None:
        limit = host.limits.send_buffer_bytes_max
        self.subscriber = Subscriber(
            self.hears, min(LAGGING_BYTES, limit or LAGGING_BYTES), self.was_shown
        )
        self.queue: WatchedQueue = WatchedQueue(self.subscriber, self.queue)
        self.leaving = None
        super().guard(host, address)

    def hears(self, joined: JoinedPackets) -> None:
        """Queue what a room is sent, while the subscriber is not direct; disconnect without room."""
        gone = self.closing or self.closed or self.leaving
        if not gone and not all(map(self.offer, joined.packets)):
            self.leaving = asyncio.create_task(self.hang_up(DOES_NOT_READ))
            self.subscriber.abort()

    def offer(self, pkt: packet.Packet) -> bool:
        # Nothing may follow what it missed: it would take that for heard when it resumes.
        return self.leaving is None and super().offer(pkt)

    async def send(self, pkt: packet.Packet) -> None:
        """Send a message to this client alone, behind everything that was announced before."""
        self._flush()
        if self.subscriber.is_writable:
            self._write(pkt)
        else:
            await super().send(pkt)

    async def close(
        self, wait: bool = True, abort: bool = False, reason: str | None = None
    ) -> None:
        self._flush()  # what was announced before the end is heard
        self.subscriber.direct = False
        await super().close(wait=wait, abort=abort, reason=reason)
        if self.host.fan_out:
            self.host.fan_out.leave_all(self.subscriber)
        if self.closed:
            self.subscriber.let_go()

    def _flush(self) -> None:
        if self.host.fan_out:
            self.host.fan_out.flush()

    async def _take(self) -> list[packet.Packet]:
        if not self.upgraded:
            return await super()._take()
        try:
            await self._write_what_waits()
        except OSError:
            raise exceptions.QueueEmpty from None  # what the library's writer stops at
        finally:
            self.subscriber.direct = False
        return []

    async def _write_what_waits(self) -> None:
        """Take the place of the library's writer, until a None in the queue ends it."""
        websocket = self.websocket
        self.subscriber.attach(
            websocket.transport, compresses=websocket.compresses, file=file_of(websocket.transport)
        )
        while True:
            self.subscriber.direct = self.queue.empty() and not (self.closing or self.closed)
            pkt = await self.queue.get()
            self.queue.task_done()
            if pkt is None:
                return
            await self.websocket.drained()
            self.send_queue.took([pkt])
            self._write(pkt)

    def _write(self, pkt: packet.Packet) -> None:
        self.send_queue.sends(pkt)
        self.subscriber.buffered_bytes += self.websocket.write(frame_of(pkt))
        if isinstance(pkt, OutgoingPacket) and pkt.shows and self.host.fan_out:
            self.host.fan_out.report_when_drained(self.subscriber, [pkt.shows])


class WatchedQueue(asyncio.Queue[Any]):
    """A socket's queue that ends direct writing when anything is put in, also by the library."""

    def __init__(self, subscriber: Subscriber, before: asyncio.Queue[Any]) -> None:
        self._subscriber = subscriber
        super().__init__()
        while not before.empty():
            self.put_nowait(before.get_nowait())

    def _put(self, item: Any) -> None:
        self._subscriber.direct = False
        super()._put(item)


class FastWebSocket(GuardedWebSocket):
    """The websocket of a `FastSocket`, which is given finished frames."""

    @property
    def compresses(self) -> bool:
        return bool(self._sock.compress)

    def write(self, frame: TextFrame) -> int:
        """Write it in the form that was agreed. Returns its length in bytes."""
        parts = frame.parts(compressed=self.compresses)
        if len(parts) == 1:
            self.transport.write(parts[0])
        else:
            self.transport.writelines(parts)
        return sum(map(len, parts))

    async def drained(self) -> None:
        """Return when the client keeps up. Raises `OSError` when it is gone."""
        await self.writer.drain()
        if self.transport.is_closing() or self._sock.closed:
            raise ConnectionResetError("the websocket is closed")

    async def wait(self) -> str:
        try:
            return await super().wait()
        except BaseException:
            owner: FastSocket = self.handler.__self__
            owner.subscriber.direct = False  # nothing may follow the goodbye
            raise


class SharedDeflateResponse(web.WebSocketResponse):
    """A websocket handshake that agrees to compression that all clients can share; see `deflate`."""

    _agreed = False

    def _handshake(self, request: web.BaseRequest) -> tuple[Any, str | None, int, bool]:
        headers, protocol, _, _ = super()._handshake(request)
        offers = ",".join(request.headers.getall(hdrs.SEC_WEBSOCKET_EXTENSIONS, ()))
        answer = deflate.agreed(offers)
        if answer is not None:
            headers[hdrs.SEC_WEBSOCKET_EXTENSIONS] = answer
            self._agreed = True
        return headers, protocol, 0, False  # nothing for their writer to compress

    def _post_start(self, request: web.BaseRequest, protocol: Any, writer: Any) -> None:
        self._compress = deflate.WINDOW_BITS if self._agreed else 0  # but their reader inflates
        super()._post_start(request, protocol, writer)


class CompressingWebSocket(FastWebSocket):
    """A `FastWebSocket` that offers compression."""

    response_class = SharedDeflateResponse


def file_of(transport: asyncio.BaseTransport) -> int | None:
    """The descriptor of a connection that carries bytes as they are written; none with TLS."""
    raw = transport.get_extra_info("socket")
    if raw is None or transport.get_extra_info("sslcontext") is not None:
        return None
    return int(raw.fileno())


def frame_of(pkt: packet.Packet) -> TextFrame:
    return pkt.frame if isinstance(pkt, OutgoingPacket) else TextFrame(pkt.encode())


def install(sio: GuardedServer, *, compression: bool, list_bytes_per_second_max: float = 0) -> None:
    """Let new connections of `sio` use the fast path."""

    def everybody() -> Iterator[Subscriber]:
        for _, eio_sid in sio.manager.get_participants("/", None):
            client = sio.eio.sockets.get(eio_sid)
            if client is not None:
                yield client.subscriber

    sio.use(FastSocket, CompressingWebSocket if compression else FastWebSocket)
    sio.fan_out = FanOut(everybody, list_bytes_per_second_max=list_bytes_per_second_max)
