"""Admission control: limits on HTTP requests and new sessions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import parse_qs

from aiohttp import web

from baraka_server.live.faults import fault
from baraka_server.wire import old_clients
from baraka_server.wire.connection_limits import A_PROXY, ConnectionLimits
from baraka_server.wire.cors import Cors
from baraka_server.wire.elsewhere import Elsewhere
from baraka_server.wire.fair_queue import TooManyWaiting
from baraka_server.wire.http_errors import error_response
from baraka_server.wire.metrics_http import METRICS_PATHS
from baraka_server.wire.rate_limits import Counted, Rates
from baraka_server.wire.request_pace import RequestPace
from baraka_server.wire.server import GuardedServer
from baraka_server.wire.sockets import ENTRY, REFUSED, GuardedSocket
from baraka_server.wire.tcp_connections import IS_GONE, GuardedConnection, guard

log = logging.getLogger(__name__)

SOCKET_IO_PATH = "/socket.io/"
HEALTH_PATHS = ("/healthz", "/readyz")
"""The probes that are answered in any case, or a balancer would give the server up."""
PROBE_PATHS = (*HEALTH_PATHS, *METRICS_PATHS)
PROBES_PER_SECOND = 20
"""Probes of one address that do not count as its requests: a few balancers and Prometheus, each several
times a second. What is above counts, as anybody may ask."""
UNVERIFIED_UNPACED_MAX = 500
"""With fewer unverified sessions than this, handshakes are not paced."""
SWEEP_SECONDS = 1
TOO_MANY_REQUESTS = "too many requests from your address"
TOO_MANY_WAIT = "too many requests wait already"
TOO_MANY_CONNECTIONS = "too many connections from your address"
WEBSOCKET_ONLY = (
    "this server takes no long-polling: connect with transports: ['websocket'], by a proxy that "
    "passes websockets on"
)
OTHER_PAGE = "pages of this origin may not connect"


class Admission:
    """Middleware that enforces the limits of requests and new sessions; 0 is no limit.

    `address` gives the client address of a request, `connections` the TCP connection that it came on.
    """

    def __init__(
        self,
        sio: GuardedServer,
        connections: ConnectionLimits,
        address: Callable[[web.Request], str],
        cors: Cors,
        *,
        connections_max: int,
        connections_per_address_max: int,
        connections_unverified_max: int,
        requests_per_second_max: float,
        websocket_only: bool = False,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.closed = False
        """Set when the server stops: new sessions are refused."""
        self.connections = connections
        self._sio = sio
        self._address = address
        self._cors = cors
        self._connections_max = connections_max
        self._per_address_max = connections_per_address_max
        self._unverified_max = connections_unverified_max
        self._requests: Rates[str] = Rates(requests_per_second_max, clock=sio.clock)
        self._probes: Rates[str] = Rates(PROBES_PER_SECOND, clock=sio.clock)
        self.pace = RequestPace()
        """How many requests of unverified clients were given a turn so far."""
        self._websocket_only = websocket_only
        self._elsewhere = elsewhere
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def requests_waiting(self) -> int:
        """The number of requests of unverified clients that wait for their turn."""
        return self.pace.waiting

    def watch(self, runner: web.AppRunner) -> None:
        """Check every connection that `runner` accepts, also before its first request."""
        guard(runner, self.connections, self)
        self._sweeping = asyncio.create_task(self._sweep_again_and_again())

    def bad_http(self, protocol: GuardedConnection, what: str) -> None:
        peer = self.connections.peer(protocol) or A_PROXY
        self._sio.log.hung_up(peer, f"it does not speak HTTP ({what})")

    async def count_bad_http(self, protocol: GuardedConnection) -> web.Response | None:
        """Count what is not HTTP as a request of its address. A proxy's is of nobody in particular."""
        peer = self.connections.peer(protocol)
        too_many = peer is not None and self._requests.of(peer).take()
        try:
            await self.pace.turn(peer or "")
        except TooManyWaiting:
            self._sio.log.refused(peer or A_PROXY, TOO_MANY_WAIT)
            return error_response(503, TOO_MANY_WAIT)
        if too_many:
            self._sio.log.refused(peer or A_PROXY, TOO_MANY_REQUESTS, "requests_per_second_max")
        return error_response(429, TOO_MANY_REQUESTS) if too_many else None

    def close(self) -> None:
        if self._sweeping:
            self._sweeping.cancel()
        self._sio.log.close()

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        connection = self.connections.open.get(request.protocol)
        if connection:
            connection.silent_since = None
            connection.sid = request.query.get("sid")
        if request.path == SOCKET_IO_PATH and (answer := await self._passed_on(request)):
            return answer
        is_unverified = self._is_unverified(request)
        if connection and not is_unverified:
            self.connections.give_back(connection)
        counts = is_unverified and not self._is_free_probe(request)
        too_many = counts and self._is_too_often(request)
        try:
            if counts:
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

    async def _passed_on(self, request: web.Request) -> web.StreamResponse | None:
        """The answer of the server that has the session; None where it is answered here.

        It counts its client's requests. Here only those count that were in vain, so that nobody has
        others asked again and again for sessions that they do not have.
        """
        if self._elsewhere is None or (way := self._elsewhere.way_of(request)) is None:
            return None
        rate = self._requests.of(self._address(request))
        if rate.wait:
            return None
        try:
            answer = await self._elsewhere.answer(request, way)
        except ConnectionError:  # one of the three is gone
            return IS_GONE
        if answer is not None and answer.status >= 400:
            rate.take()
        return answer

    def _is_unverified(self, request: web.Request) -> bool:
        """Whether a request is of no session, or of one that is over its own rate."""
        if request.path != SOCKET_IO_PATH:
            return True
        client: GuardedSocket | None = self._sio.eio.sockets.get(request.query.get("sid"))
        if client is None or client.address != self._address(request):
            return True
        return bool(client.requests.take())

    def _is_free_probe(self, request: web.Request) -> bool:
        """Whether a request asks how the server is, and its address does so within reason."""
        return request.path in PROBE_PATHS and not self._probes.take(self._address(request))

    def _is_too_often(self, request: web.Request) -> bool:
        """Count a request in the rate of its address; True when that is exceeded."""
        rate = self._requests.of(self._address(request))
        connection = self.connections.open.get(request.protocol)
        request[ENTRY] = [Counted(rate)]
        if connection and connection.counted:
            request[ENTRY].append(connection.counted)
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
        if too_many and request.path not in HEALTH_PATHS:
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
        self.connections.sweep()
        await self._sio.hang_up_on_silent()


def _polls(request: web.Request, query: Mapping[str, Sequence[str]]) -> bool:
    """Whether a request is of long-polling; False for old clients, which are told to update anyway."""
    is_websocket = request.method == "GET" and query.get("transport", [""])[0] == "websocket"
    return not is_websocket and not old_clients.is_old(request)
