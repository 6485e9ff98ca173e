"""CORS headers and origin check, the same for Socket.IO and for HTTP.

No page may send the browser's cookies: it proves its user with a token. Only an answer that is the same
for everybody may say that it allows them; see `old_clients`.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import hdrs, web

PREFLIGHT_SECONDS = 7200
"""How long a browser may remember what it may send; none remembers longer."""
READABLE = "Retry-After, Link"
"""Headers of ours that a page may read beside those that it may always."""
SENDABLE = "authorization, content-type, *"
"""Headers that a page may send: a browser asks for `authorization` by its name."""


class Cors:
    """CORS for the pages of `origins`; `*` among them allows all pages."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origins)
        self._everybody = "*" in self._origins

    def add_to(self, app: web.Application) -> None:
        app.on_response_prepare.append(self._sign)

    def allows(self, request: web.Request) -> bool:
        """Whether a request comes from an allowed page, or from no page at all."""
        origin = request.headers.get(hdrs.ORIGIN)
        return origin is None or self._everybody or origin in self._origins

    def preflight(self, request: web.Request) -> web.Response | None:
        """The answer to a preflight request of a browser; None for any other request."""
        if (
            request.method != hdrs.METH_OPTIONS
            or hdrs.ACCESS_CONTROL_REQUEST_METHOD not in request.headers
        ):
            return None
        may = {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: SENDABLE,
            hdrs.ACCESS_CONTROL_MAX_AGE: str(PREFLIGHT_SECONDS),
        }
        return web.Response(status=204, headers=may if self.allows(request) else {})

    async def _sign(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the CORS and cache headers to an answer. No cache may keep one: it is new or private."""
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
        with_cookies = hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS in response.headers
        if with_cookies or not self._everybody:
            response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and self.allows(request):
            allowed = origin if with_cookies or not self._everybody else "*"
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = allowed
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = READABLE
