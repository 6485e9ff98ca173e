"""WebSocket frames (RFC 6455, 5.2): a message as the bytes that every websocket of a room is sent."""

from __future__ import annotations

from functools import cached_property
from struct import Struct

from baraka_server.wire.deflate import COMPRESSED_BYTES_MIN, deflated

WHOLE_TEXT = 0x81
COMPRESSED_TEXT = 0xC1
"""The first byte of a frame: the last of its message, text; compressed (RFC 7692, 6)."""

_HEAD_7, _HEAD_16, _HEAD_64 = Struct("!BB"), Struct("!BBH"), Struct("!BBQ")


class TextFrame:
    """One message of text, for one client or for all of a room. Each form is made once, if at all."""

    def __init__(self, text: str) -> None:
        self._payload = text.encode()

    @cached_property
    def plain(self) -> bytes:
        return frame(self._payload, WHOLE_TEXT)

    @cached_property
    def compressed(self) -> bytes:
        """For those who agreed to it: as it is, when it is too short to gain anything."""
        if len(self._payload) < COMPRESSED_BYTES_MIN:
            return self.plain
        return frame(deflated(self._payload), COMPRESSED_TEXT)


def frame(payload: bytes, first: int) -> bytes:
    """A frame of a server, which masks nothing. `first` is its first byte."""
    size = len(payload)
    if size < 126:
        return _HEAD_7.pack(first, size) + payload
    if size < 2**16:
        return _HEAD_16.pack(first, 126, size) + payload
    return _HEAD_64.pack(first, 127, size) + payload
