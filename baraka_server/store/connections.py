"""Counts of a store's connections to its database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool


class Connections:
    """The connections that an engine's pool has, and how many it made so far."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.sync_engine
        self.made = 0
        event.listen(self._engine, "connect", self._note)

    def _note(self, *_: Any) -> None:
        self.made += 1

    @property
    def in_use(self) -> int:
        pool = self._engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    @property
    def idle(self) -> int:
        pool = self._engine.pool
        return pool.checkedin() if isinstance(pool, QueuePool) else 0

    @property
    def max(self) -> int:
        """How many there may be; 0 where there is no limit of ours."""
        pool = self._engine.pool
        if self._engine.dialect.name == "sqlite" or not isinstance(pool, QueuePool):
            return 0
        return pool.size()
