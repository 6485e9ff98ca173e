"""Whether the process lives, and whether it should be sent anybody."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from baraka_server.store.errors import StoreError
from baraka_server.store.store import Store

log = logging.getLogger(__name__)


LOOK_SECONDS = 1
"""How long a look at the database counts: anybody may ask, and it takes what a bid takes."""


class Health:
    """`/healthz` answers while the process lives; `/readyz` while it can also serve."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._look: asyncio.Task[bool] | None = None
        self._looked_at = 0.0
        self.stopping = False

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def ready(self, _request: web.Request) -> web.Response:
        if self.stopping:
            return _not_ready("the server is stopping")
        now = asyncio.get_running_loop().time()
        if self._look is None or (self._look.done() and now - self._looked_at > LOOK_SECONDS):
            self._look, self._looked_at = asyncio.create_task(self._database_answers()), now
        if not await asyncio.shield(self._look):
            return _not_ready("the database does not answer")
        return web.json_response({"ok": True})

    async def _database_answers(self) -> bool:
        try:
            await self._store.ping()
        except StoreError:
            return False
        except Exception:  # a driver that met a broken connection may raise anything
            log.exception("the database could not be asked")
            return False
        return True


def _not_ready(reason: str) -> web.Response:
    return web.json_response({"ok": False, "reason": reason}, status=503)
