"""Binding of an Engine.IO session to whoever opened it: its id is in URLs, which proxies log."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ID_BYTES = 16
"""The random bytes of a session id."""

_key = secrets.token_bytes(32)


def new_id() -> str:
    return secrets.token_urlsafe(ID_BYTES)


@dataclass(frozen=True, slots=True)
class Opener:
    """The part of the request that opened a session which every later request must show again.

    Its `Authorization` header where it had one, as a hash that is of no use elsewhere, and its
    address where sessions are bound to one. A token in the CONNECT packet is in no later request.
    """

    authorization: bytes | None
    address: str | None

    def objection(self, environ: Mapping[str, Any], address: str) -> str | None:
        """The reason why a request is refused as another client's; None where it is not."""
        if self.authorization is not None:
            shown = _hashed(environ) or b""
            if not hmac.compare_digest(shown, self.authorization):
                return "this session was opened with another Authorization header"
        if self.address is not None and address != self.address:
            return "this session was opened from another address"
        return None


@dataclass(frozen=True, slots=True)
class SidBinding:
    """The settings `session_keeps_token` and `session_keeps_address`."""

    token: bool = True
    address: bool = False

    def opener(self, environ: Mapping[str, Any], address: str) -> Opener:
        """The `Opener` of a session that this request opens."""
        return Opener(
            _hashed(environ) if self.token else None,
            address if self.address else None,
        )


def _hashed(environ: Mapping[str, Any]) -> bytes | None:
    header = environ.get("HTTP_AUTHORIZATION")
    if not header:
        return None
    return hashlib.blake2b(header.encode("utf-8", "surrogateescape"), key=_key).digest()
