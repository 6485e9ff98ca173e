"""Table of sealed maximum bids: amounts and salts, of which the ledger has hashes (D43).

Nothing reads it but the decisions of bids, the user's own state, the opening at the end, and `verify`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.maxima import MaximaOpened, MaximumSet, Sealed
from baraka_server.store.ledger import read_kinds
from baraka_server.store.tables import maxima, users


async def write_maxima(
    connection: AsyncConnection, auction_id: int, entries: Sequence[LedgerEntry]
) -> None:
    """Keep the maximum bids that entries set, which are written with them."""
    rows = [
        {
            "auction_id": auction_id,
            "seq": entry.seq,
            "round": sealed.round,
            "user_id": sealed.user_id,
            "amount": sealed.amount,
            "salt": sealed.salt,
        }
        for entry in entries
        if isinstance(entry.event, MaximumSet) and (sealed := entry.event.sealed)
    ]
    if rows:
        await connection.execute(insert(maxima), rows)


async def drop_maxima_beyond(connection: AsyncConnection, auction_id: int, seq: int) -> None:
    """Take back the maximum bids of entries that the ledger no longer has, so that it counts (D34)."""
    lost = (maxima.c.auction_id == auction_id) & (maxima.c.seq > seq)
    seqs = (await connection.execute(select(maxima.c.seq).where(lost))).scalars().all()
    if seqs:
        mine = (maxima.c.auction_id == auction_id) & maxima.c.seq.in_(seqs)
        await connection.execute(delete(maxima).where(mine))


async def read_sealed(
    connection: AsyncConnection, auction_id: int, rounds: Collection[int]
) -> tuple[dict[int, Sealed], frozenset[int]]:
    """The maximum bids of rounds, by the entries that set them; and those of users who are gone."""
    return await _read(connection, auction_id, maxima.c.round.in_(rounds))


async def read_set_by(
    connection: AsyncConnection, auction_id: int, seqs: Iterable[int]
) -> dict[int, Sealed]:
    """The maximum bids that these entries set."""
    wanted = set(seqs)
    if not wanted:
        return {}
    sealed, _ = await _read(connection, auction_id, maxima.c.seq.in_(wanted))
    return sealed


async def known(connection: AsyncConnection, auction_id: int) -> dict[int, Sealed]:
    """All maximum bids that were set in an auction: as the ledger opened them, else as they are kept."""
    sealed, _ = await _read(connection, auction_id, maxima.c.auction_id == auction_id)
    for entry in await read_kinds(connection, auction_id, [MaximaOpened], since=0):
        if isinstance(entry.event, MaximaOpened):
            sealed |= {
                one.seq: Sealed(entry.event.of_round, one.user_id, one.amount, one.salt)
                for one in entry.event.maxima
            }
    return sealed


async def maxima_objections(
    connection: AsyncConnection, auction_id: int, said: Mapping[int, tuple[int, int | None, str]]
) -> list[tuple[int, str]]:
    """The entries whose rows are not what the ledger `said`, and why: round, user and hash."""
    there, _ = await _read(connection, auction_id, maxima.c.auction_id == auction_id)
    found = []
    for seq in sorted(there.keys() | said.keys()):
        row = there.get(seq)
        if seq not in said:
            found.append((seq, "no entry of the ledger set it"))
        elif row is None:
            found.append((seq, f"it is gone; entry {seq} of the ledger set it"))
        elif (row.round, row.user_id, row.hash(auction_id)) != said[seq]:
            found.append((seq, f"it is not the maximum bid that entry {seq} of the ledger sealed"))
    return found


async def _read(
    connection: AsyncConnection, auction_id: int, which: ColumnElement[bool]
) -> tuple[dict[int, Sealed], frozenset[int]]:
    query = (
        select(
            maxima.c.seq,
            maxima.c.round,
            maxima.c.user_id,
            maxima.c.amount,
            maxima.c.salt,
            users.c.id.label("there"),
        )
        .outerjoin_from(maxima, users, maxima.c.user_id == users.c.id)
        .where(maxima.c.auction_id == auction_id, which)
    )
    rows = (await connection.execute(query)).all()
    sealed = {row.seq: Sealed(row.round, row.user_id, row.amount, row.salt) for row in rows}
    return sealed, frozenset(row.seq for row in rows if row.there is None)
