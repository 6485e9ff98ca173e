"""Summary of a sale, from the outline of its ledger and the rows of what was won (D39)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.settlement import Head, SaleSummary
from baraka_server.domain.events import LedgerEntry, Unknown
from baraka_server.domain.offers import Offers
from baraka_server.store import ledger
from baraka_server.store.catalog import all_winnings, existing_auction
from baraka_server.store.errors import OtherHistory
from baraka_server.store.outline import read_outline
from baraka_server.store.paddles import read_paddles
from baraka_server.store.rows import read_users
from baraka_server.store.sale_changes import Bidders, changes_of
from baraka_server.store.sale_lots import buyers_of, lots_of, totals_of
from baraka_server.store.slices import each_in_slices
from baraka_server.store.store import Store, users_in


async def sale_summary(store: Store, auction_id: int, since: Head | None = None) -> SaleSummary:
    """The sale as it is now: the one answer that consoles, routes and files are made of.

    What was won is in the rows, which other programs change too; the ledger has the rest. With `since`
    it has all changes behind that head. Raises `NotThere` and `OtherHistory`.
    """
    async with store.reading() as connection:  # ledger and rows of one moment
        record = await existing_auction(connection, auction_id)
        tail = await ledger.read_tail(connection, auction_id)
        if since is not None:
            await _require_same_history(connection, auction_id, since)
        outline = await read_outline(connection, auction_id)
        won = await all_winnings(connection, auction_id)
        users = await read_users(connection, users_in(outline))
        bidders = Bidders(users, await read_paddles(connection, auction_id))
    offers = await _folded(outline)
    lots = await lots_of(offers, won)
    return SaleSummary(
        auctionId=auction_id,
        title=record.title,
        over=record.isEnded or record.isCanceled,
        seq=tail.seq,
        ledger=ledger.ledger_id(tail.hash),
        at=tail.at if tail.seq else None,
        totals=totals_of(lots),
        lots=lots,
        buyers=buyers_of(lots, won),
        changes=changes_of(offers, lots, bidders, since),
        since=str(since) if since else None,
        understood=offers.state.understood,
    )


async def _require_same_history(connection: AsyncConnection, auction_id: int, head: Head) -> None:
    at = await ledger.read_hash(connection, auction_id, head.seq)
    if at is None or ledger.ledger_id(at) != head.ledger:
        raise OtherHistory(
            f"{head} is not a head of auction {auction_id}: it is of another auction, or of a history "
            "that was lost, as when a backup was restored. Make a whole export, and compare."
        )


async def _folded(outline: Sequence[LedgerEntry]) -> Offers:
    offers = Offers()
    async for entry in each_in_slices(outline):
        try:
            offers.take(entry)
        except ledger.UNREADABLE:  # it speaks of what nobody wrote, as `verify` says
            offers.take(replace(entry, event=Unknown(entry.kind, is_rule=True, said={})))
    return offers
