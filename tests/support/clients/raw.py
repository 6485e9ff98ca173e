"""A websocket without a client library: every frame in the order in which it came.

For what real clients hide or never do: the order of answers and events on one socket, not reading,
a connection that is reset.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import struct
from typing import Any, Self

import aiohttp

from tests.support.clients.phones import PATIENCE_SECONDS, token
from tests.support.servers.baraka import SECRET

ACK = "(answer)"


class RawSocket:
    """`async with RawSocket(url, user_id) as raw:` is connected, and reads only when asked to."""

    def __init__(self, url: str, user_id: int, **auth: Any) -> None:
        self._url = url
        self._auth = {"token": token(SECRET, user_id)} | auth
        self._ids = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(
            f"{self._url}/socket.io/?EIO=4&transport=websocket", max_msg_size=0
        )
        await self._frame()
        await self._socket.send_str("40" + json.dumps(self._auth))
        assert (await self._frame()).startswith("40")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def asks(self, event: str, payload: dict[str, Any]) -> None:
        """Send with the wish for an answer, and do not wait for it."""
        await self._socket.send_str(f"42{next(self._ids)}" + json.dumps([event, payload]))

    async def heard(self) -> tuple[str, Any]:
        """The next event or answer (ACK) in the order of the wire, with its payload."""
        while True:
            frame = await self._frame()
            if frame == "2":  # ping
                await self._socket.send_str("3")
            elif frame.startswith("43"):
                return ACK, json.loads(frame[frame.index("[") :])[0]
            elif frame.startswith("42"):
                event, payload = json.loads(frame[2:])
                return event, payload

    async def hears(self, event: str) -> Any:
        """The next payload of this event; what comes before is skipped."""
        while True:
            heard, payload = await self.heard()
            if heard == event:
                return payload

    def is_reset(self) -> None:
        """The connection is gone without a goodbye: TCP RST."""
        transport = self._socket.get_extra_info("socket")
        transport.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert self._socket._response.connection
        assert self._socket._response.connection.transport
        self._socket._response.connection.transport.abort()

    async def _frame(self) -> str:
        message = await asyncio.wait_for(self._socket.receive(), PATIENCE_SECONDS)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        text: str = message.data
        return text
