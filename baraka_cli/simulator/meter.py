"""`Meter`: times and rates of a run, second by second.

Latency counts from the moment that a bid was due, not from the moment that it was sent: a crowd
that was itself held up does not make a slow server look fast (coordinated omission).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import psutil
from hdrh.histogram import HdrHistogram

from baraka_cli.simulator.result import Latency, Second, ServerProcess

MICROSECONDS_MAX = 120_000_000
SIGNIFICANT_FIGURES = 3
LAG_INTERVAL_SECONDS = 0.05
LAG_MS_MAX = 200
OWN_CPU_MAX = 0.95
SECONDS_MAX_IN_A_ROW = 2
"""Seconds for which the simulator may be short of its core before its numbers are its own."""


class Times:
    """Durations in seconds go in, a `Latency` in milliseconds comes out."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, MICROSECONDS_MAX, SIGNIFICANT_FIGURES)
        self.count = 0

    def add(self, seconds: float) -> None:
        self.count += 1
        microseconds = int(seconds * 1_000_000)
        self._histogram.record_value(min(max(microseconds, 1), MICROSECONDS_MAX))

    def latency(self) -> Latency:
        if not self.count:
            return Latency()

        found = self._histogram.get_percentile_to_value_dict([50, 95, 99, 100])
        p50, p95, p99, most = (round(found[at] / 1000, 3) for at in (50, 95, 99, 100))
        return Latency(count=self.count, p50=p50, p95=p95, p99=p99, max=most)

    def clear(self) -> None:
        if self.count:
            self._histogram.reset()
            self.count = 0


@dataclass(slots=True)
class _Server:
    process: psutil.Process
    cpu_start: float
    cpu: float
    rss_start: int
    rss_max: int
    rss: int


class NoSuchProcess(Exception):
    """A `--server-pid` that is not there. The text is for a person."""


class Meter:
    """Counters of the running second, and of the whole run. `servers` are pids on this machine."""

    def __init__(self, servers: tuple[int, ...] = ()) -> None:
        self.started = time.perf_counter()
        self.delivery, self.answer, self.join = Times(), Times(), Times()
        self.timeline: list[Second] = []
        self.now = Second(at=0)
        self.messages = 0
        self.bytes = 0
        self._second_delivery = Times()
        self._self = psutil.Process()
        self._own_cpu, _ = _used(self._self)
        self._at = self.started
        self._told = (0, 0)
        self._lag = 0.0
        self._strained = 0
        self._strained_most = 0
        self._servers = [_server(pid) for pid in servers]

    def clock(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self.started

    def message(self, size: int) -> None:
        self.messages += 1
        self.bytes += size

    def delivered(self, seconds: float) -> None:
        self.delivery.add(seconds)
        self._second_delivery.add(seconds)

    def tick(self, viewers: int) -> Second:
        """Close the running second."""
        ended, at = self.now, time.perf_counter()
        cpu, _ = _used(self._self)
        elapsed = max(at - self._at, 0.001)
        ended.viewers = viewers
        ended.messages, ended.bytes = self.messages - self._told[0], self.bytes - self._told[1]
        self._told = (self.messages, self.bytes)
        ended.delivery = self._second_delivery.latency()
        ended.own_cpu = round((cpu - self._own_cpu) / elapsed, 3)
        ended.lag_ms = round(self._lag * 1000, 1)
        self._look_at_servers(ended, elapsed)
        strained = ended.own_cpu > OWN_CPU_MAX or ended.lag_ms > LAG_MS_MAX
        self._strained = self._strained + 1 if strained else 0
        self._strained_most = max(self._strained_most, self._strained)
        self._second_delivery.clear()
        self._own_cpu, self._at, self._lag = cpu, at, 0.0
        self.timeline.append(ended)
        self.now = Second(at=int(self.clock()))
        return ended

    async def watch_lag(self) -> None:
        """Note how late this event loop is; cancelled by who started it."""
        while True:
            due = time.perf_counter() + LAG_INTERVAL_SECONDS
            await asyncio.sleep(LAG_INTERVAL_SECONDS)
            self._lag = max(self._lag, time.perf_counter() - due)

    def bottleneck(self) -> str:
        """Warning when the numbers are those of the simulator; empty when they are not."""
        if self._strained_most <= SECONDS_MAX_IN_A_ROW:
            return ""
        late = max(second.lag_ms for second in self.timeline)
        cpu = max(second.own_cpu for second in self.timeline)
        told = (
            f"For {self._strained_most} seconds in a row its event loop was up to {late:.0f} ms late, "
            f"with up to {cpu:.0%} of a core. Latencies include that."
        )
        if cpu > OWN_CPU_MAX:
            return (
                f"The simulator itself was too slow. {told} Run fewer viewers, or more simulators "
                "on other machines."
            )
        return (
            f"The machine had too little time for the simulator. {told} Run it where nothing else "
            "runs, or beside a server on another machine."
        )

    def server_processes(self) -> list[ServerProcess]:
        deliveries = self.delivery.count
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
            )
            for server in self._servers
        ]

    def _look_at_servers(self, second: Second, elapsed: float) -> None:
        used, rss = 0.0, 0
        for server in self._servers:
            try:
                cpu, now = _used(server.process)
            except psutil.Error:
                continue  # it was restarted under another number, or has ended
            used += cpu - server.cpu
            rss += now
            server.cpu, server.rss = cpu, now
            server.rss_max = max(server.rss_max, now)
        if self._servers:
            second.server_cpu = round(used / elapsed, 3)
            second.server_rss_bytes = rss


def _server(pid: int) -> _Server:
    try:
        process = psutil.Process(pid)
        cpu, rss = _used(process)
    except psutil.Error:
        raise NoSuchProcess(f"there is no process {pid} on this machine that we can see") from None
    return _Server(process, cpu, cpu, rss, rss, rss)


def _used(process: psutil.Process) -> tuple[float, int]:
    """Seconds of user and system time since it began, and its resident bytes."""
    with process.oneshot():
        cpu, memory = process.cpu_times(), process.memory_info()
    return cpu.user + cpu.system, memory.rss
