"""Pages of a sale for a browser: `/watch/ID`, `/overlay/ID` and `/board/ID`, with what they load.

They are files beside the code, and the same for everybody: who watches, and what, only the token says that
a page connects with. No page has a script or a style of its own in it, so that the policy forbids them.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from baraka_server.wire.documents import Document, headers_for

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

# The pictures of lots are wherever the owner of the sale has them.
SOURCES = {
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' http: https:",
    "connect-src": "'self'",
}
HEADERS = headers_for(
    SOURCES,
    "no-cache",
    {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    },
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
            app.router.add_get(f"/{page}/{{id:[0-9]{{1,10}}}}", document.answer)
        for name, document in self._documents.items():
            if not name.endswith(".html"):
                app.router.add_get(f"/pages/{name}", document.answer)


def _files() -> list[Path]:
    return sorted(path for path in FOLDER.iterdir() if path.suffix in TYPES)


def _read(path: Path, facts: str) -> Document:
    body = path.read_bytes()
    if path.suffix == ".html":
        body = body.replace(HOUSE.encode(), facts.encode())
    return Document(body, TYPES[path.suffix], HEADERS)
