"""Access tokens made by hand, right and wrong, and what a verifier says of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.wire.identity import Identity, Verifier

SECRET = "a secret of the house, with more than 32 bytes"
ANOTHER_SECRET = "a secret of somebody else, just as long as ours"
HOUR = timedelta(hours=1)
CLAIMS = {"sub": "7", "exp": 4102444800}  # the year 2100

NO_TOKEN = Refusal(Code.NO_TOKEN)
INVALID = Refusal(Code.INVALID_TOKEN)


def verify(secret: str, token: object, **options: Any) -> Identity | Refusal:
    """What a client is told of it: what only the log is told is left out."""
    found = Verifier(secret, **options).verify(token)
    return Refusal(found.code) if isinstance(found, Refusal) else found


def in_time(step: timedelta) -> int:
    return int((datetime.now(UTC) + step).timestamp())


def part(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def signed(header: Any, claims: Any, *, key: bytes = SECRET.encode(), digest: Any = None) -> str:
    """A token made by hand, as no library would make it. Bytes are taken as they are."""
    pieces = [
        part(each if isinstance(each, bytes) else json.dumps(each).encode())
        for each in (header, claims)
    ]
    text = b".".join(pieces)
    signature = hmac.new(key, text, digest or hashlib.sha256).digest()
    return b".".join([text, part(signature)]).decode()


def signed_claims(claims: Mapping[str, Any]) -> str:
    """A well-signed token that has an hour to live, unless `claims` say otherwise."""
    return signed({"alg": "HS256", "typ": "JWT"}, {"exp": in_time(HOUR), **claims})


def who(claims: Mapping[str, Any], **options: Any) -> int | Refusal:
    found = verify(SECRET, signed_claims(claims), **options)
    return found.user_id if isinstance(found, Identity) else found
