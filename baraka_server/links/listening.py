"""Listening for links: on a socket of the machine, on the internal address, or as a parent passes them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from baraka_server.links.reach import Address
from baraka_server.links.sealed import (
    HANDSHAKE_SECONDS_MAX,
    Frames,
    Hello,
    LinkFault,
    Stranger,
    call,
    listen,
)

log = logging.getLogger(__name__)

UNPROVED_MAX = 64
"""How many connections may be in their handshake at once: further ones are closed."""
BACKLOG = 256

Serve = Callable[[Hello, Frames], Awaitable[None]]
"""Serves a link whose other side has the secret, until its end."""


class Links:
    """Opens links to other nodes, and takes those of others.

    `takes` has for each purpose who serves its links; of another purpose none is taken.
    """

    def __init__(self, key: bytes, node: str) -> None:
        self.takes: dict[str, Serve] = {}
        self.node = node
        self.address = Address()
        self._key = key
        self._servers: list[asyncio.Server] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._unproved = 0
        self._strangers = 0

    async def listen_on_machine(self) -> None:
        """Listen for the other workers of this server, on a socket that has no file."""
        name = f"baraka-{secrets.token_hex(16)}"
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(f"\0{name}")
        listening.listen(BACKLOG)
        self._servers.append(await asyncio.start_unix_server(self._came, sock=listening))
        self.address = Address(self.address.tcp, name)

    async def listen_on(self, host: str, port: int) -> None:
        """Listen on the internal address. Raises `OSError` when it is in use."""
        server = await asyncio.start_server(self._came, host, port, backlog=BACKLOG)
        self._servers.append(server)
        self.is_at(host, server.sockets[0].getsockname()[1])

    def is_at(self, host: str, port: int) -> None:
        """Say that a parent passes on what comes to this address."""
        self.address = Address((host, port), self.address.unix)

    async def adopt(self, connection: int) -> None:
        """Take a connection that the parent accepted."""
        accepted = socket.socket(fileno=connection)
        accepted.setblocking(False)
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader, self._came)
        try:
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(lambda: protocol, accepted)
        except OSError:  # it is gone by now
            accepted.close()

    async def open(self, purpose: str, node: str, way: tuple[str, int] | str) -> Frames:
        """Open a link to a node. Raises `LinkFault`."""
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS_MAX):
                if isinstance(way, str):
                    to = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                    to.setblocking(False)
                    try:
                        to.connect(f"\0{way}")
                        reader, writer = await asyncio.open_unix_connection(sock=to)
                    except BaseException:
                        to.close()
                        raise
                else:
                    reader, writer = await asyncio.open_connection(*way)
        except (TimeoutError, OSError) as error:
            raise LinkFault(f"{node} cannot be reached: {type(error).__name__}") from error
        return await call(reader, writer, self._key, Hello(purpose, node, self.node))

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._unproved >= UNPROVED_MAX:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._unproved += 1
        try:
            hello, frames = await listen(reader, writer, self._key)
        except LinkFault as error:
            if isinstance(error, Stranger):
                self._note_stranger(error)
            else:  # anybody can say a hello again and again: it fills no log
                log.debug("a link was not opened: %s", error, extra={"event": "link_broke"})
            writer.transport.abort()
            return
        finally:
            self._unproved -= 1
        try:
            if serve := self.takes.get(hello.purpose):
                await serve(hello, frames)
        except LinkFault as error:
            log.warning(
                "a link of %s broke: %s", hello.sender, error, extra={"event": "link_broke"}
            )
        except Exception:
            log.exception("a link failed", extra={"event": "fault"})
        finally:
            with suppress(OSError):
                frames.close()

    def _note_stranger(self, error: Stranger) -> None:
        self._strangers += 1
        if self._strangers == 1:
            log.warning(
                "something at the internal address is not a server of this house (%s): let nobody else "
                "reach BARAKA_INTERNAL_ADDRESS",
                error,
                extra={"event": "link_stranger"},
            )
