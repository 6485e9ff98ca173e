"""Admission control: limits on TCP connections, HTTP requests and new sessions, and their timeouts."""

from __future__ import annotations

import asyncio
import logging
import resource
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from baraka_server.live.faults import fault
from baraka_server.wire import old_clients
from baraka_server.wire.cors import Cors
from baraka_server.wire.fair_queue import TooManyWaiting
from baraka_server.wire.http_errors import error_response
from baraka_server.wire.rate_limits import Rates
from baraka_server.wire.request_pace import RequestPace
from baraka_server.wire.server import GuardedServer
from baraka_server.wire.sockets import ENTRY, GOODBYE_SECONDS, REFUSED, GuardedSocket
from baraka_server.wire.tcp_connections import GuardedConnection, guard
from baraka_server.wire.unverified import Unverified

log = logging.getLogger(__name__)

SOCKET_IO_PATH = "/socket.io/"
HEALTH_PATHS = ("/healthz", "/readyz")
TCP_CONNECTIONS_PER_SOCKET_MAX = 3
"""A long-polling client has a GET and a POST open at once, and a websocket while it upgrades."""
UNVERIFIED_UNPACED_MAX = 500
"""With fewer unverified sessions than this, handshakes are not paced."""
FILES_KEPT = 128
"""Open files that are kept for the database and the log."""
SWEEP_SECONDS = 1
TOO_MANY_REQUESTS = "too many requests from your address"
TOO_MANY_WAIT = "too many requests wait already"
TOO_MANY_CONNECTIONS = "too many connections from your address"
WEBSOCKET_ONLY = (
    "this server takes no long-polling: connect with transports: ['websocket'], by a proxy that "
    "passes websockets on"
)
OTHER_PAGE = "pages of this origin may not connect"


@dataclass(slots=True)
class TcpConnection:
    """One TCP connection: its transport, and since when it has been silent or has not read.

    `peer` is None for a proxy, `silent_since` None after the first request, `unread_since` None while
    nothing waits to be sent. `sid` is the Engine.IO session of its last request, if it had one.
    """

    transport: asyncio.Transport
    peer: str | None
    silent_since: float | None
    unread_since: float | None = None
    sid: str | None = None


class Admission:
    """Middleware and connection listener that enforces the limits of connections; 0 is no limit.

    `connect_seconds_max` closes connections that send nothing, `read_seconds_max` those that do not
    read an answer, which would wait in memory for ever; websockets have pings for that. `address` gives
    the client address of a request, `peer` that of a TCP connection, None for a proxy's.
    """

    def __init__(
        self,
        sio: GuardedServer,
        address: Callable[[web.Request], str],
        peer: Callable[[asyncio.BaseTransport], str | None],
        cors: Cors,
        *,
        connections_max: int,
        connections_per_address_max: int,
        connections_unverified_max: int,
        requests_per_second_max: float,
        connect_seconds_max: float,
        read_seconds_max: float,
        websocket_only: bool = False,
    ) -> None:
        self.closed = False
        """Set when the server stops: new sessions are refused."""
        self.connections: dict[Any, TcpConnection] = {}
        """The open TCP connections, by aiohttp's protocol object."""
        self._sio = sio
        self._address = address
        self._peer = peer
        self._cors = cors
        self._connections_max = connections_max
        self._per_address_max = connections_per_address_max
        self._unverified_max = connections_unverified_max
        self._clock = sio.clock
        self._requests: Rates[str] = Rates(requests_per_second_max, clock=sio.clock)
        self.pace = RequestPace()
        """How many requests of unverified clients were given a turn so far."""
        self._connect_seconds_max = connect_seconds_max
        self._read_seconds_max = read_seconds_max
        self._websocket_only = websocket_only
        self._connections_of: Counter[str] = Counter()
        self._unverified: Unverified[GuardedConnection] = Unverified()
        """TCP connections that were not of a verified user when they were last looked at."""
        self._tcp_connections_max = _open_files_max() - FILES_KEPT
        if connections_max:
            self._tcp_connections_max = min(
                self._tcp_connections_max, connections_max * TCP_CONNECTIONS_PER_SOCKET_MAX
            )
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def unverified_connections(self) -> int:
        """The number of connections on which no verified user is known to be."""
        return len(self._unverified)

    @property
    def connections_by_address(self) -> Mapping[str, int]:
        """The number of connections of each address, without those of trusted proxies."""
        return dict(self._connections_of)

    @property
    def unread_bytes(self) -> int:
        """The bytes that wait in memory for clients that do not read."""
        return sum(
            connection.transport.get_write_buffer_size() for connection in self.connections.values()
        )

    @property
    def requests_waiting(self) -> int:
        """The number of requests of unverified clients that wait for their turn."""
        return self.pace.waiting

    def watch(self, runner: web.AppRunner) -> None:
        """Check every connection that `runner` accepts, also before its first request."""
        guard(runner, self)
        self._sweeping = asyncio.create_task(self._sweep_again_and_again())

    def accept(self, protocol: GuardedConnection, transport: asyncio.Transport) -> bool:
        peer = self._peer(transport)
        if self._is_one_too_many(peer):
            return False
        self.connections[protocol] = TcpConnection(transport, peer, self._clock())
        if peer:
            self._connections_of[peer] += 1
            self._unverified.add(protocol, peer)
        return True

    def lost(self, protocol: GuardedConnection) -> None:
        connection = self.connections.pop(protocol, None)
        if connection is None:
            return
        self._unverified.discard(protocol)
        if connection.peer:
            self._connections_of[connection.peer] -= 1
            if not self._connections_of[connection.peer]:
                del self._connections_of[connection.peer]
        # A proxy closes its connections as it likes, and reads for clients that are slow.
        self._sio.tcp_connection_lost(protocol, connection.sid if connection.peer else None)

    def bad_http(self, protocol: GuardedConnection, what: str) -> None:
        connection = self.connections.get(protocol)
        self._sio.log.hung_up(
            _who(connection.peer if connection else None), f"it does not speak HTTP ({what})"
        )

    async def count_bad_http(self, protocol: GuardedConnection) -> web.Response | None:
        """Count what is not HTTP as a request of its address. A proxy's is of nobody in particular."""
        connection = self.connections.get(protocol)
        peer = connection.peer if connection else None
        too_many = peer is not None and self._requests.of(peer).take()
        try:
            await self.pace.turn(peer or "")
        except TooManyWaiting:
            self._sio.log.refused(_who(peer), TOO_MANY_WAIT)
            return error_response(503, TOO_MANY_WAIT)
        if too_many:
            self._sio.log.refused(_who(peer), TOO_MANY_REQUESTS, "requests_per_second_max")
        return error_response(429, TOO_MANY_REQUESTS) if too_many else None

    def close(self) -> None:
        if self._sweeping:
            self._sweeping.cancel()
        self._sio.log.close()

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        connection = self.connections.get(request.protocol)
        if connection:
            connection.silent_since = None
            connection.sid = request.query.get("sid")
        is_unverified = self._is_unverified(request)
        too_many = is_unverified and self._is_too_often(request)
        try:
            if is_unverified:
                await self._pace(request)
            response = await self._answer(request, handler, too_many=too_many)
            if too_many:  # on an open connection the next request would cost the client nothing
                response.force_close()
            return response
        except TooManyWaiting:
            return self._over(request, 503, TOO_MANY_WAIT, "")
        except web.HTTPException:
            raise
        except ConnectionError:  # the client is gone
            return error_response(400, "the connection is closed")
        except Exception as error:  # aiohttp would answer with HTML
            return error_response(500, fault(request.path, error).message)

    def _is_unverified(self, request: web.Request) -> bool:
        """Whether a request is of no session, or of one that is over its own rate."""
        if request.path != SOCKET_IO_PATH:
            return True
        client: GuardedSocket | None = self._sio.eio.sockets.get(request.query.get("sid"))
        if client is None or client.address != self._address(request):
            return True
        return bool(client.requests.take())

    def _is_too_often(self, request: web.Request) -> bool:
        """Count a request in the rate of its address; True when that is exceeded."""
        request[ENTRY] = rate = self._requests.of(self._address(request))
        return bool(rate.take())

    async def _pace(self, request: web.Request) -> None:
        """Delay a request without a session, fairly by address, so that bids go ahead of a flood.

        Raises `TooManyWaiting`. While its request waits, a connection is not read. A crowd that
        reconnects at once and shows its tokens does not wait: few of its sessions are unverified at a
        time.
        """
        is_handshake = request.path == SOCKET_IO_PATH and "sid" not in request.query
        if request.path in HEALTH_PATHS:
            return
        if is_handshake and len(self._sio.unverified) < UNVERIFIED_UNPACED_MAX:
            return
        await self.pace.turn(self._address(request))

    async def _answer(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
        *,
        too_many: bool,
    ) -> web.StreamResponse:
        if too_many and request.path not in HEALTH_PATHS:  # or a balancer would give us up
            return self._over(request, 429, TOO_MANY_REQUESTS, "requests_per_second_max")
        if preflight := self._cors.preflight(request):
            return preflight
        if request.path == SOCKET_IO_PATH:
            refusal = self._refusal(request) or await self._full(request)
            return refusal or await self._served(request, handler)
        return await handler(request)

    async def _served(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if old_clients.is_old(request):
            self._sio.log.refused(self._address(request), "its client is older than Socket.IO 3")
            return await old_clients.tell_to_update(request)
        response = await handler(request)
        return error_response(*request[REFUSED]) if REFUSED in request else response

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self._cors.allows(request):
            self._sio.log.refused(self._address(request), OTHER_PAGE, "cors_origins")
            return error_response(400, OTHER_PAGE, code="origin_not_allowed")
        if request.method == "POST":
            if request.content_length is None:
                return error_response(411, "a POST says how long it is")
            if request.headers.get("Content-Encoding", "identity") != "identity":
                return error_response(415, "a POST is not compressed")
        # Read as Engine.IO reads it: to others, `sid=` is a session.
        query = parse_qs(request.query_string)
        if self._websocket_only and _polls(request, query):
            self._sio.log.refused(self._address(request), "it polls", "websocket_only")
            return error_response(400, WEBSOCKET_ONLY, code="websocket_only")
        return None

    async def _full(self, request: web.Request) -> web.Response | None:
        """Refuse a new session over a limit, unless an unverified session can be closed for it."""
        if "sid" in parse_qs(request.query_string):
            return None
        if self.closed:
            return error_response(503, "the server is stopping", code="stopping")
        sio, address = self._sio, self._address(request)
        while 0 < self._per_address_max <= len(sio.by_address.get(address, ())):
            if not await sio.evict_unverified(address):
                limit = "connections_per_address_max"
                return self._over(request, 429, TOO_MANY_CONNECTIONS, limit)
        while 0 < self._connections_max <= len(sio.eio.sockets):
            if not await sio.evict_unverified():
                return self._over(request, 503, "the server is full", "connections_max")
        while 0 < self._unverified_max <= len(sio.unverified):
            await sio.evict_unverified()
        return None

    def _over(self, request: web.Request, status: int, reason: str, limit: str) -> web.Response:
        self._sio.log.refused(self._address(request), reason, limit)
        return error_response(status, reason)

    def _is_one_too_many(self, peer: str | None) -> bool:
        most = self._per_address_max * TCP_CONNECTIONS_PER_SOCKET_MAX
        if len(self.connections) >= self._tcp_connections_max and not self._evict_tcp_connection(
            "connections_max"
        ):
            limit = "connections_max" if self._connections_max else ""
            self._sio.log.refused(_who(peer), "too many network connections", limit)
            return True
        if (
            most
            and peer
            and self._connections_of[peer] >= most
            and not self._evict_tcp_connection("connections_per_address_max", peer)
        ):
            limit = "connections_per_address_max"
            self._sio.log.refused(peer, "too many network connections from one address", limit)
            return True
        return False

    def _evict_tcp_connection(self, limit: str, peer: str | None = None) -> bool:
        """Close a TCP connection that is of no verified user. False where there is none."""
        while (protocol := self._unverified.next_to_evict(peer)) is not None:
            self._unverified.discard(protocol)
            connection = self.connections[protocol]
            if _is_websocket(protocol) or self._is_of_a_user(connection):
                continue
            self._sio.log.hung_up(
                _who(connection.peer), "it is on no session, and others came", limit
            )
            connection.transport.abort()
            self.lost(protocol)
            return True
        return False

    def _is_of_a_user(self, connection: TcpConnection) -> bool:
        sid = connection.sid or ""
        return sid in self._sio.eio.sockets and sid not in self._sio.unverified

    async def _sweep_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep()
            except Exception:
                log.exception(
                    "connections over a limit could not all be closed", extra={"event": "fault"}
                )

    async def sweep(self) -> None:
        """Hang up on those whose time is over. Whoever watches does it every `SWEEP_SECONDS`."""
        self._sio.log.sum_up()
        self._hang_up_on_silent()
        self._hang_up_on_those_who_do_not_read()
        await self._sio.hang_up_on_silent()

    def _hang_up_on_silent(self) -> None:
        latest = self._clock() - self._connect_seconds_max
        for connection in list(self.connections.values()):
            if connection.silent_since is not None and connection.silent_since < latest:
                connection.transport.abort()

    def _hang_up_on_those_who_do_not_read(self) -> None:
        now = self._clock()
        for protocol, connection in list(self.connections.items()):
            if _is_websocket(protocol) or not connection.transport.get_write_buffer_size():
                connection.unread_since = None
            elif connection.unread_since is None:
                connection.unread_since = now
            elif now - connection.unread_since > self._read_seconds_for(connection):
                self._sio.log.hung_up(_who(connection.peer), "it does not read its answer")
                connection.transport.abort()

    def _read_seconds_for(self, connection: TcpConnection) -> float:
        """The read timeout of a connection: short when its session is over, as its place may be taken."""
        is_over = connection.sid is not None and connection.sid not in self._sio.eio.sockets
        return min(GOODBYE_SECONDS, self._read_seconds_max) if is_over else self._read_seconds_max


def _polls(request: web.Request, query: Mapping[str, Sequence[str]]) -> bool:
    """Whether a request is of long-polling; False for old clients, which are told to update anyway."""
    is_websocket = request.method == "GET" and query.get("transport", [""])[0] == "websocket"
    return not is_websocket and not old_clients.is_old(request)


def _is_websocket(protocol: Any) -> bool:
    return protocol._payload_parser is not None  # a header would say so too easily


def _open_files_max() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 2**31


def _who(peer: str | None) -> str:
    return peer or "a proxy"
