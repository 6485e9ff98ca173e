"""Whose an Engine.IO session is: its id stands in URLs, which proxies log, and proves nothing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ID_BYTES = 16
"""128 bits that nobody can guess."""

_key = secrets.token_bytes(32)


def new_id() -> str:
    return secrets.token_urlsafe(ID_BYTES)


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opened a session, as far as every later request of it must show the same again.

    Its `Authorization` header where it had one, as a hash that is of no use elsewhere, and its
    address where sessions keep theirs. A token in the CONNECT packet is in no later request.
    """

    authorization: bytes | None
    address: str | None

    def objection(self, environ: Mapping[str, Any], address: str) -> str | None:
        """Why a request is not of whoever opened the session; None for one that is."""
        if self.authorization is not None:
            shown = _hashed(environ) or b""
            if not hmac.compare_digest(shown, self.authorization):
                return "this session was opened with another Authorization header"
        if self.address is not None and address != self.address:
            return "this session was opened from another address"
        return None


@dataclass(frozen=True, slots=True)
class SidBinding:
    """What a session is bound to; see the settings `session_keeps_token` and `session_keeps_address`."""

    token: bool = True
    address: bool = False

    def opener(self, environ: Mapping[str, Any], address: str) -> Opener:
        """Who opens a session with this request."""
        return Opener(
            _hashed(environ) if self.token else None,
            address if self.address else None,
        )


def _hashed(environ: Mapping[str, Any]) -> bytes | None:
    header = environ.get("HTTP_AUTHORIZATION")
    if not header:
        return None
    return hashlib.blake2b(header.encode("utf-8", "surrogateescape"), key=_key).digest()
