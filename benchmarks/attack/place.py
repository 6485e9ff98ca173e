"""Environment of the attacks: a real server at its default limits, its database, and the sale beside."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from baraka_server.contract.client_events import (
    ChangeLot,
    ClientEvent,
    EndAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.domain.decision import Command
from baraka_server.domain.events import BroadcasterLeft
from baraka_server.domain.state import State, next_entry
from baraka_server.settings import Settings
from baraka_server.store import ledger, migrate
from baraka_server.store.engine import open_engine
from baraka_server.store.seed import seed
from baraka_server.store.store import Store
from benchmarks.cpu import Meter, Spent, resident_bytes
from benchmarks.load import HERE
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.mariadb import MariaDB
from tests.support.servers.neighbours import open_lines
from tests.support.servers.sales import take

OWNER = 1
ROOM, ENDED, LONG, LOCKED, LAST = 2, 3, 4, 5, 6
"""Auctions: a live one of many rows, an ended one, one with a long ledger, one whose row somebody
locks, and the one that is on when the server stops. Those behind are visited."""
FIRST_VISITED = 10
CROWD, STOPPED = range(100, 400), range(400, 440)
"""Users who attack, and who bid at the end."""
USERS = 440
DEFAULTS: dict[str, Any] = {
    f"BARAKA_{name.upper()}": None for name in Settings.model_fields if name != "jwt_secret"
}
"""Nothing of what tests set: the server is at its own defaults."""
SAMPLE_SECONDS = 0.1
SETTLE_SECONDS_MAX = 20
SETTLED_LINES, SETTLED_BYTES = 8, 48 * 1024 * 1024
"""The server is back with as few sockets and as little memory more as these."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the attacks; `seconds` is the length of a run."""

    seconds: float = 4.0
    rows: int = 3_000
    ended_rows: int = 1_000
    ledger: int = 60_000
    visited: int = 1_500
    room_sockets: int = 250
    viewers: int = 100
    watchers: int = 1_500
    handshakes: int = 20_000
    silent: int = 500
    cycles: int = 1_800
    bidding: int = 300
    locked_seconds: float = 8.0


QUICK = Size(
    seconds=1.0,
    rows=100,
    ended_rows=50,
    ledger=2_000,
    visited=20,
    room_sockets=10,
    viewers=5,
    watchers=20,
    handshakes=500,
    silent=20,
    cycles=20,
    bidding=20,
    locked_seconds=1.5,
)
"""Whether everything works. Its numbers mean nothing."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The milliseconds that each of the neighbour's bids took, in order, and what was refused."""

    ms: Sequence[float]
    refused: dict[str, int]

    @property
    def median(self) -> float:
        return median(self.ms)

    @property
    def p99(self) -> float:
        """The time within which all but a hundredth of the bids were answered."""
        return self.ms[ceil(len(self.ms) * 0.99) - 1]

    def late(self, limit_ms: float) -> int:
        """The number of bids that took longer."""
        return sum(ms > limit_ms for ms in self.ms)

    def __add__(self, other: Taken) -> Taken:
        return Taken(sorted([*self.ms, *other.ms]), {**self.refused, **other.refused})


UNSPENT = Spent(server=0, wall=1, foreign=0)


@dataclass(slots=True)
class Usage:
    """The server's CPU over a run, its memory in bytes and its open sockets."""

    spent: Spent = UNSPENT
    before: int = 0
    peak: int = 0
    after: int = 0
    lines_before: int = 0
    lines_after: int = 0

    @property
    def left(self) -> str:
        """The leftovers of the attack, in words; empty where the server is as before."""
        lines, more = self.lines_after - self.lines_before, self.after - self.before
        said = [f"{lines} sockets"] if lines > SETTLED_LINES else []
        said += [f"{more / 2**20:.0f} MB"] if more > SETTLED_BYTES else []
        return ", ".join(said)


@dataclass
class Place:
    """The server, its database and the neighbour."""

    server: Baraka
    store: Store
    size: Size
    mariadb: MariaDB | None
    _neighbour: asyncio.subprocess.Process

    @property
    def url(self) -> str:
        return self.server.url

    async def bids(self, seconds: float) -> Taken:
        """Let the neighbour bid for so long."""
        stdin, stdout = self._neighbour.stdin, self._neighbour.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the neighbour is not there")
        stdin.write(f"{seconds}\n".encode())
        await stdin.drain()
        line = await stdout.readline()
        if not line:
            raise RuntimeError("the neighbour is gone")
        told = json.loads(line)
        return Taken(sorted(1000 * one for one in told["seconds"]), told["refused"])

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Usage]:
        """Measure the server until the end of the block, and wait until it is as before, if it gets there."""
        pid = self.server.pid
        usage = Usage(before=resident_bytes(pid), lines_before=open_lines(pid))
        usage.peak = usage.before
        ours = [self._neighbour.pid, *([self.mariadb.pid] if self.mariadb else [])]
        meter = Meter(pid, ours)
        watching = asyncio.create_task(_watch(pid, usage))
        try:
            yield usage
        finally:
            watching.cancel()
            if self.server.running:
                usage.spent = meter.stop()

    async def settles(self, usage: Usage) -> None:
        """Wait until the server is back where it was, or does not come back."""
        pid, latest = self.server.pid, time.monotonic() + SETTLE_SECONDS_MAX
        while True:
            usage.after, usage.lines_after = resident_bytes(pid), open_lines(pid)
            if not usage.left or time.monotonic() > latest:
                return
            await asyncio.sleep(SAMPLE_SECONDS)


async def _watch(pid: int, usage: Usage) -> None:
    while True:
        usage.peak = max(usage.peak, resident_bytes(pid))
        await asyncio.sleep(SAMPLE_SECONDS)


def bearer(user_id: int) -> str:
    return f"Bearer {token(SECRET, user_id)}"


@asynccontextmanager
async def open_place(size: Size, folder: Path) -> AsyncIterator[Place]:
    """On MariaDB where there is one, else on SQLite."""
    with ExitStack() as stack:
        mariadb = None if MariaDB.missing() else stack.enter_context(MariaDB())
        url = mariadb.create_database("attack") if mariadb else f"sqlite:///{folder / 'attack'}.db"
        store = await _filled(url, size)
        async with Baraka(url, folder, fork=False, **DEFAULTS) as server:
            neighbour = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", f"{__package__}.neighbour", server.url),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=HERE.parent,
            )
            try:
                if neighbour.stdout is None or not await neighbour.stdout.readline():
                    raise RuntimeError("the neighbour did not come in")
                yield Place(server, store, size, mariadb, neighbour)
            finally:
                if neighbour.returncode is None:
                    neighbour.kill()
                await neighbour.wait()
                await store.close()


async def _filled(url: str, size: Size) -> Store:
    await migrate.upgrade(url)
    await seed(url, users=USERS, auctions=FIRST_VISITED + size.visited)
    store = Store(open_engine(url), timeout_seconds=120)
    await _write(store, ROOM, size.rows)
    await _write(store, ENDED, size.ended_rows, EndAuction(auction_id=ENDED))
    await _write(store, LOCKED, 0)
    await _write(store, LAST, 0)
    state, now = State(), datetime.now(UTC)
    entries = []
    for _ in range(size.ledger):
        entries.append(next_entry(state, BroadcasterLeft(), OWNER, now))
        state = State(seq=state.seq + 1)
    async with store.writing() as connection:
        await ledger.append(connection, LONG, ledger.GENESIS, entries)
    return store


async def _write(store: Store, auction_id: int, rows: int, *last: ClientEvent) -> None:
    """A sale with a product on the block, and so many bids and comments."""
    lot = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
    host: Sequence[ClientEvent] = (
        StartAuction(auction_id=auction_id),
        ChangeLot.model_validate({"auctionId": auction_id} | lot),
    )
    commands = [Command(event, OWNER) for event in host]
    commands += _crowd(auction_id, rows)
    commands += [Command(event, OWNER) for event in last]
    await take(store, auction_id, commands)


def _crowd(auction_id: int, rows: int) -> Iterator[Command]:
    for number in range(rows):
        user_id = CROWD[number % len(CROWD)]
        yield Command(PlaceBid(auction_id=auction_id, amount=number + 1), user_id)
        yield Command(PostComment(auction_id=auction_id, comment="x" * 191), user_id)
