"""`Neighbourhood`: a server under attack, with ordinary clients of an auction on it, who must not notice.

`street` is a `baraka serve` of its own; `server_in_process` is the same server inside the test's
process, where its tasks and sockets can be counted.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from baraka_server.app import Server
from baraka_server.settings import Settings
from baraka_server.store import migrate
from baraka_server.store.seed import seed
from baraka_server.wire.holdings import Holdings
from tests.support.clients.phones import PATIENCE_SECONDS, Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

AUCTION = {"auctionId": 1}
LOT = AUCTION | {"product": "Gold Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
REAL_LIMITS: dict[str, Any] = {
    f"BARAKA_{name.upper()}": Settings.model_fields[name].default
    for name in Settings.model_fields
    if name.endswith("_per_second_max")
}
"""What a server has by default; tests' servers have no rates unless they ask for them."""

AMINA, BILAL = 1, 60
"""Amina hosts; Bilal is the neighbour. Strangers are other users."""


@dataclass
class Neighbourhood:
    url: str
    amina: Phone
    bilal: Phone
    baraka: Baraka | None = None
    server: Server | None = None
    amount: int = 0
    visits: int = 0

    async def bilal_bids(self) -> float:
        """The neighbour bids, and hears it as always. Returns the seconds that the answer took."""
        self.amount += 10
        amount, begun = self.amount, time.perf_counter()
        answer = await self.bilal.emits("placeBid", AUCTION | {"amount": amount})
        seconds = time.perf_counter() - begun
        assert answer["ok"], answer
        await self.bilal.hears("newBid", lambda heard: heard["newBid"]["bid"] == amount)
        return seconds

    @property
    def log(self) -> list[dict[str, Any]]:
        assert self.baraka
        return self.baraka.log

    def assert_log_is_calm(self, *, lines_max: int | None = None) -> None:
        for line in self.log:
            assert not is_trouble(line), line
        assert lines_max is None or len(self.log) <= lines_max, self.log

    @property
    def lines(self) -> int:
        """The server's open network connections, as the kernel counts them."""
        assert self.baraka
        return open_lines(self.baraka.pid)

    @property
    def memory_bytes(self) -> int:
        assert self.baraka
        return memory_of(self.baraka.pid)

    @property
    def sockets(self) -> dict[str, Any]:
        assert self.server
        sockets: dict[str, Any] = self.server.sio.eio.sockets
        return sockets

    def inspect(self) -> Holdings:
        assert self.server
        return self.server.inspect()

    def possessions(self) -> dict[str, int]:
        """How many of everything that an attack might leave behind."""
        held = self.inspect()
        return {
            "tasks": len(asyncio.all_tasks()),
            "sockets": held.sockets,
            "environments": held.environments,
            "sessions": held.sessions,
            "half": held.half_open,
            "addresses": sum(held.sockets_by_address.values()),
            "viewers": held.viewers,
            "lines": held.connections,
            "files": open_lines(os.getpid()),
        }


def memory_of(pid: int) -> int:
    """The resident bytes of a process."""
    return psutil.Process(pid).memory_info().rss


def open_lines(pid: int) -> int:
    count = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed while we look
            count += file.readlink().name.startswith("socket:")
    return count


def is_trouble(line: dict[str, Any]) -> bool:
    """A stack trace, or what is not a line of the log at all."""
    return "exc_info" in line or "raw" in line or "Traceback" in str(line)


async def until(condition: Callable[[], bool], what: Callable[[], object] = lambda: "") -> None:
    """Wait for something that nobody announces."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited in vain: {what()}") from None


async def prepare(folder: Path) -> str:
    url = f"sqlite+aiosqlite:///{folder / 'baraka.db'}"
    await migrate.upgrade(url)
    await seed(url, users=60, auctions=3)
    return url


@asynccontextmanager
async def sale(url: str, updates: str) -> AsyncIterator[tuple[Phone, Phone]]:
    """Amina hosts auction 1 with a product on the block; Bilal is in its room.

    `updates` are "lists" or "delta" for both.
    """
    async with PythonPhones() as phones:
        amina, bilal = [
            await phones.open(
                url,
                user,
                auth={"token": token(SECRET, user), "updates": updates},
                transports=["websocket"],
            )
            for user in (AMINA, BILAL)
        ]
        assert (await amina.emits("startLiveAuction", AUCTION))["ok"]
        assert (await amina.emits("changeCuurentProduct", LOT))["ok"]
        assert (await bilal.emits("joinAuction", AUCTION))["ok"]
        yield amina, bilal


@asynccontextmanager
async def street(
    folder: Path, *, updates: str = "lists", **settings: Any
) -> AsyncIterator[Neighbourhood]:
    """A real `baraka serve` with the real limits, and a sale on it."""
    url = await prepare(folder)
    async with (
        Baraka(url, folder, **REAL_LIMITS | settings) as baraka,
        sale(baraka.url, updates) as (amina, bilal),
    ):
        yield Neighbourhood(baraka.url, amina, bilal, baraka=baraka)


@asynccontextmanager
async def server_in_process(
    folder: Path,
    *,
    updates: str = "lists",
    pings: tuple[float, float] = (25, 20),
    clock: Callable[[], float] = time.monotonic,
    **settings: Any,
) -> AsyncIterator[Neighbourhood]:
    """The server in this process. Settings as the fields of `Settings`.

    `pings` are the seconds between two pings, and until one must be answered. While a `clock` stands
    still no limit gets room again, and nobody's patience ends.
    """
    defaults: dict[str, Any] = {
        "database_url": SecretStr(await prepare(folder)),
        "jwt_secret": SecretStr(SECRET),
        "host": "127.0.0.1",
        "port": 0,
    }
    server = Server(Settings(_env_file=None, **defaults | settings), clock)
    server.sio.eio.ping_interval, server.sio.eio.ping_timeout = pings
    url = await server.start()
    try:
        async with sale(url, updates) as (amina, bilal):
            yield Neighbourhood(url, amina, bilal, server=server)
    finally:
        await server.stop()
