"""Numbers of a node: those of its workers together, with what workers counted that are gone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress

import psutil

from baraka_server.metrics.report import Report, Series, added, decoded, merged, of_workers


class NodeNumbers:
    """Keeps the last report of each worker. A counter never goes down when a worker is replaced.

    numbers.heard(child.number, data)
    numbers.report({1: 0.1, 2: 0.3}, wanted=2)
    """

    def __init__(self) -> None:
        self._reports: dict[int, Report] = {}
        self._left: dict[str, Series] = {}
        self._process = psutil.Process()
        self._started_at = time.time()
        self.deaths = 0

    def heard(self, worker: int, data: bytes) -> None:
        with suppress(ValueError, KeyError, TypeError):  # a newer program may write another form
            self._reports[worker] = decoded(data)

    def gone(self, worker: int) -> None:
        """Keep what a worker counted, which says nothing more."""
        if report := self._reports.pop(worker, None):
            self._left = added([self._left, report.values], only_counted=True)

    def report(self, silent_seconds: Mapping[int, float], *, wanted: int) -> Report:
        """The report of the node, whose serving workers said something so long ago."""
        node = merged([self._of_parent(silent_seconds, wanted), *self._reports.values()])
        return Report(added([node.values, self._left]), node.auctions, node.rooms, node.nodes)

    def _of_parent(self, silent_seconds: Mapping[int, float], wanted: int) -> Report:
        return Report(
            {
                **of_workers(silent_seconds, wanted=wanted, deaths=self.deaths),
                "baraka_cpu_seconds_total": {(): time.process_time()},
                "baraka_memory_bytes": {(): self._process.memory_info().rss},
                "baraka_start_time_seconds": {(): self._started_at},
            }
        )
