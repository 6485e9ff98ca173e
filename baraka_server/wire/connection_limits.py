"""Limits on TCP connections: in all, of one address and in a second, and how long one may be idle."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from baraka_server.wire.rate_limits import Counted, Rates
from baraka_server.wire.server import GuardedServer
from baraka_server.wire.sockets import GOODBYE_SECONDS
from baraka_server.wire.tcp_connections import GuardedConnection
from baraka_server.wire.unverified import Unverified

PER_SOCKET_MAX = 3
"""A long-polling client has a GET and a POST open at once, and a websocket while it upgrades."""
FILES_KEPT = 128
"""Open files that are kept for the database and the log."""
A_PROXY = "a proxy"
"""What the log says for an address that is not known."""


@dataclass(slots=True)
class TcpConnection:
    """One TCP connection: its transport, and since when it has been silent or has not read.

    `peer` is None for a proxy, `silent_since` None after the first request, `unread_since` None while
    nothing waits to be sent. `sid` is the Engine.IO session of its last request, if it had one.
    `counted` is given back when it turns out to be of a verified user; None for a proxy.
    """

    transport: asyncio.Transport
    peer: str | None
    silent_since: float | None
    counted: Counted | None
    unread_since: float | None = None
    sid: str | None = None


class ConnectionLimits:
    """The open TCP connections, and whether one more may come; 0 is no limit.

    `peer` gives the client address of a TCP connection, None for a proxy's. `connections_max` and
    `per_address_max` count sockets, of which each may have some connections. `per_second_max` are the new
    ones of an address: what is above is closed before anything is made for it. `connect_seconds_max`
    closes connections that send nothing, `read_seconds_max` those that do not read an answer, which would
    wait in memory for ever; websockets have pings for that.
    """

    def __init__(
        self,
        sio: GuardedServer,
        peer: Callable[[asyncio.BaseTransport], str | None],
        *,
        connections_max: int,
        per_address_max: int,
        per_second_max: float,
        connect_seconds_max: float,
        read_seconds_max: float,
    ) -> None:
        self.open: dict[Any, TcpConnection] = {}
        """The open TCP connections, by aiohttp's protocol object."""
        self._sio = sio
        self._peer_of = peer
        self._clock = sio.clock
        self._max = _open_files_max() - FILES_KEPT
        self._max_is_a_setting = bool(connections_max)
        if connections_max:
            self._max = min(self._max, connections_max * PER_SOCKET_MAX)
        self._per_address_max = per_address_max * PER_SOCKET_MAX
        self._new: Rates[str] = Rates(per_second_max, clock=sio.clock)
        self._connect_seconds_max = connect_seconds_max
        self._read_seconds_max = read_seconds_max
        self._count_of: Counter[str] = Counter()
        self._unverified: Unverified[GuardedConnection] = Unverified()
        """TCP connections that were not of a verified user when they were last looked at."""

    @property
    def unverified(self) -> int:
        """The number of connections on which no verified user is known to be."""
        return len(self._unverified)

    @property
    def by_address(self) -> Mapping[str, int]:
        """The number of connections of each address, without those of trusted proxies."""
        return dict(self._count_of)

    @property
    def unread_bytes(self) -> int:
        """The bytes that wait in memory for clients that do not read."""
        return sum(each.transport.get_write_buffer_size() for each in self.open.values())

    def peer(self, protocol: GuardedConnection) -> str | None:
        """The address of a connection's peer. None for a proxy, and where it is closed."""
        connection = self.open.get(protocol)
        return connection.peer if connection else None

    def refuses(self, transport: asyncio.Transport) -> bool:
        peer = self._peer_of(transport)
        return self._is_too_often(peer) or self._is_one_too_many(peer)

    def opened(self, protocol: GuardedConnection, transport: asyncio.Transport) -> None:
        peer = self._peer_of(transport)
        counted = Counted(self._new.of(peer)) if peer else None
        self.open[protocol] = TcpConnection(transport, peer, self._clock(), counted)
        if peer:
            self._count_of[peer] += 1
            self._unverified.add(protocol, peer)

    def lost(self, protocol: GuardedConnection) -> None:
        connection = self.open.pop(protocol, None)
        if connection is None:
            return
        self._unverified.discard(protocol)
        if connection.peer:
            self._count_of[connection.peer] -= 1
            if not self._count_of[connection.peer]:
                del self._count_of[connection.peer]
        # A proxy closes its connections as it likes, and reads for clients that are slow.
        self._sio.tcp_connection_lost(protocol, connection.sid if connection.peer else None)

    def give_back(self, connection: TcpConnection) -> None:
        """Uncount a connection whose session, within its own rate, is of a verified user."""
        if connection.counted is not None and self._is_of_a_user(connection):
            connection.counted.give_back()
            connection.counted = None

    def sweep(self) -> None:
        """Hang up on those whose time is over."""
        self._hang_up_on_silent()
        self._hang_up_on_those_who_do_not_read()

    def _is_too_often(self, peer: str | None) -> bool:
        """Count a new connection in the rate of its address; True when that is exceeded."""
        if peer is None or not self._new.take(peer):
            return False
        reason = "too many new network connections from one address"
        self._sio.log.refused(peer, reason, "connections_per_second_max")
        return True

    def _is_one_too_many(self, peer: str | None) -> bool:
        if len(self.open) >= self._max and not self._evict("connections_max"):
            limit = "connections_max" if self._max_is_a_setting else ""
            self._sio.log.refused(peer or A_PROXY, "too many network connections", limit)
            return True
        limit = "connections_per_address_max"
        if (
            peer
            and 0 < self._per_address_max <= self._count_of[peer]
            and not self._evict(limit, peer)
        ):
            self._sio.log.refused(peer, "too many network connections from one address", limit)
            return True
        return False

    def _evict(self, limit: str, peer: str | None = None) -> bool:
        """Close a connection that is of no verified user. False where there is none."""
        while (protocol := self._unverified.next_to_evict(peer)) is not None:
            self._unverified.discard(protocol)
            connection = self.open[protocol]
            if _is_websocket(protocol) or self._is_of_a_user(connection):
                continue
            self._sio.log.hung_up(
                connection.peer or A_PROXY, "it is on no session, and others came", limit
            )
            connection.transport.abort()
            self.lost(protocol)
            return True
        return False

    def _is_of_a_user(self, connection: TcpConnection) -> bool:
        sid = connection.sid or ""
        return sid in self._sio.eio.sockets and sid not in self._sio.unverified

    def _hang_up_on_silent(self) -> None:
        latest = self._clock() - self._connect_seconds_max
        for connection in list(self.open.values()):
            if connection.silent_since is not None and connection.silent_since < latest:
                connection.transport.abort()

    def _hang_up_on_those_who_do_not_read(self) -> None:
        now = self._clock()
        for protocol, connection in list(self.open.items()):
            if _is_websocket(protocol) or not connection.transport.get_write_buffer_size():
                connection.unread_since = None
            elif connection.unread_since is None:
                connection.unread_since = now
            elif now - connection.unread_since > self._read_seconds_for(connection):
                self._sio.log.hung_up(connection.peer or A_PROXY, "it does not read its answer")
                connection.transport.abort()

    def _read_seconds_for(self, connection: TcpConnection) -> float:
        """The read timeout of a connection: short when its session is over, as its place may be taken."""
        is_over = connection.sid is not None and connection.sid not in self._sio.eio.sockets
        return min(GOODBYE_SECONDS, self._read_seconds_max) if is_over else self._read_seconds_max


def _is_websocket(protocol: Any) -> bool:
    return protocol._payload_parser is not None  # a header would say so too easily


def _open_files_max() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 2**31
