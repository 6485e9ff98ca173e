"""The store: transactions on one auction, and what is read about auctions without changing them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baraka_server.contract.records import Auction, BidWithUser, CommentWithUser, User
from baraka_server.domain.facts import Event
from baraka_server.store import ledger, rows
from baraka_server.store.engine import WRITES
from baraka_server.store.errors import (
    Contention,
    OutcomeUnknown,
    StoreError,
    Unavailable,
    translated,
)
from baraka_server.store.locked import LockedAuction
from baraka_server.store.tables import events

T = TypeVar("T")

log = logging.getLogger(__name__)

CONTENTION_RETRIES_MAX = 8
COMMIT_CHECKS_MAX = 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a viewer of the auction sees, as of the ledger's entry `seq`."""

    auction: Auction
    bids: list[BidWithUser]
    comments: list[CommentWithUser]
    seq: int
    round: int


class Store:
    """The database of a server. `timeout_seconds` bounds every transaction."""

    def __init__(self, engine: AsyncEngine, *, timeout_seconds: float) -> None:
        self._engine = engine
        self._writers = engine.execution_options(**WRITES)
        self._timeout_seconds = timeout_seconds

    async def change(
        self, auction_id: int, work: Callable[[LockedAuction | None], Awaitable[T]]
    ) -> T:
        """Run `work` on the locked auction (None where there is none) and commit what it wrote.

        `work` may run several times: when another transaction was in the way, everything is rolled
        back and decided again. Raises `Unavailable`, `Contention` (nothing was changed) or
        `OutcomeUnknown`.
        """
        for attempt in range(CONTENTION_RETRIES_MAX):
            try:
                return await self._attempt(auction_id, work)
            except Contention:
                log.debug("another transaction was in the way of auction %s", auction_id)
                await asyncio.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311
        return await self._attempt(auction_id, work)

    async def _attempt(
        self, auction_id: int, work: Callable[[LockedAuction | None], Awaitable[T]]
    ) -> T:
        written: tuple[LockedAuction, T] | None = None
        try:
            with translated():
                async with (
                    asyncio.timeout(self._timeout_seconds),
                    self._writers.connect() as connection,
                ):
                    await connection.begin()
                    # The lock comes first: what is read before it may be history already.
                    record = await rows.read_auction(connection, auction_id, lock=True)
                    locked = None
                    if record is not None:
                        locked = LockedAuction(
                            connection, record, await ledger.read_tail(connection, auction_id)
                        )
                    before = locked.tail if locked else None
                    result = await work(locked)
                    if locked is not None and locked.tail != before:
                        written = locked, result
                    await connection.commit()
                    return result
        except Unavailable as error:
            if written is None:
                raise
            locked, result = written
            if await self._was_committed(locked):
                return result
            raise Unavailable("the commit did not arrive") from error

    async def _was_committed(self, auction: LockedAuction) -> bool:
        """Whether a commit whose answer was lost took place: its last hash is in the ledger, or not.

        Raises `OutcomeUnknown` when the database cannot be asked.
        """
        for attempt in range(COMMIT_CHECKS_MAX):
            try:
                # As a writer: it waits until the lost transaction has ended, one way or the other.
                async with self._transaction(writes=True) as connection:
                    await rows.read_auction(connection, auction.record.id, lock=True)
                    query = select(events.c.hash).where(
                        events.c.auction_id == auction.record.id,
                        events.c.seq == auction.tail.seq,
                    )
                    return (await connection.execute(query)).scalar() == auction.tail.hash
            except StoreError:
                await asyncio.sleep(0.2 * 2**attempt)
        raise OutcomeUnknown(f"auction {auction.record.id}, seq {auction.tail.seq}")

    async def snapshot(self, auction_id: int) -> Snapshot | None:
        """The auction as its viewers see it, of one moment."""
        async with self.reading() as connection:
            record = await rows.read_auction(connection, auction_id, lock=False)
            if record is None:
                return None
            tail = await ledger.read_tail(connection, auction_id)
            return Snapshot(
                record,
                await rows.read_bids(connection, auction_id),
                await rows.read_comments(connection, auction_id),
                tail.seq,
                tail.round,
            )

    async def events_after(
        self, auction_id: int, seq: int, limit: int
    ) -> tuple[list[Event], dict[int, User]]:
        """At most `limit` events behind `seq`, and the users that they name."""
        async with self.reading() as connection:
            found = await ledger.read_events(connection, auction_id, after=seq, limit=limit)
            return found, await rows.read_users(connection, users_in(found))

    async def last_seqs(self, auction_ids: Iterable[int]) -> dict[int, int]:
        """The end of the ledger of each auction that has one."""
        wanted = set(auction_ids)
        if not wanted:
            return {}
        query = (
            select(events.c.auction_id, func.max(events.c.seq))
            .where(events.c.auction_id.in_(wanted))
            .group_by(events.c.auction_id)
        )
        async with self.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def ping(self) -> None:
        """Return when the database answers, else raise `Unavailable`."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

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
    async def _transaction(self, *, writes: bool) -> AsyncIterator[AsyncConnection]:
        engine = self._writers if writes else self._engine
        with translated():
            async with asyncio.timeout(self._timeout_seconds), engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        await self._engine.dispose()


def users_in(found: Iterable[Event]) -> set[int]:
    """The ids of the users whom the events name."""
    ids = set()
    for event in found:
        if event.user_id is not None:
            ids.add(event.user_id)
        high = getattr(event.fact, "high", None)
        if high is not None:
            ids.add(high.user_id)
    return ids
