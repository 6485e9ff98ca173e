"""Writing of the rows that follow from ledger entries: bids, comments, winnings, the auction's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Insert, Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from baraka_server.contract.records import Auction
from baraka_server.domain.auction_record import record_after
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import Awarded, Commented, Event, LedgerEntry, LotOpened
from baraka_server.domain.hammer import ActUndone, Award, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import CommentRemoved, CommentRestored, UserBlocked
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.winnings import WinningChanged, WinningPaid
from baraka_server.store import comment_rows, winning_rows
from baraka_server.store.tables import auctions, bids, comments, winnings


@dataclass(frozen=True, slots=True)
class _Table:
    """The statements that insert rows of bids or of comments and read their ids. Made once."""

    insert: Insert
    insert_returning: ReturningInsert[Any]
    """The same, which returns the ids."""
    last_ids: Select[Any]

    @classmethod
    def of(cls, table: Table) -> _Table:
        last_ids = (
            select(table.c.id)
            .where(table.c.auction_id == bindparam("auction"))
            .order_by(table.c.id.desc())
            .limit(bindparam("count"))
        )
        return cls(insert(table), insert(table).returning(table.c.id), last_ids)


_BIDS, _COMMENTS = _Table.of(bids), _Table.of(comments)


class Writing:
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
        for place, row_id in zip(places, await self._ids(table, new_rows), strict=True):
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

    async def _ids(self, table: _Table, new_rows: list[dict[str, Any]]) -> list[int]:
        """Insert rows, and return their ids, which rise in the order of the values."""
        if len(new_rows) == 1:
            made = await self._connection.execute(table.insert, new_rows[0])
            return list(made.inserted_primary_key or ())
        if _returns_ids(self._connection):
            # A query for them would cost every transaction of a hot auction a round trip.
            return sorted(await self._connection.scalars(table.insert_returning, new_rows))
        await self._connection.execute(table.insert, new_rows)
        # Nobody else writes rows of this auction now.
        last = {"auction": self.record.id, "count": len(new_rows)}
        return sorted((await self._connection.execute(table.last_ids, last)).scalars())


def _returns_ids(connection: AsyncConnection) -> bool:
    """Whether an insert of several rows can return their ids; MySQL cannot."""
    dialect = connection.dialect
    return dialect.insert_executemany_returning and dialect.name != "sqlite"
