"""`Access`: an access token, its user, its end, and the token that follows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

WARNINGS = (timedelta(minutes=2), timedelta(minutes=10))
"""Time before the end of a token at which a warning is due; the shortest first."""


class BadToken(ValueError):
    """A token that will not do; the text says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """Claims of a token. Nobody checked them."""

    user_id: int
    expires_at: datetime


class Access:
    """`mint` makes a new token, where the server's secret is at hand."""

    def __init__(self, token: str, mint: Callable[[], str] | None = None) -> None:
        self.token = token
        self._mint = mint
        self._said = said_by(token)
        self._warned: timedelta | None = None

    @property
    def user_id(self) -> int | None:
        """Whose it is; None for a token that only its server can read."""
        return self._said.user_id if self._said else None

    def left(self, now: datetime | None = None) -> timedelta | None:
        """Time until it ends; negative when it is over, None when nobody knows."""
        return self._said.expires_at - (now or datetime.now(UTC)) if self._said else None

    def warning(self, now: datetime | None = None) -> timedelta | None:
        """Time until it ends, once for each of `WARNINGS`; None when no warning is due."""
        left = self.left(now)
        due = next((span for span in WARNINGS if left is not None and left <= span), None)
        if due is None or (self._warned is not None and self._warned <= due):
            return None
        self._warned = due
        return left

    def renew(self) -> bool:
        """Make a new token, where that is possible."""
        if self._mint is None:
            return False
        self._use(self._mint())
        return True

    def take(self, pasted: str) -> None:
        """Go on with another token of the same user. Raises `BadToken`."""
        token = "".join(pasted.split()).removeprefix("Bearer")
        said = said_by(token)
        if said is None:
            raise BadToken("This is not an access token that says whose it is and until when.")
        if said.expires_at <= datetime.now(UTC):
            raise BadToken(f"This one has expired too, at {said.expires_at:%H:%M:%S} UTC.")
        if self.user_id is not None and said.user_id != self.user_id:
            raise BadToken(f"This is a token of user {said.user_id}, not of user {self.user_id}.")
        self._use(token)

    def _use(self, token: str) -> None:
        self.token, self._said, self._warned = token, said_by(token), None


def said_by(token: str) -> Said | None:
    """Unchecked claims of a token, for its holder alone: the server decides about it (D1)."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return Said(_subject(claims), datetime.fromtimestamp(int(claims["exp"]), UTC))
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def _subject(claims: Mapping[str, Any]) -> int:
    named = (claims.get(name) for name in ("sub", "userId", "id"))
    return int(next(one for one in (*named, "") if one is not None))
