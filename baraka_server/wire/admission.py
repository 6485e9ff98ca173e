"""The door: how many may come in, from where, and how long they may stand in it."""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from baraka_server.live.faults import fault
from baraka_server.wire import old_clients
from baraka_server.wire.cors import Cors
from baraka_server.wire.newcomers import Newcomers
from baraka_server.wire.rate_limits import Rates
from baraka_server.wire.refused import refused
from baraka_server.wire.server import GuardedServer
from baraka_server.wire.sockets import ENTRY, GOODBYE_SECONDS, REFUSED, GuardedSocket
from baraka_server.wire.tcp_connections import GuardedConnection, guard
from baraka_server.wire.turns import TooMany, Turns

log = logging.getLogger(__name__)

SOCKET_IO_PATH = "/socket.io/"
HEALTH_PATHS = ("/healthz", "/readyz")
LINES_PER_CONNECTION_MAX = 3
"""A long-polling client has a GET and a POST open at once, and a websocket while it upgrades."""
STRANGE_REQUESTS_PER_SECOND = 1_000
"""Requests that are of no session, of all addresses: a quarter of what one core can do, so that a flood
leaves room for bids."""
STRANGE_REQUESTS_WAITING_MAX = 2_000
NEWCOMERS_OF_A_CROWD = 500
"""With fewer than these at once handshakes are not paced."""
FILES_KEPT = 128
"""Open files that are not for strangers: the database, the log."""
SWEEP_SECONDS = 1
TOO_MANY_REQUESTS = "too many requests from your address"
TOO_MANY_CONNECTIONS = "too many connections from your address"
WEBSOCKET_ONLY = (
    "this server takes no long-polling: connect with transports: ['websocket'], by a proxy that "
    "passes websockets on"
)
OTHER_PAGE = "pages of this origin may not connect"


@dataclass(slots=True)
class Line:
    """One TCP connection. `silent_since` until its first request; `peer` unless it is a proxy's.

    `unread_since` while something waits to be read, for the Engine.IO session `sid` if it has one.
    """

    transport: asyncio.Transport
    peer: str | None
    silent_since: float | None
    unread_since: float | None = None
    sid: str | None = None


class Admission:
    """Limits of connections; 0 is no limit. `connect_seconds_max` is for those who say nothing.

    `read_seconds_max` is for those who do not read an answer: it would wait in memory for ever. A
    websocket has its pings for that.

    `address` tells whom a request comes from, `peer` the address of a line that is no proxy's.
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
        """Set when the server stops: nobody new comes in."""
        self.lines: dict[Any, Line] = {}
        """By the protocol object that aiohttp has for each."""
        self._sio = sio
        self._address = address
        self._peer = peer
        self._cors = cors
        self._connections_max = connections_max
        self._per_address_max = connections_per_address_max
        self._unverified_max = connections_unverified_max
        self._requests: Rates[str] = Rates(requests_per_second_max)
        self._turns: Turns[str] = Turns(1, STRANGE_REQUESTS_WAITING_MAX)
        self._turn_at = 0.0
        self._connect_seconds_max = connect_seconds_max
        self._read_seconds_max = read_seconds_max
        self._websocket_only = websocket_only
        self._lines_of: Counter[str] = Counter()
        self._strangers: Newcomers[GuardedConnection] = Newcomers()
        """Lines that no session of a verified user is known to be on; some may be by now."""
        self._lines_max = _open_files_max() - FILES_KEPT
        if connections_max:
            self._lines_max = min(self._lines_max, connections_max * LINES_PER_CONNECTION_MAX)
        self._sweeping: asyncio.Task[None] | None = None

    def watch(self, runner: web.AppRunner) -> None:
        """Stand at every connection that `runner` accepts; aiohttp waits for the first request."""
        guard(runner, self)
        self._sweeping = asyncio.create_task(self._sweep())

    def came(self, protocol: GuardedConnection, transport: asyncio.Transport) -> bool:
        peer = self._peer(transport)
        if self._is_one_too_many(peer):
            return False
        self.lines[protocol] = Line(transport, peer, time.monotonic())
        if peer:
            self._lines_of[peer] += 1
            self._strangers.add(protocol, peer)
        return True

    def left(self, protocol: GuardedConnection) -> None:
        line = self.lines.pop(protocol, None)
        if line is None:
            return
        self._strangers.discard(protocol)
        if line.peer:
            self._lines_of[line.peer] -= 1
            if not self._lines_of[line.peer]:
                del self._lines_of[line.peer]
        # A proxy closes its lines as it likes, and reads for those who are slow.
        self._sio.line_lost(protocol, line.sid if line.peer else None)

    def speaks_no_http(self, protocol: GuardedConnection, what: str) -> None:
        line = self.lines.get(protocol)
        self._sio.log.hung_up(_who(line.peer if line else None), f"it does not speak HTTP ({what})")

    def close(self) -> None:
        if self._sweeping:
            self._sweeping.cancel()
        self._sio.log.close()

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        line = self.lines.get(request.protocol)
        if line:
            line.silent_since = None
            line.sid = request.query.get("sid")
        is_strange = self._is_strange(request)
        too_many = is_strange and self._is_too_often(request)
        try:
            if is_strange:
                await self._pace(request)
            response = await self._answer(request, handler, too_many=too_many)
            if too_many:  # a line that stays open would bring the next one at no cost
                response.force_close()
            return response
        except TooMany:
            return self._over(request, 503, "too many requests wait already", "")
        except web.HTTPException:
            raise
        except ConnectionError:  # the client is gone
            return refused(400, "the connection is closed")
        except Exception as error:  # aiohttp would answer with HTML
            return refused(500, fault(request.path, error).message)

    def _is_strange(self, request: web.Request) -> bool:
        """Whether it is of no session, or of one that has asked too often by now."""
        if request.path != SOCKET_IO_PATH:
            return True
        client: GuardedSocket | None = self._sio.eio.sockets.get(request.query.get("sid"))
        if client is None or client.address != self._address(request):
            return True
        return bool(client.requests.take())

    def _is_too_often(self, request: web.Request) -> bool:
        """Count a request in its address, before it is served."""
        request[ENTRY] = rate = self._requests.of(self._address(request))
        return bool(rate.take())

    async def _pace(self, request: web.Request) -> None:
        """Let addresses have their turns, one request after the other: bids go ahead of strangers.

        Raises `TooMany`. A line whose request waits is not read on. A crowd that comes back at once
        and shows its tokens does not wait: there are never many newcomers of it.
        """
        is_handshake = request.path == SOCKET_IO_PATH and "sid" not in request.query
        if request.path in HEALTH_PATHS:
            return
        if is_handshake and len(self._sio.newcomers) < NEWCOMERS_OF_A_CROWD:
            return
        async with self._turns.of(self._address(request)):
            now = time.monotonic()
            self._turn_at = max(now, self._turn_at + 1 / STRANGE_REQUESTS_PER_SECOND)
            if self._turn_at > now:
                await asyncio.sleep(self._turn_at - now)

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
        return refused(*request[REFUSED]) if REFUSED in request else response

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self._cors.allows(request):
            self._sio.log.refused(self._address(request), OTHER_PAGE, "cors_origins")
            return refused(400, OTHER_PAGE, code="origin_not_allowed")
        if request.method == "POST":
            if request.content_length is None:
                return refused(411, "a POST says how long it is")
            if request.headers.get("Content-Encoding", "identity") != "identity":
                return refused(415, "a POST is not compressed")
        # Read as Engine.IO reads it: to others, `sid=` is a session.
        query = parse_qs(request.query_string)
        if self._websocket_only and _polls(request, query):
            self._sio.log.refused(self._address(request), "it polls", "websocket_only")
            return refused(400, WEBSOCKET_ONLY, code="websocket_only")
        return None

    async def _full(self, request: web.Request) -> web.Response | None:
        """Refuse a new session that there is no room for; newcomers make room for each other."""
        if "sid" in parse_qs(request.query_string):
            return None
        if self.closed:
            return refused(503, "the server is stopping", code="stopping")
        sio, address = self._sio, self._address(request)
        while 0 < self._per_address_max <= len(sio.by_address.get(address, ())):
            if not await sio.hang_up_on_a_newcomer(address):
                limit = "connections_per_address_max"
                return self._over(request, 429, TOO_MANY_CONNECTIONS, limit)
        while 0 < self._connections_max <= len(sio.eio.sockets):
            if not await sio.hang_up_on_a_newcomer():
                return self._over(request, 503, "the server is full", "connections_max")
        while 0 < self._unverified_max <= len(sio.newcomers):
            await sio.hang_up_on_a_newcomer()
        return None

    def _over(self, request: web.Request, status: int, reason: str, limit: str) -> web.Response:
        self._sio.log.refused(self._address(request), reason, limit)
        return refused(status, reason)

    def _is_one_too_many(self, peer: str | None) -> bool:
        most = self._per_address_max * LINES_PER_CONNECTION_MAX
        if len(self.lines) >= self._lines_max and not self._hang_up_on_a_stranger(
            "connections_max"
        ):
            limit = "connections_max" if self._connections_max else ""
            self._sio.log.refused(_who(peer), "too many network connections", limit)
            return True
        if (
            most
            and peer
            and self._lines_of[peer] >= most
            and not self._hang_up_on_a_stranger("connections_per_address_max", peer)
        ):
            limit = "connections_per_address_max"
            self._sio.log.refused(peer, "too many network connections from one address", limit)
            return True
        return False

    def _hang_up_on_a_stranger(self, limit: str, peer: str | None = None) -> bool:
        """Make room for another line, as new sessions do. False where all lines are of users."""
        while (protocol := self._strangers.next_to_go(peer)) is not None:
            self._strangers.discard(protocol)
            line = self.lines[protocol]
            if _is_websocket(protocol) or self._is_of_a_user(line):
                continue
            self._sio.log.hung_up(_who(line.peer), "it is on no session, and others came", limit)
            line.transport.abort()
            self.left(protocol)
            return True
        return False

    def _is_of_a_user(self, line: Line) -> bool:
        sid = line.sid or ""
        return sid in self._sio.eio.sockets and sid not in self._sio.newcomers

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                self._sio.log.sum_up()
                self._hang_up_on_silent()
                self._hang_up_on_those_who_do_not_read()
                await self._sio.hang_up_on_silent()
            except Exception:
                log.exception("the silent could not all be hung up on", extra={"event": "fault"})

    def _hang_up_on_silent(self) -> None:
        latest = time.monotonic() - self._connect_seconds_max
        for line in list(self.lines.values()):
            if line.silent_since is not None and line.silent_since < latest:
                line.transport.abort()

    def _hang_up_on_those_who_do_not_read(self) -> None:
        now = time.monotonic()
        for protocol, line in list(self.lines.items()):
            if _is_websocket(protocol) or not line.transport.get_write_buffer_size():
                line.unread_since = None
            elif line.unread_since is None:
                line.unread_since = now
            elif now - line.unread_since > self._read_seconds_for(line):
                self._sio.log.hung_up(_who(line.peer), "it does not read its answer")
                line.transport.abort()

    def _read_seconds_for(self, line: Line) -> float:
        """Whoever's session is over is not waited for: its place may be taken already."""
        is_over = line.sid is not None and line.sid not in self._sio.eio.sockets
        return min(GOODBYE_SECONDS, self._read_seconds_max) if is_over else self._read_seconds_max


def _polls(request: web.Request, query: Mapping[str, Sequence[str]]) -> bool:
    """Whether it is of the polling transport; old clients are told to update in whichever they use."""
    is_websocket = request.method == "GET" and query.get("transport", [""])[0] == "websocket"
    return not is_websocket and not old_clients.is_old(request)


def _is_websocket(protocol: Any) -> bool:
    return protocol._payload_parser is not None  # a header would say so too easily


def _open_files_max() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 2**31


def _who(peer: str | None) -> str:
    return peer or "a proxy"
