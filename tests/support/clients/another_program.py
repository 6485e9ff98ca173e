"""Another program on the same database: its SQL goes past the server, as an existing system's does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from baraka_server.store.address import database_url


async def sql(url: str, *statements: str, keeps_references: bool = True, **values: Any) -> None:
    """Run the statements in one transaction, with the settings that their driver has by itself.

    Without `keeps_references` no foreign key is minded: what refers to a deleted row stays.
    """
    engine = create_async_engine(database_url(url))
    minded = "1" if keeps_references else "0"
    async with engine.connect() as connection:
        setting = {
            "sqlite": f"PRAGMA foreign_keys = {minded}",
            "mysql": f"SET foreign_key_checks = {minded}",
        }[database_url(url).get_backend_name()]
        await connection.execute(text(setting))
        await connection.commit()
        for statement in statements:
            await connection.execute(text(statement), values)
        await connection.commit()
    await engine.dispose()


async def delete_user(url: str, user_id: int) -> None:
    """The user is deleted; the bids and comments go with it, by the foreign keys."""
    await sql(url, "DELETE FROM users WHERE id = :id", id=user_id)
