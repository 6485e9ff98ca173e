"""Locked auction: the reads and writes of a transaction that holds an auction's row."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.records import Auction, User
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.hammer import Award
from baraka_server.domain.lots import EMPTY
from baraka_server.domain.maxima import Sealed
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.state import State
from baraka_server.domain.winnings import Won
from baraka_server.store import attendance, comment_rows, ledger, maxima, rows, winning_rows
from baraka_server.store.attendance import Attendance
from baraka_server.store.ends import Ends
from baraka_server.store.labels import labels_of_winnings, read_labels
from baraka_server.store.lots import write_lots
from baraka_server.store.paddles import drop_paddles_beyond, write_paddles
from baraka_server.store.tables import requests, winnings
from baraka_server.store.texts import write_texts
from baraka_server.store.writing import Writing

REQUESTS_PER_USER_MAX = 5_000
"""How many requests of a user have their answers kept; beyond it only those that were accepted."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The key of a repeatable request: the client's own id, for each user (D23)."""

    user_id: int
    request_id: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.request_id.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answered:
    """A kept answer: the fingerprint of the request's body, and its outcome as JSON."""

    fingerprint: str
    outcome: str


class LockedAuction:
    """The auction whose row this transaction has locked.

    `tail` is the end of its ledger, `newest_bid` the bid whose row was written last; without a ledger
    it is not known. `ends` has them, and the users that were read with them.

        written = await auction.write([LedgerEntry(seq=8, …, event=BidPlaced(1500))])
    """

    def __init__(
        self,
        connection: AsyncConnection,
        record: Auction,
        ends: Ends,
    ) -> None:
        self.record = record
        self.tail = ends.tail
        self.newest_bid = ends.newest_bid
        self._users = dict(ends.users)
        self._connection = connection

    async def highest_bid(self) -> StandingBid | None:
        """The highest bid in the rows."""
        return next(iter(await self.highest_bids(1)), None)

    async def highest_bids(self, count: int, bid_id: int | None = None) -> list[StandingBid]:
        """The highest bids in the rows; with `bid_id` that one, if it is there."""
        return await rows.read_highest_bids(self._connection, self.record.id, count, bid_id)

    async def marked_bids(self, state: State) -> tuple[BidPlaced, ...]:
        """The bids of the round of which more is known than their rows say."""
        return await ledger.read_marked_bids(self._connection, self.record.id, state)

    async def labels(self) -> dict[int, str | None]:
        """The labels of the floor by their paddles; None for one whose text was erased (D40)."""
        return await read_labels(self._connection, self.record.id)

    async def comments_among(self, ids: Collection[int]) -> frozenset[int]:
        """Which of these comments are on the list."""
        return await comment_rows.among(self._connection, self.record.id, ids)

    async def posted(self, ids: Collection[int]) -> dict[int, LedgerEntry]:
        """The entries that posted these comments, by the comments' ids."""
        return await comment_rows.posted(self._connection, self.record.id, ids)

    async def winning_is_settled(self, award: LedgerEntry, event: Award) -> bool:
        """Whether the winning of an award may not be taken back: paid, changed or referred to."""
        written = winning_rows.as_written(award, event, self.record.id)
        return await winning_rows.is_settled(self._connection, event.winning_id or 0, written)

    async def won(self, winning_id: int) -> Won:
        """A winning of this auction, locked until the transaction ends. Raises `NotThere`."""
        won = await winning_rows.read_won(self._connection, self.record.id, winning_id)
        labels = await labels_of_winnings(self._connection, [self.record.id])
        label = labels.get(winning_id)
        return replace(won, label_paddle=label.paddle) if label else won

    async def refuse_in_use(self, winning_id: int) -> None:
        """Raise `InUse` where a row of any table refers to a winning."""
        await winning_rows.refuse_in_use(self._connection, winning_id)

    async def winner_before(self, winning_id: int) -> int | None:
        """The winner of the auction's winning before this one."""
        return await winning_rows.winner_before(self._connection, self.record.id, winning_id)

    async def bidders(self) -> frozenset[int]:
        """The users who have bids on the list."""
        return await rows.read_bidders(self._connection, self.record.id)

    async def users(self, ids: Iterable[int]) -> dict[int, User]:
        """The users among `ids` that exist, as this transaction sees them."""
        wanted = set(ids)
        if unread := wanted - self._users.keys():
            read = await rows.read_users(self._connection, unread)
            self._users |= {user_id: read.get(user_id) for user_id in unread}
        return {user_id: user for user_id in wanted if (user := self._users[user_id])}

    async def state(self) -> State:
        """The state at the end of the ledger."""
        await drop_paddles_beyond(self._connection, self.record.id, self.tail.seq)
        await maxima.drop_maxima_beyond(self._connection, self.record.id, self.tail.seq)
        return await ledger.read_state(self._connection, self.record.id)

    async def sealed(self, rounds: Collection[int]) -> tuple[dict[int, Sealed], frozenset[int]]:
        """The maximum bids of rounds, by the entries that set them; and those of users who are gone."""
        return await maxima.read_sealed(self._connection, self.record.id, rounds)

    async def sealed_by(self, seqs: Iterable[int]) -> dict[int, Sealed]:
        """The maximum bids that these entries set."""
        return await maxima.read_set_by(self._connection, self.record.id, seqs)

    async def entries_of(self, kinds: Sequence[type[Event]], *, since: int) -> list[LedgerEntry]:
        """The entries of these kinds from the seq `since` on."""
        return await ledger.read_kinds(self._connection, self.record.id, kinds, since=since)

    async def entries_after(self, seq: int, limit: int) -> list[LedgerEntry]:
        return await ledger.read_entries(self._connection, self.record.id, after=seq, limit=limit)

    async def database_time(self) -> datetime:
        """The database's time, asked behind the lock (D44)."""
        return await attendance.database_time(self._connection)

    async def attend(self, here: Attendance, at: datetime) -> None:
        await attendance.attend(self._connection, self.record.id, here, at)

    async def attendance(self) -> list[Attendance]:
        return await attendance.read_attendance(self._connection, self.record.id)

    async def dismiss(self, nodes: Iterable[str]) -> None:
        await attendance.dismiss(self._connection, self.record.id, nodes)

    async def winning_ids(self) -> frozenset[int]:
        """The ids of the auction's winnings."""
        query = select(winnings.c.id).where(winnings.c.auction_id == self.record.id)
        return frozenset((await self._connection.execute(query)).scalars())

    async def write(
        self, entries: Sequence[LedgerEntry], before: State | None = None
    ) -> list[LedgerEntry]:
        """Write the rows and the ledger entries of `entries`, which follow `tail`.

        `before` is the state before them; None where there is nothing of which rows of ours are kept.
        Returns the entries with the ids of the rows that they made.
        """
        writing = Writing(self._connection, self.record)
        for entry in entries:
            await writing.take(entry)
        written = await writing.finish()
        await write_texts(self._connection, self.record.id, written)
        await write_paddles(self._connection, self.record.id, written)
        await maxima.write_maxima(self._connection, self.record.id, written)
        run_list = before.run_list if before else EMPTY
        await write_lots(self._connection, self.record.id, run_list, written)
        hashes = await ledger.append(self._connection, self.record.id, self.tail.hash, written)
        self.record = writing.record
        self.tail = ledger.Tail(written[-1].seq, written[-1].round, written[-1].at, hashes[-1])
        return [
            LedgerEntry(entry.seq, entry.round, entry.user_id, entry.at, entry.event, hash_)
            for entry, hash_ in zip(written, hashes, strict=True)
        ]

    async def answered(self, keys: Iterable[RequestKey]) -> dict[RequestKey, Answered]:
        """The requests among `keys` that were answered before."""
        by_row = {(key.user_id, key.hash): key for key in keys}
        if not by_row:
            return {}
        columns = (requests.c.user_id, requests.c.request_hash)
        query = select(*columns, requests.c.fingerprint, requests.c.outcome).where(
            tuple_(*columns).in_(list(by_row))
        )
        found = await self._connection.execute(query)
        return {by_row[row[0], row[1]]: Answered(row[2], row[3]) for row in found}

    async def users_with_many_requests(self, user_ids: Iterable[int]) -> set[int]:
        """The users among these who have `REQUESTS_PER_USER_MAX` answers kept."""
        wanted = set(user_ids)
        if not wanted:
            return set()
        query = (
            select(requests.c.user_id)
            .where(requests.c.user_id.in_(wanted))
            .group_by(requests.c.user_id)
            .having(func.count() >= REQUESTS_PER_USER_MAX)
        )
        return set((await self._connection.execute(query)).scalars())

    async def remember(self, answers: Mapping[RequestKey, Answered], now: datetime) -> None:
        """Keep answers, so that a repeated request gets the same."""
        if not answers:
            return
        statement = insert(requests)
        # Somebody may use one id in two auctions at once: the first stays, neither sale suffers.
        statement = statement.prefix_with("OR IGNORE", dialect="sqlite")
        for dialect in ("mysql", "mariadb"):
            statement = statement.prefix_with("IGNORE", dialect=dialect)
        await self._connection.execute(
            statement,
            [
                {
                    "user_id": key.user_id,
                    "request_hash": key.hash,
                    "auction_id": self.record.id,
                    "fingerprint": answer.fingerprint,
                    "outcome": answer.outcome,
                    "at": now,
                }
                for key, answer in answers.items()
            ],
        )
