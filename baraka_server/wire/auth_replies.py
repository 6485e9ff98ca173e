"""Responses of the routes under /auth: `{status, data}` and `{status, message, code}` (D49)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.wire.http_errors import json_response, refusal_response

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
    return json_response({"status": "success", "data": data})


def failure(refusal: Refusal) -> web.Response:
    """The response of a refusal; it gets its `status` where all errors under /auth get theirs."""
    return refusal_response(refusal, STATUS, 400)
