"""Processor time as the kernel counts it, ours and everybody's (proc(5))."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
DISTURBED_CORES = 0.15
"""Other processes that used so many cores on average disturbed a measurement."""


def process_seconds(pid: int) -> float:
    """User and system time of all threads of a process, in steps of a hundredth of a second."""
    text = Path(f"/proc/{pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()  # a program's name may have blanks and brackets
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def machine_seconds() -> float:
    """User, nice and system time of everybody. Not what interrupts took: that is nobody's."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    user, nice, system = (int(field) for field in fields[1:4])
    return (user + nice + system) / TICKS


@dataclass(frozen=True, slots=True)
class Spent:
    """What a measurement took: seconds of the server, of the clock, and of processes not ours."""

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
    """Measures `server` between `Meter(...)` and `stop()`; `ours` are the other pids of the run."""

    def __init__(self, server: int, ours: Iterable[int] = ()) -> None:
        self._server = server
        self._ours = {server, os.getpid(), *ours}
        self._before = self._read()

    def stop(self) -> Spent:
        wall, machine, ours, server = (
            after - before for after, before in zip(self._read(), self._before, strict=True)
        )
        return Spent(server, wall, max(0.0, machine - ours))

    def _read(self) -> tuple[float, float, float, float]:
        server = process_seconds(self._server)
        ours = sum(process_seconds(pid) for pid in self._ours)
        return time.monotonic(), machine_seconds(), ours, server
