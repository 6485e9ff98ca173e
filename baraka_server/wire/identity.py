"""Access tokens (JWT): verified when somebody connects (D1), and minted for tests and operators."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.records import UserType
from baraka_server.contract.refusals import Code, Refusal

ALGORITHM = "HS256"
TOKEN_CHARS_MAX = 4096
LEEWAY = timedelta(seconds=30)
"""How far two clocks that are both kept by NTP differ at most, and more."""
ACCESS_TYPES = {"jwt", "at+jwt"}
"""What the `typ` of a header may say, where there is one (RFC 9068; RFC 8725, 3.11)."""
KIND_CLAIMS = {
    *("typ", "type", "kind", "use", "usage", "purpose"),
    *("tokentype", "tokenkind", "tokenuse", "tokenpurpose"),
}
"""The claims in which issuers say what a token is for, in the spelling of `_squeezed`."""
ACCESS_KINDS = frozenset({"access", "accesstoken", "bearer", "jwt", "at", "at+jwt"})
"""What such a claim says in an access token, in the spelling of `_squeezed`."""
USER_TYPES = frozenset(kind.lower() for kind in UserType)
"""A user of the existing system has a `type` too, and its tokens may carry it (D1)."""
KIND_CHARS_SHOWN = 32
REFRESH_FLAGS = {"refresh", "isrefresh", "refreshtoken", "isrefreshtoken"}


WATCH = "watch"
"""The `scope` of a guest's token (D58)."""
GUEST = "guest:"
"""The beginning of a guest's `sub`; a number follows, so that no guest is taken for a user."""
GUEST_NUMBER_MAX = 2**62


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified user id, and the time when its token expires.

    A guest (D58) has a negative number, which no user has. `auction_id` is the only auction that its
    token is for, where the token names one.
    """

    user_id: int
    expires_at: datetime
    auction_id: int | None = None

    @property
    def is_guest(self) -> bool:
        return self.user_id < 0


def mint(secret: str, user_id: int, lifetime: timedelta, claims: Mapping[str, Any]) -> str:
    """An access token for `user_id`. A negative lifetime makes one that has expired.

    `claims` go over ours; one that is None is left out.
    """
    now = datetime.now(UTC)
    issued_at = min(now, now + 2 * lifetime)
    payload = {"sub": str(user_id), "iat": issued_at, "exp": now + lifetime, **claims}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, secret, algorithm=ALGORITHM)


def mint_guest(
    secret: str, lifetime: timedelta, claims: Mapping[str, Any], auction_id: int | None = None
) -> str:
    """A token to watch without an account, every auction or one (D58)."""
    subject = f"{GUEST}{1 + secrets.randbelow(GUEST_NUMBER_MAX)}"
    ours = {"sub": subject, "scope": WATCH, "auction": auction_id}
    return mint(secret, 0, lifetime, {**claims, **ours})


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies access tokens. `audience` and `issuer` are required where they are given.

    `lifetime_max` is how far in the future a token may expire; None is no limit (RFC 8725, 3.10).
    `leeway` is how far its issuer's clock may be ahead of ours: a token that begins later (`nbf`), or
    was made later (`iat`), is refused. It lengthens no token's life: `exp` is strict.
    `kinds` are names of access tokens beside the usual ones; see the setting `token_kinds`.
    `guests` says whether a guest's token that names no auction is accepted (D58).
    """

    secret: str = field(repr=False)
    audience: str | None = None
    issuer: str | None = None
    lifetime_max: timedelta | None = None
    leeway: timedelta = LEEWAY
    chars_max: int = TOKEN_CHARS_MAX
    kinds: Collection[str] = ()
    guests: bool = True

    def verify(self, token: object) -> Identity | Refusal:
        """The identity that `token` proves, or one of the two documented refusals (guide: Connection)."""
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
                    # We never look at its id, so that may be a number too.
                    "verify_jti": False,
                    # Both are checked below: the library would give `exp` the same leeway.
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            header, claims = decoded["header"], decoded["payload"]
            expires_at = _moment(claims["exp"])
            if self._is_ahead(claims):
                return Refusal(Code.INVALID_TOKEN)
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError, OSError):
            return Refusal(Code.INVALID_TOKEN)
        # A difference of two times always exists; a sum may be beyond the calendar.
        too_long = self.lifetime_max and expires_at - datetime.now(UTC) > self.lifetime_max
        watches = _is_to_watch(claims)
        user_id = _guest(claims) if watches else _subject(claims)
        auction_id = _auction(claims) if watches else None
        closed = watches and auction_id is None and not self.guests
        if user_id is None or too_long or closed or not _has_access_header(header):
            return Refusal(Code.INVALID_TOKEN)
        other = _other_kind(claims, {*ACCESS_KINDS, *USER_TYPES, *map(_squeezed, self.kinds)})
        if other is not None:
            return Refusal(Code.INVALID_TOKEN, values={"kind": other})
        return Identity(user_id, expires_at, auction_id)

    def _is_ahead(self, claims: Mapping[str, Any]) -> bool:
        """Whether the token is not valid yet, by `nbf` and `iat`. An `iat` that is not a time is ignored."""
        latest = (datetime.now(UTC) + self.leeway).timestamp()
        if "nbf" in claims and int(claims["nbf"]) > latest:
            return True
        issued_at = claims.get("iat")
        return (
            isinstance(issued_at, int | float)
            and not isinstance(issued_at, bool)
            and issued_at > latest
        )


def _moment(seconds: object) -> datetime:
    """The time of a claim. Raises `ValueError` unless it is a number: the library accepts "1" and true."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError(seconds)
    return datetime.fromtimestamp(int(seconds), UTC)


def _has_access_header(header: Mapping[str, Any]) -> bool:
    if "typ" not in header:
        return True
    kind = header["typ"]
    return isinstance(kind, str) and kind.lower().removeprefix("application/") in ACCESS_TYPES


def _other_kind(claims: Mapping[str, Any], known: Collection[str]) -> str | None:
    """The use that a claim names, where it is not access; None for an access token.

    An issuer may sign all kinds with the same key: one to refresh, which lives for months, one to set a
    new password, which comes by mail, one for somebody whose code is still to be checked. Whatever is
    not known as access is another use.
    """
    for name, said in claims.items():
        claim = _squeezed(name)
        if claim in REFRESH_FLAGS and said is True:
            return "refresh"
        if claim in KIND_CLAIMS and said is not None:
            for each in said if isinstance(said, list) else [said]:
                if _squeezed(str(each)) not in known:
                    return ascii(each)[:KIND_CHARS_SHOWN]
    return None


def _squeezed(text: str) -> str:
    return text.lower().replace("_", "").replace("-", "").replace(" ", "")


def _subject(claims: Mapping[str, Any]) -> int | None:
    """The user id: `sub` as a decimal string or integer, else an integer `userId` or `id` (D1)."""
    subject = claims.get("sub")
    if isinstance(subject, str) and subject.isascii() and subject.isdecimal():
        subject = int(subject) if len(subject) <= len(str(INT_MAX)) else None
    elif subject is None:
        subject = next(
            (claims[name] for name in ("userId", "id") if claims.get(name) is not None), None
        )
    return subject if type(subject) is int and 1 <= subject <= INT_MAX else None


def _is_to_watch(claims: Mapping[str, Any]) -> bool:
    scope = claims.get("scope")
    return (scope.split() if isinstance(scope, str) else scope) == [WATCH]


def _guest(claims: Mapping[str, Any]) -> int | None:
    """The negative number of a guest. None for every other subject: who may only watch is not a user."""
    subject = claims.get("sub")
    number = subject.removeprefix(GUEST) if isinstance(subject, str) else ""
    if subject != GUEST + number or not (number.isascii() and number.isdecimal()):
        return None
    known = len(number) <= len(str(GUEST_NUMBER_MAX)) and 1 <= int(number) <= GUEST_NUMBER_MAX
    return -int(number) if known else None


def _auction(claims: Mapping[str, Any]) -> int | None:
    """The auction that a guest's token names; 0, which there is not, where it is not an auction's id."""
    named = claims.get("auction")
    return named if named is None or type(named) is int else 0


def bearer(header: str | None) -> str | None:
    """The token of an `Authorization: Bearer …` header, where there is one (D3)."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
