"""Access tokens as the settings ask for them: what makes them, and what verifies them (D1, D58)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from baraka_server.settings import Mode, Settings
from baraka_server.wire.identity import Verifier, mint, mint_guest


class UnsafeSecret(ValueError):
    """The secret is missing, or others can guess it. The text says why, behind the setting's name."""


@dataclass(frozen=True, slots=True)
class Minting:
    """`claims` are those that the server asks for; `lifetime_max` is the longest that it takes."""

    secret: str = field(repr=False)
    claims: Mapping[str, Any]
    lifetime_max: timedelta | None

    @classmethod
    def of(cls, settings: Settings, secret: str) -> Self:
        asked = {"aud": settings.jwt_audience, "iss": settings.jwt_issuer}
        seconds = settings.token_lifetime_seconds_max
        return cls(
            secret,
            {name: value for name, value in asked.items() if value is not None},
            timedelta(seconds=seconds) if seconds else None,
        )

    def token(
        self, user_id: int, lifetime: timedelta, claims: Mapping[str, Any] | None = None
    ) -> str:
        """An access token of `user_id`.

        `claims` go over ours; one that is None is left out. Raises `TypeError` for claims that no
        token can have.
        """
        return mint(self.secret, user_id, lifetime, {**self.claims, **(claims or {})})

    def guest(self, lifetime: timedelta, auction_id: int | None = None) -> str:
        """A token to watch with, every auction or this one, without an account."""
        return mint_guest(self.secret, lifetime, self.claims, auction_id)

    def allowed(self, lifetime: timedelta) -> timedelta:
        """As much of it as the server takes."""
        return min(lifetime, self.lifetime_max) if self.lifetime_max else lifetime


def minting(settings: Settings) -> Minting | None:
    """None without a secret."""
    if settings.jwt_secret is None:
        return None
    return Minting.of(settings, settings.jwt_secret.get_secret_value())


def token_verifier(settings: Settings) -> Verifier:
    """The verifier of access tokens. Raises `UnsafeSecret` without a secret, or a weak one in production."""
    fault = settings.secret_fault
    if settings.jwt_secret is None or (fault and settings.mode is Mode.PRODUCTION):
        raise UnsafeSecret(fault)
    lifetime = timedelta(seconds=settings.token_lifetime_seconds_max)
    return Verifier(
        secret=settings.jwt_secret.get_secret_value(),
        audience=settings.jwt_audience,
        issuer=settings.jwt_issuer,
        lifetime_max=lifetime or None,
        leeway=timedelta(seconds=settings.token_leeway_seconds),
        chars_max=settings.token_chars_max,
        kinds=settings.access_kinds,
        guests=settings.guests,
    )
