"""Whether the process lives, and whether it should be sent anybody."""

from __future__ import annotations

import logging

from aiohttp import web

from baraka_server.store.errors import StoreError
from baraka_server.store.store import Store

log = logging.getLogger(__name__)


class Health:
    """`/healthz` answers while the process lives; `/readyz` while it can also serve."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stopping = False

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def ready(self, _request: web.Request) -> web.Response:
        if self.stopping:
            return _not_ready("the server is stopping")
        try:
            await self._store.ping()
        except StoreError:
            return _not_ready("the database does not answer")
        except Exception:  # a driver that met a broken connection may raise anything
            log.exception("the database could not be asked")
            return _not_ready("the database does not answer")
        return web.json_response({"ok": True})


def _not_ready(reason: str) -> web.Response:
    return web.json_response({"ok": False, "reason": reason}, status=503)
