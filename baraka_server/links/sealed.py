"""Sealed frames over a stream, and the handshake by which both sides prove that they have the secret.

    > LINK /asks?sid=n2.1.link&from=n1.1&v=1&nonce=HEX BARAKA     (the hello)
    < 32 random bytes, and the listener's proof over hello and them
    > the caller's proof over the same

The first line is one that `places.sid_in` reads: a parent of workers passes the connection to the one that
is meant. Every frame has a code over its number, so that none can be made, changed, repeated or left out
by whoever has not the secret. Nothing is encrypted.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

VERSION = 1
"""The version of what is said over a link: a node calls only those that say that they understand it."""
FRAME_BYTES_MAX = 512 * 1024
HELLO_BYTES_MAX = 512
HANDSHAKE_SECONDS_MAX = 1.0
UNSENT_BYTES_MAX = 4 * 1024 * 1024
"""How much waits for a node that does not read, before the link to it is given up."""

_PURPOSE = b"baraka link v1"
_NONCE_BYTES = 32
_PROOF_BYTES = 32
_CODE_BYTES = 16
_LENGTH = struct.Struct(">I")
_NUMBER = struct.Struct(">Q")
_NAME = r"[A-Za-z0-9_.-]{1,100}"
_HELLO = re.compile(
    rf"LINK /(?P<purpose>[a-z]{{1,16}})\?sid=(?P<to>{_NAME})\.link"
    rf"&from=(?P<sender>{_NAME})&v=(?P<version>\d{{1,4}})&nonce=[0-9a-f]{{64}} BARAKA\n"
)


class LinkFault(ConnectionError):
    """A link that cannot be opened, or that broke."""


class Stranger(LinkFault):
    """The other side of a connection has not this server's secret, or does not speak as a node does."""


class Kind(IntEnum):
    """What a frame is about."""

    PING = 1
    PONG = 2
    """With the time of whoever answers, by the clock that auctions' clocks are counted with."""
    ASK = 3
    ANSWER = 4
    LEAVING = 5
    """Whoever says so takes nothing more, and answers what it took."""
    ADDRESS = 6
    """The address of the client whose request follows."""
    DATA = 7
    END = 8


@dataclass(frozen=True, slots=True)
class Hello:
    """The first line of a link: what it is for, whom it is for, and whose it is."""

    purpose: str
    to: str
    sender: str
    version: int = VERSION

    def line(self) -> bytes:
        nonce = secrets.token_hex(_NONCE_BYTES)
        return (
            f"LINK /{self.purpose}?sid={self.to}.link&from={self.sender}"
            f"&v={self.version}&nonce={nonce} BARAKA\n"
        ).encode()

    @classmethod
    def of(cls, line: bytes) -> Self | None:
        found = _HELLO.fullmatch(line.decode("ascii", "replace"))
        if found is None:
            return None
        return cls(found["purpose"], found["to"], found["sender"], int(found["version"]))


def link_key(secret: str) -> bytes:
    """The key of links, made of the server's secret."""
    return hmac.digest(secret.encode(), _PURPOSE, "sha256")


class Frames:
    """The frames of a link whose handshake is done. Both sides may send at any time."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ours: bytes,
        theirs: bytes,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._ours, self._theirs = ours, theirs
        self.sent = self._read = 0
        self._is_over = False

    @property
    def unsent_bytes(self) -> int:
        return self._writer.transport.get_write_buffer_size()

    def send(self, kind: Kind, body: bytes = b"") -> None:
        """Send without waiting. Raises `LinkFault` where too much waits already, or the link is closed."""
        if self._writer.is_closing():
            raise LinkFault("the link is closed")
        if self.unsent_bytes > UNSENT_BYTES_MAX:
            self.abort()
            raise LinkFault("the other node does not read")
        sealed = bytes([kind]) + body
        code = _code(self._ours, self.sent, sealed)
        self.sent += 1
        self._writer.write(_LENGTH.pack(len(sealed)) + code + sealed)

    async def drain(self) -> None:
        """Wait until the other side has read most of what was sent."""
        await self._writer.drain()

    async def next(self) -> tuple[Kind, bytes] | None:
        """The next frame; None at the end. Raises `Stranger` for one that no node with the secret sent."""
        frame = None if self._is_over else await self._next()
        return None if self._has_ended() else frame

    def _has_ended(self) -> bool:
        return self._is_over

    async def _next(self) -> tuple[Kind, bytes] | None:
        try:
            head = await self._reader.readexactly(_LENGTH.size + _CODE_BYTES)
            (length,) = _LENGTH.unpack(head[: _LENGTH.size])
            if not 0 < length <= FRAME_BYTES_MAX:
                raise Stranger("a frame has an impossible length")
            sealed = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError, OSError) as error:
            if isinstance(error, LinkFault):
                raise
            return None
        if not hmac.compare_digest(head[_LENGTH.size :], _code(self._theirs, self._read, sealed)):
            raise Stranger("a frame is not sealed with this server's secret")
        self._read += 1
        try:
            return Kind(sealed[0]), sealed[1:]
        except ValueError:
            raise Stranger("a frame is of an unknown kind") from None

    def close(self) -> None:
        """Close when everything is sent."""
        self._writer.close()

    def abort(self) -> None:
        """End it at once; of what has come already nothing more is read."""
        self._is_over = True
        self._writer.transport.abort()


async def call(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes, hello: Hello
) -> Frames:
    """Open a link as the one who calls. Raises `LinkFault`."""
    line = hello.line()
    writer.write(line)
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS_MAX):
            answer = await reader.readexactly(_NONCE_BYTES + _PROOF_BYTES)
    except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
        writer.transport.abort()
        raise LinkFault(f"the node does not answer ({type(error).__name__})") from error
    said = line + answer[:_NONCE_BYTES]
    if not hmac.compare_digest(_proof(key, b"listener", said), answer[_NONCE_BYTES:]):
        writer.transport.abort()
        raise Stranger("whoever answers has not this server's secret")
    writer.write(_proof(key, b"caller", said))
    return Frames(reader, writer, _proof(key, b"to", said), _proof(key, b"fro", said))


async def listen(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes
) -> tuple[Hello, Frames]:
    """Open a link as the one who is called. Raises `Stranger` for whoever cannot prove the secret.

    Whoever said a whole hello and then no more may be a node that stood still: it is a `LinkFault` alone.
    """
    hello = None
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS_MAX):
            line = await reader.readuntil(b"\n")
            hello = Hello.of(line) if len(line) <= HELLO_BYTES_MAX else None
            if hello is None or hello.version != VERSION:
                raise Stranger("no hello that is understood")
            nonce = secrets.token_bytes(_NONCE_BYTES)
            said = line + nonce
            writer.write(nonce + _proof(key, b"listener", said))
            proof = await reader.readexactly(_PROOF_BYTES)
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
        if isinstance(error, Stranger):
            raise
        if hello is not None:
            raise LinkFault(f"{hello.sender} broke off its handshake") from error
        raise Stranger(f"no handshake ({type(error).__name__})") from error
    if not hmac.compare_digest(_proof(key, b"caller", said), proof):
        raise Stranger("whoever calls has not this server's secret")
    return hello, Frames(reader, writer, _proof(key, b"fro", said), _proof(key, b"to", said))


def _proof(key: bytes, side: bytes, said: bytes) -> bytes:
    return hmac.digest(key, side + b"\0" + said, "sha256")


def _code(key: bytes, number: int, sealed: bytes) -> bytes:
    return hmac.digest(key, _NUMBER.pack(number) + sealed, "sha256")[:_CODE_BYTES]
