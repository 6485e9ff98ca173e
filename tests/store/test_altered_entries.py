"""Entries of a ledger that were altered are found and named."""

import re
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from baraka_server.store import audit, ledger
from baraka_server.store.store import Store
from baraka_server.store.tables import events
from tests.support.servers.alterations import ENTRIES, LONG_AGO, alter_entry, execute
from tests.support.servers.sales import (
    Sale,
    write_anew,
)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("round", 9),
        ("kind", "comment"),
        ("user_id", 1),
        ("user_id", None),
        ("data", '{"amount":1,"bid_id":1}'),
        ("data", "no JSON"),
        ("at", LONG_AGO),
        ("hash", "0" * 64),
        ("seq", 5_000),
        ("auction_id", 5_000),
    ],
)
async def test_an_entry_with_an_altered_column_is_named(
    books: Store, sale: Sale, column: str, value: Any
) -> None:
    verdict = await alter_entry(books, sale, 7, **{column: value})
    assert not verdict.ok
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == 7
    assert verdict.entries == 6
    assert verdict.disagreements == []


async def test_of_several_altered_entries_the_first_is_named(books: Store, sale: Sale) -> None:
    await alter_entry(books, sale, 12, round=9)
    verdict = await alter_entry(books, sale, 4, round=9)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == 4


async def test_a_time_that_is_none_is_named(books: Store, sale: Sale) -> None:
    async with books.writing() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("only SQLite keeps any text as a time")
        await connection.exec_driver_sql("UPDATE baraka_events SET at = 'noon' WHERE seq = 7")
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == 7


@pytest.mark.parametrize("seq", [1, 8, ENTRIES - 1])
async def test_an_entry_deleted_before_the_last_is_named(
    books: Store, sale: Sale, seq: int
) -> None:
    await execute(books, delete(events).where(events.c.seq == seq))
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == seq
    assert "missing" in verdict.alteredEntry.reason


async def test_an_entry_whose_hash_was_forged_as_well_breaks_the_next_one(
    books: Store, sale: Sale
) -> None:
    async with books.reading() as connection:
        chain = select(events).where(events.c.seq.in_((6, 7))).order_by(events.c.seq)
        before, row = [dict(row) for row in (await connection.execute(chain)).mappings()]
    row["user_id"] = sale.amina.id
    forged = ledger.chained(before["hash"], row)
    verdict = await alter_entry(books, sale, 7, user_id=sale.amina.id, hash=forged)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == 8


async def test_a_well_chained_entry_that_makes_no_sense_is_named(books: Store, sale: Sale) -> None:
    async with books.writing() as connection:
        tail = await ledger.read_tail(connection, sale.auction.id)
        row = {
            "auction_id": sale.auction.id,
            "seq": tail.seq + 1,
            "round": tail.round,
            "kind": "miracle",
            "user_id": None,
            "data": "{}",
            "at": tail.at,
        }
        row["hash"] = ledger.chained(tail.hash, row)
        await connection.execute(insert(events).values(row))
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == tail.seq + 1


@pytest.mark.parametrize(
    ("seq", "says", "reason"),
    [
        (4, '"amount":700', "a first bid of 700 is below the minimum of 800"),
        (6, '"amount":800', "a bid of 800 does not follow one of 800"),
        (9, '"user_id":2', "what stood was bid 4 of 1200 by user 3"),
        (9, '"bid_id":77', "it names bid 77 of 1200 by user 3"),
        (9, '"amount":900', "it names bid 4 of 900 by user 3"),
    ],
)
async def test_what_nobody_would_have_accepted_is_named_however_well_it_is_chained(
    books: Store, sale: Sale, seq: int, says: str, reason: str
) -> None:
    this = sale.auction.id
    async with books.reading() as connection:
        query = select(events.c.data).where(events.c.seq == seq)
        data = (await connection.execute(query)).scalar_one()
    name = says.partition(":")[0]
    forged = re.sub(rf"{name}:\d+", says, data)
    assert forged != data
    await write_anew(books, this, {seq: {"data": forged}})
    verdict = await audit.verify(books, this)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == seq
    assert reason in verdict.alteredEntry.reason
