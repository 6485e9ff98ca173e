"""`LightSocket`: a bare websocket that decodes what a client of the contract needs.

One process carries thousands of them. They speak Engine.IO 4 and Socket.IO 5 over websocket alone.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import socket
from contextlib import suppress
from typing import Any

import aiohttp

from baraka_cli.client.replies import Request
from baraka_cli.client.sockets import CONNECT_SECONDS_MAX, CouldNotConnect, Socket, reason


class LightSocket(Socket):
    """`slow_seconds` is the time that this client takes for each message."""

    def __init__(self, *args: Any, slow_seconds: float = 0, compress: bool = False, **kw: Any):
        super().__init__(*args, **kw)
        self._slow_seconds = slow_seconds
        self._compress = 15 if compress else 0
        self._websocket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._by_id: dict[int, Request] = {}

    async def connect(self) -> None:
        url = f"{self.pool.url}/socket.io/?EIO=4&transport=websocket"
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                self._websocket = await self.pool.session.ws_connect(
                    url, compress=self._compress, max_msg_size=0, autoclose=True
                )
                greeted = asyncio.get_running_loop().create_future()
                self._reading = asyncio.create_task(self._read(self._websocket, greeted))
                await greeted
        except aiohttp.WSServerHandshakeError as error:
            raise CouldNotConnect(f"{self.pool.url} refused a websocket: {error.status}") from None
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            await self.close()
            raise CouldNotConnect(f"{self.pool.url} cannot be reached: {reason(error)}") from None

    async def drop(self) -> None:
        websocket, reading = self._websocket, self._reading
        self.connected = False
        if websocket is not None:
            _hang_up(websocket.get_extra_info("socket"))
        if reading is not None:
            await asyncio.wait([reading])
        self._gone()

    async def close(self) -> None:
        self.connected = False
        if self._websocket is not None:
            with suppress(OSError, aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(1):
                    await self._websocket.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        self._gone()

    async def _emit(self, request: Request) -> None:
        number = next(self._ids)
        self._by_id[number] = request
        try:
            if self._websocket is None:
                raise ConnectionError
            body = json.dumps(
                [request.event, request.payload], ensure_ascii=False, separators=(",", ":")
            )
            await self._websocket.send_str(f"42{number}{body}")
        except aiohttp.ClientError as error:
            raise ConnectionError from error

    async def _read(
        self, websocket: aiohttp.ClientWebSocketResponse, greeted: asyncio.Future[None]
    ) -> None:
        try:
            async for message in websocket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    try:
                        await self._take(websocket, greeted, message.data)
                    except (ValueError, LookupError):
                        self.pool.listener.garbled(self, message.data)
                    if self._slow_seconds:
                        await asyncio.sleep(self._slow_seconds)
        except (OSError, aiohttp.ClientError):
            pass  # said below
        finally:
            if not greeted.done():
                greeted.set_exception(ConnectionError("hung up before the greeting"))
            if websocket is self._websocket:
                self._gone()

    async def _take(
        self,
        websocket: aiohttp.ClientWebSocketResponse,
        greeted: asyncio.Future[None],
        text: str,
    ) -> None:
        kind = text[:2]
        if kind == "42":
            self._hear(self.pool.frames.of(text))
        elif text == "2":
            await websocket.send_str("3")
        elif kind == "43":
            begin = text.index("[")
            request = self._by_id.pop(int(text[2:begin]), None)
            if request is not None:
                self._acknowledged(request, json.loads(text[begin:]))
        elif kind == "40":
            self.connected = True
            if not greeted.done():
                greeted.set_result(None)
        elif text.startswith("0"):
            await websocket.send_str("40" + json.dumps(self.auth))
        elif kind in {"41", "44"}:
            await websocket.close()
        elif text not in {"1", "6"}:
            raise ValueError(text)


def _hang_up(raw: Any) -> None:
    """Cut a connection without a word. What uvloop hands out as a socket cannot do that itself."""
    with suppress(OSError, AttributeError), socket.socket(fileno=os.dup(raw.fileno())) as cut:
        cut.shutdown(socket.SHUT_RDWR)
