"""Error responses over HTTP, all in one shape: `{ok: false, code, message}` (D20)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import hdrs, web

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.encoded import encode
from baraka_server.wire.replies import negative

RETRY_AFTER_SECONDS = 5
"""The `Retry-After` of 429 and 503."""

AUTH_PATHS = "/auth/"

CODES: dict[int, str] = {
    400: "bad_request",
    403: "not_your_session",
    404: "not_found",
    405: "method_not_allowed",
    411: "length_required",
    413: "too_large",
    415: "unsupported_encoding",
    417: "bad_request",
    429: Code.TOO_FAST,
    500: Code.FAULT,
    503: Code.UNAVAILABLE,
}
"""The default `code` of each status."""


def error_response(
    status: int,
    message: str,
    *,
    code: str | None = None,
    **more: str,
) -> web.Response:
    """An error response. `code` is by default that of the status; `more` are further fields."""
    again = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status in {429, 503} else {}
    return web.Response(
        text=_body(status, code, message, **more),
        status=status,
        content_type="application/json",
        headers=again,
    )


def json_response(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        text=encode(value), status=status, headers=headers, content_type="application/json"
    )


def refusal_response(
    refusal: Refusal, statuses: Mapping[Code, int], other_status: int
) -> web.Response:
    """The response of a refusal, with `Retry-After` where it may be asked for again."""
    response = json_response(negative(refusal), statuses.get(refusal.code, other_status))
    if response.status in {429, 503}:
        wait = refusal.extra.get("retryAfterMs", RETRY_AFTER_SECONDS * 1000)
        response.headers["Retry-After"] = str(math.ceil(wait / 1000))
    return response


async def in_one_shape(request: web.Request, response: web.StreamResponse) -> None:
    """Give error responses of the libraries the shape of ours, before they are sent.

    Those under /auth have a `status` as well, whoever refuses (D49).
    """
    if response.status < 400 or not isinstance(response, web.Response):
        return
    more = {"status": "error"} if request.path.startswith(AUTH_PATHS) else {}
    if response.content_type != "application/json":
        phrase = HTTPStatus(response.status).phrase
        message = phrase if isinstance(response, web.HTTPException) else _said(response) or phrase
        body = _body(response.status, None, message, **more).encode()
    elif more and isinstance(response.body, bytes):
        body = encode(more | json.loads(response.body)).encode()
    else:
        return
    response.content_type, response.body = "application/json", body
    response.headers[hdrs.CONTENT_LENGTH] = str(len(body))  # it was counted already


def _body(status: int, code: str | None, message: str, /, **more: str) -> str:
    code = code or CODES.get(status, "refused")
    return encode({"ok": False, "code": code, "message": message} | more)


def _said(response: web.Response) -> str:
    """The reason of an answer of Engine.IO: a text in JSON."""
    body = response.body
    try:
        said = json.loads(body) if isinstance(body, bytes) else ""
    except ValueError:
        return ""
    return said if isinstance(said, str) else ""
