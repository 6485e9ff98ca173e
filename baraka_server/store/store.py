"""The store: transactions on one auction, and reads of auctions."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baraka_server.contract.records import Auction, BidWithUser, CommentWithUser, User
from baraka_server.domain.events import (
    BidPlaced,
    Commented,
    LedgerEntry,
    LotOpened,
    Started,
)
from baraka_server.domain.hammer import ActUndone, Award, LotOpenedAgain
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import CommentRestored, UserBlocked
from baraka_server.domain.state import State
from baraka_server.store import attendance, ledger, probe, rows
from baraka_server.store.attendance import Attendance
from baraka_server.store.availability import Availability
from baraka_server.store.clocks import Clocks
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
from baraka_server.store.row_sums import Look, read_row_sums
from baraka_server.store.tables import auctions, events
from baraka_server.store.unsuited import Unsuited, suited

T = TypeVar("T")

log = logging.getLogger(__name__)

RETRY_PAUSE_SECONDS_MAX = 0.5
COMMIT_CHECK_PAUSE_SECONDS = 0.2
LATER_EVENTS_MAX = 10_000

PROBE_SECONDS_MAX = 1.5
"""How long a probe may take: checks of a server's readiness time out after about two seconds."""
PROOF_SECONDS = 1
"""A commit of a sale within this time proves that the database can be written: no probe writes then."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An auction as its viewers see it, read at one moment: after entry `seq`, which has this hash.

    `state` is that of the rules; None where only the rows were read.
    """

    auction: Auction
    bids: list[BidWithUser]
    comments: list[CommentWithUser]
    seq: int
    round: int
    hash: str = ledger.GENESIS
    state: State | None = None

    def before(self, later: Iterable[LedgerEntry]) -> Snapshot | None:
        """The snapshot without the rows that `later` entries wrote; None when these cleared the lists."""
        events = [entry.event for entry in later]
        clearing = (LotOpened, Award, LotPassed, ActUndone, LotOpenedAgain, UserBlocked)
        if any(isinstance(event, clearing) for event in events):
            return None
        bid_ids = {event.bid_id for event in events if isinstance(event, BidPlaced)}
        comment_ids = {
            event.comment_id for event in events if isinstance(event, Commented | CommentRestored)
        }
        return replace(
            self,
            bids=[bid for bid in self.bids if bid.id not in bid_ids],
            comments=[comment for comment in self.comments if comment.id not in comment_ids],
        )


class Store:
    """The database of a server: locked transactions for auctioneers, and reads.

    `timeout_seconds` bounds every transaction. `row_log` logs rows that cannot be read as they are
    documented (D52).

        result = await store.change(auction_id, work)  # work(locked) runs in the transaction
    """

    def __init__(
        self, engine: AsyncEngine, *, timeout_seconds: float, row_log: RowLog | None = None
    ) -> None:
        self._engine = engine.execution_options(**{rows.ROW_LOG: row_log or RowLog()})
        self._writers = self._engine.execution_options(**WRITES)
        self._timeout_seconds = timeout_seconds
        self._availability = Availability()
        self._clocks = Clocks()

    async def change(
        self, auction_id: int, work: Callable[[LockedAuction | None], Awaitable[T]]
    ) -> T:
        """Run `work` on the locked auction (None where there is none) and commit what it wrote.

        `work` may run several times: when another transaction was in the way, everything is rolled
        back and decided again. Raises `Unavailable`, `Contention`, `Unsuited` (nothing was changed)
        or `OutcomeUnknown`.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timeout_seconds
        pause_max = 0.005
        vanished = False
        while True:
            try:
                with suited():
                    try:
                        return await self._attempt(auction_id, work, deadline)
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
            await asyncio.sleep(pause)
            pause_max = min(2 * pause_max, RETRY_PAUSE_SECONDS_MAX)

    async def _attempt(
        self,
        auction_id: int,
        work: Callable[[LockedAuction | None], Awaitable[T]],
        deadline: float,
    ) -> T:
        written: tuple[LockedAuction, T] | None = None
        committed: tuple[T] | None = None
        try:
            with translated():
                async with asyncio.timeout_at(deadline), self._writers.connect() as connection:
                    await connection.begin()
                    # The lock comes first: what is read before it may be history already.
                    locked = await _found(connection, auction_id, lock=True)
                    if locked is not None:
                        self._clocks.compare(auction_id, locked.tail.at)
                    before = locked.tail if locked else None
                    result = await work(locked)
                    if locked is not None and locked.tail != before:
                        written = locked, result
                    await connection.commit()
                    committed = (result,)
            self._availability.worked(wrote=written is not None)
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
                self._availability.failed(error)
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
        query = select(events.c.hash).where(
            events.c.auction_id == auction.record.id, events.c.seq == auction.tail.seq
        )
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timeout_seconds
        while True:
            try:
                # As a writer: it waits until the lost transaction has ended, one way or the other.
                async with self._transaction(writes=True) as connection:
                    await rows.read_auction(connection, auction.record.id, lock=True)
                    return (await connection.execute(query)).scalar() == auction.tail.hash
            except Exception as error:
                if clock() + COMMIT_CHECK_PAUSE_SECONDS >= deadline:
                    entry = f"entry {auction.tail.seq} of auction {auction.record.id}"
                    raise OutcomeUnknown(
                        f"it is not known whether {entry} was committed"
                    ) from error
            await asyncio.sleep(COMMIT_CHECK_PAUSE_SECONDS)

    async def snapshot(self, auction_id: int) -> Snapshot | None:
        """The auction as its viewers see it, read at one moment."""
        async with self.reading() as connection:
            shown = await _snapshot(connection, auction_id)
            state = await ledger.read_state(connection, auction_id)
        return shown and replace(shown, state=state)

    async def auction(self, auction_id: int) -> Auction | None:
        """The auction's row alone."""
        async with self.reading() as connection:
            return await rows.read_auction(connection, auction_id, lock=False)

    async def unlocked(
        self, auction_id: int, work: Callable[[LockedAuction | None], Awaitable[T]]
    ) -> T:
        """Run `work`, which only reads, on the auction of one moment, without locking it."""
        async with self.reading() as connection:
            return await work(await _found(connection, auction_id, lock=False))

    async def as_of(self, auction_id: int, seq: int) -> Snapshot | None:
        """The auction as it was when entry `seq` was written; None when its rows are gone since."""
        async with self.reading() as connection:
            shown = await _snapshot(connection, auction_id)
            later = await ledger.read_entries(
                connection, auction_id, after=seq, limit=LATER_EVENTS_MAX
            )
        return shown and shown.before(later)

    async def look(self, auction_id: int) -> Look | None:
        """The row and the sums of an auction, to compare with those that are shown."""
        async with self.reading() as connection:
            return await _look(connection, auction_id)

    async def snapshot_and_look(self, auction_id: int) -> tuple[Snapshot, Look] | None:
        """The snapshot and the look of one moment."""
        async with self.reading() as connection:
            shown = await _snapshot(connection, auction_id)
            seen = await _look(connection, auction_id)
        return (shown, seen) if shown and seen else None

    async def entries_after(
        self, auction_id: int, seq: int, limit: int
    ) -> tuple[list[LedgerEntry], dict[int, User]]:
        """At most `limit` entries after `seq`, and the users that they name."""
        async with self.reading() as connection:
            found = await ledger.read_entries(connection, auction_id, after=seq, limit=limit)
            return found, await rows.read_users(connection, users_in(found))

    async def state_at(self, auction_id: int, seq: int) -> State:
        """The state of the rules behind the entry `seq`."""
        async with self.reading() as connection:
            return await ledger.read_state(connection, auction_id, up_to=seq)

    async def ends(self, auction_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
        """The last entry of each ledger that has one: its seq and its hash."""
        wanted = set(auction_ids)
        if not wanted:
            return {}
        last = (
            select(events.c.auction_id, func.max(events.c.seq).label("seq"))
            .where(events.c.auction_id.in_(wanted))
            .group_by(events.c.auction_id)
            .subquery()
        )
        query = select(events.c.auction_id, events.c.seq, events.c.hash).join(
            last, (events.c.auction_id == last.c.auction_id) & (events.c.seq == last.c.seq)
        )
        async with self.reading() as connection:
            return {row[0]: (row[1], row[2]) for row in await connection.execute(query)}

    async def hashes(self, auction_id: int, first: int, last: int) -> dict[int, str]:
        """The hashes of the entries from `first` to `last` that there are, by seq."""
        query = select(events.c.seq, events.c.hash).where(
            events.c.auction_id == auction_id, events.c.seq.between(first, last)
        )
        async with self.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def live_auctions(self) -> set[int]:
        async with self.reading() as connection:
            query = select(auctions.c.id).where(auctions.c.isLive)
            return set((await connection.execute(query)).scalars())

    async def last_start(self, auction_id: int) -> LedgerEntry | None:
        """The last time that the auction went live, or was announced again."""
        async with self.reading() as connection:
            return await ledger.read_last(connection, auction_id, Started)

    @property
    def has_own_time(self) -> bool:
        """Whether the database has a clock of its own: SQLite has this machine's."""
        return self._engine.dialect.name != "sqlite"

    async def attend(self, auction_id: int, here: Callable[[], Attendance]) -> datetime:
        """Write that a node attends, as it is when the database has answered with its time."""
        async with self._transaction(writes=True) as connection:
            at = await attendance.database_time(connection)
            await attendance.attend(connection, auction_id, here(), at)
        return at

    async def attendance(self, auction_id: int) -> list[Attendance]:
        """The nodes that attended the auction's clocks."""
        async with self.reading() as connection:
            return await attendance.read_attendance(connection, auction_id)

    async def with_clocks(self, auction_ids: Iterable[int]) -> list[int]:
        """Those of the auctions that have, or had not long ago, a clock that a node attends."""
        async with self.reading() as connection:
            return await attendance.with_clocks(connection, auction_ids)

    async def note_presence(self, auction_id: int, node: str) -> None:
        """Write that a node has a socket in the room: whoever closes by a clock waits for it."""
        async with self._transaction(writes=True) as connection:
            at = await attendance.database_time(connection)
            await attendance.note_presence(connection, auction_id, node, at)

    async def stop_attending(self, node: str, auction_id: int | None = None) -> None:
        """Count a node no longer that has no bid left, in one auction or in all."""
        async with self._transaction(writes=True) as connection:
            await attendance.leave(connection, node, auction_id)

    async def probe(self) -> None:
        """Check that the database accepts what a sale writes; raises a `StoreError` if not.

        It writes a row and deletes it again, unless a commit of a sale has just proved the same.
        """
        writes = not self._availability.wrote_within(PROOF_SECONDS)
        seconds = min(PROBE_SECONDS_MAX, self._timeout_seconds)
        async with self._transaction(writes=writes, seconds_max=seconds) as connection:
            await probe.look(connection)
            if writes:
                await probe.write(connection)
        if writes:
            self._availability.worked(wrote=True)

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
            self._availability.failed(error)
            raise
        self._availability.worked(wrote=False)

    async def close(self) -> None:
        await self._engine.dispose()


async def _found(
    connection: AsyncConnection, auction_id: int, *, lock: bool
) -> LockedAuction | None:
    record = await rows.read_auction(connection, auction_id, lock=lock)
    if record is None:
        return None
    ends = await ledger.read_tail_and_newest_bid(connection, auction_id)
    return LockedAuction(connection, record, *ends)


async def _snapshot(connection: AsyncConnection, auction_id: int) -> Snapshot | None:
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
        tail.hash,
    )


async def _look(connection: AsyncConnection, auction_id: int) -> Look | None:
    record = await rows.read_auction(connection, auction_id, lock=False)
    if record is None:
        return None
    tail = await ledger.read_tail(connection, auction_id)
    return Look(record, tail.seq, tail.hash, await read_row_sums(connection, auction_id))


def users_in(found: Iterable[LedgerEntry]) -> set[int]:
    """The ids of the users whom the entries name."""
    return {
        user_id
        for entry in found
        for user_id in (entry.user_id, *entry.event.named_users)
        if user_id is not None
    }
