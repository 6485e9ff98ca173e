"""`SmsGateway`: a real HTTP receiver of one-time codes, which a test has fail, wait, redirect or lie."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    payload: dict[str, Any]


class SmsGateway:
    """Answers with `statuses` in turn, and with 204 when they are used up. 0 hangs up.

    While `silent` is set nothing is answered.
    """

    def __init__(self, *statuses: int, tls: ssl.SSLContext | None = None) -> None:
        self.statuses = list(statuses)
        self.received: list[Received] = []
        self.silent = asyncio.Event()
        self._heard = asyncio.Condition()
        self._tls = tls

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{port}/codes"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def hears(self, where: Callable[[Received], bool] = lambda _: True) -> Received:
        """The first request like this."""
        async with self._heard, asyncio.timeout(PATIENCE_SECONDS):
            await self._heard.wait_for(lambda: any(map(where, self.received)))
        return next(filter(where, self.received))

    async def code_for(self, number: str) -> str:
        """The last code that was sent to a number."""
        await self.hears(lambda one: one.payload["number"] == number)
        return next(
            str(one.payload["code"])
            for one in reversed(self.received)
            if one.payload["number"] == number
        )

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        payload = await request.json() if body else {}
        async with self._heard:
            self.received.append(Received(request.path, dict(request.headers), body, payload))
            self._heard.notify_all()
        while self.silent.is_set():
            await asyncio.sleep(0.02)
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 0:
            assert request.transport
            request.transport.abort()
        if 300 <= status < 400:
            return web.Response(status=status, headers={"Location": "/elsewhere"})
        return web.Response(status=status)
