"""Responses of the routes under /auth: `{status, data}` and `{status, message, code}` (D49)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.encoded import encode
from baraka_server.wire.http_errors import RETRY_AFTER_SECONDS

STATUS = {
    Code.GUESTS_OFF: 403,
    Code.BLOCKED_EVERYWHERE: 403,
    Code.SESSION_OVER: 401,
    Code.TOO_FAST: 429,
    Code.TOO_MANY_CODES: 429,
    Code.TOO_MANY_TRIES: 429,
    Code.SIGN_IN_UNAVAILABLE: 503,
    Code.FAULT: 500,
}
"""The status of a refusal; of all others it is 400. Apps sign their users out on 401."""


def success(data: Mapping[str, Any]) -> web.Response:
    return _json({"status": "success", "data": data})


def failure(refusal: Refusal) -> web.Response:
    """The response of a refusal, with `Retry-After` where it may be asked for again."""
    response = _json(
        {"status": "error", "message": refusal.message, "code": refusal.code, "ok": False}
        | refusal.extra,
        STATUS.get(refusal.code, 400),
    )
    if response.status in {429, 503}:
        wait = math.ceil(refusal.extra.get("retryAfterMs", RETRY_AFTER_SECONDS * 1000) / 1000)
        response.headers["Retry-After"] = str(wait)
    return response


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(text=encode(value), status=status, content_type="application/json")
