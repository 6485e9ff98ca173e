"""`Proxy`: a TCP proxy before a database or a Redis, which passes, delays, stalls, swallows, cuts and resets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Self

from tests.support.chaos.resp import Frames
from tests.support.servers.line import COMMIT

CHUNK_BYTES = 65_536

Tamper = Callable[[bytes], Iterable[bytes]]
"""What arrives in place of a message that Redis publishes."""


class Link:
    """One connection through a proxy."""

    def __init__(self, to_client: asyncio.StreamWriter, to_server: asyncio.StreamWriter) -> None:
        self.ends = (to_client, to_server)
        self.deaf = False
        """Whether the client hears nothing any more."""
        self.mute = False
        """Whether the server hears nothing any more."""
        self.committed: asyncio.Event | None = None
        """Set when the server has answered the commit that the client will never hear of."""
        self.locks = False
        self.frames = Frames()

    def abort(self) -> None:
        for end in self.ends:
            end.transport.abort()


class Proxy:
    """`async with Proxy(mariadb.port) as proxy:`, and connect to `proxy.before(url)`."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.delay_seconds = 0.0
        self.tamper: Tamper | None = None
        """Changes the messages that a Redis publishes."""
        self._server_port = server_port
        self._flows = asyncio.Event()
        self._flows.set()
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._behind_commit: asyncio.Event | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.flow()
        self.reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def before(self, url: str) -> str:
        """The URL of a server, by this proxy."""
        return url.replace(f":{self._server_port}/", f":{self.port}/")

    def reset(self) -> None:
        """Cut every connection; new ones pass."""
        for link in list(self._links):
            link.abort()

    def half_open(self) -> None:
        """On the connections that are there nothing comes any more, and nobody is told."""
        for link in self._links:
            link.deaf = True

    def mute(self) -> None:
        """What is sent over the connections that are there is lost, and nobody is told."""
        for link in self._links:
            link.mute = True

    def stall(self) -> None:
        """Nothing moves until `flow`."""
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    async def swallows_a_commit(self, seconds_max: float) -> bool:
        """Have the next commit that writes take place, and its answer lost. Whether there was one in time."""
        committed = self._behind_commit = asyncio.Event()
        try:
            await asyncio.wait_for(committed.wait(), seconds_max)
        except TimeoutError:
            return False
        finally:
            self._behind_commit = None
        return True

    async def _connected(
        self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            to_client.transport.abort()
            return
        link = Link(to_client, to_server)
        self._links.add(link)
        ways = [
            asyncio.create_task(self._ask(link, client, to_server)),
            asyncio.create_task(self._answer(link, server, to_client)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._links.discard(link)
            link.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _ask(
        self, link: Link, client: asyncio.StreamReader, to_server: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await client.read(CHUNK_BYTES):
                await self._pace()
                if link.mute:
                    continue
                link.locks = link.locks or b"FOR UPDATE" in data
                if data.endswith(COMMIT):
                    if link.locks and self._behind_commit is not None:
                        link.committed, self._behind_commit = self._behind_commit, None
                    link.locks = False
                to_server.write(data)
                await to_server.drain()

    async def _answer(
        self, link: Link, server: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await server.read(CHUNK_BYTES):
                await self._pace()
                if link.committed is not None:
                    link.deaf = True
                    link.committed.set()
                if link.deaf:
                    continue
                to_client.writelines(self._parts(link, data))
                await to_client.drain()

    async def _pace(self) -> None:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        await self._flows.wait()

    def _parts(self, link: Link, data: bytes) -> list[bytes]:
        if self.tamper is None and not link.frames.rest:
            return [data]
        parts: list[bytes] = []
        for frame in link.frames.take(data):
            parts += self.tamper(frame) if self.tamper and Frames.is_message(frame) else [frame]
        return parts
