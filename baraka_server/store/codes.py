"""One-time codes by telephone: asked for within limits that hold for all servers, and checked (D50).

Every step is the same for a number of a user, of nobody and of two users, so that neither the answer nor its
time tells them apart.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.store.errors import Contention
from baraka_server.store.store import Store
from baraka_server.store.tables import code_requests, codes, users

T = TypeVar("T")

HOUR = timedelta(hours=1)
LOCK_NUMBER = ""
"""The row of this number is locked by whoever asks for a code: limits are counted one after the other."""
ATTEMPTS = 8
PAUSE_SECONDS_MAX = 0.2
ROWS_PER_STEP = 100


class Kind(StrEnum):
    """The kind of a row of `baraka_code_requests`: a code that was sent, or a wrong one that was tried."""

    SENT = "sent"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, as limits count it. `number_hash` is keyed: numbers are not kept."""

    number_hash: str
    prefix: str
    address: str


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """Limits for codes, for all servers of a database together; 0 is no limit. See the settings."""

    pause: timedelta = timedelta(seconds=60)
    valid: timedelta = timedelta(minutes=5)
    tries_max: int = 5
    per_number_per_hour_max: int = 5
    per_prefix_per_hour_max: int = 50
    per_address_per_hour_max: int = 50
    per_hour_max: int = 2_000
    wrong_per_address_per_hour_max: int = 100


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code that is about to be sent."""

    number: str
    challenge_hash: str
    code_hash: str


@dataclass(frozen=True, slots=True)
class CodeRow:
    """The code that was sent last to a number."""

    number: str
    code_hash: str
    tries: int
    sent_at: datetime


async def patiently(store: Store, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run `work` in a transaction, again where another one was in the way. Raises a `StoreError`."""
    for left in reversed(range(ATTEMPTS)):
        try:
            async with store.writing() as connection:
                return await work(connection)
        except Contention:
            if not left:
                raise
            await asyncio.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # noqa: S311
    raise AssertionError


async def ask(
    store: Store, new: NewCode, origin: Origin, limits: CodeLimits, now: datetime
) -> timedelta | None:
    """Replace the code of a number, and count it. Where a limit is reached: how long to wait instead."""

    async def work(connection: AsyncConnection) -> timedelta | None:
        await _lock(connection, now)
        at = code_requests.c
        wait = max(
            [
                await _wait(connection, Kind.SENT, now, *limit)
                for limit in (
                    (at.number_hash, origin.number_hash, 1, limits.pause),
                    (at.number_hash, origin.number_hash, limits.per_number_per_hour_max, HOUR),
                    (at.prefix, origin.prefix, limits.per_prefix_per_hour_max, HOUR),
                    (at.address, origin.address, limits.per_address_per_hour_max, HOUR),
                    (None, None, limits.per_hour_max, HOUR),
                )
            ]
        )
        if wait:
            return wait
        former = codes.c.number == new.number
        in_user = (await connection.execute(select(codes.c.user_id).where(former))).scalar()
        await connection.execute(delete(codes).where(former))
        row = {
            "number": new.number,
            "challenge_hash": new.challenge_hash,
            "code_hash": new.code_hash,
            "tries": 0,
            "sent_at": now,
            "user_id": in_user,  # whose row has the former one until this one is written there
        }
        await connection.execute(insert(codes).values(row))
        await _count(connection, Kind.SENT, origin, now)
        return None

    return await patiently(store, work)


async def number_of(store: Store, challenge_hash: str) -> str | None:
    """The number that a challenge token was given for; None for one that is over."""
    query = select(codes.c.number).where(codes.c.challenge_hash == challenge_hash)
    async with store.reading() as connection:
        found: str | None = (await connection.execute(query)).scalar()
        return found


async def locked_code(connection: AsyncConnection, number: str) -> CodeRow | None:
    """The code of a number, locked: of two who use it at once the second finds none."""
    query = (
        select(codes.c.number, codes.c.code_hash, codes.c.tries, codes.c.sent_at)
        .where(codes.c.number == number)
        .with_for_update()
    )
    row = (await connection.execute(query)).first()
    return CodeRow(*row) if row else None


async def wait_of_address(
    connection: AsyncConnection, address: str, limits: CodeLimits, now: datetime
) -> timedelta:
    """How long an address that tried too many wrong codes has to wait."""
    most = limits.wrong_per_address_per_hour_max
    return await _wait(connection, Kind.WRONG, now, code_requests.c.address, address, most, HOUR)


async def count_wrong(
    connection: AsyncConnection, number: str, origin: Origin, now: datetime
) -> None:
    """Count a wrong code: against the code of this number, if there is one, and its address."""
    more = update(codes).where(codes.c.number == number).values(tries=codes.c.tries + 1)
    await connection.execute(more)
    await _count(connection, Kind.WRONG, origin, now)


async def use_up(connection: AsyncConnection, number: str) -> None:
    """Delete a code that was used."""
    await connection.execute(delete(codes).where(codes.c.number == number))


async def users_of(connection: AsyncConnection, spellings: tuple[str, ...]) -> list[int]:
    """The users with one of these numbers: two at most, since two are as many as too many."""
    query = select(users.c.id).where(users.c.number.in_(spellings)).order_by(users.c.id).limit(2)
    return list((await connection.execute(query)).scalars())


async def find_users(store: Store, spellings: tuple[str, ...]) -> list[int]:
    async with store.reading() as connection:
        return await users_of(connection, spellings)


async def still_good(store: Store, number: str, code_hash: str) -> bool:
    """Whether a code was neither used nor replaced by a newer one, on whatever server."""
    this = (codes.c.number == number) & (codes.c.code_hash == code_hash)
    async with store.reading() as connection:
        return (await connection.execute(select(codes.c.number).where(this))).first() is not None


async def write_into_user(
    store: Store, number: str, code_hash: str, user_id: int, code: str
) -> bool:
    """Write a code where an existing system reads it, and note whose row it is, to take it back.

    False for one that was used or replaced meanwhile: nobody would take it back.
    """

    async def work(connection: AsyncConnection) -> bool:
        row = await locked_code(connection, number)
        if row is None or row.code_hash != code_hash:
            return False
        known = update(codes).where(codes.c.number == number).values(user_id=user_id)
        await connection.execute(known)
        await connection.execute(update(users).where(users.c.id == user_id).values(otpCode=code))
        return True

    return await patiently(store, work)


async def take_from_user(connection: AsyncConnection, user_id: int) -> None:
    await connection.execute(update(users).where(users.c.id == user_id).values(otpCode=None))


async def forget_codes(store: Store, limits: CodeLimits, now: datetime) -> int:
    """Delete codes and counts that are over, some of them. Returns how many."""
    over = (
        select(codes.c.number, codes.c.user_id)
        .where(codes.c.sent_at < now - limits.valid, codes.c.number != LOCK_NUMBER)
        .limit(ROWS_PER_STEP)
    )
    counted = (
        select(code_requests.c.id)
        .where(code_requests.c.kind.in_(list(Kind)), code_requests.c.at < now - HOUR)
        .limit(ROWS_PER_STEP)
    )
    async with store.reading() as connection:  # which locks nothing
        old = [(row.number, row.user_id) for row in await connection.execute(over)]
        ids = list((await connection.execute(counted)).scalars())

    async def work(connection: AsyncConnection) -> None:
        for number, user_id in old:
            # Only if nobody asked for another one meanwhile.
            gone = delete(codes).where(
                codes.c.number == number, codes.c.sent_at < now - limits.valid
            )
            if (await connection.execute(gone)).rowcount and user_id is not None:
                await take_from_user(connection, user_id)
        await connection.execute(delete(code_requests).where(code_requests.c.id.in_(ids)))

    if old or ids:
        await patiently(store, work)
    return len(old) + len(ids)


async def _lock(connection: AsyncConnection, now: datetime) -> None:
    mine = update(codes).where(codes.c.number == LOCK_NUMBER).values(sent_at=now)
    if (await connection.execute(mine)).rowcount:
        return
    row = {"challenge_hash": "", "code_hash": "", "tries": 0}
    try:
        await connection.execute(
            insert(codes).values(row | {"number": LOCK_NUMBER, "sent_at": now})
        )
    except IntegrityError as error:
        raise Contention("another server wrote the first row") from error


async def _wait(
    connection: AsyncConnection,
    kind: Kind,
    now: datetime,
    column: Any,
    value: str | None,
    most: int,
    span: timedelta,
) -> timedelta:
    """How long to wait until fewer than `most` rows are younger than `span`."""
    of_kind = [code_requests.c.kind == kind, code_requests.c.at > now - span]
    where = of_kind if column is None else [*of_kind, column == value]
    query = (
        select(code_requests.c.at)
        .where(*where)
        .order_by(code_requests.c.at.desc())
        .limit(1)
        .offset(max(0, most - 1))
    )
    oldest = (await connection.execute(query)).scalar()
    return oldest + span - now if oldest is not None and most else timedelta()


async def _count(connection: AsyncConnection, kind: Kind, origin: Origin, now: datetime) -> None:
    row = {
        "id": secrets.token_hex(16),
        "kind": kind.value,
        "number_hash": origin.number_hash,
        "prefix": origin.prefix,
        "address": origin.address[:64],
        "at": now,
    }
    await connection.execute(insert(code_requests).values(row))
