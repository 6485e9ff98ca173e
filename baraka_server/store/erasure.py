"""Erasure of a user: the words and the personal fields go, the ledger stays whole (D56).

The user's row stays, since bids and winnings refer to it, with values that say nobody's name. What others
said of the user in the chat, and what the user said there, is what entries of the ledger say themselves: it
goes when their auctions are pruned.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, inspect, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.fields import whole_milliseconds
from baraka_server.domain.events import Commented
from baraka_server.domain.staff import works_here
from baraka_server.store.codes import patiently
from baraka_server.store.errors import NotThere
from baraka_server.store.ledger import read_state
from baraka_server.store.rows import is_blocked, is_id
from baraka_server.store.store import Store
from baraka_server.store.tables import (
    auctions,
    blocked_users,
    codes,
    events,
    lots,
    refresh_tokens,
    requests,
    sessions,
    texts,
    users,
    winnings,
)

LEADS, HAS_MAXIMUM, WORKS_HERE = "leads", "has a maximum bid", "has a role"
HASHES_PER_QUERY = 500


def neutral_name(user_id: int) -> str:
    """What stands in place of the name, wherever names are shown."""
    return f"Erased user {user_id}"


def neutral_number(user_id: int) -> str:
    """What stands in place of the telephone number: no other row has it, and no telephone."""
    return f"erased-{user_id}"


@dataclass(frozen=True, slots=True)
class Involved:
    """A live auction in which a user has a part that must end first, and which."""

    auction_id: int
    part: str


@dataclass(frozen=True, slots=True)
class Traces:
    """What the database has of a user, counted; `of_lots` are the places of descriptions of lots."""

    user_id: int
    erased: bool
    involved: Sequence[Involved]
    unpaid_winnings: Sequence[int]
    texts: int
    of_lots: Sequence[tuple[int, int, int]]
    sessions: int
    requests: int
    comments: int
    columns_left: Sequence[str]

    @property
    def in_the_way(self) -> bool:
        """Whether something should be settled before."""
        return bool(self.involved or self.unpaid_winnings)


async def erased_among(store: Store, user_ids: Collection[int]) -> set[int]:
    """Those of the users who were erased."""
    if not user_ids:
        return set()
    query = select(users.c.id, users.c.number).where(users.c.id.in_(sorted(user_ids)))
    async with store.reading() as connection:
        return {id_ for id_, number in await connection.execute(query) if _is_erased(id_, number)}


async def traces_of(store: Store, user_id: int) -> Traces:
    """Look for all that `erase` would take, and for what is in its way. Raises `NotThere`."""
    async with store.reading() as connection:
        row = select(users.c.number).where(users.c.id == (user_id if is_id(user_id) else 0))
        found = (await connection.execute(row)).one_or_none()
        if found is None:
            raise NotThere(f"There is no user {user_id}.")
        unpaid = select(winnings.c.id).where(winnings.c.user_id == user_id, ~winnings.c.sold)
        said = (events.c.kind == Commented.kind) & (events.c.user_id == user_id)
        return Traces(
            user_id=user_id,
            erased=_is_erased(user_id, found.number),
            involved=await _involved(connection, user_id),
            unpaid_winnings=(await connection.execute(unpaid)).scalars().all(),
            texts=await _count(connection, texts, texts.c.user_id == user_id),
            of_lots=await _of_lots(connection, user_id),
            sessions=await _count(connection, sessions, sessions.c.user_id == user_id),
            requests=await _count(connection, requests, _forgettable(user_id)),
            comments=await _count(connection, events, said),
            columns_left=await connection.run_sync(_columns_left),
        )


async def erase(store: Store, traces: Traces, e164: str | None) -> None:
    """Erase the user of these traces, all at once; it may be repeated.

    The user is blocked everywhere, so that servers close the sockets and take no token. `e164` is the
    number as one-time codes have it, if it is one.
    """

    async def work(connection: AsyncConnection) -> None:
        await _overwrite_what_is_deleted(connection)
        await _erase(connection, traces, e164)

    await patiently(store, work)
    await store.empty_journal()


async def _erase(connection: AsyncConnection, traces: Traces, e164: str | None) -> None:
    user_id, now = traces.user_id, whole_milliseconds(datetime.now(UTC))
    person = update(users).where(users.c.id == user_id)
    await connection.execute(
        person.values(
            name=neutral_name(user_id),
            number=neutral_number(user_id),
            otpCode=None,
            category_id=None,
            updatedAt=now,
        )
    )
    for auction_id, lot_id, version in traces.of_lots:
        lot = (lots.c.auction_id == auction_id) & (lots.c.lot_id == lot_id)
        described = update(lots).where(lot, lots.c.version == version)
        await connection.execute(described.values(description=None))
    mine = select(sessions.c.id).where(sessions.c.user_id == user_id)
    for gone in (
        delete(texts).where(texts.c.user_id == user_id),
        delete(refresh_tokens).where(refresh_tokens.c.session_id.in_(mine)),
        delete(sessions).where(sessions.c.user_id == user_id),
        delete(requests).where(_forgettable(user_id)),
        delete(codes).where(or_(codes.c.user_id == user_id, codes.c.number == (e164 or "-"))),
    ):
        await connection.execute(gone)
    if not await is_blocked(connection, user_id):
        await connection.execute(insert(blocked_users).values(user_id=user_id, at=now))


def _is_erased(user_id: int, number: Any) -> bool:
    return bool(number == neutral_number(user_id))


def _forgettable(user_id: int) -> Any:
    """The kept answers to a user's requests but those of live auctions, whom they keep from bidding twice."""
    live = select(auctions.c.id).where(auctions.c.isLive)
    return (requests.c.user_id == user_id) & requests.c.auction_id.not_in(live)


async def _count(connection: AsyncConnection, table: Any, which: Any) -> int:
    return (
        await connection.execute(select(func.count()).select_from(table).where(which))
    ).scalar_one()


async def _involved(connection: AsyncConnection, user_id: int) -> list[Involved]:
    found = []
    live = select(auctions.c.id).where(auctions.c.isLive).order_by(auctions.c.id)
    for auction_id in (await connection.execute(live)).scalars().all():
        state = await read_state(connection, auction_id)
        for part, has in (
            (WORKS_HERE, works_here(state, user_id)),
            (LEADS, state.high is not None and state.high.user_id == user_id),
            (HAS_MAXIMUM, state.maxima.round == state.round and user_id in state.maxima.standing),
        ):
            if has:
                found.append(Involved(auction_id, part))
    return found


async def _of_lots(connection: AsyncConnection, user_id: int) -> list[tuple[int, int, int]]:
    """The lots whose description is a text of the user's, each with its auction and its version."""
    query = select(texts.c.auction_id, texts.c.hash).where(texts.c.user_id == user_id)
    hashes: dict[int, set[str]] = {}
    for auction_id, hash_ in await connection.execute(query):
        hashes.setdefault(auction_id, set()).add(hash_)
    return [
        (auction_id, lot.lot_id, lot.version)
        for auction_id, mine in hashes.items()
        for lot in (await read_state(connection, auction_id)).run_list.lots.values()
        if lot.values.description and lot.values.description.hash in mine
    ]


def _columns_left(connection: Any) -> list[str]:
    """The columns of `users` that other programs brought, which are theirs."""
    there = {column["name"] for column in inspect(connection).get_columns(users.name)}
    return sorted(there - set(users.c.keys()))


async def _overwrite_what_is_deleted(connection: AsyncConnection) -> None:
    """Have SQLite write zeros over what goes: else it stays in the file until something else needs the room."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("PRAGMA secure_delete = ON")
