"""Who is there: access tokens, verified on connect (D1) and minted for tests and operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.refusals import Code, Refusal

ALGORITHM = "HS256"
TOKEN_CHARS_MAX = 4096


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified user id and when the token that proved it expires."""

    user_id: int
    expires_at: datetime


def mint(secret: str, user_id: int, lifetime: timedelta, claims: Mapping[str, Any]) -> str:
    """An access token for `user_id`. A negative lifetime makes one that has expired.

    `claims` go over ours; one that is None is left out.
    """
    now = datetime.now(UTC)
    issued_at = min(now, now + 2 * lifetime)
    payload = {"sub": str(user_id), "iat": issued_at, "exp": now + lifetime, **claims}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, secret, algorithm=ALGORITHM)


def verify(secret: str, token: object) -> Identity | Refusal:
    """Whom `token` stands for, or one of the two documented refusals (guide: Connection)."""
    if not token:
        return Refusal(Code.NO_TOKEN)
    if not isinstance(token, str) or len(token) > TOKEN_CHARS_MAX:
        return Refusal(Code.INVALID_TOKEN)
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            # The subject is checked below: the issuer may write it as a number.
            options={"require": ["exp"], "verify_sub": False, "verify_aud": False},
        )
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (jwt.PyJWTError, ValueError, OverflowError, OSError):
        return Refusal(Code.INVALID_TOKEN)
    user_id = _subject(claims)
    return Identity(user_id, expires_at) if user_id else Refusal(Code.INVALID_TOKEN)


def _subject(claims: Mapping[str, Any]) -> int | None:
    """`sub` as a decimal string or integer, else an integer `userId` or `id` (D1)."""
    subject = claims.get("sub")
    if isinstance(subject, str) and subject.isascii() and subject.isdecimal():
        subject = int(subject) if len(subject) <= len(str(INT_MAX)) else None
    elif subject is None:
        subject = next((claims[name] for name in ("userId", "id") if name in claims), None)
    return subject if type(subject) is int and 1 <= subject <= INT_MAX else None


def bearer(header: str | None) -> str | None:
    """The token of an `Authorization: Bearer …` header, where there is one (D3)."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
