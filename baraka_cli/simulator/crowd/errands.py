"""`Errands`: background tasks of a run, and waiting for conditions in bounded time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

POLL_SECONDS = 0.02


class Errands:
    """`patience_seconds` is how long to wait for what a server does when it is not in trouble."""

    def __init__(self, patience_seconds: float) -> None:
        self.patience_seconds = patience_seconds
        self._tasks: set[asyncio.Task[Any]] = set()
        self._fault: BaseException | None = None

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Start a background task. Its error is raised to whoever waits next."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault = self._fault or task.exception()

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether it holds before `seconds` are over."""
        ends = time.perf_counter() + seconds
        while not holds():
            if self._fault is not None:
                raise self._fault
            if time.perf_counter() > ends:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True

    async def wait_for(self, holds: Callable[[], bool]) -> bool:
        return await self.until(holds, self.patience_seconds)

    async def stop(self, *others: asyncio.Task[Any]) -> None:
        doing = [*others, *self._tasks]
        for task in doing:
            task.cancel()
        if doing:
            await asyncio.wait(doing)
