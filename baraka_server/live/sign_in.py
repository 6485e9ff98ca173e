"""Signing in by a one-time code, and staying signed in (D49 to D51)."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from baraka_server.contract.fields import whole_milliseconds
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.code_delivery import CodeDelivery, Number, ToSend
from baraka_server.live.sign_in_counts import Counts, Outcome
from baraka_server.store import codes, sessions
from baraka_server.store.codes import CodeLimits, CodeRow, NewCode, Origin
from baraka_server.store.sessions import Ended, Over, Renewed, SessionLimits
from baraka_server.store.sign_ins import Attempt, Denied, NotSignedIn, SignedIn, try_code
from baraka_server.store.store import Store

log = logging.getLogger(__name__)

CODE_DIGITS = 6
CHALLENGE_BYTES = 16
NO_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code is on its way, or nobody is told that none is. `token` stands for the number."""

    token: str = field(repr=False)
    valid: timedelta
    pause: timedelta


class SignIn:
    """The commands of signing in. `key` is secret, for hashes that nobody else can make.

    `clock` gives the time of codes and sessions; servers of one database keep theirs by NTP.
    """

    def __init__(
        self,
        store: Store,
        key: bytes,
        delivery: CodeDelivery,
        counts: Counts,
        code_limits: CodeLimits,
        session_limits: SessionLimits,
        *,
        sign_up: bool = False,
        in_users: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._key = key
        self._delivery = delivery
        self._counts = counts
        self._code_limits = code_limits
        self._session_limits = session_limits
        self._sign_up = sign_up
        self._in_users = in_users
        self._clock = clock

    async def ask(
        self, number: Number, address: str, challenge: str | None = None
    ) -> Challenge | Refusal:
        """Have a code sent, or nothing where the number is of no user or of two: nobody can tell.

        A `challenge` that was given before stays the same. Raises a `StoreError`.
        """
        if self._delivery.full:
            return Refusal(Code.SIGN_IN_UNAVAILABLE)
        now, limits = self._now(), self._code_limits
        challenge = challenge or secrets.token_urlsafe(CHALLENGE_BYTES)
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        code_hash = self._code_hash(number, code)
        new = NewCode(number.e164, sessions.hash_of(challenge), code_hash)
        wait = await codes.ask(self._store, new, self._origin(number, address), limits, now)
        if wait:
            self._counts[Outcome.CODE_LIMITED] += 1
            return _too_many(Code.TOO_MANY_CODES, wait)
        self._counts[Outcome.CODE_ASKED] += 1
        expires_at = now + limits.valid
        self._delivery.put(ToSend(secrets.token_hex(16), number, code, code_hash, expires_at))
        return Challenge(challenge, limits.valid, limits.pause)

    async def number_of(self, challenge: str) -> str | None:
        """The number that a challenge stands for; None for one that is over. Raises a `StoreError`."""
        return await codes.number_of(self._store, sessions.hash_of(challenge))

    async def verify(
        self, number: Number, code: str, name: str | None, address: str
    ) -> SignedIn | Refusal:
        """Sign a user in, or a new one up. Raises a `StoreError`."""
        hashed = self._code_hash(number, code)

        def is_right(row: CodeRow | None) -> bool:
            same = hmac.compare_digest(row.code_hash if row else NO_HASH, hashed)
            return same and row is not None

        attempt = Attempt(
            number.e164,
            number.spellings,
            self._origin(number, address),
            is_right,
            name,
            self._sign_up,
            self._in_users,
        )
        limits = self._code_limits, self._session_limits
        found = await try_code(self._store, attempt, *limits, self._now())
        if isinstance(found, NotSignedIn):
            return self._denied(found)
        self._counts[Outcome.SIGNED_UP if found.is_new else Outcome.SIGNED_IN] += 1
        log.info(
            "user %s signed %s",
            found.user.id,
            "up" if found.is_new else "in",
            extra={"event": "signed_in", "user": found.user.id},
        )
        return found

    async def refresh(self, token: str) -> Renewed | Refusal:
        """A new refresh token for an old one. Raises a `StoreError`."""
        found = await sessions.renew(self._store, token, self._session_limits, self._now())
        if isinstance(found, Renewed):
            self._counts[Outcome.REFRESHED] += 1
            return found
        self._counts[Outcome.SESSION_OVER] += 1
        if found.now:
            self._note_end(found)
        return Refusal(Code.SESSION_OVER)

    async def log_out(self, token: str) -> None:
        """End the session of a refresh token, if it is on. Raises a `StoreError`."""
        if await sessions.log_out(self._store, token, self._now()):
            self._counts[Outcome.LOGGED_OUT] += 1

    async def forget(self) -> int:
        """Delete some of what is over. Returns how many rows. Raises a `StoreError`."""
        now = self._now()
        gone = await codes.forget_codes(self._store, self._code_limits, now)
        return gone + await sessions.forget_sessions(self._store, self._session_limits, now)

    def _denied(self, found: NotSignedIn) -> Refusal:
        match found.denied:
            case Denied.TOO_MANY_TRIES | Denied.TOO_MANY_OF_ADDRESS:
                self._counts[Outcome.TRIES_LIMITED] += 1
                return _too_many(Code.TOO_MANY_TRIES, found.wait)
            case Denied.NAME_NEEDED:
                return Refusal(Code.NAME_NEEDED)
            case Denied.BLOCKED:
                self._counts[Outcome.USER_BLOCKED] += 1
                return Refusal(Code.BLOCKED_EVERYWHERE)
            case _:  # also for a number of two users: nobody may tell
                self._counts[Outcome.CODE_WRONG] += 1
                return Refusal(Code.WRONG_CODE)

    def _note_end(self, over: Over) -> None:
        if over.reason is Ended.REUSE:
            self._counts[Outcome.REFRESH_REUSED] += 1
            log.warning(
                "user %s: a refresh token was used again, and its session is over",
                over.user_id,
                extra={"event": "refresh_reused", "user": over.user_id},
            )
        else:
            log.info(
                "user %s: a session is over (%s)",
                over.user_id,
                over.reason,
                extra={"event": "session_over", "user": over.user_id},
            )

    def _origin(self, number: Number, address: str) -> Origin:
        return Origin(self._hash(f"number {number.e164}"), number.prefix, address)

    def _code_hash(self, number: Number, code: str) -> str:
        return self._hash(f"code {number.e164} {code}")

    def _hash(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _now(self) -> datetime:
        return whole_milliseconds(self._clock())


def _too_many(code: Code, wait: timedelta) -> Refusal:
    return Refusal(code, "", {"retryAfterMs": max(1, round(wait.total_seconds() * 1000))})
