"""The websocket of a `GuardedSocket`, in place of python-engineio's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.abc import AbstractStreamWriter
from engineio.async_drivers import aiohttp as driver

from baraka_server.wire.inbound_bytes import measure
from baraka_server.wire.rate_limits import Rate
from baraka_server.wire.sockets import GOODBYE_SECONDS, WENT_ON, GuardedSocket

CONTROL_TYPES = frozenset({WSMsgType.PING, WSMsgType.PONG})
FRAMES_SHARE = 2
"""The byte limit of all frames of a websocket, in relation to that of their messages."""
TCP_NOTSENT_LOWAT = 25  # Linux; the socket module has no name for it
UNREAD_KERNEL_BYTES = 128 * 1024
"""How much unsent data the kernel holds for one socket."""


class GuardedWebSocket(driver.WebSocket):  # type: ignore[misc]
    """The websocket of a `GuardedSocket`: text messages only, with a timeout for the first one."""

    response_class: type[web.WebSocketResponse] = web.WebSocketResponse
    transport: asyncio.Transport
    writer: AbstractStreamWriter
    _end: BaseException | None = None

    @property
    def compresses(self) -> bool:
        """Whether its client agreed to be sent compressed messages."""
        return bool(self._sock.compress)

    async def __call__(self, environ: Mapping[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        if request.transport is None:
            raise ConnectionResetError("the client is gone")
        self.environ, self.transport = environ, request.transport
        # The library's would compress for each viewer, with a quarter of a megabyte of memory for each.
        self._sock = self.response_class(
            timeout=GOODBYE_SECONDS,
            autoping=False,
            compress=False,
            max_msg_size=self.server.max_http_buffer_size,
        )
        try:
            self.writer = await self._sock.prepare(request)
        except ValueError as error:  # a key that is not ASCII
            raise web.HTTPBadRequest(text="Handshake error") from error
        owner: GuardedSocket = self.handler.__self__
        frames = Rate(FRAMES_SHARE * owner.limits.bytes_per_second_max, owner.host.clock)
        measure(request, frames, owner.cut_off)
        raw = self.transport.get_extra_info("socket")
        if (
            raw is not None and raw.family != socket.AF_UNIX
        ):  # what is not sent yet waits where it is counted
            raw.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNREAD_KERNEL_BYTES)
        try:
            await self.handler(self)
        finally:
            self._let_go()
        return self._sock

    def _let_go(self) -> None:
        """Break the cycles that would keep the socket, its request and its frames in memory.

        Only a collection of everything would find them, which is rare: see GC_THRESHOLDS.
        """
        del self.handler
        for error in (self._end, self._sock.exception()):
            if error is not None:
                error.__traceback__ = error.__context__ = None

    async def wait(self) -> str:
        """Return the next message. Raises `OSError` at the end, or whatever else ends it."""
        try:
            return await self._message()
        except BaseException as error:
            self._end = error
            raise

    async def _message(self) -> str:
        owner: GuardedSocket = self.handler.__self__
        async with asyncio.timeout(None if owner.upgraded else owner.limits.connect_seconds_max):
            while True:
                message = await self._sock.receive()
                if message.type is WSMsgType.TEXT:
                    return str(message.data)
                if message.type not in CONTROL_TYPES:
                    break
                if owner.rate.take():
                    await owner.hang_up(WENT_ON)
                    break
                if message.type is WSMsgType.PING:
                    await self._sock.pong(message.data)
        if message.type is WSMsgType.BINARY:
            await owner.hang_up("it sent bytes, and the contract has none")
        raise OSError("the websocket is closed")
