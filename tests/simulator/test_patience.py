"""The official Python client, as the crowd has it, hears out a session for as long as it may be silent."""

from __future__ import annotations

import asyncio
from typing import Any

import engineio
import pytest
from engineio.packet import PONG, Packet

from baraka_cli.client.outspoken import OutspokenClient

SILENT_SECONDS = 44
"""How long nothing came, which is less than a ping's interval and its timeout together."""


class _Wire:
    """A websocket that keeps what is sent over it, and ends with that."""

    def __init__(self, engine: Any) -> None:
        self.sent: list[str] = []
        self._engine = engine

    async def send_str(self, text: str) -> None:
        self.sent.append(text)
        self._engine.state = "disconnected"


async def test_a_late_ping_is_answered_and_nobody_hangs_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = asyncio.wait_for

    async def as_late_as_that(what: Any, timeout: float) -> Any:
        if timeout < SILENT_SECONDS:
            what.close()
            raise TimeoutError
        return await waited(what, timeout)

    monkeypatch.setattr(engineio.async_client.asyncio, "wait_for", as_late_as_that)
    engine = OutspokenClient(lambda _: None, lambda _: None).eio
    engine.ping_interval, engine.ping_timeout = 25.0, 20.0
    engine.state, engine.current_transport, wire = "connected", "websocket", _Wire(engine)
    engine.ws, engine.queue = wire, asyncio.Queue()
    engine.queue.put_nowait(Packet(PONG))

    await engine._write_loop()

    assert wire.sent == ["3"]
