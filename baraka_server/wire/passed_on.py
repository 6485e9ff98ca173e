"""Requests of clients that came to another server, which passes them on over a link to the one that has the session.

To the HTTP server here each is a connection of its own, from the address of its client: the other server
found that address as this one would have, and a link is believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, cast

from baraka_server.links.reach import server_of
from baraka_server.links.sealed import Frames, Hello, Kind, LinkFault

PURPOSE = "requests"
PASSED_ON = "baraka_passed_on"
"""The extra information of a transport that is a link: its request is not passed on once more."""
CHUNK_BYTES = 64 * 1024
HIGH_WATER_BYTES = 64 * 1024
"""With more than this unsent its protocol is asked to pause, as transports do."""
ADDRESS_CHARS_MAX = 64

Factory = Callable[[], asyncio.Protocol]


def is_passed_on(transport: asyncio.BaseTransport | None) -> bool:
    """Whether a request came by way of another server."""
    return transport is not None and bool(transport.get_extra_info(PASSED_ON))


class LinkTransport(asyncio.Transport):
    """The transport of one client's connection whose bytes travel in the frames of a link."""

    def __init__(self, frames: Frames, address: str) -> None:
        super().__init__({"peername": (address, 0), PASSED_ON: True})
        self._frames = frames
        self._protocol: asyncio.BaseProtocol | None = None
        self._closing = self._lost = False
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._draining: asyncio.Task[None] | None = None

    async def serve(self, factory: Factory) -> None:
        """Give the protocol what comes over the link, until its end."""
        self._protocol = factory()
        self._protocol.connection_made(self)
        try:
            while frame := await self._frames.next():
                kind, body = frame
                await self._may_read.wait()
                if kind is not Kind.DATA or self._closing:
                    return
                self._reader.data_received(body)
        finally:
            self._end()

    @property
    def _reader(self) -> asyncio.Protocol:
        return cast(asyncio.Protocol, self._protocol)

    # --- as asyncio has it

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return cast(asyncio.BaseProtocol, self._protocol)

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return self._may_read.is_set() and not self._closing

    def pause_reading(self) -> None:
        self._may_read.clear()

    def resume_reading(self) -> None:
        self._may_read.set()

    def get_write_buffer_size(self) -> int:
        return self._frames.unsent_bytes

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def can_write_eof(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if self._closing:
            return
        said = bytes(data)
        try:
            for at in range(0, len(said), CHUNK_BYTES):
                self._frames.send(Kind.DATA, said[at : at + CHUNK_BYTES])
        except LinkFault:
            self.abort()
            return
        if self._draining is None and self._frames.unsent_bytes > HIGH_WATER_BYTES:
            self._draining = asyncio.create_task(self._drain())

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        self._go(self._frames.close)

    def abort(self) -> None:
        self._go(self._frames.abort)

    # --- its end

    async def _drain(self) -> None:
        protocol = self.get_protocol()
        protocol.pause_writing()
        try:
            await self._frames.drain()
        except OSError:
            self.abort()
        finally:
            self._draining = None
            if not self._lost:
                self.get_protocol().resume_writing()

    def _go(self, how: Callable[[], None]) -> None:
        if not self._closing:
            self._closing = True
            self._may_read.set()
            how()
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        if not self._lost:
            self._closing = self._lost = True
            self._frames.close()
            self.get_protocol().connection_lost(None)


class PassedOn:
    """Takes the links of other servers that pass requests on. `factory` makes the protocol of each."""

    def __init__(self, server: str, factory: Factory) -> None:
        self._server = server
        self._factory = factory

    async def serve(self, hello: Hello, frames: Frames) -> None:
        if server_of(hello.to) != self._server:
            return
        frame = await frames.next()
        if frame is None or frame[0] is not Kind.ADDRESS:
            return
        address = frame[1].decode("ascii", "replace")[:ADDRESS_CHARS_MAX]
        await LinkTransport(frames, address).serve(self._factory)
