"""`Workers`: the processes of a crowd beside the main one, and how many it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from baraka_cli.simulator.processes.worker import Office, Worker

HOLDS_ITSELF_MAX = 3
"""Up to so many processes the main one holds viewers, too; of more it has enough to judge."""


class Workers:
    """Workers of one run; none where `processes` is 1."""

    def __init__(self, processes: int = 1, office: Office | None = None) -> None:
        self._workers = (
            [Worker(number, office) for number in range(2, processes + 1)] if office else []
        )

    def __iter__(self) -> Iterator[Worker]:
        return iter(self._workers)

    def holder(self, number: int) -> Worker | None:
        """Who holds the phones of the viewer with this number; None: the main process does."""
        if len(self._workers) + 1 > HOLDS_ITSELF_MAX:
            return self._workers[(number - 1) % len(self._workers)]
        turn = (number - 1) % (len(self._workers) + 1)
        return self._workers[turn - 1] if turn else None

    async def start(self, url: str, phase: Callable[[str], None]) -> None:
        """All at once. Raises `WorkerDied` when one does not come up."""
        if self._workers:
            phase(f"{len(self._workers) + 1} processes start")
            await asyncio.gather(*(worker.start(url) for worker in self._workers))

    async def watch(self) -> None:
        """For as long as all of them live. Raises `WorkerDied` when one does not."""
        if not self._workers:
            await asyncio.Event().wait()
        watching = [asyncio.create_task(worker.watch()) for worker in self._workers]
        try:
            done, _ = await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in watching:
                task.cancel()

    async def stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))
