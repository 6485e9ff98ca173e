"""Errors and timeouts of connections to a database that is not there."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from baraka_cli.terminal import run
from baraka_server.store import engine as engines
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


async def ask(engine):
    """The id that the database has for the connection that answered."""
    with translated():
        async with engine.connect() as connection:
            return (await connection.execute(text("SELECT CONNECTION_ID()"))).scalar_one()


@pytest.mark.mariadb
async def test_a_connection_that_was_lost_while_it_was_idle_is_replaced_unnoticed(
    mariadb, monkeypatch
):
    mariadb.revive()
    monkeypatch.setattr(engines, "FRESH_SECONDS", 0)
    engine = open_engine(mariadb.create_database("idle"), connections_max=1)
    try:
        first = await ask(engine)
        assert await ask(engine) == first
        mariadb.sql(f"KILL {first}")
        assert await ask(engine) != first
    finally:
        await engine.dispose()
        mariadb.drop_database("idle")


@pytest.mark.mariadb
async def test_a_connection_that_is_lost_right_after_its_use_costs_one_answer_and_no_more(
    mariadb, monkeypatch
):
    """In a hot auction nobody asks a connection before each bid whether it is still there."""
    mariadb.revive()
    monkeypatch.setattr(engines, "FRESH_SECONDS", 60)
    engine = open_engine(mariadb.create_database("busy"), connections_max=1)
    try:
        first = await ask(engine)
        mariadb.sql(f"KILL {first}")
        with pytest.raises(Unavailable):
            await ask(engine)
        assert await ask(engine) != first
    finally:
        await engine.dispose()
        mariadb.drop_database("busy")


@pytest.mark.mariadb
async def test_a_connection_is_rolled_back_when_something_is_open_and_only_then(mariadb):
    mariadb.revive()
    engine = open_engine(mariadb.create_database("ended"), connections_max=1)

    async def number(query):
        async with engine.begin() as connection:
            return int((await connection.execute(text(query))).one()[-1])

    try:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE numbers (n INT)"))
        before = await number("SHOW SESSION STATUS LIKE 'Com_rollback'")
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO numbers VALUES (1)"))
        assert await number("SHOW SESSION STATUS LIKE 'Com_rollback'") == before
        async with engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            async with driver.cursor() as cursor:  # past SQLAlchemy, which would end it itself
                await cursor.execute("INSERT INTO numbers VALUES (2)")
        assert await number("SHOW SESSION STATUS LIKE 'Com_rollback'") == before + 1
        assert await number("SELECT SUM(n) FROM numbers") == 1
    finally:
        await engine.dispose()
        mariadb.drop_database("ended")
