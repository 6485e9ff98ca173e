"""Payloads of acknowledgements and of the `error` event (D20)."""

from __future__ import annotations

from typing import Any

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.encoded import Encoded, encode


def error_payload(refusal: Refusal) -> Encoded:
    """The payload of `error`: {"message":…,"code":…,"event":…}."""
    fields = {"message": refusal.message, "code": refusal.code} | refusal.extra
    return encode(fields | ({"event": refusal.event} if refusal.event else {}))


def positive(outcome: dict[str, Any]) -> Encoded:
    """The acknowledgement of an accepted event: {"ok":true,…}."""
    return encode({"ok": True} | outcome)


def negative(refusal: Refusal) -> Encoded:
    """The acknowledgement of a refused event: {"ok":false,"code":…,"message":…}."""
    fields = {"ok": False, "code": refusal.code, "message": refusal.message}
    return encode(fields | refusal.extra)


def too_fast(event: str, wait_seconds: float) -> Refusal:
    """The refusal of an event over a rate; `retryAfterMs` says when it may be sent again."""
    return Refusal(Code.TOO_FAST, event, {"retryAfterMs": max(1, round(wait_seconds * 1000))})


def for_the_log(refusal: Refusal, limit: str = "") -> tuple[str, str]:
    """The reason of a refused token or request for the log, and its setting: more than clients hear."""
    kind = refusal.values.get("kind")  # signed with our key: its issuer's word
    if kind is None:
        return refusal.message, limit
    return f"its token says that it is for another use: {kind}", "token_kinds"
