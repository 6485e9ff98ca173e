"""Resource usage of processes on this machine: processor time, memory, descriptors."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

import psutil

from baraka_cli.simulator.result import Second, ServerProcess


class NoSuchProcess(Exception):
    """A `--server-pid` that is not there. The text is for a person."""


LAG_INTERVAL_SECONDS = 0.05


class LoopLag:
    """Delay of an event loop: the greatest one since it was last taken."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def note(self, seconds: float) -> None:
        self.seconds = max(self.seconds, seconds)

    def take(self) -> float:
        taken, self.seconds = self.seconds, 0.0
        return taken

    async def watch(self) -> None:
        """Note how late this loop is; cancelled by who started it."""
        while True:
            due = time.perf_counter() + LAG_INTERVAL_SECONDS
            await asyncio.sleep(LAG_INTERVAL_SECONDS)
            self.note(time.perf_counter() - due)


class ProcessorTime(Protocol):
    """A process of the crowd, by its processor time."""

    def used(self) -> float:
        """Seconds since it was last asked."""


class OwnUsage:
    """Processor time of this process."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._cpu, _ = _used(self._process)

    def used(self) -> float:
        """Seconds since it was last asked."""
        before, (self._cpu, _) = self._cpu, _used(self._process)
        return self._cpu - before


@dataclass(slots=True)
class _Server:
    process: psutil.Process
    cpu_start: float
    cpu: float
    rss_start: int
    rss_max: int
    files_start: int | None
    files_max: int | None


class ServerUsage:
    """Usage of the servers of `--server-pid`. Raises `NoSuchProcess` for one that is not there."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self._servers = [_server(pid) for pid in pids]

    def look(self, second: Second, elapsed: float) -> None:
        """Note what they use in the second that ends, `elapsed` seconds after the last look."""
        used, rss, files = 0.0, 0, 0
        for server in self._servers:
            try:
                cpu, now = _used(server.process)
            except psutil.Error:
                continue  # it was restarted under another number, or has ended
            used += cpu - server.cpu
            rss += now
            server.cpu = cpu
            server.rss_max = max(server.rss_max, now)
            opened = _files(server.process)
            if opened is not None:
                files += opened
                server.files_max = max(server.files_max or 0, opened)
        if self._servers:
            second.server_cpu = round(used / elapsed, 3)
            second.server_rss_bytes = rss or None  # all of them have ended
            second.server_files = files or None

    def processes(self, deliveries: int) -> list[ServerProcess]:
        return [
            ServerProcess(
                pid=server.process.pid,
                cpu_seconds=round(server.cpu - server.cpu_start, 2),
                cpu_microseconds_per_delivery=(
                    round((server.cpu - server.cpu_start) * 1e6 / deliveries, 1)
                    if deliveries
                    else None
                ),
                rss_bytes_start=server.rss_start,
                rss_bytes_max=server.rss_max,
                files_start=server.files_start,
                files_max=server.files_max,
            )
            for server in self._servers
        ]


def _server(pid: int) -> _Server:
    try:
        process = psutil.Process(pid)
        cpu, rss = _used(process)
    except psutil.Error:
        raise NoSuchProcess(f"there is no process {pid} on this machine that we can see") from None
    files = _files(process)
    return _Server(process, cpu, cpu, rss, rss, files, files)


def _used(process: psutil.Process) -> tuple[float, int]:
    """Return seconds of user and system time since it began, and its resident bytes."""
    with process.oneshot():
        cpu, memory = process.cpu_times(), process.memory_info()
    return cpu.user + cpu.system, memory.rss


def _files(process: psutil.Process) -> int | None:
    """Count its open descriptors; None where that is not ours to know."""
    try:
        return int(process.num_fds())
    except psutil.Error:
        return None
