"""Engine.IO sockets that a hostile client cannot use against the server or its neighbours.

The hooks into python-engineio 4.15 and python-socketio 5.18 are here and in `packets`. Theirs would
log a stack trace for a malformed packet and go on, queue without a bound for a client that does not
read, wait for ever for one that says nothing, and take the first segment of a POST for all of it.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import socketio
from aiohttp import WSMsgType, web
from aiohttp.abc import AbstractStreamWriter
from engineio import async_socket, exceptions, packet, payload
from engineio.async_drivers import aiohttp as driver
from socketio import packet as sio_packet

from baraka_server.contract.refusals import Refusal
from baraka_server.contract.server_events import Error
from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.live.encoded import Encoded
from baraka_server.wire.answers import error_payload, negative, too_fast
from baraka_server.wire.backlog import Backlog, Spoken
from baraka_server.wire.fanout import FanOut, Lane, spoken
from baraka_server.wire.limits import Rate
from baraka_server.wire.meter import measure
from baraka_server.wire.sparing import SparingLog

SPEAKABLE_TYPES = frozenset({packet.CLOSE, packet.PONG, packet.MESSAGE, packet.UPGRADE})
MISTAKES = (
    *("bad-sid", "bad-transport", "bad-upgrade", "bad-jsonp-index", "bad-version"),
    *("not-connected", "unexpected-http"),
)
"""What strangers get wrong, and everybody after a restart: no error of ours."""
CONTROL_TYPES = frozenset({WSMsgType.PING, WSMsgType.PONG})
SPEAKABLE_MESSAGES = ("0", "1", "2")
"""CONNECT, DISCONNECT, EVENT: the contract has no attachments, and no client owes us an answer."""

EVENT_HEAD = re.compile(r'2(?P<id>\d{1,15})?\["(?P<name>[A-Za-z_]{1,64})"')
DOES_NOT_READ = "it does not read what it is sent"
WENT_ON = "it sent more than the limit, and went on"
STRIKES_PER_SECOND = 20
"""So often on average a user may be told to slow down, over all sockets, before one has to leave."""
BARRED_SECONDS = 5
"""How long a user is turned away who had to leave."""
FRAMES_SHARE = 2
"""What all frames of a websocket may weigh, in relation to the messages that are made of them."""
TCP_NOTSENT_LOWAT = 25  # Linux; the socket module has no name for it
UNREAD_KERNEL_BYTES = 128 * 1024
"""How much unsent data the kernel takes from us for one socket."""
GOODBYE_SECONDS = 2
"""How long a closed websocket may take to read the rest before it is cut off."""
POLL_AGAIN_SECONDS = 10
"""How long whoever closed the connection of its last poll may take to poll again."""
REFUSED = web.RequestKey("refused", tuple[int, str])
"""Where a request says what its answer is instead of the library's: a status and a reason."""


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket may cost; see the settings of the same names."""

    message_bytes_max: int
    send_buffer_bytes_max: int
    events_per_second_max: float
    bytes_per_second_max: float
    connect_seconds_max: float


class HungUp(exceptions.SocketIsClosedError):  # type: ignore[misc]
    """We closed this socket; whoever still works on it should stop."""


class GuardedSocket(async_socket.AsyncSocket):  # type: ignore[misc]
    """One client's connection, over whichever transport it has now. See `guard`."""

    host: GuardedServer
    address: str
    limits: SocketLimits
    rate: Rate
    bytes: Rate
    strikes: Rate
    silent_since: float
    struck_out: bool
    noted: bool
    backlog: Backlog
    polling: bool
    upgrade: bool
    websocket: GuardedWebSocket | None
    viewer: Viewer | None
    """Who sits behind it, once that is verified."""
    lane: Lane | None = None
    """Where the fan-out reaches it, if there is one."""
    answered_on: Any = None
    """aiohttp's protocol object of the connection that its last poll came on."""
    last_ping: float | None
    pinging: asyncio.Task[None] | None

    def guard(self, host: GuardedServer, address: str) -> None:
        """What a constructor would do: the library makes sockets of its own class."""
        self.host, self.address, self.limits = host, address, host.limits
        self.rate = Rate(host.limits.events_per_second_max)
        self.bytes = Rate(host.limits.bytes_per_second_max)
        self.strikes = Rate(STRIKES_PER_SECOND)
        self.silent_since = time.monotonic()
        self.struck_out = self.noted = False
        self.backlog = Backlog(self.queue, host.limits.send_buffer_bytes_max)
        self.polling = self.upgrade = False
        self.websocket = self.pinging = self.viewer = None

    @property
    def unsent_bytes(self) -> int:
        return self.backlog.bytes + self._bytes_in_transport

    # --- what it says

    async def receive(self, pkt: packet.Packet) -> None:
        """Every packet of every transport comes through here. Raises `HungUp` for the last one."""
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
        """It has read, or could have read, what was sent to it before (D31)."""
        if self.viewer is not None:
            self.viewer.alive_at = time.monotonic()

    async def handle_get_request(self, environ: Mapping[str, Any]) -> Any:
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
        if not self.connected:  # it wanted a websocket, and did not say `Connection: upgrade`
            await self.end(self.server.reason.TRANSPORT_ERROR)
            return self.server._bad_request("Invalid websocket upgrade")
        return answer

    async def handle_post_request(self, environ: Mapping[str, Any]) -> None:
        """Read all of a POST, and its packets; what is wrong with it becomes its answer."""
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
            reason = "the session is over"
        except TimeoutError:
            reason = "it did not finish what it began to post"
        except exceptions.ContentTooLongError:
            reason = "it posted more than the limit"
        except Exception as error:
            reason = f"it posted what cannot be read ({type(error).__name__})"
        # Not raised: the library would log a stack trace for it, or fail over its own variables.
        request[REFUSED] = status, reason
        await self.hang_up(reason)

    async def poll_broke(self) -> None:
        """Its poll was cut off: every client takes that for the end, and begins anew.

        What that poll would have been answered with would be missing, if it did go on.
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
        """Queue a packet. False if too much waits already: whoever offers it should hang up."""
        return self.backlog.put(pkt, self._bytes_in_transport)

    @property
    def _bytes_in_transport(self) -> int:
        if self.websocket is None or not self.upgraded:
            return 0
        return self.websocket.transport.get_write_buffer_size()

    async def poll(self) -> list[packet.Packet]:
        if self.polling:  # two would each get half of what is said
            await self.hang_up("it polled twice at once")
            raise HungUp
        self.polling = True
        try:
            return await self._take()
        finally:
            self.polling = False

    async def _take(self) -> list[packet.Packet]:
        """Wait for something to send. An empty list is the end."""
        packets: list[packet.Packet] = await super().poll()
        self.backlog.took(packets)
        for pkt in packets:
            if isinstance(pkt, Spoken) and pkt.shows:
                self.was_shown(pkt.shows)
        return packets

    def was_shown(self, round_: RoundShown) -> None:
        """What shows the round has left the send queue."""
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
        """Never waits for the client. Theirs leaves a poll, a ping and the session behind for a while."""
        if self.closed or self.closing:
            return
        await super().close(wait=False, abort=abort, reason=reason)
        self.server.sockets.pop(self.sid, None)
        self.queue.put_nowait(None)  # whoever waits for something to send may go
        if self.pinging is not None and self.pinging is not asyncio.current_task():
            self.pinging.cancel()
        if self.websocket is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(GOODBYE_SECONDS, self.websocket.transport.abort)

    async def hang_up(self, reason: str) -> None:
        """Close it at once, without a word to it and without waiting for it."""
        if not self.closed:
            self.note(reason)
        await self.end(self.server.reason.TRANSPORT_ERROR)

    def cut_off(self) -> None:
        """For a websocket whose client sends much more than the limit, in whatever pieces."""
        self.note(WENT_ON)
        self.strikes.overdraw(BARRED_SECONDS)
        if self.websocket is not None:
            self.websocket.transport.abort()

    async def end(self, reason: str) -> None:
        await self.close(abort=True, reason=reason)
        self.backlog.clear()  # nobody will read it any more
        self.queue.put_nowait(None)
        if self.websocket is not None:
            self.websocket.transport.abort()

    def note(self, reason: str) -> None:
        """Tell the log, once for each socket."""
        if not self.noted:
            self.noted = True
            self.host.log.hung_up(self.address, reason)


class GuardedWebSocket(driver.WebSocket):  # type: ignore[misc]
    """The websocket of one `GuardedSocket`: text only, and none that opens and says nothing."""

    response_class: type[web.WebSocketResponse] = web.WebSocketResponse
    transport: asyncio.Transport
    writer: AbstractStreamWriter

    async def __call__(self, environ: Mapping[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        if request.transport is None:
            raise ConnectionResetError("the client is gone")
        self.environ, self.transport = environ, request.transport
        # Theirs would compress for each viewer anew, and keep a quarter of a megabyte for it.
        self._sock = self.response_class(
            timeout=GOODBYE_SECONDS,
            autoping=False,
            compress=False,
            max_msg_size=self.server.max_http_buffer_size,
        )
        try:
            self.writer = await self._sock.prepare(request)
        except ValueError as error:  # a key that is no ASCII
            raise web.HTTPBadRequest(text="Handshake error") from error
        owner: GuardedSocket = self.handler.__self__
        measure(request, Rate(FRAMES_SHARE * owner.limits.bytes_per_second_max), owner.cut_off)
        raw = self.transport.get_extra_info("socket")
        if raw is not None:  # what is not sent yet waits where it is counted
            raw.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNREAD_KERNEL_BYTES)
        await self.handler(self)
        return self._sock

    async def wait(self) -> str:
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


class GuardedServer(socketio.AsyncServer):  # type: ignore[misc]
    """A Socket.IO server whose sockets are guarded. `address` tells where a request comes from."""

    def __init__(
        self, limits: SocketLimits, address: Callable[[web.Request], str], **options: Any
    ) -> None:
        super().__init__(
            max_http_buffer_size=limits.message_bytes_max,
            # A megabyte takes it 12 ms, in which nobody is served, for each client that polls.
            http_compression=False,
            **options,
        )
        self.limits = limits
        self.log = SparingLog()
        self.shown: Callable[[Viewer, RoundShown], None] = lambda _viewer, _round: None
        """Called when what shows a viewer a round has left for it."""
        self.fan_out: FanOut | None = None
        """The fast path, where there is one: see `fastpath`."""
        self.by_address: defaultdict[str, set[str]] = defaultdict(set)
        """The Engine.IO sessions of each address."""
        self.polls: dict[Any, GuardedSocket] = {}
        """Who waits for an answer, by aiohttp's protocol object of the connection."""
        self._leaving: set[asyncio.Task[None]] = set()
        self._address = address
        self._answering: set[asyncio.Task[None]] = set()
        self.eio.log_message_keys = set(MISTAKES)
        self.use(GuardedSocket, GuardedWebSocket)

    def use(self, sockets: type[GuardedSocket], websockets: type[GuardedWebSocket]) -> None:
        """What new connections are made of."""
        self._socket_class = sockets
        self.eio._async = {**self.eio._async, "websocket": websockets}

    async def too_fast(
        self, client: GuardedSocket, pkt: packet.Packet, wait_seconds: float, limit: str
    ) -> bool:
        """Refuse an event that was not even read: its name and its id are all that is needed.

        False for anything else, which nobody who is connected sends often.
        """
        sid = self.manager.sid_from_eio_sid(client.sid, "/")
        if sid is None or pkt.packet_type != packet.MESSAGE or not pkt.data.startswith("2"):
            return False
        event = EVENT_HEAD.match(pkt.data)
        refusal = too_fast(event["name"] if event else "", wait_seconds)
        await self.refuse(sid, refusal)
        if event and event["id"]:
            acknowledgement = self.packet_class(
                sio_packet.ACK, namespace="/", id=int(event["id"]), data=[negative(refusal)]
            )
            await self._send_packet(client.sid, acknowledgement)
        await self.strike(sid, limit)
        return True

    async def refuse(self, sid: str, refusal: Refusal) -> None:
        """`error`, to this client alone."""
        await self.tell(sid, Error.wire_name, error_payload(refusal))

    async def tell(
        self, sid: str, event: str, payload: Encoded, shows: RoundShown | None = None
    ) -> None:
        """An event for this client alone."""
        client = self.client(sid)
        if client is not None:
            await client.send(spoken(event, payload, shows=shows))

    async def tell_room(self, room: str, event: str, payload: Encoded, shows: RoundShown) -> None:
        """An event that shows a round, for everybody in a room of the library."""
        told = spoken(event, payload, shows=shows)
        for _, eio_sid in list(self.manager.get_participants("/", room)):
            client: GuardedSocket | None = self.eio.sockets.get(eio_sid)
            if client is not None:
                await client.send(told)

    async def strike(self, sid: str, limit: str) -> None:
        """Note that a socket was told to slow down; one that goes on for too long has to leave."""
        client = self.client(sid)
        if client is None:
            return
        self.log.refused(client.address, "it sends too fast", limit)
        if client.strikes.take():
            client.struck_out = True
            client.strikes.overdraw(BARRED_SECONDS)
            client.note("it was told to slow down and did not")
            await self.disconnect(sid)

    def line_lost(self, protocol: Any, sid: str | None) -> None:
        """A connection is gone. Whoever waited for an answer on it has left.

        The session `sid` had its last one there, if it is known, and is given time to poll again.
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
        """The socket of a session of the namespace."""
        found: GuardedSocket | None = self.eio.sockets.get(self.manager.eio_sid_from_sid(sid, "/"))
        return found

    def lane(self, sid: str) -> Lane | None:
        client = self.client(sid)
        return client.lane if client else None

    async def answered(self) -> None:
        """Return when everything that was asked has its acknowledgement on its way."""
        while self._answering:
            await asyncio.wait(self._answering)

    async def hang_up_on_silent(self) -> None:
        """Close the sockets that have not connected to the namespace for too long."""
        now = time.monotonic()
        for client in list(self.eio.sockets.values()):
            if self.manager.sid_from_eio_sid(client.sid, "/") is not None:
                client.silent_since = now
            elif now - client.silent_since > self.limits.connect_seconds_max:
                await client.hang_up("it never connected")

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        client = self.eio.sockets[eio_sid]
        client.__class__ = self._socket_class
        client.guard(self, self._address(environ["aiohttp.request"]))
        self.by_address[client.address].add(eio_sid)
        await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        # Theirs refuses with a text. Where the protocol wants an object, Android's client waits for ever.
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

    async def _handle_event_internal(self, *event: Any) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        await super()._handle_event_internal(*event)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        client = self.eio.sockets.get(eio_sid)
        if client is not None:
            self.by_address[client.address].discard(eio_sid)
            if not self.by_address[client.address]:
                del self.by_address[client.address]
        await super()._handle_eio_disconnect(eio_sid, reason)


def _speakable(pkt: packet.Packet) -> bool:
    # What is no text was JSON, which Engine.IO reads although nobody writes any.
    if pkt.packet_type not in SPEAKABLE_TYPES or not isinstance(pkt.data, str):
        return False
    return pkt.packet_type != packet.MESSAGE or pkt.data.startswith(SPEAKABLE_MESSAGES)
