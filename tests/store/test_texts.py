"""Free text of entries is kept apart: the ledger has its salted hash and holds without it (D56)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar, Self

import pytest
from sqlalchemy import delete, select, update

from baraka_server.domain import kinds
from baraka_server.domain.events import Event, LedgerEntry, Parts
from baraka_server.domain.parts import FreeText, salted_hash
from baraka_server.store import ledger
from baraka_server.store.tables import events, texts
from tests.support.servers.sales import run_sale

SECRET = bytes(32)
WORDS = "A vase – „chipped“ 🙂"


@dataclass(frozen=True, slots=True)
class Described(Event):
    """An event with somebody's words."""

    kind = "described"
    parts: ClassVar[Parts] = {"words": FreeText}

    words: FreeText

    @property
    def texts(self) -> tuple[FreeText, ...]:
        return (self.words,)

    def with_texts(self, read: Mapping[str, str]) -> Self:
        return replace(self, words=self.words.read(read))


@pytest.fixture
async def written(books, monkeypatch):
    """An entry with words, in the ledger of auction 1."""
    monkeypatch.setitem(kinds.KINDS, Described.kind, Described)
    await run_sale(books)

    async def work(auction):
        seq = auction.tail.seq + 1
        said = FreeText.of(WORDS, SECRET, seq, 0)
        return await auction.write(
            [LedgerEntry(seq, auction.tail.round, 1, datetime.now(UTC), Described(said))]
        )

    (entry,) = await books.change(1, work)
    return entry


async def read(store):
    async with store.reading() as connection:
        found = await ledger.read_entries(connection, 1, limit=100)
        assert (await ledger.verify(connection, 1)) == len(found)
        folded = await ledger.read_state(connection, 1)
    assert folded.seq == found[-1].seq
    return found[-1].event.words


async def change(store, statement):
    async with store.writing() as connection:
        await connection.execute(statement)


async def test_the_ledger_has_a_hash_and_the_text_is_read_back(books, written):
    async with books.reading() as connection:
        stored = (await connection.execute(select(events.c.data))).scalars().all()
        (row,) = (await connection.execute(select(texts))).mappings().all()
    assert not any("vase" in data for data in stored)
    assert written.event.words.hash in stored[-1]
    assert (row["text"], row["user_id"]) == (WORDS, 1)
    assert salted_hash(WORDS, row["salt"]) == row["hash"] == written.event.words.hash
    assert (await read(books)).text == WORDS


async def test_a_text_that_is_erased_leaves_the_chain_whole(books, written):
    await change(books, delete(texts))
    erased = await read(books)
    assert erased == written.event.words
    assert erased.text is None


async def test_a_text_that_was_altered_is_not_believed(books, written):
    await change(books, update(texts).values(text="A vase, whole"))
    assert (await read(books)).text is None


def test_no_salt_tells_of_another_one():
    one, other = FreeText.of(WORDS, SECRET, 7, 0), FreeText.of(WORDS, SECRET, 7, 1)
    assert one.salt != other.salt
    assert one != other
