"""Rows that were altered behind the server's back are named; what other programs may write is told apart."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from baraka_server.store import audit, catalog
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, comments, users, winnings
from tests.support.servers.alterations import (
    ENTRIES,
    LONG_AGO,
    adopted_sale,
    alter,
    changed_outside,
    execute,
    newest,
    the_disagreement,
)
from tests.support.servers.sales import (
    Sale,
    award,
    bid,
    comment,
    take,
)


@pytest.mark.parametrize(
    ("column", "value"),
    [("bid", 9_999), ("user_id", 1), ("createdAt", LONG_AGO), ("updatedAt", LONG_AGO)],
)
async def test_an_altered_bid_is_named(books: Store, sale: Sale, column: str, value: Any) -> None:
    row = await newest(books, bids)
    await alter(books, bids, bids.c.id == row["id"], **{column: value})
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction_bids", row["id"])
    assert found.reason.startswith(f"{column} is ")


@pytest.mark.parametrize("table", [bids, comments, winnings], ids=lambda table: table.name)
async def test_a_row_moved_to_another_auction_is_named(
    books: Store, sale: Sale, table: Any
) -> None:
    other = await catalog.create_auction(books, owner_id=sale.amina.id, title="Other")
    row = await newest(books, table)
    await alter(books, table, table.c.id == row["id"], auction_id=other.id)
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == (table.name, row["id"])
    assert "auction_id" in found.reason


@pytest.mark.parametrize("table", [bids, comments, winnings], ids=lambda table: table.name)
async def test_a_deleted_row_is_named(books: Store, sale: Sale, table: Any) -> None:
    row = await newest(books, table)
    await execute(books, delete(table).where(table.c.id == row["id"]))
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == (table.name, row["id"])
    assert "gone" in found.reason


@pytest.mark.parametrize("table", [bids, winnings], ids=lambda table: table.name)
async def test_an_added_row_is_named(books: Store, sale: Sale, table: Any) -> None:
    row = dict(await newest(books, table))
    row["id"] += 100
    await execute(books, insert(table).values(row))
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == (table.name, row["id"])
    assert "added" in found.reason


async def test_an_altered_comment_is_named(books: Store, sale: Sale) -> None:
    row = await newest(books, comments)
    await alter(books, comments, comments.c.id == row["id"], comment="I never said so")
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction_comments", row["id"])


@pytest.mark.parametrize(
    ("column", "value"), [("user_id", 2), ("product", "Diamond"), ("price", 1), ("weight", "1g")]
)
async def test_an_altered_winning_is_named(
    books: Store, sale: Sale, column: str, value: Any
) -> None:
    row = await newest(books, winnings)
    await alter(books, winnings, winnings.c.id == row["id"], **{column: value})
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("winnings", row["id"])
    assert "entry 9 of the ledger" in found.reason


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("isLive", False),
        ("isCanceled", True),
        ("isEnded", True),
        ("current_product", "Diamond"),
        ("current_product", None),
        ("minBidPrice", 1),
        ("bidPrice", 1),
        ("actualPrice", 1),
        ("user_id", 2),
        ("winning_user_id", 2),
    ],
)
async def test_an_altered_column_of_the_auction_is_named(
    books: Store, sale: Sale, column: str, value: Any
) -> None:
    await alter(books, auctions, auctions.c.id == sale.auction.id, **{column: value})
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction", sale.auction.id)
    assert found.reason.startswith(f"{column} is ")


async def test_a_deleted_auction_is_named_and_its_ledger_stays(books: Store, sale: Sale) -> None:
    await execute(books, update(winnings).values(auction_id=None))
    await execute(books, delete(auctions).where(auctions.c.id == sale.auction.id))
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction", sale.auction.id)
    assert await audit.audited_ids(books) == [sale.auction.id]
    assert len([entry async for entry in audit.history(books, sale.auction.id)]) == ENTRIES


async def test_of_bids_that_were_found_none_can_have_been_higher(books: Store) -> None:
    sale = await adopted_sale(books)
    await take(books, sale.auction.id, [bid(sale, sale.dina, 400)])
    lowest = bids.c.bid == 200
    await alter(books, bids, lowest, bid=350)
    assert (await the_disagreement(books, sale)).table == "Auction_bids"


async def test_the_highest_bid_that_was_found_is_known(books: Store) -> None:
    sale = await adopted_sale(books)
    await take(books, sale.auction.id, [bid(sale, sale.dina, 400)])
    await alter(books, bids, bids.c.bid == 300, user_id=sale.amina.id)
    assert (await the_disagreement(books, sale)).table == "Auction_bids"


# --- what other programs wrote, which says nothing against the ledger (D52) ---


AHEAD = timedelta(hours=3)
"""What the column's default writes on a server at +03:00."""


async def test_rows_that_were_found_may_have_times_of_another_zone(books: Store) -> None:
    sale = await adopted_sale(books)
    for table in (bids, comments, winnings):
        later = datetime.now(UTC).replace(microsecond=0) + AHEAD
        await execute(books, update(table).values(createdAt=later))
    assert await changed_outside(books, sale) == []
    await take(books, sale.auction.id, [bid(sale, sale.dina, 400), comment(sale, sale.dina, "Hi")])
    assert await changed_outside(books, sale) == []
    await take(books, sale.auction.id, [award(sale, "Carpet")])
    assert await changed_outside(books, sale) == []


@pytest.mark.parametrize("ahead", [timedelta(0), AHEAD])
async def test_a_comment_that_another_program_wrote_is_told_apart(
    books: Store, sale: Sale, ahead: timedelta
) -> None:
    time = datetime.now(UTC).replace(microsecond=0) + ahead
    row = {"auction_id": sale.auction.id, "user_id": sale.dina.id, "comment": "From elsewhere"}
    await execute(books, insert(comments).values({**row, "createdAt": time, "updatedAt": time}))
    theirs = ("Auction_comments", (await newest(books, comments))["id"])
    assert await changed_outside(books, sale) == [theirs]

    await take(books, sale.auction.id, [comment(sale, sale.dina, "Ours")])
    assert await changed_outside(books, sale) == [theirs]
    await alter(books, comments, comments.c.comment == "Ours", comment="I never said so")
    assert not (await audit.verify(books, sale.auction.id)).ok


async def test_a_bid_of_another_program_below_the_leading_one_is_told_apart(
    books: Store, sale: Sale
) -> None:
    row = dict(await newest(books, bids))
    row["id"] += 100
    await execute(books, insert(bids).values({**row, "bid": row["bid"] - 1}))
    assert await changed_outside(books, sale) == [("Auction_bids", row["id"])]
    await alter(books, bids, bids.c.id == row["id"], bid=row["bid"] + 1)
    assert (await the_disagreement(books, sale)).rowId == row["id"]


async def test_what_went_with_a_deleted_user_is_told_apart(books: Store, sale: Sale) -> None:
    await take(books, sale.auction.id, [bid(sale, sale.dina, 300)])
    async with books.reading() as connection:
        query = select(bids.c.id).where(bids.c.user_id == sale.bilal.id)
        theirs = sorted((await connection.execute(query)).scalars())
    await execute(books, delete(users).where(users.c.id == sale.bilal.id))
    told = await changed_outside(books, sale)
    assert [row_id for table, row_id in told if table == "Auction_bids"] == theirs
    assert len(told) == len(theirs) + 1  # and a comment
