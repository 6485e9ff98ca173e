"""Codec of Socket.IO packets: JSON that is encoded already, and event names that are not the library's.

Checked against python-socketio 5.18 and python-engineio 4.15; tests/wire/test_packets.py fails
when an assumption no longer holds.
"""

from __future__ import annotations

import json
from typing import Any

from engineio.payload import Payload
from socketio import packet

from baraka_server.live.encoded import encode

PACKETS_PER_POST_MAX = 256
WHOLE_NUMBER_CHARS_MAX = 20
RESERVED_EVENTS = frozenset({"connect", "disconnect", "connect_error", "*"})
RESERVED_PREFIX = "reserved:"


class Json:
    """The JSON codec of both libraries; what is encoded already is written as it is."""

    @staticmethod
    def dumps(value: Any, **_options: Any) -> str:
        return encode(value)

    @staticmethod
    def loads(text: str, **_options: Any) -> Any:
        return json.loads(text, parse_int=_whole_number)


def _whole_number(digits: str) -> int | float:
    # Python refuses to read thousands of digits; no field of the contract has more than sixteen.
    return int(digits) if len(digits) <= WHOLE_NUMBER_CHARS_MAX else float("inf")


class Packet(packet.Packet):  # type: ignore[misc]
    """A packet whose event name cannot be one of the library's own.

    A client that sends the event `disconnect` would call our disconnect handler with its own words,
    and one that sends `*` our handler for unknown events, in the name of another socket.
    """

    json = Json
    data: Any

    def decode(self, encoded_packet: str) -> int:
        attachments: int = super().decode(encoded_packet)
        if self.packet_type in {packet.EVENT, packet.BINARY_EVENT}:
            self.data = _named(self.data)
        return attachments


def _named(data: Any) -> list[Any]:
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        return [RESERVED_PREFIX]
    if data[0] in RESERVED_EVENTS:
        return [RESERVED_PREFIX + data[0], *data[1:]]
    return data


def allow_bursts() -> None:
    """Let one POST of a long-polling client carry a burst: the library drops all above 16 packets."""
    Payload.max_decode_packets = PACKETS_PER_POST_MAX
