"""Pages of a sale for a browser: `/watch/ID`, `/overlay/ID` and `/board/ID`, with what they load.

They are files beside the code, and the same for everybody: who watches, and what, only the token says that
a page connects with. No page has a script or a style of its own in it, so that the policy forbids them.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from aiohttp import hdrs, web

log = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parents[1] / "pages"
CLIENT = "socket.io.js"
"""The official client, which `make setup` brings from npm; a wheel has it inside."""
PAGES = ("watch", "overlay", "board")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
HOUSE = "{{house}}"
"""What stands in a page for the facts of the house."""

SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' http: https:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""What a page may load. The pictures of lots are wherever the owner of the sale has them."""
HEADERS = {
    "Content-Security-Policy": "; ".join(map(" ".join, SOURCES.items())),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True)
class Document:
    """A file as it is sent; a browser that has it by its tag is told only that it is still so."""

    body: bytes
    content_type: str

    @cached_property
    def tag(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:20]

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.body, mtime=0)

    def answer(self, request: web.Request) -> web.Response:
        headers = HEADERS | {hdrs.CACHE_CONTROL: "no-cache", hdrs.ETAG: f'"{self.tag}"'}
        if any(tag.value in {self.tag, "*"} for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
        body = self.body
        if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            headers[hdrs.CONTENT_ENCODING] = "gzip"
            body = self.compressed
        return web.Response(
            body=body, content_type=self.content_type, charset="utf-8", headers=headers
        )


class ViewerPages:
    """The routes of the pages. `house` are facts that they show: `currency`, `sign-in`, `sign-up`."""

    def __init__(self, house: Mapping[str, str]) -> None:
        facts = "\n    ".join(
            f'<meta name="baraka-{name}" content="{html.escape(value)}">'
            for name, value in house.items()
        )
        self._documents = {path.name: _read(path, facts) for path in _files()}

    def add_to(self, app: web.Application) -> None:
        if CLIENT not in self._documents:
            log.warning(
                "pages are not served: %s is missing. Try: make setup, with npm",
                FOLDER / CLIENT,
                extra={"event": "no_pages"},
            )
            return
        for page in PAGES:
            document = self._documents[f"{page}.html"]
            app.router.add_get(f"/{page}/{{id:[0-9]{{1,10}}}}", _giving(document))
        for name, document in self._documents.items():
            if not name.endswith(".html"):
                app.router.add_get(f"/pages/{name}", _giving(document))


def _files() -> list[Path]:
    return sorted(path for path in FOLDER.iterdir() if path.suffix in TYPES)


def _read(path: Path, facts: str) -> Document:
    body = path.read_bytes()
    if path.suffix == ".html":
        body = body.replace(HOUSE.encode(), facts.encode())
    return Document(body, TYPES[path.suffix])


def _giving(document: Document) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def give(request: web.Request) -> web.Response:
        return document.answer(request)

    return give
