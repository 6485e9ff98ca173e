"""Transactions of a server on its database: on one locked auction, or around a sale."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baraka_server.store import ledger, probe, rows
from baraka_server.store.availability import Availability
from baraka_server.store.clocks import Clocks
from baraka_server.store.connections import Connections
from baraka_server.store.ends import read_ends
from baraka_server.store.engine import WRITES
from baraka_server.store.errors import (
    Contention,
    OutcomeUnknown,
    StoreError,
    Unavailable,
    translated,
)
from baraka_server.store.locked import LockedAuction
from baraka_server.store.readable import RowLog
from baraka_server.store.unsuited import Unsuited, suited

T = TypeVar("T")

log = logging.getLogger(__name__)

RETRY_PAUSE_SECONDS_MAX = 0.5
COMMIT_CHECK_PAUSE_SECONDS = 0.2

PROBE_SECONDS_MAX = 1.5
"""How long a probe may take: checks of a server's readiness time out after about two seconds."""
PROOF_SECONDS = 1
"""A commit of a sale within this time proves that the database can be written: no probe writes then."""


class Transactions:
    """Transactions that are tried again, bounded in time, and looked up where a commit's answer was lost.

    `timeout_seconds` bounds every transaction. `row_log` logs rows that cannot be read as they are
    documented (D52).

        result = await transactions.change(auction_id, work)  # work(locked) runs in the transaction
    """

    def __init__(
        self, engine: AsyncEngine, *, timeout_seconds: float, row_log: RowLog | None = None
    ) -> None:
        self._engine = engine.execution_options(**{rows.ROW_LOG: row_log or RowLog()})
        self._writers = self._engine.execution_options(**WRITES)
        self._timeout_seconds = timeout_seconds
        self.availability = Availability()
        self.connections = Connections(engine)
        self.retries = 0
        """How often a transaction ran again, since another one was in its way."""
        self._clocks = Clocks()

    async def change(
        self,
        auction_id: int,
        work: Callable[[LockedAuction | None], Awaitable[T]],
        *,
        users: Collection[int] = (),
    ) -> T:
        """Run `work` on the locked auction (None where there is none) and commit what it wrote.

        It may run several times: when another transaction was in the way, everything is rolled back and
        decided again. `users` are those that it will ask for: they are read with what is read anyway.
        Raises `Unavailable`, `Contention`, `Unsuited` (nothing was changed) or `OutcomeUnknown`.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timeout_seconds
        pause_max = 0.005
        vanished = False
        while True:
            try:
                with suited():
                    try:
                        return await self._attempt(auction_id, work, deadline, users)
                    except IntegrityError:
                        # A row that was read was deleted before a reference to it was written.
                        if vanished:
                            raise
                        vanished = True
                        continue
            except Contention:
                log.debug(
                    "another transaction was in the way of auction %s",
                    auction_id,
                    extra={"auction": auction_id},
                )
                pause = random.uniform(0, pause_max)  # noqa: S311
                if clock() + pause >= deadline:
                    raise
                self.retries += 1
            await asyncio.sleep(pause)
            pause_max = min(2 * pause_max, RETRY_PAUSE_SECONDS_MAX)

    async def _attempt(
        self,
        auction_id: int,
        work: Callable[[LockedAuction | None], Awaitable[T]],
        deadline: float,
        users: Collection[int],
    ) -> T:
        written: tuple[LockedAuction, T] | None = None
        committed: tuple[T] | None = None
        try:
            with translated():
                async with asyncio.timeout_at(deadline), self._writers.connect() as connection:
                    await connection.begin()
                    # The lock comes first: what is read before it may be history already.
                    locked = await _found(connection, auction_id, lock=True, users=users)
                    if locked is not None:
                        self._clocks.compare(auction_id, locked.tail.at)
                    before = locked.tail if locked else None
                    result = await work(locked)
                    if locked is not None and locked.tail != before:
                        written = locked, result
                    await connection.commit()
                    committed = (result,)
            self.availability.worked(wrote=written is not None)
        except Exception as error:
            if committed:  # the connection was lost after it, which changes nothing
                log.warning(
                    "auction %s: lost a connection after a commit: %s",
                    auction_id,
                    error,
                    extra={"event": "connection_lost", "auction": auction_id},
                )
                return committed[0]
            if isinstance(error, StoreError):
                self.availability.failed(error)
            if written is None or isinstance(error, Contention):
                raise
            locked, result = written
            if await self.was_committed(locked):
                return result
            if isinstance(error, Unavailable) and error.trouble.only_writes:
                raise  # the commit did arrive, and was refused
            raise Unavailable(f"the commit did not arrive: {error}") from error
        return committed[0]

    async def was_committed(self, auction: LockedAuction) -> bool:
        """Whether a commit whose answer was lost took place: whether its last hash is in the ledger.

        Tries for as long as a transaction may take. Raises `OutcomeUnknown` when the database does not
        answer.
        """
        id_, tail = auction.record.id, auction.tail
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timeout_seconds
        while True:
            try:
                # As a writer: it waits until the lost transaction has ended, one way or the other.
                async with self._transaction(writes=True) as connection:
                    await rows.read_auction(connection, id_, lock=True)
                    return await ledger.read_hash(connection, id_, tail.seq) == tail.hash
            except Exception as error:
                if clock() + COMMIT_CHECK_PAUSE_SECONDS >= deadline:
                    entry = f"entry {tail.seq} of auction {id_}"
                    raise OutcomeUnknown(
                        f"it is not known whether {entry} was committed"
                    ) from error
            await asyncio.sleep(COMMIT_CHECK_PAUSE_SECONDS)

    async def unlocked(
        self, auction_id: int, work: Callable[[LockedAuction | None], Awaitable[T]]
    ) -> T:
        """Run `work`, which only reads, on the auction of one moment, without locking it."""
        async with self.reading() as connection:
            return await work(await _found(connection, auction_id, lock=False))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads, and sees one moment of the database."""
        async with self._transaction(writes=False) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for the rows around a sale: users, categories, new auctions."""
        async with self._transaction(writes=True) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(
        self, *, writes: bool, seconds_max: float | None = None
    ) -> AsyncIterator[AsyncConnection]:
        engine = self._writers if writes else self._engine
        seconds = seconds_max or self._timeout_seconds
        try:
            with suited(), translated():
                async with asyncio.timeout(seconds), engine.begin() as connection:
                    yield connection
        except Unsuited:  # the database works, and refuses this
            raise
        except StoreError as error:
            self.availability.failed(error)
            raise
        self.availability.worked(wrote=False)

    async def probe(self) -> None:
        """Check that the database accepts what a sale writes; raises a `StoreError` if not.

        It writes a row and deletes it again, unless a commit of a sale has just proved the same.
        """
        writes = not self.availability.wrote_within(PROOF_SECONDS)
        seconds = min(PROBE_SECONDS_MAX, self._timeout_seconds)
        async with self._transaction(writes=writes, seconds_max=seconds) as connection:
            await probe.look(connection)
            if writes:
                await probe.write(connection)
        if writes:
            self.availability.worked(wrote=True)

    async def empty_journal(self) -> None:
        """Have SQLite move its journal into its file, as far as others who read allow; nothing elsewhere.

        What was deleted is in old pages of the journal until then.
        """
        if self._engine.dialect.name != "sqlite":
            return
        with translated():
            async with self._engine.connect() as connection:
                raw = await connection.get_raw_connection()
                driver: Any = raw.driver_connection  # a transaction would be in the way
                await (await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")).close()

    async def close(self) -> None:
        await self._engine.dispose()


async def _found(
    connection: AsyncConnection, auction_id: int, *, lock: bool, users: Collection[int] = ()
) -> LockedAuction | None:
    record = await rows.read_auction(connection, auction_id, lock=lock)
    if record is None:
        return None
    return LockedAuction(connection, record, await read_ends(connection, auction_id, users))
