"""Requests whose session another server has: they are passed on to it, and its answers back.

A load balancer that reads the server from the `sid` sends none. One that does not, such as plain round
robin, works all the same, with a hop.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from baraka_server.links.listening import Links
from baraka_server.links.reach import Reach
from baraka_server.links.sealed import Frames, Kind, LinkFault
from baraka_server.wire.passed_on import PURPOSE, is_passed_on
from baraka_server.wire.places import Place

LOOK_SECONDS = 0.5
"""How often it is looked whether a client is still there that waits for the answer of another server."""
HEAD_BYTES_MAX = 64 * 1024
UNSENT_BYTES_MAX = 256 * 1024
"""With more than this unsent a client's websocket is not read."""
OF_ONE_HOP = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"expect"),
        *(b"transfer-encoding", b"upgrade", b"x-forwarded-for", b"forwarded", b"content-length"),
    }
)
"""Headers that are not passed on: those of one connection, and what is said of the client's address."""
NOT_OF_ANSWERS = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "date", "server", "vary"}
)
"""Headers of an answer that this server writes itself."""

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ?([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Way:
    """The worker that has a session, and the internal address of its server."""

    node: str
    to: tuple[str, int]


class Elsewhere:
    """Passes requests on. `server` is this one's name, `address` gives the client address of a request.

    A request that was passed on already is not passed on again. What is larger than `bytes_max`, or takes
    longer than `seconds_max` to arrive, is not passed on.
    """

    def __init__(
        self,
        links: Links,
        reach: Reach,
        server: str,
        address: Callable[[web.Request], str],
        *,
        bytes_max: int,
        seconds_max: float,
    ) -> None:
        self._links, self._reach, self._server, self._address = links, reach, server, address
        self._bytes_max, self._seconds_max = bytes_max, seconds_max

    def way_of(self, request: web.Request) -> Way | None:
        """Where a request belongs; None for this server, and for one that is not there."""
        sid = request.query.get("sid")
        place = Place.of(sid) if sid else None
        if place is None or place.node == self._server or is_passed_on(request.transport):
            return None
        if request.method not in {"GET", "POST"} or not self._has_body_of_a_post(request):
            return None
        to = self._reach.way_to_server(place.node)
        return Way(f"{place.node}.{place.worker}", to) if to else None

    def _has_body_of_a_post(self, request: web.Request) -> bool:
        length = request.content_length
        return request.method == "GET" or (length is not None and length <= self._bytes_max)

    async def answer(self, request: web.Request, way: Way) -> web.StreamResponse | None:
        """The other server's answer; None where it cannot be reached, and was not asked."""
        try:
            async with asyncio.timeout(self._seconds_max):
                body = await request.read() if request.method == "POST" else b""
            frames = await self._links.open(PURPOSE, way.node, way.to)
        except (LinkFault, TimeoutError):
            return None
        try:
            frames.send(Kind.ADDRESS, self._address(request).partition("/")[0].encode())
            frames.send(Kind.DATA, _head(request, len(body)) + body)
            return await self._passed_back(request, frames)
        except LinkFault as error:
            _hang_up(request)
            raise ConnectionError("the other server is gone") from error
        finally:
            frames.abort()

    async def _passed_back(self, request: web.Request, frames: Frames) -> web.StreamResponse:
        head, rest = await _answer_head(request, frames)
        status, reason, headers = _parsed(head)
        if status == 101:
            await _join(request, frames, head, rest)
            _hang_up(request)
            raise ConnectionError("the websocket is closed")
        answer = web.StreamResponse(status=status, reason=reason, headers=headers)
        await answer.prepare(request)
        left = answer.content_length
        async for data in _after(rest, frames):
            await answer.write(data)
            left = None if left is None else left - len(data)
        if left:
            raise LinkFault("the answer was cut off")
        await answer.write_eof()
        return answer


def _head(request: web.Request, length: int) -> bytes:
    """The beginning of a request as it is passed on."""
    lines = [f"{request.method} {request.raw_path} HTTP/1.1".encode()]
    lines += [
        name + b": " + value
        for name, value in request.raw_headers
        if name.lower() not in OF_ONE_HOP
    ]
    if request.headers.get("Upgrade", "").lower() == "websocket":
        lines += [b"Connection: Upgrade", b"Upgrade: websocket"]
    else:
        lines.append(b"Connection: close")
    if request.method == "POST":
        lines.append(b"Content-Length: %d" % length)
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def _answer_head(request: web.Request, frames: Frames) -> tuple[bytes, bytes]:
    """The head of the answer, and what came with it. Raises `LinkFault`, also if the client is gone."""
    read = b""
    coming = asyncio.create_task(frames.next())
    try:
        while b"\r\n\r\n" not in read:
            await asyncio.wait([coming], timeout=LOOK_SECONDS)
            if request.transport is None or request.transport.is_closing():
                raise LinkFault("the client is gone")
            if not coming.done():
                continue
            frame = coming.result()
            if frame is None or frame[0] is not Kind.DATA or len(read) > HEAD_BYTES_MAX:
                raise LinkFault("no answer")
            read += frame[1]
            if b"\r\n\r\n" not in read:
                coming = asyncio.create_task(frames.next())
    finally:
        coming.cancel()
    head, _, rest = read.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def _parsed(head: bytes) -> tuple[int, str, CIMultiDict[str]]:
    first, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise LinkFault("no answer of HTTP")
    headers: CIMultiDict[str] = CIMultiDict()
    for line in lines:
        name, _, value = line.decode("utf-8", "surrogateescape").partition(":")
        if name.lower() not in NOT_OF_ANSWERS:
            headers.add(name, value.strip())
    return int(status[1]), status[2].decode("ascii", "replace"), headers


async def _after(rest: bytes, frames: Frames) -> AsyncIterator[bytes]:
    """What is behind the head of an answer."""
    if rest:
        yield rest
    while frame := await frames.next():
        if frame[0] is Kind.DATA:
            yield frame[1]


class _ToServer:
    """Takes what a client's websocket says, in place of aiohttp's parser, and passes it on."""

    def __init__(self, request: web.Request, frames: Frames) -> None:
        self._request, self._frames = request, frames
        self._draining: asyncio.Task[None] | None = None

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        try:
            self._frames.send(Kind.DATA, bytes(data))
        except LinkFault:
            return True, b""
        if self._frames.unsent_bytes > UNSENT_BYTES_MAX and self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        return False, b""

    def feed_eof(self) -> None:
        self._frames.abort()

    async def _drain(self) -> None:
        transport = self._request.transport
        if transport is not None:
            transport.pause_reading()
        try:
            await self._frames.drain()
        except OSError:
            self._frames.abort()
        finally:
            self._draining = None
            if self._request.transport is not None:
                self._request.transport.resume_reading()


async def _join(request: web.Request, frames: Frames, head: bytes, rest: bytes) -> None:
    """Pass a websocket's bytes on in both directions, until one side ends it."""
    transport = request.transport
    if transport is None:
        raise LinkFault("the client is gone")
    transport.write(head + rest)
    request.protocol.set_parser(_ToServer(request, frames))  # type: ignore[arg-type]
    while (frame := await frames.next()) and request.transport is not None:
        if frame[0] is Kind.DATA:
            transport.write(frame[1])
            await request.writer.drain()


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
