"""Locked auction: the reads and writes of a transaction that holds an auction's row."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Insert,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.records import Auction, User
from baraka_server.domain.auction_record import record_after
from baraka_server.domain.events import (
    Awarded,
    BidPlaced,
    Commented,
    Event,
    LedgerEntry,
    LotOpened,
    StandingBidChanged,
)
from baraka_server.domain.hammer import ActUndone, Award, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.lots import EMPTY
from baraka_server.domain.moderation import CommentRemoved, CommentRestored, UserBlocked
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.state import State
from baraka_server.domain.winnings import WinningChanged, WinningPaid, Won
from baraka_server.store import attendance, comment_rows, ledger, rows, winning_rows
from baraka_server.store.attendance import Attendance
from baraka_server.store.lots import write_lots
from baraka_server.store.paddles import drop_paddles_beyond, write_paddles
from baraka_server.store.tables import auctions, bids, comments, requests, winnings
from baraka_server.store.texts import write_texts

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
    it is not known.

        written = await auction.write([LedgerEntry(seq=8, …, event=BidPlaced(1500))])
    """

    def __init__(
        self,
        connection: AsyncConnection,
        record: Auction,
        tail: ledger.Tail,
        newest_bid: ledger.NewestBid | None = None,
    ) -> None:
        self.record = record
        self.tail = tail
        self.newest_bid = newest_bid
        self._connection = connection

    async def highest_bid(self) -> StandingBid | None:
        """The highest bid in the rows."""
        return next(iter(await self.highest_bids(1)), None)

    async def highest_bids(self, count: int, bid_id: int | None = None) -> list[StandingBid]:
        """The highest bids in the rows; with `bid_id` that one, if it is there."""
        return await rows.read_highest_bids(self._connection, self.record.id, count, bid_id)

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
        return await winning_rows.read_won(self._connection, self.record.id, winning_id)

    async def winner_before(self, winning_id: int) -> int | None:
        """The winner of the auction's winning before this one."""
        return await winning_rows.winner_before(self._connection, self.record.id, winning_id)

    async def bidders(self) -> frozenset[int]:
        """The users who have bids on the list."""
        return await rows.read_bidders(self._connection, self.record.id)

    async def users(self, ids: Iterable[int]) -> dict[int, User]:
        return await rows.read_users(self._connection, ids)

    async def state(self) -> State:
        """The state at the end of the ledger."""
        await drop_paddles_beyond(self._connection, self.record.id, self.tail.seq)
        return await ledger.read_state(self._connection, self.record.id)

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
        writing = _Writing(self._connection, self.record)
        for entry in entries:
            await writing.take(entry)
        written = await writing.finish()
        await write_texts(self._connection, self.record.id, written)
        await write_paddles(self._connection, self.record.id, written)
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


@dataclass(frozen=True, slots=True)
class _Table:
    """The statements that insert rows of bids or of comments and read their ids. Made once."""

    insert: Insert
    last_ids: Select[Any]

    @classmethod
    def of(cls, table: Table) -> _Table:
        last_ids = (
            select(table.c.id)
            .where(table.c.auction_id == bindparam("auction"))
            .order_by(table.c.id.desc())
            .limit(bindparam("count"))
        )
        return cls(insert(table), last_ids)


_BIDS, _COMMENTS = _Table.of(bids), _Table.of(comments)


class _Writing:
    """Writes the rows of a sequence of entries; runs of bids and of comments go in one statement."""

    def __init__(self, connection: AsyncConnection, record: Auction) -> None:
        self.record = record
        self._before = record
        self._connection = connection
        self._entries: list[LedgerEntry] = []
        self._waiting: dict[
            int, LedgerEntry
        ] = {}  # place in _entries: a bid or comment without its row
        self._last_bid_id = 0

    async def take(self, entry: LedgerEntry) -> None:
        match entry.event:
            case BidPlaced() | Commented():
                self._waiting[len(self._entries)] = entry
            case LotOpened():
                await self._flush()
                await self._clear(bids)  # set aside: the ledger keeps them (D10)
            case LotPassed():
                await self._flush()
                await self._clear(bids)
                await self._clear(comments)
            case Awarded() | RunnerUpAwarded() as award:
                await self._flush()
                entry = replace(entry, event=await self._award(entry, award))
            case CommentRemoved(comment_id=comment_id):
                await self._flush()
                await comment_rows.remove(self._connection, self.record.id, comment_id)
            case CommentRestored(posted=LedgerEntry() as posted):
                await self._flush()
                await comment_rows.restore(self._connection, self.record.id, posted)
            case ActUndone(bids=ids) | UserBlocked(bids=ids) if ids:
                await self._flush()
                mine = bids.c.auction_id == self.record.id
                await self._connection.execute(delete(bids).where(mine, bids.c.id.in_(ids)))
            case WinningPaid() | WinningChanged() as settled:
                await winning_rows.settle(self._connection, settled, entry.at)
            case LotOpenedAgain() as opened:
                await self._flush()
                await self._bring_back(opened)
            case StandingBidChanged(
                high=StandingBid(bid_id=0) as high
            ):  # a bid of this transaction
                await self._flush()
                named = replace(high, bid_id=self._last_bid_id)
                entry = replace(entry, event=replace(entry.event, high=named))
        self.record = record_after(self.record, entry)
        self._entries.append(entry)

    async def finish(self) -> list[LedgerEntry]:
        await self._flush()
        if self.record is not self._before:
            old, new = self._before.model_dump(), self.record.model_dump()
            changes = {name: value for name, value in new.items() if value != old[name]}
            await self._connection.execute(
                update(auctions).where(auctions.c.id == self.record.id).values(changes)
            )
        return self._entries

    async def _award(self, entry: LedgerEntry, event: Award) -> Award:
        if event.high is not None:
            bid_id = event.high.bid_id or self._last_bid_id
            row = winning_rows.as_written(entry, event, self.record.id) | {
                "sold": False,
                "updatedAt": entry.at,
            }
            made = await self._connection.execute(insert(winnings).values(row))
            (winning_id,) = made.inserted_primary_key or (None,)
            event = replace(event, high=replace(event.high, bid_id=bid_id), winning_id=winning_id)
        await self._clear(bids)
        await self._clear(comments)
        return event

    async def _bring_back(self, opened: LotOpenedAgain) -> None:
        """Write the bids again that an award cleared, with their ids and times; the winning goes."""
        back = [
            {
                "id": bid.bid_id,
                "auction_id": self.record.id,
                "user_id": bid.user_id,
                "bid": bid.amount,
                "createdAt": bid.at,
                "updatedAt": bid.at,
            }
            for bid in opened.bids
        ]
        if back:
            await self._connection.execute(insert(bids), back)
        if opened.winning_id is not None:
            await self._connection.execute(
                delete(winnings).where(winnings.c.id == opened.winning_id)
            )

    async def _clear(self, table: Any) -> None:
        await self._connection.execute(delete(table).where(table.c.auction_id == self.record.id))

    async def _flush(self) -> None:
        for kind, table in ((BidPlaced, _BIDS), (Commented, _COMMENTS)):
            places = [at for at, entry in self._waiting.items() if isinstance(entry.event, kind)]
            if places:
                await self._insert(table, places)
        self._waiting.clear()

    async def _insert(self, table: _Table, places: list[int]) -> None:
        new_rows = []
        for place in places:
            entry = self._waiting[place]
            row: dict[str, Any] = {
                "auction_id": self.record.id,
                "user_id": entry.user_id,
                "createdAt": entry.at,
                "updatedAt": entry.at,
            }
            match entry.event:
                case BidPlaced(amount=amount):
                    row["bid"] = amount
                case Commented(comment=text):
                    row["comment"] = text
            new_rows.append(row)
        if len(new_rows) == 1:
            made = await self._connection.execute(table.insert, new_rows[0])
            ids = list(made.inserted_primary_key or ())
        else:
            await self._connection.execute(table.insert, new_rows)
            # Nobody else writes rows of this auction now, and ids rise in the order of the values.
            last = {"auction": self.record.id, "count": len(places)}
            ids = sorted((await self._connection.execute(table.last_ids, last)).scalars())
        for place, row_id in zip(places, ids, strict=True):
            entry = self._waiting[place]
            event: Event = entry.event
            match event:
                case BidPlaced():
                    self._last_bid_id = row_id
                    event = replace(event, bid_id=row_id)
                case Commented():
                    event = replace(event, comment_id=row_id)
            self._entries[place] = LedgerEntry(
                entry.seq, entry.round, entry.user_id, entry.at, event
            )
