"""The guide for clients over HTTP: `/docs`, for everybody, made when the program is built."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web

from baraka_server.wire.documents import Document, headers_for

HEADERS = headers_for({"style-src": "'self'"}, "max-age=300")


class GuidePage:
    """The routes: the page, and its style sheet. Both are read once."""

    def __init__(self) -> None:
        folder = files("baraka_server.wire") / "guide"
        self._page = Document((folder / "guide.html").read_bytes(), "text/html", HEADERS)
        self._style = Document((folder / "guide.css").read_bytes(), "text/css", HEADERS)

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/docs", self._page.answer)
        app.router.add_get("/docs/guide.css", self._style.answer)
