"""`OutspokenClient`: python-socketio's client, which tells of what it cannot read.

python-socketio 5.18.1 loses a message that is not a packet in a background task, and python-engineio 4.15.1
hangs up on one without a word, so that a server that sends garbage is taken for one that closes connections.
It hangs up, too, where a poll is answered with more than 16 packets, which is legal, and when it sent nothing
for 30 s, although it may be silent for 45 s: where the crowd reads five seconds late, the answer to a ping is
as late as that.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import engineio
import socketio
from engineio import packet, payload
from socketio.packet import EVENT, packet_names

KINDS = range(len(packet_names))

Tell = Callable[[str], None]
"""Told of what was not read, as it came."""


class _Websocket:
    """A websocket of aiohttp, of which every message is tried before the library reads it."""

    def __init__(self, websocket: Any, tell: Tell) -> None:
        self._websocket = websocket
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._websocket, name)

    async def receive(self) -> Any:
        message = await self._websocket.receive()
        if isinstance(message.data, str):
            try:
                packet.Packet(encoded_packet=message.data)
            except (ValueError, LookupError):
                self._tell(message.data)
        return message


class _Engine(engineio.AsyncClient):  # type: ignore[misc]
    """Hangs up as ever, and says before why."""

    unreadable: Tell

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "ws" and value is not None:
            value = _Websocket(value, self.unreadable)
        if name == "ping_timeout" and value is not None:
            value += self.ping_interval  # a session may be silent for both
        super().__setattr__(name, value)

    async def _send_request(self, method: str, *args: Any, **kw: Any) -> Any:
        response = await super()._send_request(method, *args, **kw)
        if method == "GET" and not isinstance(response, str) and response.status == 200:
            body = await response.read()  # it is kept for who reads it next
            try:
                _LongPolls(encoded_payload=body.decode())
            except (ValueError, LookupError):
                self.unreadable(body.decode(errors="replace"))
        return response


class OutspokenClient(socketio.AsyncClient):  # type: ignore[misc]
    """`unreadable` is told of each message that is not a Socket.IO packet.

    `hangs_up` is told of what makes the library close the connection.
    """

    def __init__(self, unreadable: Tell, hangs_up: Tell, **options: Any) -> None:
        super().__init__(**options)
        self._unreadable = unreadable
        self.eio.unreadable = hangs_up

    def _engineio_client_class(self) -> type[_Engine]:
        return _Engine

    async def _handle_eio_message(self, data: Any) -> None:
        if self._binary_packet or self._reads(data):
            await super()._handle_eio_message(data)
        else:
            self._unreadable(str(data))

    def _reads(self, data: Any) -> bool:
        """Whether it is a packet, and an event one of an event."""
        try:
            read = self.packet_class(encoded_packet=data)
        except (ValueError, LookupError, TypeError, AttributeError):
            return False
        values = read.data if isinstance(read.data, list) else []
        if read.packet_type == EVENT:
            return bool(values) and isinstance(values[0], str)
        return read.packet_type in KINDS


class _LongPolls(payload.Payload):  # type: ignore[misc]
    """Answers to a poll with as many packets as there are: the library gives up on more than 16."""

    max_decode_packets = 100_000


engineio.async_client.payload = SimpleNamespace(Payload=_LongPolls)
