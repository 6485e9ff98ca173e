"""The ledger table: one row for each accepted command, chained by hashes, never changed (D26)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.fields import iso_time
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Commented, Event, LedgerEntry, Unknown
from baraka_server.domain.hammer import Award
from baraka_server.domain.kinds import GUIDE_KINDS, KINDS, event_of
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import SLOWEST, Moderation
from baraka_server.domain.roles import Roles, RoleSet
from baraka_server.domain.state import BEGINNING, State, apply
from baraka_server.store import pages
from baraka_server.store.paddles import read_paddles
from baraka_server.store.pages import Page, Span
from baraka_server.store.slices import in_slices
from baraka_server.store.tables import events
from baraka_server.store.texts import read_texts

GENESIS = "0" * 64
"""The hash before the first row of every auction."""

LEDGER_ID_CHARS = 12

ROWS_PER_READ = 500

UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""The errors that reading or folding an entry raises whose data is of no event."""

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


def ledger_id(hash_: str) -> str:
    """The part of an entry's hash that clients are sent, to tell one history from another (D34)."""
    return hash_[:LEDGER_ID_CHARS]


def encoded(event: Event) -> str:
    """The stored form of an event: JSON that begins with its `v` and `rule` (D55).

    ASCII, so that no character set and no collation can change what was hashed.
    """
    if (
        type(event) is BidPlaced and event.is_plain
    ):  # the same, at a tenth of the time: there are thousands a second
        return f'{{"v":1,"rule":true,"amount":{event.amount},"bid_id":{event.bid_id}}}'
    said = _data(event.data())[1:]
    return f'{{"v":{event.v},"rule":{_data(event.rule)}{"" if said == "}" else ","}{said}'


TAIL = (
    select(events.c.seq, events.c.round, events.c.at, events.c.hash)
    .where(events.c.auction_id == bindparam("auction"))
    .order_by(events.c.seq.desc())
    .limit(1)
)
_APPEND = insert(events)


async def read_tail(connection: AsyncConnection, auction_id: int) -> Tail:
    row = (await connection.execute(TAIL, {"auction": auction_id})).one_or_none()
    return Tail(*row) if row else Tail()


async def read_hash(connection: AsyncConnection, auction_id: int, seq: int) -> str | None:
    """The hash of an entry, at 0 that of the beginning; None where there is no such entry."""
    if seq == 0:
        return GENESIS
    query = select(events.c.hash).where(events.c.auction_id == auction_id, events.c.seq == seq)
    found: str | None = (await connection.execute(query)).scalar()
    return found


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
    found = [_entry(row) for row in await _rows(connection, auction_id, after, limit)]
    return await read_texts(connection, auction_id, found)


async def read_kinds(
    connection: AsyncConnection, auction_id: int, kinds: Sequence[type[Event]], *, since: int
) -> list[LedgerEntry]:
    """The entries of some kinds from the seq `since` on, in order."""
    query = select(events).where(
        events.c.auction_id == auction_id,
        events.c.seq >= since,
        events.c.kind.in_([kind.kind for kind in kinds]),
    )
    rows = (await connection.execute(query.order_by(events.c.seq))).mappings().all()
    return await in_slices(lambda some: [_entry(dict(row)) for row in some], rows)


async def read_marked_bids(
    connection: AsyncConnection, auction_id: int, state: State
) -> tuple[BidPlaced, ...]:
    """The bids of a state's round, up to it, of which more is told than their rows say.

    These are the automatic ones, and those of the floor.
    """
    mine = (events.c.auction_id == auction_id) & events.c.seq.between(state.began, state.seq)
    marked = events.c.data.like('%"automatic":true%') | events.c.data.like('%"floor":true%')
    found = await read_where(connection, mine & (events.c.kind == BidPlaced.kind) & marked)
    return tuple(entry.event for entry in found if isinstance(entry.event, BidPlaced))


async def read_page(
    connection: AsyncConnection, auction_id: int, span: Span, *, newest_first: bool
) -> Page[LedgerEntry]:
    """The entries within the span, in the order of their `seq` or in the opposite one."""
    query = select(events).where(events.c.auction_id == auction_id)
    page = await pages.read_page(connection, query, events.c.seq, span, newest_first=newest_first)
    found = await in_slices(lambda rows: list(map(_entry, rows)), page.rows)
    return Page(await read_texts(connection, auction_id, found), page.resume)


async def read_state(
    connection: AsyncConnection, auction_id: int, *, up_to: int | None = None
) -> State:
    """The state at the end of the ledger, or behind the entry `up_to`.

    All entries are folded but comments and the bids of earlier rounds, to which no later entry adds;
    of an auction that does nothing beyond the guide also the bids before the one that stands. What a
    newer program wrote is among those that are folded (D55). Paddles, which the bids of all rounds gave,
    are those of their table.
    """
    mine = events.c.auction_id == auction_id
    if up_to is not None:
        mine &= events.c.seq <= up_to
    rare = await read_where(connection, mine & ~OFTEN_AND_KNOWN)
    rare = await read_texts(connection, auction_id, rare)
    tail = (
        await connection.execute(
            select(events.c.seq, events.c.round).where(mine).order_by(events.c.seq.desc()).limit(1)
        )
    ).one_or_none()
    if tail is None:
        return State()
    of_round = [entry.seq for entry in rare if entry.round == tail.round]
    since = min(of_round, default=0)
    bids_ = mine & (events.c.kind == BidPlaced.kind) & (events.c.seq > since)
    if all(entry.event.kind in GUIDES for entry in rare):
        often = await _last(connection, bids_)
    else:
        often = await read_where(connection, bids_)
    awards = [entry.seq for entry in rare if isinstance(entry.event, Award | LotPassed)]
    spoken = events.c.seq > max(awards, default=0)
    often += await _last(connection, mine & (events.c.kind == Commented.kind) & spoken)
    state = State()
    for entry in sorted({entry.seq: entry for entry in rare + often}.values(), key=_seq):
        at = replace(state, seq=entry.seq - 1)
        try:
            state = apply(at, entry)
        except UNREADABLE:  # it speaks of what nobody wrote
            state = apply(at, replace(entry, event=Unknown(entry.kind, is_rule=True, said={})))
    state = replace(state, moderation=await _with_comments(connection, mine, state.moderation))
    return replace(state, paddles=await read_paddles(connection, auction_id, up_to=state.seq))


async def _with_comments(
    connection: AsyncConnection, mine: ColumnElement[bool], said: Moderation
) -> Moderation:
    """What moderators said, with the last comment of each user since slow mode is on."""
    if not said.slow_seconds:
        return said
    since = mine & (events.c.kind == Commented.kind) & (events.c.seq > said.slow_since)
    query = select(events.c.user_id, func.max(events.c.seq)).where(since)
    last = (await connection.execute(query.group_by(events.c.user_id))).all()
    query = select(events.c.user_id, events.c.at).where(
        mine, events.c.seq.in_([seq for _, seq in last])
    )
    wrote = {user_id: at for user_id, at in await connection.execute(query) if user_id is not None}
    newest = max(wrote.values(), default=BEGINNING)
    return replace(said, wrote={who: at for who, at in wrote.items() if at > newest - SLOWEST})


# Rows of the first release, which say nothing of themselves, are known.
_STARTS, _FIRST_V = (func.substr(events.c.data, 1, len(it)) for it in ('{"v":', '{"v":1,'))
OFTEN_AND_KNOWN = events.c.kind.in_([BidPlaced.kind, Commented.kind]) & or_(
    _STARTS != '{"v":', _FIRST_V == '{"v":1,'
)
GUIDES = frozenset(kind.kind for kind in GUIDE_KINDS) | {Unknown.kind}


def _seq(entry: LedgerEntry) -> int:
    return entry.seq


async def read_where(connection: AsyncConnection, which: ColumnElement[bool]) -> list[LedgerEntry]:
    """The entries of some rows, in order; what cannot be read is an unknown entry, or is left out."""
    query = select(events).where(which).order_by(events.c.seq)
    rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    last = {row["kind"]: row["seq"] for row in rows}
    found = []
    for row in rows:
        try:
            found.append(_entry(row))
        except UNREADABLE:
            # Altered, as `verify` says. A later one of a kind of the guide says all that is needed.
            if row["kind"] not in GUIDES or row["seq"] == last[row["kind"]]:
                event = Unknown(row["kind"], is_rule=True, said={})
                found.append(
                    LedgerEntry(
                        row["seq"], row["round"], row["user_id"], row["at"], event, row["hash"]
                    )
                )
    return found


async def _last(connection: AsyncConnection, which: ColumnElement[bool]) -> list[LedgerEntry]:
    query = select(events).where(which).order_by(events.c.seq.desc()).limit(1)
    return [_entry(dict(row)) for row in (await connection.execute(query)).mappings()]


async def read_roles(connection: AsyncConnection, auction_id: int) -> tuple[Roles, bool]:
    """The roles that an auction's owner gave, and whether no newer program may have changed them (D55)."""
    kind = events.c.kind
    about = (kind == RoleSet.kind) | kind.not_in(list(KINDS))
    state = State()
    for entry in await read_where(connection, (events.c.auction_id == auction_id) & about):
        state = apply(replace(state, seq=entry.seq - 1), entry)
    return state.roles, state.understood


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
    after = 0
    while found := await read_entries(connection, auction_id, after=after):
        for entry in found:
            yield entry
        after = found[-1].seq


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
