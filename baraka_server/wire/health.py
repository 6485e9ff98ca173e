"""Health checks over HTTP: `/healthz` for the process, `/readyz` for a load balancer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from baraka_server.live.relay import Relay
from baraka_server.store.errors import Contention, StoreError, Trouble, Unavailable
from baraka_server.store.store import Store
from baraka_server.wire.http_errors import error_response

log = logging.getLogger(__name__)

LOOK_SECONDS = 1
"""How long the result of a database check is used: anybody may ask, and it costs as much as a bid."""
ANSWER_SECONDS_MAX = 1.8
"""The longest wait for the database: probes give up after two seconds or little more."""


class Health:
    """The routes: `/healthz` answers while the process lives, `/readyz` while it can also serve."""

    def __init__(
        self, store: Store, relay: Relay, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._relay = relay
        self._clock = clock
        self._look: asyncio.Task[Trouble | None] | None = None
        self._looked_at = 0.0
        self.stopping = False

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def ready(self, _request: web.Request) -> web.Response:
        """200, or 503 with a `code`, a `message`, and the database's trouble under `database`.

        An interrupted relay is told of (`relay`), and so is another server of the same node id
        (`duplicateNodeId`); neither takes anybody away: bids go on.
        """
        if self.stopping:
            return error_response(503, "The server is stopping.", code="stopping")
        now = self._clock()
        if self._look is None or (self._look.done() and now - self._looked_at > LOOK_SECONDS):
            self._look, self._looked_at = asyncio.create_task(self._database_trouble()), now
        rest = self._looked_at + ANSWER_SECONDS_MAX - now
        await asyncio.wait([self._look], timeout=max(0, rest))
        trouble = self._look.result() if self._look.done() else Trouble.SILENT
        if trouble is None:
            return web.json_response({"ok": True} | self._relay_state())
        return error_response(503, f"The database {trouble.words}.", database=trouble)

    def _relay_state(self) -> dict[str, Any]:
        if not self._relay.wanted:
            return {}
        state = {"relay": "healthy" if self._relay.healthy else "degraded"}
        return state | ({"duplicateNodeId": True} if self._relay.has_namesake else {})

    async def _database_trouble(self) -> Trouble | None:
        try:
            await self._store.probe()
        except Unavailable as error:
            return error.trouble
        except Contention:
            return Trouble.BUSY
        except StoreError:
            return Trouble.UNREACHABLE
        except Exception:  # a driver that met a broken connection may raise anything
            log.exception("the check of the database failed", extra={"event": "fault"})
            return Trouble.UNREACHABLE
        return None
