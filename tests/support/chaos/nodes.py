"""The servers of a sale, each with a proxy of its own before the database and before Redis."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from tests.support.chaos.proxy import Proxy
from tests.support.servers.baraka import Baraka
from tests.support.servers.mariadb import MariaDB
from tests.support.servers.redis import Redis
from tests.support.servers.sale_copies import copy_sale_to

BROKEN = str(Path(__file__).with_name("broken.py"))
START_AGAIN_SECONDS = 0.5
START_TRIES = 20


@dataclass(frozen=True)
class SetUp:
    """How many servers there are, and how many workers each has."""

    nodes: int
    workers: int = 1
    named: bool = True
    """Whether a server that is started again has the name that it had."""
    broken: str = ""
    """What is taken out of the servers on purpose; see `broken.py`."""
    first_watches: bool = False
    """Whether nobody bids on the first server."""

    @property
    def has_redis(self) -> bool:
        return self.nodes > 1

    def __str__(self) -> str:
        nodes = f"{self.nodes} nodes" if self.nodes > 1 else "1 node"
        workers = f" of {self.workers} workers" if self.workers > 1 else ""
        names = "" if self.named else ", new names"
        return nodes + workers + names


class Node:
    """One server, and what is before its database and its Redis."""

    def __init__(self, name: str, baraka: Baraka, database: Proxy, redis: Proxy | None) -> None:
        self.name = name
        self.baraka = baraka
        self.database = database
        self.redis = redis

    def processes(self) -> list[psutil.Process]:
        """The server and its workers; none where it does not run."""
        if not self.baraka.running:
            return []
        try:
            parent = psutil.Process(self.baraka.pid)
            found = [parent, *parent.children()]
            return [one for one in found if one.status() != psutil.STATUS_ZOMBIE]
        except psutil.Error:
            return []

    def workers(self) -> list[psutil.Process]:
        return self.processes()[1:]

    def memory_bytes(self) -> int:
        total = 0
        for one in self.processes():
            with suppress(psutil.Error):
                total += one.memory_info().rss
        return total

    async def kill(self) -> None:
        if self.baraka.running:
            await self.baraka.kill()

    async def start(self) -> None:
        """Start; while the database is away as well, again and again."""
        for _ in range(START_TRIES):
            try:
                await self.baraka.start()
            except AssertionError:
                with suppress(ProcessLookupError, AssertionError):
                    await self.kill()
                await asyncio.sleep(START_AGAIN_SECONDS)
            else:
                return
        await self.baraka.start()


class Installation:
    """All servers of a sale, on one database."""

    def __init__(
        self, set_up: SetUp, nodes: Sequence[Node], mariadb: MariaDB, redis: Redis, url: str
    ) -> None:
        self.set_up = set_up
        self.nodes = nodes
        self.mariadb = mariadb
        self.redis = redis
        self.database_url = url
        """That of the database itself, past all proxies."""

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of all logs about an event."""
        lines = [line for node in self.nodes for line in node.baraka.log]
        return [line for line in lines if line.get("event") == event]

    def owner(self) -> tuple[Node, int]:
        """The server, and the number of its worker, that writes the auction for others; the first if none does."""
        for line in reversed(self.said("forwarding")):
            name, _, worker = str(line["node"]).rpartition(".")
            for node in self.nodes:
                if node.name == name:
                    return node, int(worker)
        return self.nodes[0], 1

    @property
    def prefix(self) -> str:
        """That of the channels in Redis."""
        return self.database_url.rpartition("/")[2]


@asynccontextmanager
async def installed(
    set_up: SetUp, folder: Path, mariadb: MariaDB, redis: Redis, **settings: Any
) -> AsyncIterator[Installation]:
    """Servers on a new database with the users and auctions of `sale_copies`."""
    await asyncio.to_thread(mariadb.revive)
    await asyncio.to_thread(redis.revive)
    name = f"baraka_{uuid4().hex}"
    url = await asyncio.to_thread(mariadb.create_database, name)
    await asyncio.to_thread(copy_sale_to, url, mariadb)
    nodes: list[Node] = []
    async with AsyncExitStack() as stack:
        for number in range(1, set_up.nodes + 1):
            database = await stack.enter_async_context(Proxy(mariadb.port))
            line = await stack.enter_async_context(Proxy(redis.port)) if set_up.has_redis else None
            baraka = Baraka(
                database.before(url),
                folder,
                fork=set_up.workers == 1,
                program=[sys.executable, BROKEN, set_up.broken] if set_up.broken else (),
                BARAKA_NODE_ID=f"n{number}" if set_up.named else None,
                BARAKA_WORKERS=set_up.workers,
                BARAKA_REDIS_URL=line.before(redis.url) if line else None,
                BARAKA_REDIS_PREFIX=name,
                BARAKA_INTERNAL_ADDRESS="127.0.0.1:0" if line else None,
                BARAKA_SHUTDOWN_SECONDS_MAX=8,
                **settings,
            )
            nodes.append(Node(f"n{number}", baraka, database, line))
        for node in nodes:
            stack.push_async_callback(node.kill)
            await node.start()
        yield Installation(set_up, nodes, mariadb, redis, url)
    with suppress(RuntimeError):
        await asyncio.to_thread(mariadb.revive)
        await asyncio.to_thread(mariadb.drop_database, name)
