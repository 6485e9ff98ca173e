"""Connections that have just come: the first request line says which worker one belongs to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence

from baraka_server.wire.listening import close, listen
from baraka_server.wire.places import HEAD_BYTES_MAX, is_whole_line, sid_in

BACKLOG = 1024
ACCEPTED_AT_ONCE = 64
LOOK_AGAIN_SECONDS = 0.01
"""The pause before a request line of which a part has come is looked at again, doubled each time."""
ACCEPT_AGAIN_SECONDS = 0.5
"""The pause after too many files were open: the listener would be called without end."""
WAIT_SECONDS_MAX = 2
"""How long a connection is kept for its request line: then a worker has it, with all of its limits."""
WAITING_MAX = 4_096

Take = Callable[[socket.socket, str | None, bool], None]
"""Takes a connection, the `sid` of its first request, and whether its request line was seen."""


class Arrivals:
    """Accepts the connections of bound sockets, and gives each away with the `sid` that it asks for.

    The bytes are looked at and stay where they are. Not more than `WAITING_MAX` wait; further ones are given
    away at once.
    """

    def __init__(self, listening: Sequence[socket.socket], take: Take) -> None:
        for each in listening:
            each.setblocking(False)
        self._listening = listening
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[socket.socket, asyncio.TimerHandle] = {}
        self._open = False

    def open(self) -> None:
        """Listen. Raises `OSError` if an address was taken meanwhile."""
        for listening in self._listening:
            listen(listening, BACKLOG)
        self._open = True
        for listening in self._listening:
            self._accept_again(listening)

    def close(self) -> None:
        """Listen no more. Who still waits is given away."""
        for listening in self._listening:
            if self._open:
                self._loop.remove_reader(listening.fileno())
            close(listening)
        self._open = False
        for connection in list(self._waiting):
            self._give_away(connection)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, _ = listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:  # it hung up already
                continue
            except OSError:  # too many files are open
                self._loop.remove_reader(listening.fileno())
                self._loop.call_later(ACCEPT_AGAIN_SECONDS, self._accept_again, listening)
                return
            connection.setblocking(False)
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if len(self._waiting) >= WAITING_MAX:
                self._take(connection, None, False)
                continue
            patience = self._loop.call_later(WAIT_SECONDS_MAX, self._give_away, connection)
            self._waiting[connection] = patience
            self._look(connection)

    def _accept_again(self, listening: socket.socket) -> None:
        if self._open:
            self._loop.add_reader(listening.fileno(), self._accept, listening)

    def _look(self, connection: socket.socket, pause: float = LOOK_AGAIN_SECONDS) -> None:
        if connection not in self._waiting:
            return
        try:
            head = connection.recv(HEAD_BYTES_MAX, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            self._loop.add_reader(connection.fileno(), self._look, connection)
            return
        except OSError:
            head = b""
        self._loop.remove_reader(connection.fileno())
        if head and not is_whole_line(head):
            # It stays readable, so that a reader would be called without end.
            self._loop.call_later(pause, self._look, connection, pause * 2)
            return
        self._give_away(connection, sid_in(head), seen=True)

    def _give_away(
        self, connection: socket.socket, sid: str | None = None, *, seen: bool = False
    ) -> None:
        patience = self._waiting.pop(connection, None)
        if patience is not None:
            patience.cancel()
            self._loop.remove_reader(connection.fileno())
            self._take(connection, sid, seen)
