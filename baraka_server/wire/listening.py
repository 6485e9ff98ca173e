"""Listening sockets of the server's addresses: one for each family of a host, or a file (`unix:/path`)."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from baraka_server.settings import UNIX, addresses

FILE_UMASK = 0o117
"""Whoever may write to the file may connect, and is believed as a proxy is: its user and its group."""
WAITING_MAX = 1024
"""How many connections may wait at a file before the server listens on all of its addresses."""


async def bound(host: str, port: int) -> list[socket.socket]:
    """Bind every address that a host stands for (`BARAKA_HOST`); they listen when they are told to.

    With port 0 all get the same free one. Raises `OSError`.
    """
    sockets: list[socket.socket] = []
    with closed_on_failure(sockets):
        for address in addresses(host):
            if address.startswith(UNIX):
                sockets.append(_file(Path(address.removeprefix(UNIX))))
            else:
                sockets += await _of_host(address, port or _port_of(sockets))
    return sockets


@contextmanager
def closed_on_failure(sockets: Sequence[socket.socket]) -> Iterator[None]:
    """Close all of them when what is done with them fails."""
    try:
        yield
    except BaseException:
        for one in sockets:
            close(one)
        raise


def listen(listening: socket.socket, backlog: int) -> None:
    """Begin to listen. Raises `OSError` as `bound` does: another process may have begun meanwhile."""
    try:
        listening.listen(backlog)
    except OSError as error:
        raise _in_words(error, listening.getsockname()) from None


def close(listening: socket.socket) -> None:
    """Listen no more; its file goes before anybody else can have made another one."""
    remove_file(listening)
    listening.close()


def remove_file(listening: socket.socket) -> None:
    if listening.family == socket.AF_UNIX:
        with suppress(OSError):
            Path(listening.getsockname()).unlink()


def url_of(listening: socket.socket, scheme: str = "http") -> str:
    if listening.family == socket.AF_UNIX:
        return UNIX + str(listening.getsockname())
    host, port = listening.getsockname()[:2]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


class ListeningSite(web.BaseSite):
    """aiohttp's site of a socket that is bound; its own one takes no files with uvloop."""

    def __init__(
        self,
        runner: web.AppRunner,
        listening: socket.socket,
        *,
        backlog: int,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(runner, backlog=backlog, ssl_context=ssl_context)
        self._listening = listening

    @property
    def name(self) -> str:
        return url_of(self._listening, "https" if self._ssl_context else "http")

    async def start(self) -> None:
        """Raises `OSError`, in the words of `bound`."""
        await super().start()
        loop = asyncio.get_running_loop()
        is_file = self._listening.family == socket.AF_UNIX
        make: Any = loop.create_unix_server if is_file else loop.create_server
        try:
            self._server = await make(
                self._runner.server,
                sock=self._listening,
                ssl=self._ssl_context,
                backlog=self._backlog,
            )
        except OSError as error:
            raise _in_words(error, self._listening.getsockname()) from None

    async def stop(self) -> None:
        remove_file(self._listening)
        await super().stop()


async def _of_host(host: str, port: int) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    sockets: list[socket.socket] = []
    with closed_on_failure(sockets):
        for family, _, _, _, address in dict.fromkeys(found):
            if sockets and not port:
                address = (address[0], _port_of(sockets), *address[2:])
            if one := _bound(family, address):
                sockets.append(one)
        if not sockets:
            raise OSError(f"this machine has no address of the family of {host}")
    return sockets


def _port_of(sockets: list[socket.socket]) -> int:
    """The port that was taken already; 0 for none."""
    ports = [one.getsockname()[1] for one in sockets if one.family != socket.AF_UNIX]
    return ports[0] if ports else 0


def _bound(family: int, address: Any) -> socket.socket | None:
    """A socket that is bound to an address; None where the machine lacks its family."""
    try:
        one = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
    except OSError as error:
        one.close()
        raise _in_words(error, address) from None
    return one


def _file(path: Path) -> socket.socket:
    """A socket at a path, which listens at once, so that another server sees that it is in use.

    One that nobody listens on was left by a server that was killed, and is replaced.
    """
    _remove_if_stale(path)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(FILE_UMASK)
    try:
        one.bind(str(path))
        one.listen(WAITING_MAX)
    except OSError as error:
        one.close()
        raise _in_words(error, str(path)) from None
    finally:
        os.umask(umask)
    return one


def _remove_if_stale(path: Path) -> None:
    """Raises `OSError` where a server listens there, or where something else is in its place."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(errno.EEXIST, f"{path} is there, and is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        except BlockingIOError:  # so many wait there that one more cannot
            raise OSError(errno.EADDRINUSE, f"another server listens on {path}") from None
        else:
            raise OSError(errno.EADDRINUSE, f"another server listens on {path}")


def _in_words(error: OSError, address: Any) -> OSError:
    why = (error.strerror or str(error)).lower()
    return OSError(error.errno, f"error while attempting to bind on address {address!r}: {why}")
