"""Users as far as they may connect at all: those who are blocked everywhere, and those who are there (D47)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from baraka_server.contract.fields import whole_milliseconds
from baraka_server.store.rows import is_blocked
from baraka_server.store.sessions import Ended, end_all_of
from baraka_server.store.store import Store
from baraka_server.store.tables import blocked_users, users

USERS_PER_LOOK = 500


async def block(store: Store, user_id: int) -> bool:
    """Block a user everywhere, and end all sessions (D51); False where that is so already."""
    row: dict[str, Any] = {"user_id": user_id, "at": whole_milliseconds(datetime.now(UTC))}
    async with store.writing() as connection:
        if await is_blocked(connection, user_id):
            return False
        await connection.execute(insert(blocked_users).values(row))
        await end_all_of(connection, user_id, Ended.BLOCKED, row["at"])
    return True


async def unblock(store: Store, user_id: int) -> bool:
    """Let a user connect again; False where nothing was in the way."""
    async with store.writing() as connection:
        gone = delete(blocked_users).where(blocked_users.c.user_id == user_id)
        return bool((await connection.execute(gone)).rowcount)


async def read_blocked(store: Store) -> frozenset[int]:
    """The users who are blocked everywhere."""
    async with store.reading() as connection:
        return frozenset((await connection.execute(select(blocked_users.c.user_id))).scalars())


async def existing(store: Store, user_ids: Collection[int]) -> set[int]:
    """Which of these users there are. Where all are, they are counted and not listed."""
    wanted, found = sorted(user_ids), set[int]()
    for start in range(0, len(wanted), USERS_PER_LOOK):
        some = wanted[start : start + USERS_PER_LOOK]
        there = users.c.id.in_(some)
        async with store.reading() as connection:
            count = (await connection.execute(select(func.count()).where(there))).scalar()
            if count == len(some):
                found.update(some)
            else:
                found.update((await connection.execute(select(users.c.id).where(there))).scalars())
    return found
