"""Strangers: HTTP, WebSocket and Engine.IO written byte by byte, right or wrong.

What a client library would refuse to send, hide or repair, these send, and see what comes back.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import socket
import struct
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.clients.phones import PATIENCE_SECONDS, token
from tests.support.servers.baraka import SECRET

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0
PACKETS = "\x1e"
PATH = "/socket.io/?EIO=4&transport="

Headers = dict[str, str]


class HungUp(Exception):
    """The server closed the connection."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Frame:
    opcode: int
    payload: bytes
    compressed: bool = False


def frame(
    payload: str | bytes = b"",
    opcode: int = TEXT,
    *,
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    length: int | None = None,
) -> bytes:
    """One WebSocket frame; `length` is what it says its length is."""
    data = payload.encode() if isinstance(payload, str) else payload
    said = len(data) if length is None else length
    head = bytes([(fin << 7) | (reserved << 4) | opcode])
    mask_bit = masked << 7
    if said < 126:
        head += bytes([mask_bit | said])
    elif said < 2**16:
        head += bytes([mask_bit | 126]) + struct.pack("!H", said)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", said)
    return head + (b"\0\0\0\0" if masked else b"") + data


class Line:
    """One TCP connection to the server, from another address of this machine if `source` is one."""

    def __init__(
        self, url: str, *, receive_buffer_bytes: int | None = None, source: str | None = None
    ) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self.host, self.port = parts.hostname, parts.port
        self._receive_buffer_bytes = receive_buffer_bytes
        self._source = source

    async def __aenter__(self) -> Self:
        plain = socket.socket()
        plain.setblocking(False)
        if self._source:
            plain.bind((self._source, 0))
        if self._receive_buffer_bytes:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer_bytes)
        await asyncio.get_running_loop().sock_connect(plain, (self.host, self.port))
        # A small limit: what is not read stays with the server.
        limit = 2**16 if self._receive_buffer_bytes is None else 1024
        self.reader, self.writer = await asyncio.open_connection(sock=plain, limit=limit)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reset()

    def reset(self) -> None:
        """Be gone, as a phone whose battery is out; the server sees a reset."""
        if not self.writer.transport.is_closing():
            raw = self.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()

    async def sends(self, data: bytes) -> None:
        """Returns when the kernel has it, or `HungUp`."""
        try:
            self.writer.write(data)
            await asyncio.wait_for(self.writer.drain(), PATIENCE_SECONDS)
        except OSError:
            raise HungUp from None

    def ends(self) -> None:
        """Say nothing more, and still listen."""
        with suppress(OSError):  # the server was first
            self.writer.write_eof()

    async def requests(
        self, method: str, target: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        await self.sends(request(method, target, body, **headers))
        return await self.answer()

    async def answer(self) -> Answer:
        """The next HTTP response."""
        try:
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)
            status, *lines = head.decode("latin-1").strip().split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines)
            }
            size = int(headers.get("content-length", 0))
            body = await asyncio.wait_for(self.reader.readexactly(size), PATIENCE_SECONDS)
        except (OSError, asyncio.IncompleteReadError):
            raise HungUp from None
        return Answer(int(status.split()[1]), headers, body)

    async def frame(self) -> Frame:
        """The next WebSocket frame."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                first, second = await self.reader.readexactly(2)
                length = second & 127
                if length > 125:
                    size, kind = (2, "!H") if length == 126 else (8, "!Q")
                    (length,) = struct.unpack(kind, await self.reader.readexactly(size))
                payload = await self.reader.readexactly(length)
                return Frame(first & 15, payload, compressed=bool(first & 0x40))
        except (ConnectionError, asyncio.IncompleteReadError):
            raise HungUp from None

    async def hung_up(self) -> bytes:
        """Wait until the server closes the connection. Returns what it still said."""
        said = b""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while more := await self.reader.read(2**16):
                    said += more
        except ConnectionError:
            pass
        except TimeoutError:
            raise AssertionError(f"the server did not hang up; it said {said[-200:]!r}") from None
        return said


def request(method: str, target: str, body: bytes | None = None, **headers: str) -> bytes:
    """One HTTP request; a header's name is written with `_` for `-`."""
    if body is not None:
        headers = {"Content_Length": str(len(body))} | headers
    lines = [f"{method} {target} HTTP/1.1", "Host: baraka"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + (body or b"")


def upgrade_headers(**more: str) -> Headers:
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(os.urandom(16)).decode(),
    } | more


class Stranger:
    """An Engine.IO session by hand. `opens`, then perhaps `enters`; `says` packets as they are."""

    transport: str

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.headers = headers
        self.sid = ""
        self._waiting: deque[str] = deque()
        self._ids = itertools.count(1)
        self._entered = False

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(self, *_: object) -> None:
        raise NotImplementedError

    async def says(self, *packets: str | bytes) -> None:
        """Send Engine.IO packets at once. `HungUp` if nobody takes them."""
        raise NotImplementedError

    async def _more(self) -> list[str]:
        """The packets that come next. `HungUp` if the server is done with us."""
        raise NotImplementedError

    async def is_hung_up_on(self) -> list[str]:
        """Wait until the session is over. Returns the packets that came before that."""
        heard = []
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    heard.append(await self.hears_anything())
        except HungUp:
            return heard
        except TimeoutError:
            raise AssertionError(f"still served; heard {heard[-5:]}") from None

    async def enters(self, user_id: int | None = 2, **auth: Any) -> None:
        """Connect to the namespace; without a user, without a token."""
        mine = {"token": token(SECRET, user_id)} if user_id is not None else {}
        await self.says("40" + json.dumps(mine | auth))
        while (heard := await self.hears_anything()).startswith("42"):
            assert self._entered  # on its way since before
        assert heard.startswith("40")
        self._entered = True

    async def hears_anything(self) -> str:
        """The next packet that is not a ping."""
        while True:
            while not self._waiting:
                self._waiting.extend(await self._more())
            packet = self._waiting.popleft()
            if packet == "2":
                await self.says("3")
            else:
                return packet

    async def hears_event(self) -> tuple[str, Any]:
        """The next event, whatever its name, and its payload."""
        while not (packet := await self.hears_anything()).startswith("42"):
            pass
        name, payload = json.loads(packet[2:])
        return name, payload

    async def hears(self, event: str) -> Any:
        """The payload of the next event of this name; what comes before is skipped."""
        while True:
            name, payload = await self.hears_event()
            if name == event:
                return payload

    async def asks(self, event: str, payload: Any) -> Any:
        """Send with an acknowledgement, and return it."""
        number = next(self._ids)
        await self.says(f"42{number}" + json.dumps([event, payload]))
        return await self.answered(number)

    async def answered(self, number: int) -> Any:
        return (await self.answers(number))[0]

    async def answers(self, *numbers: int) -> list[Any]:
        """The acknowledgements of these; they may come in any order, what comes between is skipped."""
        found: dict[int, Any] = {}
        while not found.keys() >= set(numbers):
            packet = await self.hears_anything()
            if packet.startswith("43"):
                start = packet.index("[")
                found[int(packet[2:start])] = json.loads(packet[start:])[0]
        return [found[number] for number in numbers]


class WebSocketStranger(Stranger):
    transport = "websocket"
    receive_buffer_bytes: int | None = None

    async def __aenter__(self) -> Self:
        self.line = await Line(
            self.url, receive_buffer_bytes=self.receive_buffer_bytes
        ).__aenter__()
        answer = await self.line.requests("GET", PATH + "websocket", None, **self._upgrade())
        if answer.status != 101:
            self.line.reset()
            raise HungUp(answer.status)
        opening = await self._more()
        self.sid = json.loads(opening[0][1:])["sid"]
        return self

    def _upgrade(self) -> Headers:
        return upgrade_headers(**self.headers)

    async def __aexit__(self, *_: object) -> None:
        self.line.reset()

    async def says(self, *packets: str | bytes) -> None:
        await self.line.sends(
            b"".join(
                frame(packet, BINARY if isinstance(packet, bytes) else TEXT) for packet in packets
            )
        )

    async def _more(self) -> list[str]:
        while True:
            got = await self.line.frame()
            if got.opcode == TEXT:
                return [self._read(got).decode()]
            if got.opcode == CLOSE:
                raise HungUp(got.payload)

    def _read(self, got: Frame) -> bytes:
        assert not got.compressed
        return got.payload


class SlowReader(WebSocketStranger):
    """A websocket whose kernel takes next to nothing for it."""

    receive_buffer_bytes = 2048


class CompressedStranger(WebSocketStranger):
    """Offers compression, and inflates each message on its own (RFC 7692, 7.2.2)."""

    offer = "permessage-deflate; client_max_window_bits"

    def __init__(self, url: str, **headers: str) -> None:
        super().__init__(url, **{"Sec_WebSocket_Extensions": self.offer} | headers)
        self.compressed = self.plain = 0

    def _read(self, got: Frame) -> bytes:
        if not got.compressed:
            self.plain += 1
            return got.payload
        self.compressed += 1
        return zlib.decompressobj(-15).decompress(got.payload + b"\x00\x00\xff\xff")


class PollingStranger(Stranger):
    transport = "polling"

    async def __aenter__(self) -> Self:
        self.getting = await Line(self.url).__aenter__()
        self.posting = await Line(self.url).__aenter__()
        answer = await self.getting.requests("GET", PATH + "polling", None, **self.headers)
        if answer.status != 200:
            await self.__aexit__()
            raise HungUp(answer.status)
        self.sid = json.loads(answer.body[1:])["sid"]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.getting.reset()
        self.posting.reset()

    @property
    def target(self) -> str:
        return f"{PATH}polling&sid={self.sid}"

    async def says(self, *packets: str | bytes) -> None:
        body = PACKETS.encode().join(
            packet.encode()
            if isinstance(packet, str)
            else b"b" + base64.b64encode(packet)  # how Engine.IO writes bytes in a POST
            for packet in packets
        )
        answer = await self.posts(body)
        if answer.status != 200:
            raise HungUp(answer.status)

    async def posts(self, body: bytes | None, **headers: str) -> Answer:
        return await self.posting.requests("POST", self.target, body, **self.headers, **headers)

    async def _more(self) -> list[str]:
        answer = await self.getting.requests("GET", self.target, None, **self.headers)
        if answer.status != 200:
            raise HungUp(answer.status)
        packets = answer.body.decode().split(PACKETS)
        if packets == [""]:
            raise HungUp("an empty poll: the session is over")
        return packets


STRANGERS: dict[str, type[Stranger]] = {
    kind.transport: kind for kind in (WebSocketStranger, PollingStranger)
}
