"""A database and ledger entries as a newer version of the program would write them (D55)."""

import json
from typing import Any

from sqlalchemy import insert

from baraka_server.store import ledger
from baraka_server.store.migrate import upgrade
from baraka_server.store.store import Store
from baraka_server.store.tables import events
from tests.support.checks.schema import query


async def writes(store: Store, kind: str, data: dict[str, Any], *, auction_id: int = 1) -> int:
    """One more entry, well chained; returns its seq."""
    async with store.writing() as connection:
        tail = await ledger.read_tail(connection, auction_id)
        row = {
            "auction_id": auction_id,
            "seq": tail.seq + 1,
            "round": tail.round,
            "kind": kind,
            "user_id": 1,
            "data": json.dumps(data, separators=(",", ":")),
            "at": tail.at,
        }
        row["hash"] = ledger.chained(tail.hash, row)
        await connection.execute(insert(events).values(row))
    return tail.seq + 1


async def upgrades(url: str, *notes: tuple[str, str]) -> None:
    """Upgrade as newer programs do: each note is a revision, and since which one programs may serve."""
    await upgrade(url)
    await query(url, "ALTER TABLE baraka_events ADD COLUMN channel VARCHAR(16)")
    await query(url, "ALTER TABLE baraka_revisions ADD COLUMN at VARCHAR(32)")
    for revision, since in notes:
        await query(
            url,
            "INSERT INTO baraka_revisions (revision, serves_since, program, at) "
            f"VALUES ('{revision}', '{since}', '9.1.0', 'today')",
        )
        await query(url, f"UPDATE baraka_version SET version_num = '{revision}'")
