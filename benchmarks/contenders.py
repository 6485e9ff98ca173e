"""Servers that are compared, each a process of its own on a free port of 127.0.0.1."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import make_url

from baraka_server.store import migrate
from baraka_server.store.seed import seed
from benchmarks.load import BIDDERS, HERE
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.mariadb import MariaDB

NEST = HERE / "nest" / "dist" / "main.js"
AUCTIONS = 64
START_SECONDS_MAX = 30
UNLIMITED: dict[str, Any] = {
    "BARAKA_CONNECTIONS_PER_ADDRESS_MAX": 0,
    "BARAKA_CONNECTIONS_MAX": 0,
    "BARAKA_JOINS_WAITING_PER_USER_MAX": 0,
}
"""All viewers of a benchmark come from one address, and hundreds are one user. Whatever else is left as it is by default."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A running server. `ours` has rules, a database and a ledger; see each of the others."""

    name: str
    port: int
    pid: int
    workers: Sequence[int] = ()
    """The pids of further processes that serve."""

    @property
    def pids(self) -> list[int]:
        return [self.pid, *self.workers]


async def prepare(database_url: str) -> None:
    """A database that is up to date: user 1 owns the auctions, the users behind are the bidders."""
    await migrate.upgrade(database_url)
    await seed(database_url, users=BIDDERS + 10, auctions=AUCTIONS)


@asynccontextmanager
async def ours(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[Contender]:
    """`settings` are those of `BARAKA_*`; with BARAKA_WORKERS it has several processes."""
    async with Baraka(database_url, folder, fork=False, **UNLIMITED | settings) as server:
        workers = [child.pid for child in psutil.Process(server.pid).children()]
        yield Contender("ours", server.port, server.pid, workers)


@asynccontextmanager
async def stock(database_url: str | None = None) -> AsyncIterator[Contender]:
    """With a database: a transaction for each bid."""
    program = [sys.executable, "-m", "benchmarks.stock_server"]
    async with _program("stock", *program, *filter(None, [database_url])) as server:
        yield server


@asynccontextmanager
async def node() -> AsyncIterator[Contender]:
    async with _program("node", "node", str(HERE / "node" / "server.mjs")) as server:
        yield server


@asynccontextmanager
async def nest(database_url: str) -> AsyncIterator[Contender]:
    """On tables that are as Prisma makes them. It tells of bids in lists only, as documented."""
    url = make_url(database_url).set(drivername="mariadb").render_as_string(hide_password=False)
    settings = {"DATABASE_URL": url, "JWT_SECRET": SECRET, "NODE_ENV": "production"}
    async with _program("nest", "node", str(NEST), **settings) as server:
        yield server


@asynccontextmanager
async def floor(program: Path) -> AsyncIterator[Contender]:
    async with _program("floor", str(program)) as server:
        yield server


def node_missing() -> str | None:
    """The reason why Node cannot be measured, or None."""
    if not shutil.which("node"):
        return "Node is missing. Try: apt-get install nodejs npm"
    if not (HERE / "node" / "node_modules").exists():
        return "socket.io is missing. Try: make node"
    return None


def nest_missing() -> str | None:
    """The reason why NestJS and Prisma cannot be measured, or None."""
    if not shutil.which("node"):
        return "Node is missing. Try: apt-get install nodejs npm"
    if not NEST.exists():
        return "it is not built. Try: make nest"
    if MariaDB.missing():
        return "it needs MariaDB. Try: make servers"
    return None


@asynccontextmanager
async def _program(name: str, *command: str, **settings: str) -> AsyncIterator[Contender]:
    """A program that prints its port and ends with its stdin. `settings` go to its environment."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=HERE.parent,
        env=os.environ | settings,
    )
    try:
        if process.stdout is None:
            raise RuntimeError(f"{name} has no stdout")
        async with asyncio.timeout(START_SECONDS_MAX):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"{name} did not start")
        yield Contender(name, int(line), process.pid)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
