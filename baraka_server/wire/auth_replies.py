"""Responses of the routes under /auth: `{status, data}` and `{status, message, code}`."""

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
    Code.TOO_FAST: 429,
    Code.UNAVAILABLE: 503,
    Code.OUTCOME_UNKNOWN: 500,
    Code.FAULT: 500,
}
"""The status of a refusal; of all others it is 400. A 401 would sign the users of many apps out."""


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
