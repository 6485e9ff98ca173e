"""Who is there: access tokens, verified on connect (D1) and minted for tests and operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.refusals import Code, Refusal

ALGORITHM = "HS256"
TOKEN_CHARS_MAX = 4096
KIND_CLAIMS = ("typ", "type", "tokenType", "token_type", "token_use", "use")
"""Where issuers write what a token is for."""


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


@dataclass(frozen=True, slots=True)
class Verifier:
    """What an access token must be. `audience` and `issuer` are asked for where they are given.

    `lifetime_max` is how far in the future a token may expire; None is no limit (RFC 8725, 3.10).
    """

    secret: str = field(repr=False)
    audience: str | None = None
    issuer: str | None = None
    lifetime_max: timedelta | None = None
    chars_max: int = TOKEN_CHARS_MAX

    def verify(self, token: object) -> Identity | Refusal:
        """Whom `token` stands for, or one of the two documented refusals (guide: Connection)."""
        if not token:
            return Refusal(Code.NO_TOKEN)
        if not isinstance(token, str) or len(token) > self.chars_max:
            return Refusal(Code.INVALID_TOKEN)
        try:
            decoded = jwt.decode_complete(
                token,
                self.secret,
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=self.issuer,
                options={
                    "require": ["exp", *(["aud"] if self.audience else [])],
                    "verify_aud": self.audience is not None,
                    # The subject is checked below: the issuer may write it as a number.
                    "verify_sub": False,
                    # An issuer whose clock is a second ahead makes good tokens; `exp` decides.
                    "verify_iat": False,
                },
            )
            claims = decoded["payload"]
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
        except (jwt.PyJWTError, ValueError, OverflowError, OSError):
            return Refusal(Code.INVALID_TOKEN)
        too_long = self.lifetime_max and expires_at > datetime.now(UTC) + self.lifetime_max
        user_id = _subject(claims)
        if user_id is None or too_long or _is_refresh_token(decoded["header"], claims):
            return Refusal(Code.INVALID_TOKEN)
        return Identity(user_id, expires_at)


def _is_refresh_token(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """Whether the token says of itself that it is one: it renews access and gives none."""
    said = [header.get("typ"), *(claims.get(name) for name in KIND_CLAIMS)]
    return any(isinstance(kind, str) and "refresh" in kind.lower() for kind in said)


def _subject(claims: Mapping[str, Any]) -> int | None:
    """`sub` as a decimal string or integer, else an integer `userId` or `id` (D1)."""
    subject = claims.get("sub")
    if isinstance(subject, str) and subject.isascii() and subject.isdecimal():
        subject = int(subject) if len(subject) <= len(str(INT_MAX)) else None
    elif subject is None:
        subject = next(
            (claims[name] for name in ("userId", "id") if claims.get(name) is not None), None
        )
    return subject if type(subject) is int and 1 <= subject <= INT_MAX else None


def bearer(header: str | None) -> str | None:
    """The token of an `Authorization: Bearer …` header, where there is one (D3)."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
