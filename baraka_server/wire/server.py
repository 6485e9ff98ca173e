"""Socket.IO server whose sockets enforce limits: refusals, acknowledgements, strikes and evictions.

Like those of `sockets`, its hooks are into python-engineio 4.15 and python-socketio 5.18.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import engineio
import socketio
from aiohttp import web
from engineio import packet
from socketio import packet as sio_packet

from baraka_server.contract.refusals import Refusal
from baraka_server.contract.server_events import Error
from baraka_server.contract.vocabulary import CLIENT_EVENTS
from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.live.encoded import Encoded, Pieces
from baraka_server.metrics.counting import SECONDS, Histogram
from baraka_server.store.slices import each_in_slices
from baraka_server.wire.abuse_log import AbuseLog
from baraka_server.wire.fanout import FanOut, Subscriber
from baraka_server.wire.outgoing import acknowledgement_packet, event_packet
from baraka_server.wire.places import Place
from baraka_server.wire.replies import error_payload, negative, too_fast
from baraka_server.wire.sid_binding import SidBinding, new_id
from baraka_server.wire.socket_limits import SocketLimits
from baraka_server.wire.sockets import (
    BARRED_SECONDS,
    ENTRY,
    GuardedSocket,
)
from baraka_server.wire.unverified import Unverified
from baraka_server.wire.websockets import GuardedWebSocket

MISTAKES = (
    *("bad-sid", "bad-transport", "bad-upgrade", "bad-jsonp-index", "bad-version"),
    *("not-connected", "unexpected-http"),
)
"""Engine.IO's keys for mistakes of clients, also of every client after a restart: not logged."""

EVENT_HEAD = re.compile(r'2(?P<id>\d{1,15})?\["(?P<name>[A-Za-z_]{1,64})"')
CHECKED_AT_ONCE, HUNG_UP_ON_AT_ONCE = 500, 20
"""Slices of the look at all sockets: a millisecond or two each."""
POLL_AGAIN_SECONDS = 10
"""How long a client whose last poll's connection was closed may take to poll again."""


ACK_ID: ContextVar[int | None] = ContextVar("ack_id", default=None)
"""The acknowledgement id of the event that is being handled; None if its client wants none."""


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    """The Engine.IO server, with session ids of 128 random bits; the library's have 96.

    Where there are several workers or nodes, an id names the `place` that has the session.
    """

    place: Place | None = None

    def generate_id(self) -> str:
        return self.place.named(new_id()) if self.place else new_id()


class GuardedServer(socketio.AsyncServer):  # type: ignore[misc]
    """A Socket.IO server with `GuardedSocket`s.

    `address_of` gives the client address of a request, `binding` what a session is bound to. `clock`
    counts the seconds of limits and timeouts.
    """

    def __init__(
        self,
        limits: SocketLimits,
        address_of: Callable[[web.Request], str],
        *,
        binding: SidBinding,
        clock: Callable[[], float] = time.monotonic,
        **options: Any,
    ) -> None:
        super().__init__(
            max_http_buffer_size=limits.message_bytes_max,
            # It would take 12 ms a megabyte, in which nobody is served, for each client that polls.
            http_compression=False,
            **options,
        )
        self.limits = limits
        self.clock = clock
        self.log = AbuseLog(clock)
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """The events of clients that were answered, by name and by code, "" for who was accepted."""
        self.turned_away: Counter[str] = Counter()
        """The sockets whose token was refused, by code."""
        self.opened = self.slow_viewers_dropped = 0
        self.answer_seconds, self.join_seconds = Histogram(SECONDS), Histogram(SECONDS)
        """From when an event was read until its answer is sent."""
        self.shown: Callable[[Viewer, RoundShown], None] = lambda _viewer, _round: None
        """Called when a packet that shows a round to a viewer has left for it."""
        self.fan_out: FanOut | None = None
        """The fast path, where there is one: see `fastpath`."""
        self.by_address: defaultdict[str, set[str]] = defaultdict(set)
        """The Engine.IO sessions of each address."""
        self.unverified: Unverified[str] = Unverified()
        """The Engine.IO sessions whose user is not verified yet, or was refused."""
        self.polls: dict[Any, GuardedSocket] = {}
        """The sockets whose poll waits for an answer, by aiohttp's protocol object of its connection."""
        self._leaving: set[asyncio.Task[None]] = set()
        self.address_of = address_of
        self._binding = binding
        self._answering: set[asyncio.Task[None]] = set()
        self.eio.log_message_keys = set(MISTAKES)
        self.use(GuardedSocket, GuardedWebSocket)

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    def use(self, sockets: type[GuardedSocket], websockets: type[GuardedWebSocket]) -> None:
        """Set the classes of which new connections are made."""
        self._socket_class = sockets
        self.eio._async = {**self.eio._async, "websocket": websockets}

    async def too_fast(
        self, client: GuardedSocket, pkt: packet.Packet, wait_seconds: float, limit: str
    ) -> bool:
        """Refuse an event over a rate without parsing it: only its name and id are read.

        False for a packet that is not an event: no connected client sends many of them.
        """
        sid = self.manager.sid_from_eio_sid(client.sid, "/")
        if sid is None or pkt.packet_type != packet.MESSAGE or not pkt.data.startswith("2"):
            return False
        event = EVENT_HEAD.match(pkt.data)
        refusal = too_fast(event["name"] if event else "", wait_seconds)
        self.note_outcome(refusal.event, refusal)
        await self.refuse(sid, refusal)
        if event and event["id"]:
            acknowledgement = self.packet_class(
                sio_packet.ACK, namespace="/", id=int(event["id"]), data=[negative(refusal)]
            )
            await self._send_packet(client.sid, acknowledgement)
        await self.strike(sid, limit)
        return True

    def note_outcome(self, event: str, outcome: object) -> None:
        """Count the answer to an event of a client. Names that nobody knows are counted together."""
        name = event if event in CLIENT_EVENTS else ""
        self.outcomes[name, outcome.code if isinstance(outcome, Refusal) else ""] += 1

    async def refuse(self, sid: str, refusal: Refusal) -> None:
        """Send `error` to this client alone."""
        await self.tell(sid, Error.wire_name, error_payload(refusal))

    async def tell(self, sid: str, event: str, payload: Encoded) -> None:
        """Send an event to this client alone."""
        client = self.client(sid)
        if client is not None:
            await client.send(event_packet(event, payload))

    async def tell_room(self, room: str, event: str, payload: Encoded, shows: RoundShown) -> None:
        """Send an event that shows a round to everybody in a room of the library."""
        told = event_packet(event, payload, shows=shows)
        for _, eio_sid in list(self.manager.get_participants("/", room)):
            client: GuardedSocket | None = self.eio.sockets.get(eio_sid)
            if client is not None:
                await client.send(told)

    async def strike(self, sid: str, limit: str) -> None:
        """Count that a client was told to slow down; disconnect it when that happens too often."""
        client = self.client(sid)
        if client is None:
            return
        self.log.refused(client.address, "it sends too fast", limit)
        if client.strikes.take():
            client.struck_out = True
            client.strikes.overdraw(BARRED_SECONDS)
            client.note("it was told to slow down and did not")
            await self.disconnect(sid)

    def tcp_connection_lost(self, protocol: Any, sid: str | None) -> None:
        """End the session whose poll waited on a TCP connection that is gone.

        The session `sid`, whose last answer went over it, is given time to poll again.
        """
        if client := self.polls.pop(protocol, None):
            self._poll_broke(client)
        elif sid and (client := self.eio.sockets.get(sid)) and client.answered_on is protocol:
            loop = asyncio.get_running_loop()
            loop.call_later(POLL_AGAIN_SECONDS, self._poll_broke, client, protocol)

    def _poll_broke(self, client: GuardedSocket, protocol: Any = None) -> None:
        if protocol is None or client.answered_on is protocol:
            task = asyncio.create_task(client.poll_broke())
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def client(self, sid: str) -> GuardedSocket | None:
        """The socket with this Socket.IO session id, if it is connected."""
        found: GuardedSocket | None = self.eio.sockets.get(self.manager.eio_sid_from_sid(sid, "/"))
        return found

    def subscriber(self, sid: str) -> Subscriber | None:
        client = self.client(sid)
        return client.subscriber if client else None

    async def answered(self) -> None:
        """Return when every event that was received has its acknowledgement on its way."""
        while self._answering:
            await asyncio.wait(self._answering)

    async def evict_unverified(self, address: str | None = None) -> bool:
        """Close an unverified session to make room; see `Unverified`. False where there is none."""
        sid = self.unverified.next_to_evict(address)
        if sid is None:
            return False
        self.unverified.discard(sid)
        client: GuardedSocket | None = self.eio.sockets.get(sid)
        if client is not None:
            await client.hang_up(
                "it has shown no valid token, and others came", "connections_unverified_max"
            )
        return True

    async def hang_up_on_silent(self) -> None:
        """Close the sockets that have not connected to the namespace for too long."""
        now, silent = self.clock(), []
        async for client in each_in_slices(list(self.eio.sockets.values()), CHECKED_AT_ONCE):
            if self.manager.sid_from_eio_sid(client.sid, "/") is not None:
                client.silent_since = now
            elif now - client.silent_since > self.limits.connect_seconds_max:
                silent.append(client)
        async for client in each_in_slices(silent, HUNG_UP_ON_AT_ONCE):
            if self.manager.sid_from_eio_sid(client.sid, "/") is None:
                await client.hang_up("it never connected")

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        self.opened += 1
        client = self.eio.sockets[eio_sid]
        client.__class__ = self._socket_class
        request: web.Request = environ["aiohttp.request"]
        client.guard(self, self.address_of(request))
        client.opener = self._binding.opener(environ, client.address)
        client.entry = request.get(ENTRY, ())
        self.by_address[client.address].add(eio_sid)
        self.unverified.add(eio_sid, client.address)
        await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        # The library refuses with a text. The protocol wants an object: Android's client waits for ever.
        if namespace not in {None, "", "/"}:
            reason = "Invalid namespace"
        elif self.manager.sid_from_eio_sid(eio_sid, "/") is not None:
            reason = "Already connected"
        else:
            await super()._handle_connect(eio_sid, namespace, data)
            return
        refusal = self.packet_class(
            sio_packet.CONNECT_ERROR, namespace=namespace, data={"message": reason}
        )
        await self._send_packet(eio_sid, refusal)

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception as error:
            client = self.eio.sockets.get(eio_sid)
            if client is not None:
                await client.hang_up(f"it sent what cannot be read ({type(error).__name__})")
        finally:
            if eio_sid not in self.eio.sockets:  # it was closed while it connected
                ghost = self.manager.sid_from_eio_sid(eio_sid, "/")
                if ghost is not None:
                    await self.manager.disconnect(ghost, "/")

    async def _handle_event_internal(
        self, server: Any, sid: str, eio_sid: str, data: Any, namespace: str, number: Any
    ) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        ACK_ID.set(number)
        await super()._handle_event_internal(server, sid, eio_sid, data, namespace, number)

    async def acknowledge(
        self, sid: str, number: int, payload: Pieces, shows: RoundShown | None
    ) -> None:
        """Acknowledge an event with a payload in pieces, which the library would copy for each client."""
        client = self.client(sid)
        if client is not None:
            await client.send(acknowledgement_packet(number, payload, shows))

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        client = self.eio.sockets.get(eio_sid)
        if client is not None:
            self.by_address[client.address].discard(eio_sid)
            if not self.by_address[client.address]:
                del self.by_address[client.address]
        await super()._handle_eio_disconnect(eio_sid, reason)
        self.unverified.discard(eio_sid)
