"""TCP connections of the HTTP server: a listener may refuse one before its first request.

The hooks into aiohttp 3.14 are here. The library would set up everything for a connection that is closed
at once, and log a stack trace for each of these, and for what is not HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

from baraka_server.wire.http_errors import error_response


class ConnectionListener(Protocol):
    """The object that is told of every TCP connection; `ConnectionLimits` is one."""

    def accept(self, connection: GuardedConnection, transport: asyncio.Transport) -> bool:
        """Note a new connection; False to refuse it."""

    def lost(self, connection: GuardedConnection) -> None: ...


class BadHttpListener(Protocol):
    """The object that is told of what is not HTTP; `Admission` is one."""

    def bad_http(self, connection: GuardedConnection, what: str) -> None: ...

    async def count_bad_http(self, connection: GuardedConnection) -> web.Response | None:
        """Wait for its turn. An answer where it is not looked at any further."""


class GuardedConnection(RequestHandler):
    """aiohttp's handler of one TCP connection, which tells the listener of its start and end."""

    __slots__ = ()

    _manager: GuardedHttp | None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made_by, connection = cast(GuardedHttp, self._manager), cast(asyncio.Transport, transport)
        if made_by.listener.accept(self, connection):
            super().connection_made(connection)
        else:
            connection.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._manager is not None:
            self._manager.listener.lost(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        # What cannot be written back, such as a header that is not UTF-8, is a `ValueError`.
        if not isinstance(exc, HttpProcessingError | ValueError):
            return super().handle_error(request, status, exc, message)
        if self._manager is not None:
            self._manager.bad_http_listener.bad_http(self, type(exc).__name__)
        if request.writer.output_size:
            raise ConnectionError("the answer has begun")
        response = error_response(400, "this is not an HTTP request that can be read")
        response.force_close()
        return response

    def _make_error_handler(
        self, err_info: Any
    ) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        # What is not HTTP reaches no middleware, where requests are counted and wait for their turn.
        handler = super()._make_error_handler(err_info)

        async def counted(request: web.BaseRequest) -> web.StreamResponse:
            if self._manager is not None:
                refusal = await self._manager.bad_http_listener.count_bad_http(self)
                if refusal is not None:
                    refusal.force_close()
                    return refusal
            return await handler(request)

        return counted


class GuardedHttp(web.Server):
    """aiohttp's server, whose connections tell listeners. Set up by `guard`."""

    listener: ConnectionListener
    bad_http_listener: BadHttpListener

    def __call__(self) -> GuardedConnection:
        return GuardedConnection(self, loop=self._loop, **self._kwargs)


def guard(
    runner: web.AppRunner, listener: ConnectionListener, bad_http_listener: BadHttpListener
) -> None:
    """Set the listeners of `runner`'s connections; the runner makes a server of its own class."""
    server: Any = runner.server
    server.__class__ = GuardedHttp
    server.listener = listener
    server.bad_http_listener = bad_http_listener
