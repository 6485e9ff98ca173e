"""An app that comes back: whatever ends its connection, it makes a new one, as an app does.

Each is a client of its own: python-socketio's does not come back after every end, and a write that failed
may leave it connected without a voice.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Self

import socketio
from socketio.exceptions import SocketIOError

from tests.support.clients.phones import Phone

CONNECT_SECONDS_MAX = 10
HANG_UP_SECONDS_MAX = 1
AGAIN_SECONDS = 0.2


class App:
    """`async with App(url, user_id, token) as app:`, and then `app.phone`."""

    def __init__(self, url: str, user_id: int, token: str) -> None:
        self.phone = Phone(user_id)
        self._url = url
        self._token = token
        self._client: socketio.AsyncClient | None = None
        self._over = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self.phone.driven_by(
            call=self._call, emit=self._emit, hangs_up=self.again, drops=self.again
        )

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._keep())
        await self.phone.lives_through("connect")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._hang_up()

    async def again(self) -> None:
        """Give this connection up, and make another one."""
        self._over.set()

    async def _keep(self) -> None:
        while True:
            self._over.clear()
            client = self._new_client()
            self._client = client
            try:
                async with asyncio.timeout(CONNECT_SECONDS_MAX):
                    await client.connect(
                        self._url, auth={"token": self._token}, transports=["websocket"]
                    )
                await self._over.wait()
            except (SocketIOError, TimeoutError, OSError):
                pass
            await self._hang_up()
            if self.phone.life and self.phone.life[-1][0] == "connect":
                await self.phone.heard_of_life("disconnect", {})
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                await asyncio.wait_for(client.shutdown(), HANG_UP_SECONDS_MAX)
            with suppress(Exception):  # frozen servers do not answer a goodbye
                await asyncio.wait_for(client.eio.disconnect(abort=True), HANG_UP_SECONDS_MAX)

    def _new_client(self) -> socketio.AsyncClient:
        client = socketio.AsyncClient(reconnection=False)

        async def connected() -> None:
            sid = client.get_sid()
            if client is self._client:
                await self.phone.heard_of_life("connect", {"sid": sid})

        async def disconnected(*_: Any) -> None:
            if client is self._client:
                self._over.set()

        async def anything(event: str, *arguments: Any) -> None:
            if client is self._client:
                await self.phone.heard_event(event, list(arguments))

        client.on("connect", connected)
        client.on("disconnect", disconnected)
        client.on("*", anything)
        return client

    async def _call(self, event: str, arguments: tuple[Any, ...]) -> Any:
        if self._client is None:
            raise SocketIOError("not connected")
        return await self._client.call(event, arguments[0])

    async def _emit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._client is None:
            raise SocketIOError("not connected")
        await self._client.emit(event, arguments[0])
