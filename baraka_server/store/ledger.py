"""The ledger table: one row for each accepted command, chained by hashes, never changed (D26)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.fields import iso_time
from baraka_server.contract.names import compared
from baraka_server.domain.events import (
    Adopted,
    BidPlaced,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    event_of,
)
from baraka_server.domain.state import BEGINNING, State, apply
from baraka_server.store import pages
from baraka_server.store.pages import Page, Span
from baraka_server.store.slices import in_slices
from baraka_server.store.tables import bids, events

GENESIS = "0" * 64
"""The hash before the first row of every auction."""

ROWS_PER_READ = 500

_data = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
_hashed = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Tail:
    """The last row of an auction's ledger, as far as a writer needs it; all zero when it is empty."""

    seq: int = 0
    round: int = 0
    at: datetime = BEGINNING
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class NewestBid:
    """The row of an auction's bids that has the highest id."""

    bid_id: int
    user_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row of a ledger that is not what was written, and the reason."""

    seq: int
    reason: str


def chained(previous_hash: str, row: Mapping[str, Any]) -> str:
    """The hash of a row: SHA-256 over the hash before it and everything that the row says."""
    text = _hashed(
        [
            row["auction_id"],
            row["seq"],
            row["round"],
            row["kind"],
            row["user_id"],
            iso_time(row["at"]),
            row["data"],
        ]
    )
    return hashlib.sha256(f"{previous_hash}\n{text}".encode()).hexdigest()


def encoded(event: Event) -> str:
    """The stored form of an event: JSON that begins with its `v` and `rule` (D55).

    ASCII, so that no character set and no collation can change what was hashed.
    """
    if type(event) is BidPlaced:  # the same, at a tenth of the time: there are thousands a second
        return f'{{"v":1,"rule":true,"amount":{event.amount},"bid_id":{event.bid_id}}}'
    said = _data(event.data())[1:]
    return f'{{"v":{event.v},"rule":{_data(event.rule)}{"" if said == "}" else ","}{said}'


_TAIL = (
    select(events.c.seq, events.c.round, events.c.at, events.c.hash)
    .where(events.c.auction_id == bindparam("auction"))
    .order_by(events.c.seq.desc())
    .limit(1)
)
# With the auction's newest bid, which is the standing one unless another program changed the bids: a
# query of its own would cost every bid a round trip.
_NEWEST_BID_ID = select(func.max(bids.c.id)).where(bids.c.auction_id == bindparam("auction"))
_TAIL_AND_BID = _TAIL.add_columns(bids.c.id, bids.c.user_id, bids.c.bid).outerjoin_from(
    events, bids, bids.c.id == _NEWEST_BID_ID.scalar_subquery()
)
_APPEND = insert(events)


async def read_tail(connection: AsyncConnection, auction_id: int) -> Tail:
    row = (await connection.execute(_TAIL, {"auction": auction_id})).one_or_none()
    return Tail(*row) if row else Tail()


async def read_tail_and_newest_bid(
    connection: AsyncConnection, auction_id: int
) -> tuple[Tail, NewestBid | None]:
    row = (await connection.execute(_TAIL_AND_BID, {"auction": auction_id})).one_or_none()
    if row is None:
        return Tail(), None
    tail, newest = row[:4], row[4:]
    return Tail(*tail), None if newest[0] is None else NewestBid(*newest)


async def append(
    connection: AsyncConnection, auction_id: int, previous_hash: str, entries: Sequence[LedgerEntry]
) -> list[str]:
    """Write `entries` behind the row that has `previous_hash`; returns the hash of each."""
    rows: list[dict[str, Any]] = []
    for entry in entries:
        row: dict[str, Any] = {
            "auction_id": auction_id,
            "seq": entry.seq,
            "round": entry.round,
            "kind": entry.kind,
            "user_id": entry.user_id,
            "data": encoded(entry.event),
            "at": entry.at,
        }
        row["hash"] = previous_hash = chained(previous_hash, row)
        rows.append(row)
    await connection.execute(_APPEND, rows)
    return [row["hash"] for row in rows]


async def read_entries(
    connection: AsyncConnection, auction_id: int, *, after: int = 0, limit: int = ROWS_PER_READ
) -> list[LedgerEntry]:
    """At most `limit` entries after the seq `after`, in order."""
    return [_entry(row) for row in await _rows(connection, auction_id, after, limit)]


async def read_page(
    connection: AsyncConnection, auction_id: int, span: Span, *, newest_first: bool
) -> Page[LedgerEntry]:
    """The entries within the span, in the order of their `seq` or in the opposite one."""
    query = select(events).where(events.c.auction_id == auction_id)
    page = await pages.read_page(connection, query, events.c.seq, span, newest_first=newest_first)
    return Page(await in_slices(lambda rows: list(map(_entry, rows)), page.rows), page.resume)


async def read_state(connection: AsyncConnection, auction_id: int) -> State:
    """The state at the end of the ledger, from the last entry of each kind: no kind adds to earlier ones.

    The last one of each kind and `v`, since an unknown `v` must not be hidden by a known one (D55).
    """
    v = func.substr(events.c.data, 1, len('{"v":1,'))
    last = select(func.max(events.c.seq)).where(events.c.auction_id == auction_id)
    seqs = (await connection.execute(last.group_by(events.c.kind, v))).scalars().all()
    query = (
        select(events)
        .where(events.c.auction_id == auction_id, events.c.seq.in_(seqs))
        .order_by(events.c.seq)
    )
    state = State()
    for row in (await connection.execute(query)).mappings():
        state = apply(replace(state, seq=row["seq"] - 1), _entry(dict(row)))
    return replace(state, past=await _past(connection, auction_id, state))


async def _past(connection: AsyncConnection, auction_id: int, state: State) -> frozenset[str]:
    """The names of the products whose round is over, as `State.past` has them."""
    opening = (LotOpened.kind, LotRepriced.kind, Adopted.kind)
    query = select(events).where(events.c.auction_id == auction_id, events.c.kind.in_(opening))
    names = set()
    for row in (await connection.execute(query)).mappings():
        lot = getattr(_entry(dict(row)).event, "lot", None)
        if lot and (row["round"] != state.round or state.lot is None):
            names.add(compared(lot.product))
    return frozenset(names)


async def read_last(
    connection: AsyncConnection, auction_id: int, *kinds: type[Event], before: int | None = None
) -> LedgerEntry | None:
    """The last entry of some kinds, before the seq `before` where it is given."""
    query = (
        select(events)
        .where(events.c.auction_id == auction_id, events.c.kind.in_([kind.kind for kind in kinds]))
        .order_by(events.c.seq.desc())
        .limit(1)
    )
    if before is not None:
        query = query.where(events.c.seq < before)
    row = (await connection.execute(query)).mappings().one_or_none()
    return _entry(dict(row)) if row else None


async def all_entries(connection: AsyncConnection, auction_id: int) -> AsyncIterator[LedgerEntry]:
    async for row in _all_rows(connection, auction_id):
        yield _entry(row)


async def verify(
    connection: AsyncConnection, auction_id: int, *, rows_per_read: int = ROWS_PER_READ
) -> Broken | int:
    """The number of rows when the chain holds, or the first row that was altered, lost or added."""
    previous, count = GENESIS, 0
    try:
        async for row in _all_rows(connection, auction_id, rows_per_read):
            if row["seq"] != count + 1:
                return Broken(count + 1, f"it is missing; the next one is {row['seq']}")
            if chained(previous, row) != row["hash"]:
                return Broken(
                    row["seq"], "its hash does not fit what it says and the row before it"
                )
            previous, count = row["hash"], count + 1
    except (AttributeError, TypeError, ValueError):  # SQLite keeps any text as a time
        if rows_per_read == 1:
            return Broken(count + 1, "its time is not valid")
        return await verify(connection, auction_id, rows_per_read=1)
    return count


async def _all_rows(
    connection: AsyncConnection, auction_id: int, rows_per_read: int = ROWS_PER_READ
) -> AsyncIterator[Mapping[str, Any]]:
    after = 0
    while rows := await _rows(connection, auction_id, after, rows_per_read):
        for row in rows:
            yield row
        after = rows[-1]["seq"]


async def _rows(
    connection: AsyncConnection, auction_id: int, after: int, limit: int
) -> list[dict[str, Any]]:
    query = (
        select(events)
        .where(events.c.auction_id == auction_id, events.c.seq > after)
        .order_by(events.c.seq)
        .limit(limit)
    )
    return [dict(row) for row in (await connection.execute(query)).mappings()]


def _entry(row: Mapping[str, Any]) -> LedgerEntry:
    event = event_of(row["kind"], json.loads(row["data"]))
    return LedgerEntry(row["seq"], row["round"], row["user_id"], row["at"], event, row["hash"])
