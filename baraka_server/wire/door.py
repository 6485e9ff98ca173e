"""The door: how many may come in, from where, and how long they may stand in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from baraka_server.wire.sockets import GuardedServer

SOCKET_IO_PATH = "/socket.io/"
TCP_PER_CONNECTION_MAX = 2
"""A long-polling client has a GET and a POST open at once."""
RETRY_AFTER_SECONDS = 5
SWEEP_SECONDS = 1


class Door:
    """Limits of connections; 0 is no limit. `connect_seconds_max` is for those who say nothing."""

    def __init__(
        self,
        sio: GuardedServer,
        address: Callable[[web.Request], str],
        *,
        connections_max: int,
        connections_per_address_max: int,
        connect_seconds_max: float,
    ) -> None:
        self.closed = False
        """Set when the server stops: nobody new comes in."""
        self._sio = sio
        self._address = address
        self._connections_max = connections_max
        self._per_address_max = connections_per_address_max
        self._seconds_max = connect_seconds_max
        self._silent: set[asyncio.BaseTransport] = set()
        self._sweeping: asyncio.Task[None] | None = None

    def watch(self, runner: web.AppRunner) -> None:
        """Stand at every connection that `runner` accepts; aiohttp waits for the first request."""
        server: Any = runner.server
        accepted = server.connection_made

        def connection_made(handler: Any, transport: asyncio.Transport) -> None:
            accepted(handler, transport)
            limit = self._connections_max * TCP_PER_CONNECTION_MAX
            if limit and len(server.connections) > limit:
                transport.abort()
                return
            self._silent.add(transport)
            asyncio.get_running_loop().call_later(self._seconds_max, self._hang_up, transport)

        server.connection_made = connection_made
        self._sweeping = asyncio.create_task(self._sweep())

    def close(self) -> None:
        if self._sweeping:
            self._sweeping.cancel()

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.transport is not None:
            self._silent.discard(request.transport)
        if request.path == SOCKET_IO_PATH:
            if request.method == "POST" and request.content_length is None:
                return _refused(411, "a POST says how long it is")
            if "sid" not in request.query:
                refusal = self._full(request)
                if refusal is not None:
                    return refusal
        return await handler(request)

    def _full(self, request: web.Request) -> web.Response | None:
        if self.closed:
            return _refused(503, "the server is stopping")
        if self._connections_max and len(self._sio.eio.sockets) >= self._connections_max:
            return _refused(503, "the server is full")
        address = self._address(request)
        here = len(self._sio.by_address.get(address, ()))
        if self._per_address_max and here >= self._per_address_max:
            return _refused(429, "too many connections from your address")
        return None

    def _hang_up(self, transport: asyncio.Transport) -> None:
        if transport in self._silent:
            self._silent.discard(transport)
            transport.abort()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self._sio.hang_up_on_silent()


def _refused(status: int, reason: str) -> web.Response:
    body = {"ok": False, "message": reason}
    return web.json_response(body, status=status, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
