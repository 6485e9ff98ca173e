"""The guide for clients over HTTP: `/docs`, for everybody, made when the program is built."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "max-age=300",
}


class GuidePage:
    """The routes: the page, and its style sheet. Both are read once."""

    def __init__(self) -> None:
        folder = files("baraka_server.wire") / "guide"
        self._page = (folder / "guide.html").read_bytes()
        self._style = (folder / "guide.css").read_bytes()

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/docs", self._guide)
        app.router.add_get("/docs/guide.css", self._sheet)

    async def _guide(self, _request: web.Request) -> web.Response:
        return _response(self._page, "text/html")

    async def _sheet(self, _request: web.Request) -> web.Response:
        return _response(self._style, "text/css")


def _response(body: bytes, kind: str) -> web.Response:
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)
