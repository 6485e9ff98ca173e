"""Free text whose salted hashes are in the ledger (D56): written beside entries, read back, or erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.parts import salted_hash
from baraka_server.store.tables import texts

HASHES_PER_READ = 500


async def write_texts(
    connection: AsyncConnection, auction_id: int, entries: Sequence[LedgerEntry]
) -> None:
    """Keep the text of entries that are written. `user_id` is who wrote it, for the day it is erased."""
    rows = [
        {
            "auction_id": auction_id,
            "hash": one.hash,
            "salt": one.salt,
            "text": one.text,
            "user_id": entry.user_id,
        }
        for entry in entries
        for one in entry.event.texts
        if one.salt
    ]
    if rows:
        await connection.execute(insert(texts), rows)


async def read_texts(
    connection: AsyncConnection, auction_id: int, entries: list[LedgerEntry]
) -> list[LedgerEntry]:
    """The entries with their free text. What was erased, or does not fit its hash, stays None."""
    hashes = sorted({one.hash for entry in entries for one in entry.event.texts})
    if not hashes:
        return entries
    read: dict[str, str] = {}
    for start in range(0, len(hashes), HASHES_PER_READ):
        query = select(texts.c.hash, texts.c.salt, texts.c.text).where(
            texts.c.auction_id == auction_id,
            texts.c.hash.in_(hashes[start : start + HASHES_PER_READ]),
        )
        read |= {
            hash_: text
            for hash_, salt, text in await connection.execute(query)
            if salted_hash(text, salt) == hash_
        }
    return [
        replace(entry, event=entry.event.with_texts(read)) if entry.event.texts else entry
        for entry in entries
    ]


async def unread_texts(
    connection: AsyncConnection, auction_id: int, unread: Mapping[str, int]
) -> tuple[int, list[int]]:
    """Of texts that could not be read, by their hashes with the entries that have them: how many were
    erased, and the entries whose text is there and is another one.
    """
    there: set[str] = set()
    hashes = sorted(unread)
    for start in range(0, len(hashes), HASHES_PER_READ):
        query = select(texts.c.hash).where(
            texts.c.auction_id == auction_id,
            texts.c.hash.in_(hashes[start : start + HASHES_PER_READ]),
        )
        there.update((await connection.execute(query)).scalars())
    return len(unread) - len(there), sorted(unread[hash_] for hash_ in there)
