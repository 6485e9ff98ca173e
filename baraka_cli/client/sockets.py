"""Phones: sockets that speak the contract.

A `LightPhone` is a bare websocket that decodes what the checks need, so that one process carries
thousands of them. A `FullPhone` is the official Python client, over websocket or long-polling: a
few of them show that what the light ones see is what a client library sees.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import socketio

from baraka_cli.client.frames import Frame, Frames
from baraka_server.contract.server_events import Error

ANSWER_SECONDS_MAX = 15
CONNECT_SECONDS_MAX = 30
GOODBYE_SECONDS_MAX = 5
DELTA = {"updates": "delta"}

quiet = logging.getLogger("baraka_cli.simulator.client")
quiet.setLevel(logging.CRITICAL)  # a lost connection is a number of the report, not a log line


class CouldNotConnect(Exception):
    """The server cannot be reached, or does not let us in. The text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an ask. `ok` None: nobody knows; the answer was lost or is not given (D20)."""

    ok: bool | None
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return str(self.said.get("message", ""))

    @property
    def code(self) -> str:
        return str(self.said.get("code", ""))


LOST = Answer(None)


@dataclass(eq=False, slots=True)
class Ask:
    """Something that was emitted and has no answer yet."""

    event: str
    payload: Mapping[str, Any]
    answered: asyncio.Future[Answer]


class Listener(Protocol):
    def heard(self, phone: Phone, frame: Frame) -> None: ...

    def cut_off(self, phone: Phone) -> None:
        """The connection was closed, and not by us."""


class Hall:
    """What all phones of a run share: the server, and what has been learned about it."""

    def __init__(self, url: str, frames: Frames, listener: Listener) -> None:
        self.url = url
        self.frames = frames
        self.listener = listener
        self.acknowledges: bool | None = None
        """Whether the server answers in acknowledgements (D20); None until the first ask."""
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS_MAX),
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # transports say goodbye


class Phone:
    """One socket of one person. `label` tells a reader of the report who this is."""

    def __init__(self, hall: Hall, label: str, user_id: int, token: str, *, lists: bool) -> None:
        self.hall = hall
        self.label = label
        self.user_id = user_id
        self.connected = False
        self.asks: list[Ask] = []
        self.lists = lists
        """Whether it reads whole lists; else it asked for deltas (D24)."""
        self._auth: dict[str, Any] = {"token": token} | ({} if lists else DELTA)

    @property
    def polls(self) -> bool:
        """Whether it is on long-polling now."""
        return False

    async def connect(self) -> None:
        """Raises `CouldNotConnect`."""
        raise NotImplementedError

    async def drop(self) -> None:
        """Lose the connection, as in a tunnel: without a word."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    async def _emit(self, ask: Ask) -> None:
        """Raises `OSError` when the line is gone."""
        raise NotImplementedError

    async def ask(self, event: str, payload: Mapping[str, Any]) -> Answer:
        """Emit `event` and wait for what comes of it, in bounded time."""
        if not self.connected:
            return LOST
        ask = Ask(event, payload, asyncio.get_running_loop().create_future())
        self.asks.append(ask)
        try:
            await self._emit(ask)
            # Not wait_for, which below Python 3.12 may swallow that we are cancelled.
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await ask.answered
        except (TimeoutError, OSError):
            return LOST
        finally:
            self.asks.remove(ask)

    # --- what arrives

    def _acknowledged(self, ask: Ask, values: list[Any]) -> None:
        said = values[0] if values else None
        if isinstance(said, dict) and isinstance(said.get("ok"), bool):
            self.hall.acknowledges = True
            _settle(ask, Answer(said["ok"], said))
        elif self.hall.acknowledges is None:
            self.hall.acknowledges = False  # received, which is not done

    def _hear(self, frame: Frame) -> None:
        # First the answer, so that who hears `error` unasked is known to have heard it unasked.
        if self.hall.acknowledges is not True and self.asks:
            self._answered_by(frame)
        self.hall.listener.heard(self, frame)

    def _answered_by(self, frame: Frame) -> None:
        """Without acknowledgements: what a person takes for the answer."""
        for ask in self.asks:
            if frame.name == Error.wire_name:
                _settle(ask, Answer(False, frame.data))
                return
            if (frame.name, ask.event) in SIGNS and frame.answers(self.user_id, ask.payload):
                _settle(ask, Answer(True, {}))
                return

    def _gone(self) -> None:
        was, self.connected = self.connected, False
        for ask in self.asks:
            _settle(ask, LOST)
        if was:
            self.hall.listener.cut_off(self)


SIGNS = {
    ("newBid", "placeBid"),
    ("newComment", "comment"),
    ("userCountUpdate", "joinAuction"),
    ("auctionState", "joinAuction"),
    ("auction_change_product", "changeCuurentProduct"),
    ("auctionEnded", "awardingAuction"),
    ("auctionFinished", "endAuction"),
    ("auctionStarted", "startLiveAuction"),
}
"""What is heard when it was done, by a client of a server that acknowledges nothing."""


def _settle(ask: Ask, answer: Answer) -> None:
    if not ask.answered.done():
        ask.answered.set_result(answer)


class LightPhone(Phone):
    """`slow_seconds` is the time that this phone takes for each message."""

    def __init__(self, *args: Any, slow_seconds: float = 0, compress: bool = False, **kw: Any):
        super().__init__(*args, **kw)
        self._slow_seconds = slow_seconds
        self._compress = 15 if compress else 0
        self._line: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._by_id: dict[int, Ask] = {}

    async def connect(self) -> None:
        url = f"{self.hall.url}/socket.io/?EIO=4&transport=websocket"
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                self._line = await self.hall.session.ws_connect(
                    url, compress=self._compress, max_msg_size=0, autoclose=True
                )
                greeted = asyncio.get_running_loop().create_future()
                self._reading = asyncio.create_task(self._read(self._line, greeted))
                await greeted
        except aiohttp.WSServerHandshakeError as error:
            raise CouldNotConnect(f"{self.hall.url} refused a websocket: {error.status}") from None
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            await self.close()
            raise CouldNotConnect(f"{self.hall.url} cannot be reached: {reason(error)}") from None

    async def drop(self) -> None:
        line, reading = self._line, self._reading
        self.connected = False
        if line is not None:
            _hang_up(line.get_extra_info("socket"))
        if reading is not None:
            await asyncio.wait([reading])
        self._gone()

    async def close(self) -> None:
        self.connected = False
        if self._line is not None:
            with suppress(OSError, aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(1):
                    await self._line.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        self._gone()

    async def _emit(self, ask: Ask) -> None:
        number = next(self._ids)
        self._by_id[number] = ask
        try:
            if self._line is None:
                raise ConnectionError
            body = json.dumps([ask.event, ask.payload], ensure_ascii=False, separators=(",", ":"))
            await self._line.send_str(f"42{number}{body}")
        except aiohttp.ClientError as error:
            raise ConnectionError from error

    async def _read(
        self, line: aiohttp.ClientWebSocketResponse, greeted: asyncio.Future[None]
    ) -> None:
        try:
            async for message in line:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._take(line, greeted, message.data)
                    if self._slow_seconds:
                        await asyncio.sleep(self._slow_seconds)
        except (OSError, aiohttp.ClientError):
            pass  # said below
        finally:
            if not greeted.done():
                greeted.set_exception(ConnectionError("hung up before the greeting"))
            if line is self._line:
                self._gone()

    async def _take(
        self,
        line: aiohttp.ClientWebSocketResponse,
        greeted: asyncio.Future[None],
        text: str,
    ) -> None:
        kind = text[:2]
        if kind == "42":
            self._hear(self.hall.frames.of(text))
        elif text == "2":
            await line.send_str("3")
        elif kind == "43":
            begin = text.index("[")
            ask = self._by_id.pop(int(text[2:begin]), None)
            if ask is not None:
                self._acknowledged(ask, json.loads(text[begin:]))
        elif kind == "40":
            self.connected = True
            if not greeted.done():
                greeted.set_result(None)
        elif text.startswith("0"):
            await line.send_str("40" + json.dumps(self._auth))
        elif kind in {"41", "44"}:
            await line.close()


def reason(error: BaseException) -> str:
    """Why there is no connection, in words for a person."""
    cause = getattr(error, "os_error", error)
    return getattr(cause, "strerror", None) or str(cause) or "no answer in time"


def _hang_up(raw: Any) -> None:
    """Cut a connection without a word. What uvloop hands out as a socket cannot do that itself."""
    with suppress(OSError, AttributeError), socket.socket(fileno=os.dup(raw.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


class FullPhone(Phone):
    """python-socketio's client, over `transport`: websocket, polling, or an upgrade of one."""

    def __init__(self, *args: Any, transports: list[str], **kw: Any) -> None:
        super().__init__(*args, **kw)
        self._transports = transports
        self._client: socketio.AsyncClient | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def polls(self) -> bool:
        return self._client is not None and self._client.transport() == "polling"

    def _new_client(self) -> socketio.AsyncClient:
        # A session of its own has cookies of its own, which sticky load balancers go by. The client
        # would leave its session open when it is cut off.
        self._session = aiohttp.ClientSession()
        client = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,  # theirs cancels every task there is
            http_session=self._session,
            logger=quiet,
            engineio_logger=quiet,
        )
        client.on("*", self._heard)
        client.on("disconnect", self._lost)
        return client

    async def connect(self) -> None:
        await self._hang_up()
        self._client = client = self._new_client()
        try:
            await client.connect(
                self.hall.url,
                auth=self._auth,
                transports=self._transports,
                wait_timeout=CONNECT_SECONDS_MAX,
            )
        except (socketio.exceptions.SocketIOError, OSError, aiohttp.ClientError) as error:
            await self._hang_up()
            raise CouldNotConnect(f"{self.hall.url} cannot be reached: {error}") from None
        self.connected = True

    async def drop(self) -> None:
        self.connected = False
        if self._client is not None:
            await self._client.eio.disconnect(abort=True)
        await self._hang_up()
        self._gone()

    async def close(self) -> None:
        self.connected = False
        if self._client is not None:
            with suppress(Exception):  # it may be gone already, and nobody is left to be told
                async with asyncio.timeout(GOODBYE_SECONDS_MAX):
                    await self._client.shutdown()
        await self._hang_up()
        self._gone()

    async def _hang_up(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _emit(self, ask: Ask) -> None:
        def acknowledged(*values: Any) -> None:
            self._acknowledged(ask, list(values))

        try:
            if self._client is None:
                raise ConnectionError
            await self._client.emit(ask.event, dict(ask.payload), callback=acknowledged)
        except socketio.exceptions.SocketIOError as error:
            raise ConnectionError from error

    async def _heard(self, event: str, data: Any = None, *_more: Any) -> None:
        self._hear(self.hall.frames.made_of(event, data))

    async def _lost(self, *_: object) -> None:
        self._gone()
