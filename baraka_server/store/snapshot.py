"""Snapshot of an auction: its rows and its ledger's end, read at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.records import Auction, BidWithUser, CommentWithUser
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Commented, LedgerEntry, LotOpened
from baraka_server.domain.hammer import ActUndone, Award, LotOpenedAgain
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import CommentRestored, UserBlocked
from baraka_server.domain.state import State
from baraka_server.store import ledger, rows
from baraka_server.store.row_sums import Look, read_row_sums


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An auction as its viewers see it, read at one moment: after entry `seq`, which has this hash.

    `state` is that of the rules; None where only the rows were read. `marked` are the bids of the round of
    which more is told than their rows say.
    """

    auction: Auction
    bids: list[BidWithUser]
    comments: list[CommentWithUser]
    seq: int
    round: int
    hash: str = ledger.GENESIS
    state: State | None = None
    marked: tuple[BidPlaced, ...] = ()

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


async def read_snapshot(connection: AsyncConnection, auction_id: int) -> Snapshot | None:
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


async def read_look(connection: AsyncConnection, auction_id: int) -> Look | None:
    record = await rows.read_auction(connection, auction_id, lock=False)
    if record is None:
        return None
    tail = await ledger.read_tail(connection, auction_id)
    return Look(record, tail.seq, tail.hash, await read_row_sums(connection, auction_id))
