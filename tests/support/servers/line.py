"""`Line`: a proxy to the database whose connections a test cuts, also at the moment of a commit."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Self

COMMIT = b"\x03COMMIT"  # a query packet of the MySQL protocol


class Cut(Enum):
    """What becomes of the next commit of a transaction that holds a lock."""

    BEFORE = "it never reaches the database"
    BEHIND = "it takes place, and its answer is lost"
    HELD = "the client is cut off at once, and it reaches the database when `release` is set"
    SWALLOWED = "the path is gone, and neither side hears of it"


class Line:
    """`async with Line(mariadb.port) as line:`, and connect to `line.over(url)`.

    `next_commit` cuts once; with `stays_cut` nothing connects again until `mend()`.
    """

    def __init__(self, database_port: int) -> None:
        self.port = 0
        self.next_commit: Cut | None = None
        self.stays_cut = False
        self.cut = asyncio.Event()
        """Set once a commit was cut."""
        self.release = asyncio.Event()
        self._over = asyncio.Event()
        self.cuts = 0
        self._database_port = self._leads_to = database_port
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self.release.set()
        self._server.close()
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def over(self, database_url: str) -> str:
        """The URL of a database, by this line."""
        return database_url.replace(f":{self._database_port}/", f":{self.port}/")

    def mend(self) -> None:
        self._is_cut = False

    def leads_to(self, database_port: int) -> None:
        """From now on: who is connected stays where they are, as behind a DNS name that was changed."""
        self._leads_to = database_port

    async def _connected(
        self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        database, to_database = await asyncio.open_connection("127.0.0.1", self._leads_to)
        answers = asyncio.create_task(_pass_on(database, to_client))
        try:
            if not self._is_cut:
                self._ends |= {to_client, to_database}
                await self._ask(client, to_client, database, to_database, answers)
        except OSError:
            pass  # one of the two hung up
        finally:
            answers.cancel()
            self._ends -= {to_client, to_database}
            to_client.transport.abort()
            to_database.transport.abort()

    async def _ask(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        database: asyncio.StreamReader,
        to_database: asyncio.StreamWriter,
        answers: asyncio.Task[None],
    ) -> None:
        locks = False
        while data := await client.read(65536):
            locks = locks or b"FOR UPDATE" in data
            if data.endswith(COMMIT):
                if locks and self.next_commit is not None:
                    how, self.next_commit = self.next_commit, None
                    self.cut.set()
                    if how is Cut.SWALLOWED:
                        answers.cancel()
                        await self._over.wait()
                        return
                    if how is Cut.HELD:
                        answers.cancel()
                        await asyncio.wait([answers])
                        to_client.transport.abort()
                        await self.release.wait()
                        to_database.write(data)
                        await database.read(1)
                        return
                    if how is Cut.BEHIND:
                        answers.cancel()
                        await asyncio.wait([answers])
                        to_database.write(data)
                        await database.read(1)  # the answer that the client will never hear
                    self._cut()
                    return
                locks = False
            to_database.write(data)
            await to_database.drain()

    def _cut(self) -> None:
        self.cuts += 1
        self._is_cut = self.stays_cut
        if self._is_cut:
            for end in self._ends:
                end.transport.abort()


async def _pass_on(database: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
    while data := await database.read(65536):
        to_client.write(data)
        await to_client.drain()
    to_client.close()
