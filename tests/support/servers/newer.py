"""Ledger entries as a newer version of the program would write them (D55)."""

import json
from typing import Any

from sqlalchemy import insert

from baraka_server.store import ledger
from baraka_server.store.store import Store
from baraka_server.store.tables import events


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
