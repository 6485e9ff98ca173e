"""`ManInTheMiddle`: a proxy between clients and a server that changes what the server says.

It speaks Engine.IO over websocket, plain and compressed, and over long-polling, and the upgrade from
one to the other. What clients say goes through as it came. A `Tamper` decides what each of them is
told instead of each event and each acknowledgement.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import web

from tests.support.servers.free_port import listen

SEPARATOR = "\x1e"
"""Between the packets of one answer to a poll."""
COMPRESSION = 15
HOP_BY_HOP = {"host", "connection", "content-length", "transfer-encoding", "content-encoding"}


@dataclass(frozen=True, slots=True)
class Said:
    """One event, or the acknowledgement of one: then `answers` is what was asked."""

    name: str
    data: Any
    answers: str = ""
    asked: Any = None
    number: str = ""
    """The acknowledgement's."""
    after: float = 0
    """Seconds that it is held back for."""
    raw: str | None = None
    """What is sent in its place, whatever that is: an Engine.IO packet."""

    def saying(self, **fields: Any) -> Said:
        return replace(self, data=self.data | fields)

    def but(self, data: Any) -> Said:
        """The same with other data."""
        return replace(self, data=data)

    def as_raw(self, packet: str) -> Said:
        return replace(self, raw=packet)

    def held_back(self, seconds: float) -> Said:
        return replace(self, after=seconds)

    @property
    def packet(self) -> str:
        if self.raw is not None:
            return self.raw
        if self.answers:
            return f"43{self.number}" + _json([self.data])
        return "42" + _json([self.name, self.data])


Tamper = Callable[["Listener", Said], list[Said]]
"""What a client is told instead of what the server says to it."""


def sound(_to: Listener, said: Said) -> list[Said]:
    return [said]


ADDED = {
    "userCountUpdate": {"seq", "serverTime"},
    "newBid": {"auctionId", "seq", "serverTime", "round"},
    "newComment": {"auctionId", "seq", "serverTime"},
    "auctionStarted": {"auctionId", "seq", "serverTime"},
    "auctionEnded": {"auctionId", "seq", "serverTime"},
    "auction_change_product": {"auctionId", "seq", "serverTime", "round"},
    "auctionFinished": {"seq", "serverTime"},
    "auctionCanceled": {"seq", "serverTime"},
    "broadCasterLeft": {"seq", "serverTime"},
    "error": {"code", "event", "retryAfterMs", "round"},
}
"""What the guide knows nothing of, by event (D20, D22)."""


def speaking_the_guide_alone(tamper: Tamper) -> Tamper:
    """No acknowledgements, no states, and no field that the guide does not have."""

    def told(to: Listener, said: Said) -> list[Said]:
        return [
            replace(one, data={k: v for k, v in one.data.items() if k not in ADDED[one.name]})
            for one in tamper(to, said)
            if one.name in ADDED
        ]

    return told


@dataclass(eq=False)
class Listener:
    """One client of the server, by whatever transport."""

    owner: ManInTheMiddle
    compressed: bool = False
    user_id: int | None = None
    delta: bool = False
    commands: dict[str, tuple[str, Any]] = field(default_factory=dict)
    websocket: web.WebSocketResponse | None = None
    waiting: list[str] = field(default_factory=list)
    """Packets for the next poll."""

    def hangs_up(self) -> None:
        """Close the connection, as a server does that wants this client no more."""
        if self.websocket is not None:
            self.owner.later(0, self.websocket.close)
        else:
            self.waiting.append("1")

    async def tell(self, packet: str) -> None:
        if self.websocket is None:
            self.waiting.append(packet)
        elif not self.websocket.closed:
            with suppress(OSError, aiohttp.ClientError):
                await self.websocket.send_str(packet)

    # --- what passes by

    def passes_on(self, packet: str) -> str:
        """What the server is told: what the client said, but for extensions that it must not have."""
        if packet.startswith("40{"):
            auth = json.loads(packet[2:])
            self.user_id = _subject(auth.get("token", ""))
            if not self.owner.has_delta:
                auth.pop("updates", None)
            self.delta = auth.get("updates") == "delta"
            return "40" + _json(auth)
        if packet.startswith("42"):
            number, _, rest = packet[2:].partition("[")
            event, *payload = json.loads("[" + rest)
            self.commands[number] = (event, payload[0] if payload else None)
        return packet

    async def hears(self, packet: str) -> None:
        """Tell the client what the server said, or what is made of it."""
        if not _speaks(packet):
            await self.tell(packet)
            return
        for said in self._tampered(packet):
            if said.after and self.websocket is None:  # its poll is answered later
                await asyncio.sleep(said.after)
                await self.tell(said.packet)
            elif said.after:
                self.owner.later(said.after, self.tell, said.packet)
            else:
                await self.tell(said.packet)

    def _tampered(self, packet: str) -> list[Said]:
        try:
            return self.owner.tamper(self, self._read(packet))
        except Exception as error:
            self.owner.mistakes.append(error)
            raise

    def _read(self, packet: str) -> Said:
        number, _, rest = packet[2:].partition("[")
        values = json.loads("[" + rest)
        if packet.startswith("42"):
            return Said(*values)
        event, payload = self.commands.pop(number)
        return Said("", values[0], event, payload, number)


class ManInTheMiddle:
    """Set `tamper`, and whether the server is to know `updates: "delta"`, before anybody connects."""

    def __init__(self, server_url: str) -> None:
        self.url = ""
        self.tamper: Tamper = sound
        self.has_delta = True
        self.transports: set[str] = set()
        """The ways in which somebody was told something: websocket, compressed, polling."""
        self.mistakes: list[Exception] = []
        """Of the tamper itself: raised in the end."""
        self._server_url = server_url
        self._by_sid: dict[str, Listener] = {}
        self._listeners: list[Listener] = []
        self._later: set[asyncio.Task[None]] = set()

    @property
    def listeners(self) -> list[Listener]:
        return list(self._listeners)

    def tells(self, to: Listener, said: Said) -> None:
        """Tell somebody else what is said to another."""
        self.later(0, to.tell, said.packet)

    def later(self, seconds: float, do_it: Callable[..., Awaitable[Any]], *args: Any) -> None:
        async def do() -> None:
            await asyncio.sleep(seconds)
            await do_it(*args)

        task = asyncio.create_task(do())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=False
        )
        app = web.Application()
        app.router.add_route("*", "/socket.io/", self._socket_io)
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner, self.url = await listen(app)

    async def stop(self) -> None:
        waiting = list(self._later)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)
        await self._runner.cleanup()
        await self._session.close()
        if self.mistakes:
            raise self.mistakes[0]

    def _listener(self, request: web.Request) -> Listener:
        sid = request.query.get("sid", "")
        listener = self._by_sid.get(sid)
        if listener is None:
            listener = Listener(self)
            self._listeners.append(listener)
        return listener

    async def _socket_io(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("transport") == "websocket":
            return await self._bridge(request)
        return await self._poll(request)

    # --- websockets

    async def _bridge(self, request: web.Request) -> web.StreamResponse:
        offers = "permessage-deflate" in request.headers.get("Sec-WebSocket-Extensions", "")
        client = web.WebSocketResponse(compress=offers, autoping=True, max_msg_size=0)
        await client.prepare(request)
        listener = self._listener(request)
        listener.compressed = offers
        url = f"{self._server_url}{request.rel_url}"
        try:
            async with self._session.ws_connect(
                url, compress=COMPRESSION if offers else 0, max_msg_size=0
            ) as server:
                if "sid" not in request.query:
                    listener.websocket = client
                there = asyncio.create_task(self._to_server(listener, client, server))
                try:
                    await self._to_client(listener, client, server)
                finally:
                    there.cancel()
                    await asyncio.wait([there])
        except (OSError, aiohttp.ClientError):
            pass  # one of the two hung up
        finally:
            if listener in self._listeners:
                self._listeners.remove(listener)
            await client.close()
        return client

    async def _to_server(
        self,
        listener: Listener,
        client: web.WebSocketResponse,
        server: aiohttp.ClientWebSocketResponse,
    ) -> None:
        async for message in client:
            if message.type is aiohttp.WSMsgType.TEXT:
                if message.data == "5":  # the upgrade is done: from here on it hears by websocket
                    listener.websocket = client
                await server.send_str(listener.passes_on(message.data))
        await server.close()

    async def _to_client(
        self,
        listener: Listener,
        client: web.WebSocketResponse,
        server: aiohttp.ClientWebSocketResponse,
    ) -> None:
        async for message in server:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            self.transports.add("compressed" if listener.compressed else "websocket")
            if listener.websocket is client:
                await listener.hears(message.data)
            else:  # a probe
                await client.send_str(message.data)

    # --- long-polling

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        listener = self._listener(request)
        body = await request.text()
        if body:
            body = SEPARATOR.join(map(listener.passes_on, body.split(SEPARATOR)))
        status, headers, answer = await self._asked(request, body.encode())
        if request.method != "GET" or status != 200:
            return web.Response(status=status, headers=headers, body=answer)
        self.transports.add("polling")
        packets = answer.decode().split(SEPARATOR)
        if packets[0].startswith("0"):
            self._by_sid[json.loads(packets[0][1:])["sid"]] = listener
        for packet in packets:
            await listener.hears(packet)
        told, listener.waiting = listener.waiting, []
        return web.Response(headers=headers, text=SEPARATOR.join(told or ["6"]))

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        status, headers, answer = await self._asked(request, await request.read())
        return web.Response(status=status, headers=headers, body=answer)

    async def _asked(self, request: web.Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        kept = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        kept["Accept-Encoding"] = "identity"
        url = f"{self._server_url}{request.rel_url}"
        async with self._session.request(
            request.method, url, data=body or None, headers=kept
        ) as answer:
            headers = {
                k: v
                for k, v in answer.headers.items()
                if k.lower() not in HOP_BY_HOP | {"content-type"}
            }
            return answer.status, headers, await answer.read()


@asynccontextmanager
async def man_in_the_middle(server_url: str) -> AsyncIterator[ManInTheMiddle]:
    man = ManInTheMiddle(server_url)
    await man.start()
    try:
        yield man
    finally:
        await man.stop()


def _speaks(packet: str) -> bool:
    """Whether it is an event or an acknowledgement."""
    return packet.startswith(("42", "43"))


def _subject(token: str) -> int | None:
    """Whose token it is; whether it is a good one is the server's business."""
    try:
        claims = token.split(".")[1]
        return int(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])
    except (IndexError, KeyError, ValueError):
        return None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
