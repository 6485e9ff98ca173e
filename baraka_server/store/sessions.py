"""Sessions of users who signed in: families of refresh tokens, each replaced when it is used (D51).

A token is 256 random bits and stored as its SHA-256. Using a replaced one again ends its family: one of the
two who have it stole it. The one right before is a second tab for a short while, and gets a sibling, once.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.store.codes import patiently
from baraka_server.store.rows import is_blocked
from baraka_server.store.store import Store
from baraka_server.store.tables import refresh_tokens, sessions, users

TOKEN_BYTES = 32
ID_BYTES = 16
ROWS_PER_STEP = 100
ENDED_KEPT = timedelta(days=7)
"""How long an ended session is listed."""


class Ended(StrEnum):
    """The reason why a session ended."""

    LOGOUT = "logout"
    REUSE = "reuse"
    IDLE = "idle"
    AGE = "age"
    BLOCKED = "blocked"
    DELETED = "deleted"
    REVOKED = "revoked"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Limits of sessions. See the settings."""

    idle: timedelta = timedelta(days=30)
    age: timedelta = timedelta(days=180)
    two_tabs: timedelta = timedelta(seconds=30)
    per_user_max: int = 20


@dataclass(frozen=True, slots=True)
class Renewed:
    """A new refresh token, and the user whose session it is."""

    user_id: int
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Over:
    """There is no such session, or it ended; `now` says whether this use ended it."""

    reason: Ended | None = None
    now: bool = False
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session as operators see it."""

    id: str
    user_id: int
    begun_at: datetime
    used_at: datetime
    ended_at: datetime | None
    reason: str | None

    def as_of(self, now: datetime, limits: SessionLimits) -> Session:
        """The session as it is now: nothing is written when its time is over, until somebody uses it."""
        if self.ended_at is not None:
            return self
        ends = {Ended.AGE: self.begun_at + limits.age, Ended.IDLE: self.used_at + limits.idle}
        reason = min(ends, key=ends.__getitem__)
        return replace(self, ended_at=ends[reason], reason=reason) if now > ends[reason] else self


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def begin(
    connection: AsyncConnection, user_id: int, limits: SessionLimits, now: datetime
) -> str:
    """Begin a session of a user and return its first refresh token. The oldest above a limit end."""
    live = (
        select(sessions.c.id)
        .where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
        .order_by(sessions.c.used_at.desc(), sessions.c.id)
        .offset(limits.per_user_max - 1)
        .limit(ROWS_PER_STEP)
    )
    for session_id in list((await connection.execute(live)).scalars()):
        await _end(connection, sessions.c.id == session_id, Ended.TOO_MANY, now)
    session_id = secrets.token_hex(ID_BYTES)
    row = {"id": session_id, "user_id": user_id, "begun_at": now, "used_at": now}
    await connection.execute(insert(sessions).values(row))
    return await _issue(connection, session_id, None, now)


async def begin_for(store: Store, user_id: int, limits: SessionLimits, now: datetime) -> str:
    """`begin`, in a transaction of its own."""
    return await patiently(store, lambda connection: begin(connection, user_id, limits, now))


async def renew(store: Store, token: str, limits: SessionLimits, now: datetime) -> Renewed | Over:
    """Replace a refresh token by a new one, or end its family."""

    async def work(connection: AsyncConnection) -> Renewed | Over:
        found = await _locked(connection, token)
        if found is None:
            return Over()
        used, session = found
        if session.ended_at is not None:
            return Over(Ended(session.reason), user_id=session.user_id)
        reason = await _objection(connection, used, session, limits, now)
        if reason is not None:
            await _end(connection, sessions.c.id == session.id, reason, now)
            return Over(reason, now=True, user_id=session.user_id)
        this = refresh_tokens.c.hash == used.hash
        if used.replaced_at is None:
            changes: dict[str, Any] = {"replaced_at": now}
        else:
            changes = {"siblings": used.siblings + 1}
        await connection.execute(update(refresh_tokens).where(this).values(changes))
        of_session = update(sessions).where(sessions.c.id == session.id)
        await connection.execute(of_session.values(used_at=now))
        fresh = await _issue(connection, session.id, used.hash, now)
        return Renewed(session.user_id, fresh)

    return await patiently(store, work)


async def log_out(store: Store, token: str, now: datetime) -> bool:
    """End the family of a token; False where it was over, or there is none."""

    async def work(connection: AsyncConnection) -> bool:
        found = await _locked(connection, token)
        if found is None:
            return False
        return bool(await _end(connection, sessions.c.id == found[1].id, Ended.LOGOUT, now))

    return await patiently(store, work)


async def end_all_of(
    connection: AsyncConnection, user_id: int, reason: Ended, now: datetime
) -> int:
    """End all sessions of a user. Returns how many."""
    return await _end(connection, sessions.c.user_id == user_id, reason, now)


async def revoke(store: Store, user_id: int, session_id: str | None, now: datetime) -> int:
    """End a user's session whose id begins so, or all. Returns how many ended."""

    async def work(connection: AsyncConnection) -> int:
        if session_id is None:
            return await end_all_of(connection, user_id, Ended.REVOKED, now)
        one = (sessions.c.user_id == user_id) & sessions.c.id.startswith(
            session_id, autoescape=True
        )
        return await _end(connection, one, Ended.REVOKED, now)

    return await patiently(store, work)


async def list_of(store: Store, user_id: int) -> list[Session]:
    """The sessions of a user that are kept, the last used first."""
    query = (
        select(sessions)
        .where(sessions.c.user_id == user_id)
        .order_by(sessions.c.used_at.desc(), sessions.c.id)
    )
    async with store.reading() as connection:
        return [Session(*row) for row in await connection.execute(query)]


async def forget_sessions(store: Store, limits: SessionLimits, now: datetime) -> int:
    """Delete sessions that are over, and tokens that were replaced long ago, some. Returns how many."""
    over = (
        select(sessions.c.id)
        .where(
            or_(
                sessions.c.ended_at < now - ENDED_KEPT,
                sessions.c.used_at < now - limits.idle - ENDED_KEPT,
                sessions.c.begun_at < now - limits.age - ENDED_KEPT,
            )
        )
        .limit(ROWS_PER_STEP)
    )
    async with store.reading() as connection:  # which locks nothing
        old = list((await connection.execute(over)).scalars())
        replaced = (
            select(refresh_tokens.c.hash)
            .where(
                or_(
                    refresh_tokens.c.session_id.in_(old),
                    refresh_tokens.c.replaced_at < now - limits.idle,
                )
            )
            .limit(ROWS_PER_STEP)
        )
        hashes = list((await connection.execute(replaced)).scalars())

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(delete(refresh_tokens).where(refresh_tokens.c.hash.in_(hashes)))
        if len(hashes) < ROWS_PER_STEP:  # else some of theirs are left, and go first
            await connection.execute(delete(sessions).where(sessions.c.id.in_(old)))

    if old or hashes:
        await patiently(store, work)
    return len(old) + len(hashes)


async def _locked(connection: AsyncConnection, token: str) -> tuple[Any, Any] | None:
    """The rows of a token and of its session, locked in this order."""
    of_token = select(refresh_tokens).where(refresh_tokens.c.hash == hash_of(token))
    used = (await connection.execute(of_token.with_for_update())).first()
    if used is None:
        return None
    of_session = select(sessions).where(sessions.c.id == used.session_id)
    session = (await connection.execute(of_session.with_for_update())).first()
    return None if session is None else (used, session)


async def _objection(
    connection: AsyncConnection, used: Any, session: Any, limits: SessionLimits, now: datetime
) -> Ended | None:
    """The reason why a session must end instead of going on."""
    if now - session.begun_at > limits.age:
        return Ended.AGE
    if now - session.used_at > limits.idle:
        return Ended.IDLE
    if used.replaced_at is not None and not await _is_second_tab(connection, used, limits, now):
        return Ended.REUSE
    there = select(users.c.id).where(users.c.id == session.user_id)
    if (await connection.execute(there)).first() is None:
        return Ended.DELETED
    return Ended.BLOCKED if await is_blocked(connection, session.user_id) else None


async def _is_second_tab(
    connection: AsyncConnection, used: Any, limits: SessionLimits, now: datetime
) -> bool:
    """Whether a replaced token is the immediate predecessor, and may be used this once more."""
    if used.siblings or now - used.replaced_at > limits.two_tabs:
        return False
    later = select(refresh_tokens.c.hash).where(
        refresh_tokens.c.parent == used.hash, refresh_tokens.c.replaced_at.is_not(None)
    )
    return (await connection.execute(later.with_for_update())).first() is None


async def _issue(
    connection: AsyncConnection, session_id: str, parent: str | None, now: datetime
) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "hash": hash_of(token),
        "session_id": session_id,
        "parent": parent,
        "issued_at": now,
        "siblings": 0,
    }
    await connection.execute(insert(refresh_tokens).values(row))
    return token


async def _end(connection: AsyncConnection, which: Any, reason: Ended, now: datetime) -> int:
    ending = update(sessions).where(which, sessions.c.ended_at.is_(None))
    return (await connection.execute(ending.values(ended_at=now, reason=reason.value))).rowcount
