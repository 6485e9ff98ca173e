"""Rows of comments that are taken off the list and put back (D47)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.domain.events import Commented, LedgerEntry
from baraka_server.store import ledger
from baraka_server.store.tables import comments


async def among(
    connection: AsyncConnection, auction_id: int, ids: Collection[int]
) -> frozenset[int]:
    """Which of these comments are on the auction's list."""
    query = select(comments.c.id).where(comments.c.auction_id == auction_id, comments.c.id.in_(ids))
    return frozenset((await connection.execute(query)).scalars())


async def posted(
    connection: AsyncConnection, auction_id: int, ids: Collection[int]
) -> dict[int, LedgerEntry]:
    """The entries that posted these comments, by the comments' ids."""
    found = await ledger.read_kinds(connection, auction_id, (Commented,), since=1)
    return {
        entry.event.comment_id: entry
        for entry in found
        if isinstance(entry.event, Commented) and entry.event.comment_id in ids
    }


async def remove(connection: AsyncConnection, auction_id: int, comment_id: int) -> None:
    mine = (comments.c.auction_id == auction_id) & (comments.c.id == comment_id)
    await connection.execute(delete(comments).where(mine))


async def restore(connection: AsyncConnection, auction_id: int, entry: LedgerEntry) -> None:
    """Write the row of a comment again, as its entry has it."""
    if not isinstance(entry.event, Commented):
        raise TypeError("a comment is written again from its own entry")
    row = {
        "id": entry.event.comment_id,
        "auction_id": auction_id,
        "user_id": entry.user_id,
        "comment": entry.event.comment,
        "createdAt": entry.at,
        "updatedAt": entry.at,
    }
    await connection.execute(insert(comments).values(row))
