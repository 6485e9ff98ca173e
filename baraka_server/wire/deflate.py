"""`permessage-deflate` (RFC 7692) in such a way that one compressed message serves all clients.

Each message is compressed on its own (`server_no_context_takeover`), so that nothing of it depends on
what a client heard before; a client that asks for a smaller window than ours is sent plain text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

_zlib: ModuleType
try:  # four times faster; where there is no build of it, zlib does the same
    from isal import isal_zlib as _zlib
except ImportError:
    _zlib = zlib

COMPRESSED_BYTES_MIN = 1024
"""What is shorter is sent as it is: compressing it saves less than a packet of the network."""

WINDOW_BITS = 15
"""The window that we compress with: zlib's largest and the extension's default."""

AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
"""What a suitable offer is answered with."""

_TRAILER = b"\x00\x00\xff\xff"  # RFC 7692, 7.2.1: left out of every message
_LEVEL = 1  # isal's second of four, zlib's fastest of nine
_OFFER = re.compile(r"\s*permessage-deflate\s*(?:;|$)", re.IGNORECASE)
_FLAGS = frozenset({"server_no_context_takeover", "client_no_context_takeover"})


def agreed(offers: str | None) -> str | None:
    """The answer to the offers of a client's `Sec-WebSocket-Extensions`; None for no compression.

    The first offer that we can keep is taken. One that we do not understand is not (RFC 7692, 7).
    """
    return AGREED if offers and any(map(_is_suitable, offers.split(","))) else None


def _is_suitable(offer: str) -> bool:
    if not _OFFER.match(offer):
        return False
    seen = set()
    for parameter in offer.split(";")[1:]:
        name, is_set, value = (part.strip() for part in parameter.partition("="))
        name, value = name.lower(), value.strip('"')
        if name in seen:
            return False
        seen.add(name)
        bits = int(value) if re.fullmatch(r"[89]|1[0-5]", value) else None
        match name:
            case "client_max_window_bits" if not is_set or bits:
                continue  # it may use a smaller window than ours, and need not
            case "server_max_window_bits" if bits == WINDOW_BITS:
                continue
            case flag if flag in _FLAGS and not is_set:
                continue
        return False
    return True


def deflated(message: bytes) -> bytes:
    """The payload of a compressed message. It needs nothing that came before it."""
    return deflated_piece(message).removesuffix(_TRAILER)


def deflated_piece(piece: bytes) -> bytes:
    """A compressed piece of a message, for `joined`; it refers to no other piece."""
    press: Any = _zlib.compressobj(_LEVEL, zlib.DEFLATED, -WINDOW_BITS)
    done: bytes = press.compress(piece) + press.flush(_zlib.Z_SYNC_FLUSH)
    return done


def joined(pieces: Sequence[bytes]) -> list[bytes]:
    """The payload of a compressed message that was compressed in pieces, still in pieces.

    Each ends at a byte, with an empty block, so that they may follow each other.
    """
    return [*pieces[:-1], pieces[-1].removesuffix(_TRAILER)]
