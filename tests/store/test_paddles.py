"""Rows of paddles are written with the bid that gives them, and follow from the ledger (D36)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, update

from baraka_server.contract.registration import RegisterBidder
from baraka_server.domain.paddles import Paddles
from baraka_server.domain.state import State, apply
from baraka_server.live import desk
from baraka_server.store import audit, catalog, ledger, migrate
from baraka_server.store.store import Store
from baraka_server.store.tables import paddles
from baraka_server.store.unsuited import Unsuited
from tests.support.servers.alterations import execute
from tests.support.servers.sales import Sale, run_sale, write_anew


async def rows(store: Store, auction_id: int) -> list[tuple[int, int | None, int]]:
    query = select(paddles.c.number, paddles.c.user_id, paddles.c.seq)
    async with store.reading() as connection:
        found = await connection.execute(
            query.where(paddles.c.auction_id == auction_id).order_by(paddles.c.number)
        )
        return [(row[0], row[1], row[2]) for row in found]


async def test_first_bids_write_a_row_each_and_later_ones_none(books: Store, sale: Sale) -> None:
    this = sale.auction.id
    assert await rows(books, this) == [(1, sale.bilal.id, 4), (2, sale.dina.id, 6)]
    assert (await audit.verify(books, this)).ok


async def test_each_auction_has_numbers_of_its_own(books: Store, sale: Sale) -> None:
    another = await run_sale(books)
    assert [number for number, _, _ in await rows(books, another.auction.id)] == [1, 2]


async def test_the_state_at_the_end_has_the_paddles_of_all_rounds(books: Store, sale: Sale) -> None:
    this = sale.auction.id
    async with books.reading() as connection:
        read = await ledger.read_state(connection, this)
        earlier = await ledger.read_state(connection, this, up_to=5)
        folded = State()
        async for entry in ledger.all_entries(connection, this):
            folded = apply(folded, entry)
    assert read.paddles == folded.paddles
    assert read.paddles == Paddles([sale.bilal.id, sale.dina.id])
    assert earlier.paddles == Paddles([sale.bilal.id])


async def test_no_two_users_of_an_auction_get_one_number_and_no_user_two(
    books: Store, sale: Sale
) -> None:
    this = sale.auction.id
    for number, user_id in ((1, 99), (3, sale.bilal.id)):
        row = {"auction_id": this, "number": number, "user_id": user_id, "seq": 1}
        with pytest.raises(Unsuited):
            await execute(books, insert(paddles).values(row))


async def test_rows_that_are_not_what_the_ledger_gave_are_named(books: Store, sale: Sale) -> None:
    this, mine = sale.auction.id, paddles.c.auction_id == sale.auction.id
    await execute(books, delete(paddles).where(mine, paddles.c.number == 1))
    await execute(books, update(paddles).where(mine, paddles.c.number == 2).values(user_id=99))
    added = {"auction_id": this, "number": 3, "user_id": 98, "seq": 6}
    await execute(books, insert(paddles).values(added))
    verdict = await audit.verify(books, this)
    assert not verdict.ok
    assert [(row.table, row.rowId, row.reason) for row in verdict.disagreements] == [
        ("baraka_paddles", 1, "it is gone; entry 4 of the ledger gave it"),
        (
            "baraka_paddles",
            2,
            f"it is of user 99 by entry 6; by entry 6 of the ledger it is of user {sale.dina.id}",
        ),
        (
            "baraka_paddles",
            3,
            "no entry of the ledger gave it: it was added, or the end of the ledger is cut off",
        ),
    ]


async def test_a_ledger_whose_end_was_cut_off_is_found_by_the_paddle_that_is_left(
    books: Store, sale: Sale
) -> None:
    await write_anew(books, sale.auction.id, {}, keep=5)
    verdict = await audit.verify(books, sale.auction.id)
    assert 2 in [row.rowId for row in verdict.disagreements if row.table == "baraka_paddles"]


async def test_an_upgrade_fills_the_table_from_the_ledger_that_gave_the_numbers(
    books: Store, sale: Sale, database_url: str
) -> None:
    farah = await catalog.create_user(books, name="Farah", number="+923001112204")
    registered = RegisterBidder(auction_id=sale.auction.id, user_id=farah.id, approved=True)
    await desk.carry_out(books, registered)
    before = await rows(books, sale.auction.id)
    assert [row[:2] for row in before][-1] == (3, farah.id)
    await migrate.downgrade(database_url, "baraka_0005")
    await migrate.upgrade(database_url)
    assert await rows(books, sale.auction.id) == before
    assert (await audit.verify(books, sale.auction.id)).ok
