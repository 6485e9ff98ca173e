"""Listening sockets of an address, as a server of one process has them: one for each family of its host."""

from __future__ import annotations

import asyncio
import socket
from typing import Any


async def bound(host: str, port: int) -> list[socket.socket]:
    """Bind every address that a host stands for, "" for all; they listen when they are told to.

    With port 0 all get the same free one. Raises `OSError`, in the words of a server of one process.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            if sockets and not port:
                address = (address[0], sockets[0].getsockname()[1], *address[2:])
            if one := _bound(family, address):
                sockets.append(one)
        if not sockets:
            raise OSError(f"this machine has no address of the family of {host}")
    except BaseException:
        for one in sockets:
            one.close()
        raise
    return sockets


def listen(listening: socket.socket, backlog: int) -> None:
    """Begin to listen. Raises `OSError` as `bound` does: another process may have begun meanwhile."""
    try:
        listening.listen(backlog)
    except OSError as error:
        raise _in_words(error, listening.getsockname()) from None


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


def _in_words(error: OSError, address: Any) -> OSError:
    why = (error.strerror or str(error)).lower()
    return OSError(error.errno, f"error while attempting to bind on address {address!r}: {why}")
