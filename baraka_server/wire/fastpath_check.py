"""Check at start that the fast path fits the installed libraries, without a network.

Where they are no longer what `fastpath` relies on, the server logs it and uses their own path.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import WSMessage, WSMsgType, hdrs
from aiohttp.base_protocol import BaseProtocol
from engineio import packet
from multidict import CIMultiDict

from baraka_server.live.encoded import Encoded
from baraka_server.wire import deflate, fastpath
from baraka_server.wire.fanout import FanOut
from baraka_server.wire.frames import COMPRESSED_TEXT, WHOLE_TEXT, frame
from baraka_server.wire.server import GuardedServer

log = logging.getLogger(__name__)

SECONDS_MAX = 5
WRITTEN_BYTES_MAX = 4096
STEPS_MAX = 50
"""The steps of the event loop within which everything of the check has happened."""


class LibraryMismatch(Exception):
    """A library is not what the fast path relies on."""


async def take_fast_path(
    sio: GuardedServer, *, compression: bool, list_bytes_per_second_max: float = 0
) -> bool:
    """Let `sio` use the fast path, if it fits the libraries; else log why not."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            await check(sio, compression=compression)
    except Exception as error:
        log.warning(
            "the fast path does not fit the installed libraries (%s), and is not used; install the "
            "versions that this release was tested with: %s: %s",
            ", ".join(f"{name} {version(name)}" for name in fastpath.READ_IN),
            type(error).__name__,
            error,
            extra={"event": "no_fast_path"},
        )
        return False
    fastpath.install(
        sio, compression=compression, list_bytes_per_second_max=list_bytes_per_second_max
    )
    return True


async def check(sio: GuardedServer, *, compression: bool) -> None:
    """Run the checks. Raises `LibraryMismatch`, or whatever a library raises where it does not fit."""
    with _loopback() as loopback:
        await check_order(sio, loopback)
    if compression:
        with _loopback() as loopback:
            await check_compression(loopback)


async def check_order(sio: GuardedServer, loopback: _Loopback) -> None:
    """Check that what is queued, announced and answered on one websocket keeps its order."""
    client = fastpath.FastSocket(sio.eio, "check")
    fan_out = FanOut(lambda: ())
    host = SimpleNamespace(limits=sio.limits, fan_out=fan_out, clock=sio.clock)
    client.guard(cast(Any, host), "nobody")
    fan_out.enter(client.subscriber, "room")
    websocket = fastpath.FastWebSocket(client._websocket_handler, sio.eio)
    response = _Response()
    websocket.transport, websocket.writer = cast(Any, loopback), cast(Any, response)
    websocket._sock = cast(Any, response)

    def announce(text: str) -> None:
        payload = Encoded(f'"{text}"')
        fan_out.announce(("room", "nobody"), "event", payload, payload)

    await client.send(packet.Packet(packet.MESSAGE, "queued before"))
    announce("before")
    fan_out.flush()
    serving = asyncio.create_task(websocket.handler(websocket))
    await _until(lambda: client.subscriber.is_writable, "the library's writer does not poll")
    announce("announced")
    await client.send(packet.Packet(packet.MESSAGE, "answered"))
    await client.queue.put(packet.Packet(packet.NOOP))
    announce("behind a queue")
    fan_out.flush()
    await _until(lambda: client.subscriber.is_writable, "the library's writer does not go on")
    announce("last")
    await client.close(reason=sio.reason.SERVER_DISCONNECT)
    announce("too late")
    fan_out.flush()
    await _until(lambda: response.closed, "the library's writer does not end")
    response.ended.set()
    await serving
    events = ('"before"', '"announced"', '"behind a queue"', '"last"')
    before, announced, behind, last = (f'42["event",{text}]' for text in events)
    expected = ["4queued before", before, announced, "4answered", "6", behind, last, "1"]
    written = loopback.read()
    if written != b"".join(frame(text.encode(), WHOLE_TEXT) for text in expected):
        raise LibraryMismatch(f"the order is {written!r}")


async def check_compression(loopback: _Loopback) -> None:
    """Check that after the handshake the library's reader inflates and its writer does not compress."""
    protocol = _Protocol(asyncio.get_running_loop())
    protocol.connection_made(cast(Any, loopback))
    headers = {
        hdrs.UPGRADE: "websocket",
        hdrs.SEC_WEBSOCKET_VERSION: "13",
        hdrs.SEC_WEBSOCKET_KEY: "dGhlIHNhbXBsZSBub25jZQ==",
        hdrs.SEC_WEBSOCKET_EXTENSIONS: "permessage-deflate; client_max_window_bits",
    }
    request = cast(
        Any,
        SimpleNamespace(
            headers=CIMultiDict(headers),
            protocol=protocol,
            _protocol=protocol,
            _loop=asyncio.get_running_loop(),
            _message=SimpleNamespace(upgrade=True),
        ),
    )
    response = fastpath.SharedDeflateResponse(compress=False, autoping=False)
    name, writer = response._pre_start(request)
    response._post_start(request, name, writer)
    if (
        response.headers.get(hdrs.SEC_WEBSOCKET_EXTENSIONS) != deflate.AGREED
        or not response.compress
    ):
        raise LibraryMismatch("the handshake does not agree to compression")
    text = "compressed " * 200
    payload = deflate.deflated(text.encode())
    head = bytes([COMPRESSED_TEXT, 0x80 | len(payload)]) + bytes(4)  # a client's, masked with zeros
    protocol.parser.feed_data(head + payload)
    if (await response.receive()).data != text:
        raise LibraryMismatch("what a client compressed is not inflated")
    await writer.send_frame(text.encode(), WSMsgType.TEXT)
    if loopback.read() != frame(text.encode(), WHOLE_TEXT):
        raise LibraryMismatch("the library compresses by itself")


async def _until(condition: Any, otherwise: str) -> None:
    for _ in range(STEPS_MAX):
        if condition():
            return
        await asyncio.sleep(0)
    raise LibraryMismatch(otherwise)


class _Loopback:
    """A transport that takes everything at once, written to it or to its file, in order."""

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        self._ours = ours
        self._theirs = theirs

    def read(self) -> bytes:
        """The bytes that were written since the last call."""
        return self._theirs.recv(WRITTEN_BYTES_MAX)

    def write(self, data: bytes) -> None:
        self._ours.sendall(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str) -> socket.socket | None:
        return self._ours if name == "socket" else None

    def abort(self) -> None: ...


@contextmanager
def _loopback() -> Iterator[_Loopback]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        yield _Loopback(ours, theirs)


class _Response:
    """aiohttp's end of a websocket whose client says nothing until it is closed."""

    compress = False
    closed = False

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def drain(self) -> None: ...

    async def receive(self) -> WSMessage:
        await self.ended.wait()
        return WSMessage(WSMsgType.CLOSED, None, None)

    async def close(self) -> None:
        self.closed = True


class _Protocol(BaseProtocol):
    """The protocol object of a request, as far as a websocket needs it."""

    parser: Any = None

    def set_parser(self, parser: Any, **_options: Any) -> None:
        self.parser = parser

    def keep_alive(self, _on: bool) -> None: ...
