"""WebSocket frames (RFC 6455, 5.2) that are made once and sent to every websocket of a room."""

from __future__ import annotations

from functools import cached_property
from struct import Struct

from baraka_server.live.encoded import Pieces, Shared
from baraka_server.wire.deflate import COMPRESSED_BYTES_MIN, deflated, deflated_piece, joined

WHOLE_TEXT = 0x81
COMPRESSED_TEXT = 0xC1
"""The first byte of a frame that is a whole text message; plain, and compressed (RFC 7692, 6)."""

_HEAD_7, _HEAD_16, _HEAD_64 = Struct("!BB"), Struct("!BBH"), Struct("!BBQ")


class TextFrame:
    """One text message as a frame, plain and compressed; each form is made once, when it is needed."""

    def __init__(self, text: str) -> None:
        self._payload = text.encode()

    @cached_property
    def plain(self) -> bytes:
        return frame(self._payload, WHOLE_TEXT)

    @cached_property
    def compressed(self) -> bytes:
        """The frame for clients that agreed to compression; plain where that would gain nothing."""
        if len(self._payload) < COMPRESSED_BYTES_MIN:
            return self.plain
        return frame(deflated(self._payload), COMPRESSED_TEXT)

    def parts(self, *, compressed: bool) -> list[bytes]:
        """The frame as chunks of bytes, which are written one after the other."""
        return [self.compressed if compressed else self.plain]


class FrameInPieces(TextFrame):
    """One text message whose pieces are shared with other messages and encoded once for all of them."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    @cached_property
    def plain(self) -> bytes:
        return b"".join(self.parts(compressed=False))

    @cached_property
    def compressed(self) -> bytes:
        return b"".join(self.parts(compressed=True))

    def parts(self, *, compressed: bool) -> list[bytes]:
        if compressed and sum(map(len, self._pieces)) >= COMPRESSED_BYTES_MIN:
            payload = joined([_form(piece, "deflated") for piece in self._pieces])
            first = COMPRESSED_TEXT
        else:
            payload, first = [_form(piece, "plain") for piece in self._pieces], WHOLE_TEXT
        return [_head(sum(map(len, payload)), first), *payload]


def _form(piece: str, name: str) -> bytes:
    if isinstance(piece, Shared):
        if name not in piece.forms:
            piece.forms[name] = _made(piece, name)
        return piece.forms[name]
    return _made(piece, name)


def _made(piece: str, name: str) -> bytes:
    plain = piece.encode()
    return deflated_piece(plain) if name == "deflated" else plain


def frame(payload: bytes, first: int) -> bytes:
    """A server's frame, which is not masked. `first` is its first byte."""
    return _head(len(payload), first) + payload


def _head(size: int, first: int) -> bytes:
    if size < 126:
        return _HEAD_7.pack(first, size)
    if size < 2**16:
        return _HEAD_16.pack(first, 126, size)
    return _HEAD_64.pack(first, 127, size)
