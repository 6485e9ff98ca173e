"""What a database that is not there looks like to those who connect."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager

import pytest

from baraka_cli.terminal import run
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import Unavailable, translated

CONNECTIONS = 300
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close at once, and say so


@contextmanager
def hanging_up():
    """A port where whoever answers hangs up at once, and at whatever moment: a thread of its own."""
    with socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS) as listener:

        def hang_up():
            with pytest.raises(OSError):  # the listener was shut down
                while True:
                    caller, _ = listener.accept()
                    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    caller.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


async def connect_in_vain(port):
    engine = open_engine(f"mysql://root@127.0.0.1:{port}/baraka")
    try:
        for _ in range(CONNECTIONS):
            with pytest.raises(Unavailable), translated():
                async with engine.connect():
                    pass
    finally:
        await engine.dispose()


def test_a_database_that_hangs_up_at_once_is_unavailable_at_whatever_moment():
    # Under the event loop that the server runs on: when it notices is a matter of that loop.
    with hanging_up() as port:
        run(connect_in_vain(port))
