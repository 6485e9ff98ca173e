"""A code that is tried: in one transaction it is compared, used up, and begins a session (D49 to D51).

A wrong code takes the same statements whether the number is a user's, nobody's or that of two users.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.records import User, UserType
from baraka_server.store import codes, sessions
from baraka_server.store.codes import CodeLimits, CodeRow, Origin
from baraka_server.store.rows import is_blocked, read_users
from baraka_server.store.sessions import SessionLimits
from baraka_server.store.store import Store
from baraka_server.store.tables import users


@dataclass(frozen=True, slots=True)
class Attempt:
    """A code that somebody tries. `is_right` compares it; `name` is that of a new user, where one may be made."""

    number: str
    spellings: tuple[str, ...]
    origin: Origin
    is_right: Callable[[CodeRow | None], bool]
    name: str | None = None
    sign_up: bool = False
    in_users: bool = False


class Denied(StrEnum):
    """The reason why a code begins no session."""

    WRONG = "wrong"
    DOUBLED = "doubled"
    TOO_MANY_TRIES = "too_many_tries"
    TOO_MANY_OF_ADDRESS = "too_many_of_address"
    NAME_NEEDED = "name_needed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user who signed in. `is_new`: the user was made for it."""

    user: User
    refresh_token: str = field(repr=False)
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """A code that began no session, and how long to wait before the next one."""

    denied: Denied
    wait: timedelta = timedelta()
    users: tuple[int, ...] = ()


async def try_code(
    store: Store,
    attempt: Attempt,
    code_limits: CodeLimits,
    session_limits: SessionLimits,
    now: datetime,
) -> SignedIn | NotSignedIn:
    """Try a code. Of two attempts at once with a right one, one signs in."""

    async def work(connection: AsyncConnection) -> SignedIn | NotSignedIn:
        row = await codes.locked_code(connection, attempt.number)
        wait = await codes.wait_of_address(connection, attempt.origin.address, code_limits, now)
        right = attempt.is_right(row)
        if row is not None and now - row.sent_at >= code_limits.valid:
            row, right = None, False
        if wait:
            return NotSignedIn(Denied.TOO_MANY_OF_ADDRESS, wait)
        if row is not None and row.tries >= code_limits.tries_max:
            again = row.sent_at + code_limits.pause - now
            return NotSignedIn(Denied.TOO_MANY_TRIES, max(again, timedelta(seconds=1)))
        if not right:
            await codes.count_wrong(connection, attempt.number, attempt.origin, now)
            return NotSignedIn(Denied.WRONG)
        found = await codes.users_of(connection, attempt.spellings)
        if len(found) > 1 or (not found and not attempt.sign_up):
            await codes.count_wrong(connection, attempt.number, attempt.origin, now)
            return NotSignedIn(Denied.DOUBLED if found else Denied.WRONG, users=tuple(found))
        if not found and attempt.name is None:
            return NotSignedIn(Denied.NAME_NEEDED)
        await codes.use_up(connection, attempt.number)
        if found and attempt.in_users:
            await codes.take_from_user(connection, found[0])
        if found and await is_blocked(connection, found[0]):
            return NotSignedIn(Denied.BLOCKED, users=tuple(found))
        user_id = found[0] if found else await _new_user(connection, attempt, now)
        token = await sessions.begin(connection, user_id, session_limits, now)
        user = (await read_users(connection, [user_id]))[user_id]
        return SignedIn(user, token, is_new=not found)

    return await codes.patiently(store, work)


async def _new_user(connection: AsyncConnection, attempt: Attempt, now: datetime) -> int:
    row = {
        "name": attempt.name,
        "number": attempt.number,
        "type": UserType.Normal,
        "createdAt": now,
        "updatedAt": now,
    }
    key = (await connection.execute(insert(users).values(row))).inserted_primary_key
    return int(key[0]) if key else 0
