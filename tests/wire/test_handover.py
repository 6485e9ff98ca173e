"""A connection whose next request is of another worker: when it is handed over, and with what."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from baraka_server.wire.handover import share
from baraka_server.wire.places import Place
from baraka_server.wire.tcp_connections import GuardedConnection, guard
from tests.support.servers.neighbours import until

ELSEWHERE = b"GET /?sid=n.2.x HTTP/1.1\r\nHost: x\r\n\r\n"


class Anybody:
    """A listener to whom everybody is welcome."""

    def refuses(self, transport: asyncio.Transport) -> bool:
        return False

    def opened(self, connection: GuardedConnection, transport: asyncio.Transport) -> None: ...

    def lost(self, connection: GuardedConnection) -> None: ...

    def bad_http(self, connection: GuardedConnection, what: str) -> None: ...

    async def count_bad_http(self, connection: GuardedConnection) -> web.Response | None:
        return None


class Worker:
    """Worker 1 of node n, whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.handed: list[tuple[int, bytes]] = []

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        await self.go.wait()
        return web.Response(text="done")

    def hand_over(self, worker: int, connection: int, data: bytes) -> None:
        os.close(connection)
        self.handed.append((worker, data))


@asynccontextmanager
async def connected(
    worker: Worker,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    app = web.Application()
    app.router.add_get("/", worker.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    guard(runner, Anybody(), Anybody())
    share(runner.server, Place("n", 1), worker.hand_over)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    try:
        yield reader, writer
    finally:
        writer.close()
        await runner.cleanup()


async def test_it_is_handed_over_when_the_answer_before_it_is_on_its_way() -> None:
    worker = Worker()
    async with connected(worker) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: worker.asked == 1)
        writer.write(ELSEWHERE)
        await writer.drain()
        for _ in range(20):  # it has come, and waits
            await asyncio.sleep(0.005)
        assert worker.handed == []

        worker.go.set()
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"done")
        assert worker.handed == [(2, ELSEWHERE)]


async def test_a_request_of_ones_own_is_answered_and_the_next_one_in_parts_is_handed_over() -> None:
    worker = Worker()
    worker.go.set()
    async with connected(worker) as (reader, writer):
        for sid in ("", "?sid=n.1.x", "?sid=m.2.x", "?sid=old"):
            writer.write(f"GET /{sid} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert (await reader.readuntil(b"done")).startswith(b"HTTP/1.1 200"), sid
        assert worker.asked == 4
        for part in (ELSEWHERE[:7], ELSEWHERE[7:30], ELSEWHERE[30:]):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.02)
        assert await reader.read() == b""
        ((number, data),) = worker.handed
        assert number == 2
        assert ELSEWHERE.startswith(data)
        assert b"\n" in data, "what is handed over has the whole request line"
