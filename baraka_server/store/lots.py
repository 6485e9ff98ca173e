"""Rows of run lists: written as the ledger says, read, and compared with it (D35)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.lots import LotState, RunListLot
from baraka_server.domain import lot_entries
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.lots import RunList, RunLot
from baraka_server.domain.parts import steps_of
from baraka_server.store.tables import lots

KEY = ("auction_id", "lot_id")


def row_of(auction_id: int, lot: RunLot) -> dict[str, Any]:
    """The row of a lot."""
    values = lot.values
    return {
        "auction_id": auction_id,
        "lot_id": lot.lot_id,
        "number": values.number,
        "position": lot.position,
        "state": lot.state.value,
        "product": values.product,
        "description": values.words,
        "weight": values.weight,
        "minBidPrice": values.minimum_price,
        "bidPrice": values.start_price,
        "actualPrice": values.market_price,
        "increments": None if values.increments is None else json.dumps(values.increments),
        "reserve": values.reserve,
        "image_url": values.image_url,
        "winning_id": lot.winning_id,
        "version": lot.version,
    }


async def write_lots(
    connection: AsyncConnection, auction_id: int, before: RunList, entries: Sequence[LedgerEntry]
) -> None:
    """Write the rows of the lots that `entries` change; `before` is the run list before them.

    A lot that the table lacks is not written again: another program took it away, as `verify` says.
    """
    after = run_list_after(before, entries)
    if after is before:
        return
    new = [row_of(auction_id, lot) for id_, lot in after.lots.items() if id_ not in before.lots]
    changed = [
        row_of(auction_id, lot)
        for id_, lot in after.lots.items()
        if id_ in before.lots and lot != before.lots[id_]
    ]
    if changed:
        columns = [column for column in lots.columns if column.name not in KEY]
        statement = (
            update(lots)
            .where(*(lots.c[name] == bindparam(f"key_{name}") for name in KEY))
            .values({column.name: bindparam(f"new_{column.name}") for column in columns})
        )
        await connection.execute(
            statement,
            [
                {("key_" if name in KEY else "new_") + name: value for name, value in row.items()}
                for row in changed
            ],
        )
    if new:
        await connection.execute(insert(lots), new)


def run_list_after(run_list: RunList, entries: Iterable[LedgerEntry]) -> RunList:
    """The run list behind these entries; the same object where they say nothing of lots."""
    for entry in entries:
        if fold := lot_entries.FOLDS.get(type(entry.event)):
            run_list = fold(run_list, entry.event, entry)
    return run_list


async def read_lots(
    connection: AsyncConnection, auction_id: int, *, whole: bool
) -> list[RunListLot]:
    """The lots of an auction in their order; `whole` with their reserves, which viewers never see.

    A row that another program made unreadable is left out; `verify` names it.
    """
    query = select(lots).where(lots.c.auction_id == auction_id).order_by(lots.c.position)
    rows = (await connection.execute(query)).mappings()
    found = []
    for row in rows:
        with suppress(TypeError, ValueError):
            found.append(_listed(dict(row), whole=whole))
    return found


def _listed(row: Mapping[str, Any], *, whole: bool) -> RunListLot:
    stored = row["increments"]
    return RunListLot.model_construct(
        lot_id=row["lot_id"],
        number=row["number"],
        position=row["position"],
        state=LotState(row["state"]),
        product=row["product"],
        minimum_price=row["minBidPrice"],
        start_price=row["bidPrice"],
        market_price=row["actualPrice"],
        description=row["description"],
        weight=row["weight"],
        image_url=row["image_url"],
        increments=None if stored is None else steps_of(json.loads(stored)),
        winning_id=row["winning_id"],
        version=row["version"],
        reserve=row["reserve"] if whole else None,
    )


async def lots_that_differ(
    connection: AsyncConnection, auction_id: int, expected: RunList
) -> dict[int, str]:
    """The lots whose rows are not as the ledger says, with the reason, by id."""
    query = select(lots).where(lots.c.auction_id == auction_id)
    there = {row["lot_id"]: dict(row) for row in (await connection.execute(query)).mappings()}
    found = dict.fromkeys(there.keys() - expected.lots.keys(), "no entry of the ledger wrote it")
    for lot_id, lot in expected.lots.items():
        row = there.get(lot_id)
        if row is None:
            found[lot_id] = f"{lot.name} is gone; entry {lot.version} of the ledger has it"
            continue
        said = row_of(auction_id, lot)
        if lot.values.description and lot.values.description.text is None:
            said["description"] = row["description"]  # erased: nothing proves it
        for name, value in said.items():
            if row[name] != value:
                told = f"{name} is {row[name]!r}; by the ledger it is {value!r}"
                found[lot_id] = f"{lot.name}: {told}"
                break
    return dict(sorted(found.items()))
