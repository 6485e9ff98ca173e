"""Processor time of the measured process and of the whole machine, as the kernel counts it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psutil

CORES = os.cpu_count() or 1
DISTURBED_CORES = 0.15
"""Other processes that used so many cores on average disturbed a measurement."""


def process_seconds(pid: int) -> float:
    """User and system time of all threads of a process, in steps of a hundredth of a second."""
    used = psutil.Process(pid).cpu_times()
    return used.user + used.system


def resident_bytes(pid: int) -> int:
    return psutil.Process(pid).memory_info().rss


def machine_seconds() -> float:
    """User, nice and system time of everybody. Not what interrupts took: that is nobody's."""
    used = psutil.cpu_times()
    return used.user + used.nice + used.system


@dataclass(frozen=True, slots=True)
class Spent:
    """The seconds that a measurement took: of the server, of the clock, and of processes not ours."""

    server: float
    wall: float
    foreign: float

    @property
    def foreign_cores(self) -> float:
        return self.foreign / self.wall if self.wall else 0.0

    @property
    def disturbed(self) -> bool:
        return self.foreign_cores > DISTURBED_CORES


class Meter:
    """Measures a server between `Meter(...)` and `stop()`; `ours` are the other pids of the run.

    A server of several processes is the sum of them.
    """

    def __init__(self, server: int | Sequence[int], ours: Iterable[int] = ()) -> None:
        self._server = [server] if isinstance(server, int) else server
        self._ours = {*self._server, os.getpid(), *ours}
        self._before = self._read()

    def stop(self) -> Spent:
        wall, machine, ours, server = (
            after - before for after, before in zip(self._read(), self._before, strict=True)
        )
        return Spent(server, wall, max(0.0, machine - ours))

    def _read(self) -> tuple[float, float, float, float]:
        server = sum(map(process_seconds, self._server))
        ours = sum(process_seconds(pid) for pid in self._ours)
        return time.monotonic(), machine_seconds(), ours, server
