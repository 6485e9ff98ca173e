"""A database that takes connections and never speaks: every command ends, and says why."""

from __future__ import annotations

import asyncio
import socket

import pytest

from baraka_cli.terminal import FAILED, TRY_AGAIN
from baraka_server.store import answering, migrate
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import Unavailable
from tests.support.clients.command_line import run
from tests.support.servers.databases import only_mariadb

COMMANDS = (
    ("db", "upgrade"),
    ("db", "current"),
    ("doctor",),
    ("serve", "--port=0"),
    ("user", "list"),
)
PATIENCE_SECONDS = 30


@pytest.mark.slow
async def test_every_command_ends_with_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the connections
        url = f"mysql://root@127.0.0.1:{silent.getsockname()[1]}/baraka"

        async def answer(words):
            return await asyncio.to_thread(
                run, *words, folder=tmp_path, seconds_max=60, BARAKA_DATABASE_URL=url
            )

        answers = await asyncio.gather(*map(answer, COMMANDS))
        for words, answered in zip(COMMANDS, answers, strict=True):
            # Doctor says what a sale lacks; the others may be called again.
            assert answered.code == (FAILED if words == ("doctor",) else TRY_AGAIN), answered
            said = " ".join((answered.out + answered.err).split())  # a table breaks lines
            assert "no answer to a connection in" in said


@pytest.mark.chaos
@only_mariadb
async def test_a_database_that_falls_silent_in_the_middle_of_an_upgrade_is_given_up(
    mariadb, database_url, monkeypatch
):
    monkeypatch.setattr(answering, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(answering, "ANSWER_SECONDS_MAX", 1)
    other = open_engine(database_url)
    try:
        async with other.connect() as connection:
            name = migrate.lock_name(other.url)
            await connection.exec_driver_sql(f"SELECT GET_LOCK('{name}', 0)")
            upgrading = asyncio.create_task(migrate.upgrade(database_url))  # waits for a minute
            while "GET_LOCK" not in mariadb.sql("SHOW FULL PROCESSLIST").upper():
                await asyncio.sleep(0.05)
            mariadb.freeze()
            try:
                with pytest.raises(Unavailable, match="did not answer in time"):
                    await asyncio.wait_for(upgrading, PATIENCE_SECONDS)
            finally:
                mariadb.thaw()
    finally:
        await other.dispose()
