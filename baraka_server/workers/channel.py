"""Channel between the parent and a worker: messages, some with an open connection, over a socket pair."""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum

MESSAGE_BYTES_MAX = 128 * 1024
"""The largest message: one of the relay with its channel, or the first bytes of a request."""
BUFFER_BYTES = 1024 * 1024
UNSENT_BYTES_MAX = 16 * 1024 * 1024
"""How much waits for a process that does not read: further news are dropped, and found in the ledger."""
UNSENT_CONNECTIONS_MAX = 256
"""How many connections wait for one: further ones are closed, so that their clients try again."""
AT_ONCE = 64
"""How many messages are read before others of the process have their turn."""


class Kind(IntEnum):
    """What a message is about."""

    SETTINGS = 1
    """To a worker: its place and settings, as JSON."""
    READY = 2
    """From a worker: it serves."""
    FAILED = 3
    """From a worker: it cannot start, and the reason."""
    CONNECTION = 4
    """A connection, and what was read of its first request."""
    HAND_OVER = 5
    """From a worker: a connection for the worker whose number comes first, and what was read of it."""
    LOAD = 6
    """From a worker: how many connections it has."""
    PUBLISH = 7
    """From a worker: a message for all workers that hear a channel."""
    SUBSCRIBE = 8
    SUBSCRIBED = 9
    UNSUBSCRIBE = 10
    NEWS = 11
    """To a worker: a message of a channel that it hears."""
    STOP = 12
    """To a worker: finish what was accepted, and end."""
    SILENT = 13
    """A connection on which no request has begun yet."""
    NUMBERS = 14
    """From a worker: the report of its metrics."""
    ASK_NODE = 15
    """From a worker: it wants the report of the node."""
    NODE = 16
    """To a worker: the report of all workers together."""
    LINK = 17
    """A connection to the internal address, of another node."""
    ENDED = 18
    """To a worker: another one has ended, whose number it is."""


_MAY_BE_LOST = frozenset(
    {Kind.LOAD, Kind.PUBLISH, Kind.NEWS, Kind.NUMBERS, Kind.ASK_NODE, Kind.NODE}
)

Receive = Callable[[Kind, bytes, int | None], None]


class Channel:
    """One end of a socket pair. `receive` is called for each message; a connection in it is one's own then.

    `gone` is called once, when the other end is closed.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
        self._end = end
        self.unsent: deque[tuple[bytes, int | None]] = deque()
        self._unsent_bytes = self._unsent_connections = 0
        self._loop = asyncio.get_running_loop()
        self._is_open = False

    @staticmethod
    def pair() -> tuple[socket.socket, socket.socket]:
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def open(self, receive: Receive, gone: Callable[[], None]) -> None:
        self._receive, self._gone = receive, gone
        self._is_open = True
        self._loop.add_reader(self._end.fileno(), self._read)

    def finish(self) -> None:
        """Read what the other end sent before it ended, and close."""
        while self._is_open and self._read():
            pass
        self.close()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._end.fileno())
            self._loop.remove_writer(self._end.fileno())
        for _, connection in self.unsent:
            close_connection(connection)
        self.unsent.clear()
        self._end.close()

    def send(self, kind: Kind, data: bytes = b"", connection: int | None = None) -> None:
        """Send without waiting. The connection is the channel's own from now on, and is closed here."""
        if not self._is_open or self._is_too_much(kind, connection):
            close_connection(connection)
            return
        message = bytes([kind]) + data
        if self.unsent or not self._sent(message, connection):
            self.unsent.append((message, connection))
            self._unsent_bytes += len(message)
            self._unsent_connections += connection is not None
            self._loop.add_writer(self._end.fileno(), self._write)

    def _is_too_much(self, kind: Kind, connection: int | None) -> bool:
        """Whether a process that does not read is not sent this any more."""
        if connection is not None:
            return self._unsent_connections >= UNSENT_CONNECTIONS_MAX
        return kind in _MAY_BE_LOST and self._unsent_bytes >= UNSENT_BYTES_MAX

    def _sent(self, message: bytes, connection: int | None) -> bool:
        """Whether it could be sent, or never can be."""
        rights = (
            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [connection]))]
            if connection is not None
            else []
        )
        try:
            self._end.sendmsg([message], rights)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:  # the other end is gone, of which `_read` hears
            pass
        close_connection(connection)
        return True

    def _write(self) -> None:
        while self.unsent and self._sent(*self.unsent[0]):
            message, connection = self.unsent.popleft()
            self._unsent_bytes -= len(message)
            self._unsent_connections -= connection is not None
        if not self.unsent:
            self._loop.remove_writer(self._end.fileno())

    def _read(self) -> bool:
        """Read some messages. False where there are no more."""
        for _ in range(AT_ONCE):
            if not self._is_open:
                return False
            try:
                message, connections, _, _ = socket.recv_fds(self._end, MESSAGE_BYTES_MAX, 1)
            except (BlockingIOError, InterruptedError):
                return False
            except OSError:
                message, connections = b"", []
            if not message:
                self.close()
                self._gone()
                return False
            connection = connections[0] if connections else None
            self._receive(Kind(message[0]), message[1:], connection)
        return True


def close_connection(connection: int | None) -> None:
    """Close a connection that nobody takes, if there is one."""
    if connection is not None:
        with suppress(OSError):
            os.close(connection)
