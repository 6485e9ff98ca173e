"""`SocketIoSocket`: python-socketio's client as a `Socket`, over websocket or long-polling.

A few of them show that what light sockets see is what a client library sees.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import aiohttp
import socketio

from baraka_cli.client.outspoken import OutspokenClient
from baraka_cli.client.replies import Request
from baraka_cli.client.sockets import CONNECT_SECONDS_MAX, CouldNotConnect, Socket

GOODBYE_SECONDS_MAX = 5

quiet = logging.getLogger("baraka_cli.client.socketio_socket")
quiet.setLevel(logging.CRITICAL)  # a lost connection is a number of the report, not a log line


class SocketIoSocket(Socket):
    """python-socketio's client, over `transports`: websocket, polling, or an upgrade of one."""

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
        client = OutspokenClient(
            self._unreadable,
            self._hangs_up,
            reconnection=False,
            handle_sigint=False,  # theirs cancels every task there is
            http_session=self._session,
            logger=quiet,
            engineio_logger=quiet,
        )
        client.on("*", self._heard)
        client.on("disconnect", self._lost)
        return client

    def _unreadable(self, text: str) -> None:
        self.pool.listener.garbled(self, text)

    def _hangs_up(self, text: str) -> None:
        self.gave_up = True
        self._unreadable(text)

    async def connect(self) -> None:
        await self._hang_up()
        self.gave_up = False
        self._client = client = self._new_client()
        try:
            await client.connect(
                self.pool.url,
                auth=self.auth,
                transports=self._transports,
                wait_timeout=CONNECT_SECONDS_MAX,
            )
        except (socketio.exceptions.SocketIOError, OSError, aiohttp.ClientError) as error:
            await self._hang_up()
            raise CouldNotConnect(f"{self.pool.url} cannot be reached: {error}") from None
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

    async def _emit(self, request: Request) -> None:
        def acknowledged(*values: Any) -> None:
            self._acknowledged(request, values)

        try:
            if self._client is None:
                raise ConnectionError
            await self._client.emit(request.event, dict(request.payload), callback=acknowledged)
        except socketio.exceptions.SocketIOError as error:
            raise ConnectionError from error

    async def _heard(self, event: str, data: Any = None, *_more: Any) -> None:
        self._hear(self.pool.frames.made_of(event, data))

    async def _lost(self, *_: object) -> None:
        self._gone()
