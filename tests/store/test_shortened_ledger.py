"""A ledger whose end was cut off is found by the rows that it leaves behind."""

from typing import Any

import pytest
from sqlalchemy import delete

from baraka_server.contract.client_events import (
    CancelAuction,
    EndAuction,
)
from baraka_server.store import audit, ledger
from baraka_server.store.store import Store
from baraka_server.store.tables import bids, comments, events, winnings
from tests.support.servers.alterations import ENTRIES, changed_outside, newest, the_disagreement
from tests.support.servers.sales import (
    Sale,
    award,
    by_host,
    change_lot,
    comment,
    take,
)


async def cut(store: Store, sale: Sale, count: int = 1) -> None:
    async with store.writing() as connection:
        tail = await ledger.read_tail(connection, sale.auction.id)
        await connection.execute(delete(events).where(events.c.seq > tail.seq - count))


async def test_a_last_bid_that_was_cut_off_is_still_in_its_table(books: Store, sale: Sale) -> None:
    row = await newest(books, bids)
    await cut(books, sale)
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction_bids", row["id"])
    assert "cut off" in found.reason


async def test_a_last_comment_that_was_cut_off_is_as_one_that_another_program_wrote(
    books: Store, sale: Sale
) -> None:
    await take(books, sale.auction.id, [comment(sale, sale.dina, "Last")])
    row = await newest(books, comments)
    await cut(books, sale)
    assert await changed_outside(books, sale) == [("Auction_comments", row["id"])]


async def test_a_last_award_that_was_cut_off_is_still_in_the_winnings(
    books: Store, sale: Sale
) -> None:
    await take(books, sale.auction.id, [award(sale, "Silver Necklace")])
    row = await newest(books, winnings)
    await cut(books, sale)
    verdict = await audit.verify(books, sale.auction.id)
    assert ("winnings", row["id"]) in [(one.table, one.rowId) for one in verdict.disagreements]


@pytest.mark.parametrize("event", [CancelAuction, EndAuction])
async def test_a_last_end_that_was_cut_off_is_still_in_the_auction(
    books: Store, sale: Sale, event: Any
) -> None:
    await take(books, sale.auction.id, [by_host(sale, event(auction_id=sale.auction.id))])
    await cut(books, sale)
    verdict = await audit.verify(books, sale.auction.id)
    assert {one.table for one in verdict.disagreements} == {"Auction"}


async def test_a_last_lot_that_was_cut_off_is_still_on_the_block(books: Store, sale: Sale) -> None:
    await take(books, sale.auction.id, [change_lot(sale, "Vase", 1)])
    await cut(books, sale)
    verdict = await audit.verify(books, sale.auction.id)
    assert "current_product is 'Vase'" in verdict.disagreements[0].reason


async def test_wherever_the_ledger_is_cut_off_it_is_found(books: Store, sale: Sale) -> None:
    for _ in range(1, ENTRIES):
        await cut(books, sale)
        assert not (await audit.verify(books, sale.auction.id)).ok
