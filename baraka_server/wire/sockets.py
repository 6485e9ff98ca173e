"""Engine.IO sockets with limits, which a hostile client cannot use against the server or other clients.

The hooks into python-engineio 4.15 and python-socketio 5.18 are here, in `server` and in `packets`. The
library's sockets would log a stack trace for a malformed packet and go on, queue without a bound for a
client that does not read, wait for ever for one that sends nothing, and take the first segment of a POST
for all of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import web
from engineio import async_socket, exceptions, packet, payload

from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.wire.fanout import Subscriber
from baraka_server.wire.outgoing import OutgoingPacket
from baraka_server.wire.rate_limits import Counted, Rate
from baraka_server.wire.send_queue import SendQueue
from baraka_server.wire.sid_binding import Opener
from baraka_server.wire.socket_limits import SocketLimits

if TYPE_CHECKING:
    from baraka_server.wire.server import GuardedServer
    from baraka_server.wire.websockets import GuardedWebSocket

SPEAKABLE_TYPES = frozenset({packet.CLOSE, packet.PONG, packet.MESSAGE, packet.UPGRADE})
SPEAKABLE_MESSAGES = ("0", "1", "2")
"""CONNECT, DISCONNECT, EVENT: the contract has no attachments, and no acknowledgement by a client."""

UNVERIFIED_REQUESTS_PER_SECOND = 2
"""Requests of a session whose user is not verified yet, on average; it needs three."""
REQUESTS_FOR_AN_EVENT = 2
"""Over long-polling an event takes two: the POST with it, and the GET of its answer."""
PACKETS_PER_POLL_MAX = 16
"""How many packets one answer to a poll has at most: python-socketio's client refuses an answer with more."""
DOES_NOT_READ = "it does not read what it is sent"
SESSION_OVER = "the session is over"
WENT_ON = "it sent more than the limit, and went on"
STRIKES_PER_SECOND = 20
"""How often on average a user may be told to slow down, over all sockets, before one is disconnected."""
BARRED_SECONDS = 5
"""How long a user who was disconnected for that is refused."""
GOODBYE_SECONDS = 2
"""How long a closed websocket may take to read the rest before it is cut off."""
ENTRY = web.RequestKey("entry", list[Counted])
"""The key under which a request has what it was counted in, and its connection."""
REFUSED = web.RequestKey("refused", tuple[int, str])
"""The key under which a request has the status and reason to answer with instead of the library."""


class HungUp(exceptions.SocketIsClosedError):  # type: ignore[misc]
    """The server closed this socket: whatever still works on it should stop."""


class GuardedSocket(async_socket.AsyncSocket):  # type: ignore[misc]
    """One client's connection, over long-polling or a websocket. Set up by `guard`."""

    host: GuardedServer
    address: str
    limits: SocketLimits
    rate: Rate
    bytes: Rate
    requests: Rate
    """The rate of its HTTP requests; those over it are counted in the rate of its address."""
    entry: Sequence[Counted] = ()
    """What its first request was counted in, until its user is verified."""
    strikes: Rate
    silent_since: float
    struck_out: bool
    noted: bool
    send_queue: SendQueue
    polling: bool
    upgrade: bool
    websocket: GuardedWebSocket | None
    viewer: Viewer | None
    """The viewer, once its user is verified."""
    opener: Opener
    """The requests that may use its id: those like the one that opened it."""
    subscriber: Subscriber | None = None
    """The socket as the fan-out reaches it, where there is one."""
    answered_on: Any = None
    """aiohttp's protocol object of the connection that its last poll came on."""
    last_ping: float | None
    pinging: asyncio.Task[None] | None

    def guard(self, host: GuardedServer, address: str) -> None:
        """Set the fields, in place of a constructor: the library makes sockets of its own class."""
        self.host, self.address, self.limits = host, address, host.limits
        self.rate = Rate(host.limits.events_per_second_max, host.clock)
        self.bytes = Rate(host.limits.bytes_per_second_max, host.clock)
        self.requests = Rate(UNVERIFIED_REQUESTS_PER_SECOND, host.clock)
        self.strikes = Rate(STRIKES_PER_SECOND, host.clock)
        self.silent_since = host.clock()
        self.struck_out = self.noted = False
        self.send_queue = SendQueue(self.queue, host.limits.send_buffer_bytes_max)
        self.polling = self.upgrade = False
        self.websocket = self.pinging = self.viewer = None

    @property
    def unsent_bytes(self) -> int:
        return self.send_queue.bytes + self._bytes_in_transport

    def proved(self, *, gives_back: bool) -> None:
        """Note that its user is verified. `gives_back` uncounts its first request."""
        self.host.unverified.discard(self.sid)
        self.requests = Rate(
            REQUESTS_FOR_AN_EVENT * self.limits.events_per_second_max, self.host.clock
        )
        if gives_back:
            for counted in self.entry:
                counted.give_back()
        self.entry = ()

    # --- what it says

    async def receive(self, pkt: packet.Packet) -> None:
        """Handle a packet of either transport. Raises `HungUp` when the socket is closed for it."""
        if self.closed or self.closing:
            raise HungUp
        self.gives_sign_of_life()
        if not _speakable(pkt):
            await self.hang_up("it sent a packet that no client sends")
            raise HungUp
        limit, wait = "events_per_second_max", self.rate.take()
        if not wait:
            limit, wait = "bytes_per_second_max", self.bytes.take(len(pkt.data))
        if not wait:
            if not (self.struck_out and pkt.packet_type == packet.MESSAGE):
                await super().receive(pkt)
        elif self.struck_out or not await self.host.too_fast(self, pkt, wait, limit):
            await self.hang_up(WENT_ON)
            raise HungUp

    def gives_sign_of_life(self) -> None:
        """Note that the client lives: it could have read what was sent to it before (D31)."""
        if self.viewer is not None:
            self.viewer.alive_at = time.monotonic()

    def is_of_somebody_else(self, environ: Mapping[str, Any]) -> bool:
        """Whether another client sent this request; it is then answered with an error.

        The session goes on: its owner has done nothing.
        """
        request: web.Request = environ["aiohttp.request"]
        address = self.host.address_of(request)
        reason = self.opener.objection(environ, address)
        if reason is None:
            return False
        request[REFUSED] = 403, reason
        self.host.log.refused(address, reason)
        return True

    async def handle_get_request(self, environ: Mapping[str, Any]) -> Any:
        if self.is_of_somebody_else(environ):
            return self.server._bad_request()
        self.gives_sign_of_life()
        request: web.Request = environ["aiohttp.request"]
        self.host.polls[request.protocol] = self
        self.answered_on = request.protocol
        try:
            answer = await super().handle_get_request(environ)
        finally:
            self.host.polls.pop(request.protocol, None)
        if isinstance(answer, list) and (not request.transport or request.transport.is_closing()):
            await self.poll_broke()  # nobody will read the answer
        elif answer == []:
            request[REFUSED] = 400, SESSION_OVER
        if not self.connected:  # it wanted a websocket, and did not say `Connection: upgrade`
            await self.end(self.server.reason.TRANSPORT_ERROR)
            return self.server._bad_request("Invalid websocket upgrade")
        return answer

    async def handle_post_request(self, environ: Mapping[str, Any]) -> None:
        """Read the whole body of a POST and handle its packets, or answer with an error."""
        if self.is_of_somebody_else(environ):
            return
        request: web.Request = environ["aiohttp.request"]
        status = 400
        try:
            length = request.content_length or 0
            if length > self.server.max_http_buffer_size:
                status = 413
                raise exceptions.ContentTooLongError
            async with asyncio.timeout(self.limits.connect_seconds_max):
                body = await request.content.readexactly(length)
            packets = payload.Payload(encoded_payload=body.decode()).packets
            if not packets:
                raise ValueError("no packet")
            for pkt in packets:
                await self.receive(pkt)
            return
        except HungUp:
            reason = SESSION_OVER
        except TimeoutError:
            reason = "it did not finish what it began to post"
        except exceptions.ContentTooLongError:
            reason = "it posted more than the limit"
        except Exception as error:
            reason = f"it posted what cannot be read ({type(error).__name__})"
        # Not raised: the library would log a stack trace for it, or fail on its own variables.
        request[REFUSED] = status, reason
        await self.hang_up(reason)

    async def poll_broke(self) -> None:
        """End a session whose poll was cut off: every client reconnects then.

        If it went on, the packets of that answer would be missing.
        """
        if not self.upgraded:
            await self.end(self.server.reason.TRANSPORT_CLOSE)

    async def _upgrade_websocket(self, environ: Mapping[str, Any]) -> Any:
        self.host.polls.pop(environ["aiohttp.request"].protocol, None)  # it has its own end
        if self.upgrade:
            return self.server._bad_request("upgraded already")
        self.upgrade = True
        try:
            return await super()._upgrade_websocket(environ)
        finally:
            self.upgrade = False
            if not self.connected:  # a handshake that failed
                await self.end(self.server.reason.TRANSPORT_ERROR)

    async def _websocket_handler(self, ws: GuardedWebSocket) -> None:
        self.websocket = ws
        try:
            await super()._websocket_handler(ws)
        except Exception as error:
            await self.hang_up(f"it sent what cannot be read ({type(error).__name__})")
        finally:
            if self.upgraded:
                await self.end(self.server.reason.TRANSPORT_CLOSE)
            else:  # it goes on polling, which theirs forgets on one path
                self.upgrading = False
                ws.transport.abort()

    # --- what it is told

    async def send(self, pkt: packet.Packet) -> None:
        if await self.check_ping_timeout() and not self.offer(pkt):
            await self.hang_up(DOES_NOT_READ)

    def offer(self, pkt: packet.Packet) -> bool:
        """Queue a packet. False if too much waits already: the caller should disconnect the client."""
        return self.send_queue.put(pkt, self._bytes_in_transport)

    @property
    def _bytes_in_transport(self) -> int:
        if self.websocket is None or not self.upgraded:
            return 0
        return self.websocket.transport.get_write_buffer_size()

    async def poll(self) -> list[packet.Packet]:
        if self.polling:  # two would each get half of the packets
            await self.hang_up("it polled twice at once")
            raise HungUp
        self.polling = True
        try:
            return await self._take()
        finally:
            self.polling = False

    async def _take(self) -> list[packet.Packet]:
        """Wait for something to send. An empty list is the end."""
        packets = await (super().poll() if self.upgraded else self._poll_some())
        self.send_queue.took(packets)
        for pkt in packets:
            if isinstance(pkt, OutgoingPacket) and pkt.shows:
                self.was_shown(pkt.shows)
        return packets

    async def _poll_some(self) -> list[packet.Packet]:
        """Wait for something to send, and take no more than a client accepts in one answer to a poll."""
        seconds = self.server.ping_interval + self.server.ping_timeout
        try:
            packets = [await asyncio.wait_for(self.queue.get(), seconds)]
        except TimeoutError:
            raise exceptions.QueueEmpty from None
        while packets[-1] is not None and len(packets) < PACKETS_PER_POLL_MAX:
            try:
                packets.append(self.queue.get_nowait())
            except asyncio.QueueEmpty:
                break
        if packets[-1] is None:
            packets.pop()
            if packets:
                self.queue.put_nowait(None)  # the next poll is told of the end
        return packets

    def was_shown(self, round_: RoundShown) -> None:
        """Note that a packet that shows a round has left for the client."""
        if self.viewer is not None:
            self.host.shown(self.viewer, round_)

    def schedule_ping(self) -> None:
        if self.last_ping:  # the ping before it was answered
            self.last_ping = None
            self.pinging = asyncio.create_task(self._send_ping())

    # --- the end

    async def close(
        self, wait: bool = True, abort: bool = False, reason: str | None = None
    ) -> None:
        """Close without waiting for the client; the library leaves a poll, a ping and the session behind."""
        if self.closed or self.closing:
            return
        await super().close(wait=False, abort=abort, reason=reason)
        self.server.sockets.pop(self.sid, None)
        self.queue.put_nowait(None)  # whoever waits for something to send may go
        if self.pinging is not None and self.pinging is not asyncio.current_task():
            self.pinging.cancel()
        self.pinging = None
        if self.websocket is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(GOODBYE_SECONDS, self.websocket.transport.abort)

    async def hang_up(self, reason: str, limit: str = "") -> None:
        """Close the connection at once, without telling the client, and log the reason."""
        if not self.closed:
            self.note(reason, limit)
        await self.end(self.server.reason.TRANSPORT_ERROR)

    def cut_off(self) -> None:
        """Abort a websocket whose client sends far more than the limit, in whatever frames."""
        self.note(WENT_ON)
        self.strikes.overdraw(BARRED_SECONDS)
        if self.websocket is not None:
            self.websocket.transport.abort()

    async def end(self, reason: str) -> None:
        await self.close(abort=True, reason=reason)
        self.send_queue.clear()  # nobody will read it any more
        self.queue.put_nowait(None)
        if self.websocket is not None:
            self.websocket.transport.abort()

    def note(self, reason: str, limit: str = "") -> None:
        """Log why the socket is closed, once for each socket."""
        if not self.noted:
            self.noted = True
            self.host.slow_viewers_dropped += reason == DOES_NOT_READ
            self.host.log.hung_up(self.address, reason, limit)


def _speakable(pkt: packet.Packet) -> bool:
    # What is not text was JSON, which Engine.IO reads although nobody writes any.
    if pkt.packet_type not in SPEAKABLE_TYPES or not isinstance(pkt.data, str):
        return False
    return pkt.packet_type != packet.MESSAGE or pkt.data.startswith(SPEAKABLE_MESSAGES)
