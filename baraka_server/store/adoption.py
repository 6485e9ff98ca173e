"""Examination of a database of the existing system: its schema and its values (D52)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.store.address import database_file, database_url
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import Damaged, translated
from baraka_server.store.inspection import OddTable, odd_tables
from baraka_server.store.odd_schema import look_at_schema
from baraka_server.store.odd_values import look_at_values
from baraka_server.store.oddity import Oddity
from baraka_server.store.tables import DOCUMENTED_TABLES

LOOK_SECONDS_MAX = 60
"""How long the examination may take in all."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """The differences of a database of the existing system from the documented schema (D52).

    Of the tables in `bounded` only the newest rows were read, `ROWS_LOOKED_AT_MAX` of each.
    """

    oddities: Sequence[Oddity] = ()
    odd_tables: Sequence[OddTable] = ()
    bounded: Sequence[str] = ()


async def look_at_adopted(url: str) -> Adoption:
    """The oddities of the documented tables and of their rows. Nothing is changed.

    Raises a `StoreError` or `UnusableUrl`. A database without these tables has none.
    """
    address = database_url(url)
    if address.get_backend_name() == "sqlite":
        file = database_file(address)
        if file is None or not file.exists():  # to connect would create it
            return Adoption()
    engine = open_engine(url, connections_max=1, timeout_seconds=LOOK_SECONDS_MAX)
    try:
        with translated():
            async with asyncio.timeout(LOOK_SECONDS_MAX), engine.connect() as connection:
                return await _adoption(connection)
    except DBAPIError as error:
        raise Damaged(f"the tables cannot be read: {error.orig}") from error
    finally:
        await engine.dispose()


async def _adoption(connection: AsyncConnection) -> Adoption:
    sqlite = connection.dialect.name == "sqlite"
    columns = await connection.run_sync(_columns)
    seen = await look_at_values(connection, columns)
    if sqlite:
        return Adoption(tuple(seen.oddities), (), tuple(seen.bounded))
    oddities = (*seen.oddities, *await look_at_schema(connection))
    return Adoption(oddities, await odd_tables(connection), tuple(seen.bounded))


def _columns(connection: Connection) -> dict[str, set[str]]:
    """The columns that each documented table has; a view of that name counts as one."""
    inspector = inspect(connection)
    there = {*inspector.get_table_names(), *inspector.get_view_names()}
    return {
        table.name: {column["name"] for column in inspector.get_columns(table.name)}
        for table in DOCUMENTED_TABLES
        if table.name in there
    }
