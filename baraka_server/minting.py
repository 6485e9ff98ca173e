"""`Minting`: makes access tokens and guests' as the server of these settings asks for them (D1, D58)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from baraka_server.settings import Settings
from baraka_server.wire.identity import mint, mint_guest


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
