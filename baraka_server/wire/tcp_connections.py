"""TCP connections of the HTTP server: a listener may refuse one before its first request.

The hooks into aiohttp 3.14 are here. The library would set up everything for a connection that is closed
at once, and log a stack trace for each of these, and for what is not HTTP. Errors that it keeps keep the
frames through which they went, and with these, in a cycle, everything of their connection. Only a
collection of everything would find that, which is rare: see GC_THRESHOLDS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_urldispatcher import MatchInfoError, SystemRoute

from baraka_server.wire.http_errors import error_response
from baraka_server.wire.server_name import name_without_versions

IS_GONE = web.Response()
"""In place of an answer, where the client has not waited for it."""


class ConnectionListener(Protocol):
    """The object that is told of every TCP connection; `ConnectionLimits` is one."""

    def refuses(self, transport: asyncio.Transport) -> bool:
        """Whether a new connection is closed at once, of which nothing more is told."""

    def opened(self, connection: GuardedConnection, transport: asyncio.Transport) -> None: ...

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
        cast(GuardedHttp, self._manager).listener.opened(self, cast(asyncio.Transport, transport))
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._manager is not None:
            self._manager.listener.lost(self)
        super().connection_lost(exc)
        for message, _ in self._messages:  # nobody will answer them any more
            _forget_frames(getattr(message, "exc", None))

    async def _handle_request(
        self,
        request: web.BaseRequest,
        start_time: float | None,
        request_handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    ) -> tuple[web.StreamResponse, bool]:
        response: web.StreamResponse = IS_GONE
        is_reset = True
        try:
            response, is_reset = await super()._handle_request(request, start_time, request_handler)
        except ConnectionError:
            # Not raised: this is a task, and its error would keep whoever waits for it, and so itself.
            self.log_debug("the answer was broken off")
        finally:
            _let_go(request, response)
        return response, is_reset

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
        _forget_frames(err_info.exc)
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


def _let_go(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Break the cycles of a request that is over."""
    _forget_frames(request._payload.exception())
    if isinstance(response, web.HTTPException):
        _forget_frames(response)
        response._req = None
    found = request._match_info if isinstance(request, web.Request) else None
    if isinstance(found, MatchInfoError):  # its route was made for this request
        del cast(SystemRoute, found.route)._handler


def _forget_frames(error: BaseException | None) -> None:
    """Let an error that is kept keep nothing else."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class NewConnection(asyncio.Protocol):
    """The protocol of every new connection, one for all of them, until it is known that it may stay.

    A parser and a task for one that is closed at once would cost several times as much as to accept it.
    """

    def __init__(self, server: GuardedHttp) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        came = cast(asyncio.Transport, transport)
        if self._server.listener.refuses(came):
            came.abort()
            return
        connection = self._server.connection()
        came.set_protocol(connection)
        connection.connection_made(came)


class GuardedHttp(web.Server):
    """aiohttp's server, whose connections tell listeners. Set up by `guard`."""

    listener: ConnectionListener
    bad_http_listener: BadHttpListener
    new_connection: NewConnection

    def __call__(self) -> NewConnection:  # type: ignore[override]
        return self.new_connection

    def connection(self) -> GuardedConnection:
        return GuardedConnection(self, loop=self._loop, **self._kwargs)


def guard(
    runner: web.AppRunner, listener: ConnectionListener, bad_http_listener: BadHttpListener
) -> None:
    """Set the listeners of `runner`'s connections; the runner makes a server of its own class."""
    name_without_versions()
    server: Any = runner.server
    server.__class__ = GuardedHttp
    server.listener = listener
    server.bad_http_listener = bad_http_listener
    server.new_connection = NewConnection(server)
