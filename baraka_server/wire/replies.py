"""How a refusal looks on the wire: the `error` event, and the acknowledgement (D20)."""

from __future__ import annotations

from typing import Any

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.encoded import Encoded, encode


def error_payload(refusal: Refusal) -> Encoded:
    fields = {"message": refusal.message, "code": refusal.code} | refusal.extra
    return encode(fields | ({"event": refusal.event} if refusal.event else {}))


def positive(outcome: dict[str, Any]) -> Encoded:
    return encode({"ok": True} | outcome)


def negative(refusal: Refusal) -> Encoded:
    fields = {"ok": False, "code": refusal.code, "message": refusal.message}
    return encode(fields | refusal.extra)


def too_fast(event: str, wait_seconds: float) -> Refusal:
    """The refusal of what is over a rate; `retryAfterMs` says when it may be tried again."""
    return Refusal(Code.TOO_FAST, event, {"retryAfterMs": max(1, round(wait_seconds * 1000))})


def for_the_log(refusal: Refusal, limit: str = "") -> tuple[str, str]:
    """Why somebody was not let in, and the setting that it is about: more than clients are told."""
    kind = refusal.values.get("kind")  # signed with our key: its issuer's word
    if kind is None:
        return refusal.message, limit
    return f"its token says that it is for another use: {kind}", "token_kinds"
