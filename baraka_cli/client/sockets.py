"""`Socket`: one Socket.IO connection of one user; sends client events, receives server events.

`LightSocket` and `SocketIoSocket` are the two kinds; a `SocketPool` holds what those of one run share.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
from collections.abc import Sequence
from typing import Any, Protocol

import aiohttp

from baraka_cli.client.frames import Frame, Frames
from baraka_cli.client.replies import (
    DONE,
    LOST,
    TOKEN_REFUSALS,
    Reply,
    Request,
    acknowledged,
    answered_by,
)
from baraka_server.contract.server_events import Error

REPLY_SECONDS_MAX = 15
CONNECT_SECONDS_MAX = 30
DELTA = {"updates": "delta"}


class CouldNotConnect(Exception):
    """The server cannot be reached, or does not let us in. The text says why, for a person."""


class TokenRefused(CouldNotConnect):
    """The server does not take the access token of a user."""

    def __init__(self, label: str, token: str, message: str) -> None:
        super().__init__(f"{label}: the server refuses the access token with '{message}'")
        self.token = token


class Listener(Protocol):
    """Hears what arrives at the sockets of a pool."""

    def heard(self, socket: Socket, frame: Frame) -> None: ...

    def cut_off(self, socket: Socket) -> None:
        """The connection was closed, and not by us."""

    def replied_late(self, socket: Socket, request: Request) -> None:
        """The reply to `request` came when nobody waited for it any more."""

    def garbled(self, socket: Socket, text: str) -> None:
        """Something arrived that is not a packet of the protocol, or an acknowledgement that says nothing."""


class SocketPool:
    """State that all sockets of a run share: the server, and whether it acknowledges."""

    def __init__(self, url: str, frames: Frames, listener: Listener) -> None:
        self.url = url
        self.frames = frames
        self.listener = listener
        self.acknowledges: bool | None = None
        """Whether the server replies in acknowledgements (D20); None until the first request."""
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session of the light sockets; made when the first one connects."""
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


class Socket:
    """One socket of one user. `label` tells a reader of a report who this is."""

    def __init__(
        self, pool: SocketPool, label: str, user_id: int, token: str, *, lists: bool
    ) -> None:
        self.pool = pool
        self.label = label
        self.user_id = user_id
        self.connected = False
        self.requests: list[Request] = []
        self.refused_token = ""
        """What the server said when it refused the token; empty unless it did."""
        self.gave_up = False
        """Whether it closed the connection itself, over something that it could not read."""
        self.lists = lists
        """Whether it reads whole lists; else it asked for deltas (D24)."""
        self.auth: dict[str, Any] = {"token": token} | ({} if lists else DELTA)

    @property
    def polls(self) -> bool:
        """Whether it is on long-polling now."""
        return False

    async def connect(self) -> None:
        """Raises `CouldNotConnect`."""
        raise NotImplementedError

    def look_at_token(self) -> None:
        """Raises `TokenRefused` when the server refused it. It says so after it let us connect (D2)."""
        if self.refused_token:
            raise TokenRefused(self.label, self.auth["token"], self.refused_token)

    async def drop(self) -> None:
        """Lose the connection, as in a tunnel: without a word."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    async def _emit(self, request: Request) -> None:
        """Raises `OSError` when the connection is gone."""
        raise NotImplementedError

    async def call(
        self,
        event: str,
        payload: Any,
        *,
        signs: frozenset[str] | None = None,
        seconds: float = REPLY_SECONDS_MAX,
    ) -> Reply:
        """Emit `event` and wait for its reply, in bounded time.

        `signs` are the server events that are taken for its reply where nothing is acknowledged,
        other than the usual ones.
        """
        if not self.connected:
            return LOST
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        request = Request(event, payload, answered_by(event) if signs is None else signs, reply)
        self.requests.append(request)
        try:
            await self._emit(request)
            # Not wait_for, which below Python 3.12 may swallow that we are cancelled.
            async with asyncio.timeout(seconds):
                return await reply
        except (TimeoutError, OSError):
            return LOST
        finally:
            self.requests.remove(request)

    # --- what arrives

    def _acknowledged(self, request: Request, values: Sequence[Any]) -> None:
        reply = acknowledged(values)
        if reply is not None:
            self.pool.acknowledges = True
            if request.reply.done():
                self.pool.listener.replied_late(self, request)
            request.resolve(reply)
        elif self.pool.acknowledges:
            said = json.dumps(list(values), ensure_ascii=False)
            self.pool.listener.garbled(self, f"the answer to {request.event}: {said}")
        elif self.pool.acknowledges is None:
            self.pool.acknowledges = False  # received, which is not done

    def _hear(self, frame: Frame) -> None:
        self._note_refused_token(frame)
        # First the reply, so that who hears `error` unasked is known to have heard it unasked.
        if self.pool.acknowledges is not True and self.requests:
            self._replied_by(frame)
        self.pool.listener.heard(self, frame)

    def _note_refused_token(self, frame: Frame) -> None:
        if frame.name == Error.wire_name and frame.data.get("message") in TOKEN_REFUSALS:
            self.refused_token = str(frame.data["message"])

    def _replied_by(self, frame: Frame) -> None:
        """Without acknowledgements: what a person takes for the reply."""
        for request in self.requests:
            if frame.name == Error.wire_name:
                request.resolve(Reply(False, frame.data))
                return
            if frame.name in request.answered_by and frame.answers(self.user_id, request.payload):
                request.resolve(DONE)
                return

    def _gone(self) -> None:
        was, self.connected = self.connected, False
        for request in self.requests:
            request.resolve(LOST)
        if was:
            self.pool.listener.cut_off(self)


def reason(error: BaseException) -> str:
    """Why there is no connection, in words for a person."""
    cause = getattr(error, "os_error", error)
    number = getattr(cause, "errno", None)
    if isinstance(number, int) and number in errno.errorcode:
        return os.strerror(number)  # asyncio's own text has addresses in Python's form
    return getattr(cause, "strerror", None) or str(cause) or "no answer in time"
