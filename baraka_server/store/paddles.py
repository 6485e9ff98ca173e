"""Table of paddles: which user has which number in an auction (D36). The ledger gave what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.fields import INT_MAX
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.paddles import Paddles, given_in
from baraka_server.store.tables import paddles

_GIVEN = (
    select(paddles.c.number, paddles.c.user_id)
    .where(paddles.c.auction_id == bindparam("auction"), paddles.c.seq <= bindparam("up_to"))
    .order_by(paddles.c.number)
)
_INSERT = insert(paddles)


async def write_paddles(
    connection: AsyncConnection, auction_id: int, entries: Sequence[LedgerEntry]
) -> None:
    """Keep the paddles that entries gave, which are written with them."""
    rows = [
        {"auction_id": auction_id, "number": given[0], "user_id": given[1], "seq": entry.seq}
        for entry in entries
        if (given := given_in(entry))
    ]
    if rows:
        await connection.execute(_INSERT, rows)


async def drop_paddles_beyond(connection: AsyncConnection, auction_id: int, seq: int) -> None:
    """Take back the paddles of entries that the ledger no longer has, so that it counts (D34)."""
    lost = (paddles.c.auction_id == auction_id) & (paddles.c.seq > seq)
    numbers = (await connection.execute(select(paddles.c.number).where(lost))).scalars().all()
    if numbers:
        mine = (paddles.c.auction_id == auction_id) & paddles.c.number.in_(numbers)
        await connection.execute(delete(paddles).where(mine))


async def read_paddles(
    connection: AsyncConnection, auction_id: int, *, up_to: int = INT_MAX
) -> Paddles:
    """The paddles that an auction has given, by the entry `up_to`."""
    found = await connection.execute(_GIVEN, {"auction": auction_id, "up_to": up_to})
    bidders: list[int | None] = []
    for number, user_id in found:
        bidders += [None] * (number - 1 - len(bidders))  # a row that is gone: `verify` names it
        bidders.append(user_id)
    return Paddles(bidders)


async def paddles_in(
    connection: AsyncConnection, bidders: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """The paddles of bidders, each an auction's id and a user's, where they have one."""
    wanted = set(bidders)
    key = (paddles.c.auction_id, paddles.c.user_id)
    query = select(*key, paddles.c.number).where(
        paddles.c.auction_id.in_({auction_id for auction_id, _ in wanted}),
        paddles.c.user_id.in_({user_id for _, user_id in wanted}),
    )
    return {(row[0], row[1]): row[2] for row in await connection.execute(query)} if wanted else {}


async def paddle_objections(
    connection: AsyncConnection, auction_id: int, given: Mapping[int, tuple[int, int | None]]
) -> list[tuple[int, str]]:
    """The numbers whose rows are not what the ledger `given`, and why. Nobody else writes the table."""
    query = select(paddles.c.number, paddles.c.seq, paddles.c.user_id).where(
        paddles.c.auction_id == auction_id
    )
    there = {number: (seq, user_id) for number, seq, user_id in await connection.execute(query)}
    return [
        (number, _objection(there.get(number), given.get(number)))
        for number in sorted(there.keys() | given.keys())
        if there.get(number) != given.get(number)
    ]


def _objection(row: tuple[int, int | None] | None, said: tuple[int, int | None] | None) -> str:
    if said is None:
        return "no entry of the ledger gave it: it was added, or the end of the ledger is cut off"
    seq, user_id = said
    if row is None:
        return f"it is gone; entry {seq} of the ledger gave it"
    return f"it is of user {row[1]} by entry {row[0]}; by entry {seq} of the ledger it is of user {user_id}"
