"""The store: what a server reads of auctions, beside its transactions on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select

from baraka_server.contract.records import Auction, User
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import LedgerEntry, Started
from baraka_server.domain.maxima import Sealed
from baraka_server.domain.state import State
from baraka_server.store import attendance, comment_rows, ledger, maxima, rows
from baraka_server.store.attendance import Attendance
from baraka_server.store.row_sums import Look
from baraka_server.store.snapshot import Snapshot, read_look, read_snapshot
from baraka_server.store.tables import auctions, events
from baraka_server.store.transactions import Transactions

LATER_EVENTS_MAX = 10_000


class Store(Transactions):
    """The database of a server: locked transactions for auctioneers, and reads.

    record = await store.auction(42)
    """

    async def snapshot(self, auction_id: int) -> Snapshot | None:
        """The auction as its viewers see it, read at one moment."""
        async with self.reading() as connection:
            shown = await read_snapshot(connection, auction_id)
            state = await ledger.read_state(connection, auction_id)
            marked = await ledger.read_marked_bids(connection, auction_id, state)
        return shown and replace(shown, state=state, marked=marked)

    async def auction(self, auction_id: int) -> Auction | None:
        """The auction's row alone."""
        async with self.reading() as connection:
            return await rows.read_auction(connection, auction_id, lock=False)

    async def as_of(self, auction_id: int, seq: int) -> Snapshot | None:
        """The auction as it was when entry `seq` was written; None when its rows are gone since."""
        async with self.reading() as connection:
            shown = await read_snapshot(connection, auction_id)
            later = await ledger.read_entries(
                connection, auction_id, after=seq, limit=LATER_EVENTS_MAX
            )
        return shown and shown.before(later)

    async def look(self, auction_id: int) -> Look | None:
        """The row and the sums of an auction, to compare with those that are shown."""
        async with self.reading() as connection:
            return await read_look(connection, auction_id)

    async def snapshot_and_look(self, auction_id: int) -> tuple[Snapshot, Look] | None:
        """The snapshot and the look of one moment."""
        async with self.reading() as connection:
            shown = await read_snapshot(connection, auction_id)
            seen = await read_look(connection, auction_id)
        return (shown, seen) if shown and seen else None

    async def entries_after(
        self, auction_id: int, seq: int, limit: int
    ) -> tuple[list[LedgerEntry], dict[int, User]]:
        """At most `limit` entries after `seq`, and the users that they name."""
        async with self.reading() as connection:
            found = await ledger.read_entries(connection, auction_id, after=seq, limit=limit)
            return found, await rows.read_users(connection, users_in(found))

    async def posted(
        self, auction_id: int, comment_id: int
    ) -> tuple[LedgerEntry | None, dict[int, User]]:
        """The entry that posted a comment, and its author if there is one yet."""
        async with self.reading() as connection:
            found = await comment_rows.posted(connection, auction_id, {comment_id})
            authors = await rows.read_users(connection, users_in(found.values()))
        return found.get(comment_id), authors

    async def maxima_set_by(self, auction_id: int, seqs: Iterable[int]) -> dict[int, Sealed]:
        """The maximum bids that these entries set, for nobody but their own users (D43)."""
        async with self.reading() as connection:
            return await maxima.read_set_by(connection, auction_id, seqs)

    async def state_at(self, auction_id: int, seq: int) -> State:
        """The state of the rules behind the entry `seq`."""
        async with self.reading() as connection:
            return await ledger.read_state(connection, auction_id, up_to=seq)

    async def marked_bids(self, auction_id: int, state: State) -> tuple[BidPlaced, ...]:
        """The bids of a state's round of which more is told than their rows say."""
        async with self.reading() as connection:
            return await ledger.read_marked_bids(connection, auction_id, state)

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


def users_in(found: Iterable[LedgerEntry]) -> set[int]:
    """The ids of the users whom the entries name."""
    return {
        user_id
        for entry in found
        for user_id in (entry.user_id, *entry.event.named_users)
        if user_id is not None
    }
