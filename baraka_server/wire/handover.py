"""Connections whose next request is of another worker: they are handed over, with what was read of it.

A client keeps one connection for its requests, and so do proxies for those of many clients: the next one
may be of a session that another worker of this node has.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from aiohttp.streams import StreamReader

from baraka_server.wire.places import Place, is_whole_line, sid_in
from baraka_server.wire.tcp_connections import GuardedConnection, GuardedHttp, NewConnection

HandOver = Callable[[int, int, bytes], None]
"""Takes the number of a worker, a duplicate of the connection, and what was read of it."""


LOOK_AGAIN_SECONDS = (0.001, 0.05)
"""The pause before it is looked again whether the answer before a request for elsewhere is finished: the
first one, which is doubled each time, and the longest."""
HANDED_BYTES_MAX = 96 * 1024
"""How much of a request is handed over: more than of one that is accepted can have been read by then."""


class SharedConnection(GuardedConnection):
    """A connection that looks at the beginning of each request for whose it is.

    The first one is not looked at if whoever gave it away has done so, and knows that its worker is gone if
    it is not here.
    """

    __slots__ = ("begun", "given", "held", "pause", "payload")

    given: bool
    """Whether its first request is looked at by now, and nothing of it has come."""
    held: bytes
    """What came of a request that may be for another worker."""
    begun: bool
    """Whether the parser has the beginning of a request whose headers have not ended yet."""
    pause: float
    """The pause before what is held is looked at again, in seconds."""
    payload: StreamReader | None
    """The body of the request that was read last."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.given, self.held, self.begun, self.payload = True, b"", False, None
        self.pause = LOOK_AGAIN_SECONDS[0]

    def data_received(self, data: bytes) -> None:
        if not data:  # the parser is asked for requests that it kept back
            super().data_received(data)
        elif self._upgraded or not (self.held or self._awaits_request):
            self._feed(data)
        elif self.given:
            self.given = False
            self._feed(data, starts=True)
        else:
            self.held += data
            self._look()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.held, self.payload = b"", None
        super().connection_lost(exc)

    @property
    def _awaits_request(self) -> bool:
        """Whether everything that was read so far are whole requests."""
        return not self.begun and (self.payload is None or self.payload.is_eof())

    def _feed(self, data: bytes, *, starts: bool = False) -> None:
        before = self._request_count
        super().data_received(data)
        if self._messages:
            self.payload = self._messages[-1][1]
        if starts or self.begun:
            self.begun = self._request_count == before

    def _look(self) -> None:
        """See whose request was begun, and hand it over when the answer before it is finished."""
        server, data = cast(SharedHttp | None, self._manager), self.held
        if server is None or not is_whole_line(data):
            return
        transport = cast(asyncio.Transport, self.transport)
        worker = server.worker_of(data)
        if worker is None:
            self.held = b""
            self._feed(data, starts=True)
        elif len(data) > HANDED_BYTES_MAX:
            transport.abort()
        elif self._waiter is not None and not self._waiter.done():
            self._hand_over(server, worker, data)
        else:
            transport.pause_reading()
            self._loop.call_later(self.pause, self._look_again)
            self.pause = min(self.pause * 2, LOOK_AGAIN_SECONDS[1])

    def _look_again(self) -> None:
        if self.held and self.transport is not None:
            self.transport.resume_reading()
            self._look()

    def _hand_over(self, server: SharedHttp, worker: int, data: bytes) -> None:
        transport = cast(asyncio.Transport, self.transport)
        if transport.get_write_buffer_size():  # it asks before it has read the last answer
            transport.abort()
            return
        connection = os.dup(transport.get_extra_info("socket").fileno())
        transport.abort()  # nothing more is read here; the duplicate keeps the connection open
        server.hand_over(worker, connection, data)


class HandedOver(NewConnection):
    """The protocol of one connection of which another worker read something, or nobody has seen anything."""

    def __init__(self, server: GuardedHttp, data: bytes) -> None:
        super().__init__(server)
        self._data = data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        connection = cast(asyncio.Transport, transport).get_protocol()
        if isinstance(connection, SharedConnection):
            connection.given = bool(self._data)
            if self._data:
                connection.data_received(self._data)


class SharedHttp(GuardedHttp):
    """An HTTP server that serves one worker's share of the connections. Set up by `share`."""

    place: Place
    hand_over: HandOver

    def connection(self) -> SharedConnection:
        return SharedConnection(self, loop=self._loop, **self._kwargs)

    def worker_of(self, head: bytes) -> int | None:
        """The number of the other worker of this node to which a request belongs, or None."""
        sid = sid_in(head)
        place = Place.of(sid) if sid else None
        if place is None or place.node != self.place.node or place.worker == self.place.worker:
            return None
        return place.worker


async def adopt(server: object, connection: int, data: bytes, *, seen: bool = True) -> None:
    """Serve a connection that another process accepted, of which `data` was read.

    `seen` says that its first request is known to belong here.
    """
    loop, shared = asyncio.get_running_loop(), cast(SharedHttp, server)
    accepted = socket.socket(fileno=connection)
    accepted.setblocking(False)
    factory = shared if seen and not data else partial(HandedOver, shared, data)
    try:
        await loop.connect_accepted_socket(factory, accepted)
    except OSError:  # it is gone by now
        accepted.close()


def share(server: object, place: Place, hand_over: HandOver) -> None:
    """Have a server that `guard` has set up share its connections with other workers."""
    shared: Any = server
    shared.__class__ = SharedHttp
    shared.place = place
    shared.hand_over = hand_over
