"""Summary of one server: the numbers that `baraka top` shows, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from baraka_cli.top.reading import Change
from baraka_cli.top.server import State, Watched

SLOW_SECONDS = 0.5
"""From here on an answer, a delivery or a commit is slow."""
LATE_SECONDS = 0.1
"""From here on an event loop is late."""
SILENT_SECONDS = 3
"""From here on a worker is silent: it says something four times a second."""
NEARLY_FULL = 0.85


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of one server, of all of its workers together; times are the 99th of a hundred."""

    viewers: int = 0
    sockets: int = 0
    sockets_max: int = 0
    rooms: int = 0
    live: int = 0
    bids_per_second: float = 0
    refused_per_second: float = 0
    failed_per_second: float = 0
    commands_per_second: float = 0
    deliveries_per_second: float = 0
    answer_seconds: float | None = None
    delivery_seconds: float | None = None
    commit_seconds: float | None = None
    loop_lag_seconds: float | None = None
    lagging: int = 0
    dropped_per_second: float = 0
    waiting: int = 0
    cpu: float = 0
    """Cores that it keeps busy."""
    memory_bytes: int = 0
    workers: int = 0
    workers_wanted: int = 0
    database: bool = True
    relay: bool | None = None
    """None where there is nobody to hear."""

    @classmethod
    def of(cls, change: Change) -> Summary:
        now, rate = change.now, change.rate

        def count(metric: str) -> int:
            return round(now.value(f"baraka_{metric}"))

        return cls(
            viewers=count("viewers"),
            sockets=count("sockets"),
            sockets_max=count("sockets_max"),
            rooms=count("rooms"),
            live=count("auctions_live"),
            bids_per_second=rate("baraka_bids_total", "accepted"),
            refused_per_second=rate("baraka_bids_total", "refused"),
            failed_per_second=rate("baraka_bids_total", "failed"),
            commands_per_second=rate("baraka_commands_total"),
            deliveries_per_second=rate("baraka_deliveries_total"),
            answer_seconds=change.quantile("baraka_answer_seconds"),
            delivery_seconds=change.quantile("baraka_delivery_seconds"),
            commit_seconds=change.quantile("baraka_commit_seconds"),
            loop_lag_seconds=change.quantile("baraka_event_loop_lag_seconds"),
            lagging=count("viewers_lagging"),
            dropped_per_second=rate("baraka_slow_viewers_dropped_total"),
            waiting=count("commands_waiting"),
            cpu=rate("baraka_cpu_seconds_total"),
            memory_bytes=count("memory_bytes"),
            workers=count("workers"),
            workers_wanted=count("workers_wanted"),
            database=bool(now.value("baraka_database_healthy")),
            relay=bool(now.value("baraka_relay_healthy"))
            if now.has("baraka_relay_healthy")
            else None,
        )

    def jsonable(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker of a server."""

    node: str
    number: int
    viewers: int
    lag_seconds: float
    silent_seconds: float

    @property
    def is_silent(self) -> bool:
        return self.silent_seconds >= SILENT_SECONDS


def workers(watched: Watched) -> list[Worker]:
    """The workers of a server: silent ones first, then those with the longest lag."""
    if watched.change is None:
        return []
    now = watched.change.now
    found = [
        Worker(
            watched.name,
            int(number),
            round(now.value("baraka_worker_viewers", number)),
            now.value("baraka_worker_lag_seconds", number),
            float(silent),
        )
        for (number,), silent in now.rows("baraka_worker_silent_seconds")
    ]
    return sorted(found, key=lambda one: (not one.is_silent, -one.lag_seconds))


def troubles(watched: Watched) -> Iterator[str]:
    """What is wrong with a server, the worst first, each as a sentence behind its name."""
    if watched.state is not State.UP or watched.change is None:
        ago = watched.gone_seconds
        since = f", for {ago:.0f} s" if ago is not None and watched.state is State.GONE else ""
        yield f"{watched.trouble or 'was not asked yet'}{since}"
        return
    one = Summary.of(watched.change)
    if not one.database:
        yield "cannot use its database: no bid is accepted"
    if one.failed_per_second:
        yield f"{one.failed_per_second:.1f} bids a second fail by its own fault"
    for worker in workers(watched):
        if worker.is_silent:
            yield f"worker {worker.number} has been silent for {worker.silent_seconds:.0f} s"
    if one.workers < one.workers_wanted:
        yield f"has {one.workers} of {one.workers_wanted} workers"
    if one.relay is False:
        yield "does not hear the others at once: Redis?"
    for what, seconds, bound in (
        ("its event loop is late", one.loop_lag_seconds, LATE_SECONDS),
        ("commits are slow", one.commit_seconds, SLOW_SECONDS),
        ("answers are slow", one.answer_seconds, SLOW_SECONDS),
        ("bids are seen late", one.delivery_seconds, SLOW_SECONDS),
    ):
        if seconds is not None and seconds >= bound:
            yield f"{what} ({seconds * 1000:.0f} ms)"
    if one.sockets_max and one.sockets > NEARLY_FULL * one.sockets_max:
        yield f"has {one.sockets:,} of {one.sockets_max:,} sockets"
    if one.dropped_per_second:
        yield f"closes {one.dropped_per_second:.1f} viewers a second that do not read"


def unwatched(all_watched: list[Watched]) -> list[str]:
    """The nodes that one of the servers hears of, and that are not watched."""
    known = {one.name for one in all_watched}
    heard = {
        name
        for one in all_watched
        if one.state is State.UP and one.change
        for name in one.change.now.hears
    }
    return sorted(heard - known)
