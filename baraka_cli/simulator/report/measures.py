"""Figures by which two runs are compared: the direction that is better, and the usual variation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from baraka_cli.simulator.report import figures
from baraka_cli.simulator.report.figures import measured, rate
from baraka_cli.simulator.result import Latency, Result

NOISE = 1.10
P50_NOISE, P95_NOISE, P99_NOISE, MAX_NOISE = 1.25, 1.5, 1.75, 2.5
"""Ratios between single runs of one server on one machine that mean nothing: the tail varies most."""

P50_SAMPLES_MIN, P95_SAMPLES_MIN, P99_SAMPLES_MIN, MAX_SAMPLES_MIN = 100, 400, 2_000, 10_000
"""Of fewer than this, one unlucky moment makes the figure: it is shown, and not judged."""

TELLING_DELIVERIES_MAX = 10
"""Of one bid. A thousand viewers of ten bids saw ten moments of the server, and not ten thousand."""


class Kind(Enum):
    """Kind of measure: what a difference has to be to mean something."""

    SIZE = auto()
    """A ratio beyond what is noise."""
    COUNT = auto()
    """More than chance makes of events that happen now and then."""
    EXACT = auto()
    """A single one more counts already."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a run. `lower` is whether less is better.

    `kind` says what a difference has to be to mean something. `noise` is the ratio up to which two single runs of one server are called the same. `samples` is
    what the figure was made of, and `samples_min` how much of that it takes to judge.
    """

    name: str
    of: Callable[[Result], float | None]
    shown: Callable[[float | None], str]
    lower: bool
    kind: Kind = Kind.SIZE
    noise: float = NOISE
    samples: Callable[[Result], int] | None = None
    samples_min: int = 0

    def tells(self, run: Result) -> bool:
        return self.samples is None or self.samples(run) >= self.samples_min


def _of_servers(value: Callable[[Any], float | None]) -> Callable[[Result], float | None]:
    """The sum over all server processes; None when one of them is not known, or there is none."""

    def sum_of(result: Result) -> float | None:
        values = [value(server) for server in result.servers]
        known = [one for one in values if one is not None]
        return sum(known) if known and len(known) == len(values) else None

    return sum_of


def _latency(
    name: str, of: Callable[[Result], Latency], samples: Callable[[Result], int] | None = None
) -> Iterator[Measure]:
    def measure(
        part: str, value: Callable[[Latency], float | None], samples_min: int, noise: float
    ) -> Measure:
        return Measure(
            f"{name} {part}",
            lambda run: value(of(run)),
            figures.millis,
            lower=True,
            noise=noise,
            samples=samples or (lambda run: of(run).count),
            samples_min=samples_min,
        )

    yield measure("p50", lambda one: one.p50, P50_SAMPLES_MIN, P50_NOISE)
    yield measure("p95", lambda one: one.p95, P95_SAMPLES_MIN, P95_NOISE)
    yield measure("p99", lambda one: one.p99, P99_SAMPLES_MIN, P99_NOISE)
    yield measure("max", lambda one: one.max, MAX_SAMPLES_MIN, MAX_NOISE)


def _deliveries(run: Result) -> int:
    """Deliveries that tell something: all of one bid share its fortune."""
    return min(run.delivery.count, run.totals.accepted * TELLING_DELIVERIES_MAX)


MEASURES: tuple[Measure, ...] = (
    *_latency("delivery", lambda run: run.delivery, _deliveries),
    *_latency("answer", lambda run: run.answer),
    *_latency("join", lambda run: run.join),
    Measure(
        "bids accepted/s",
        lambda run: rate(run.totals.accepted, run.totals.bidding_seconds),
        figures.count,
        lower=False,
        samples=lambda run: run.totals.accepted,
        samples_min=P50_SAMPLES_MIN,
    ),
    Measure(
        "messages/s",
        lambda run: rate(run.totals.bidding_messages, run.totals.bidding_seconds),
        figures.count,
        lower=False,
        samples=lambda run: run.totals.bidding_messages,
        samples_min=P50_SAMPLES_MIN,
    ),
    Measure(
        "CPU per delivery",
        _of_servers(lambda server: server.cpu_microseconds_per_delivery),
        figures.micros,
        lower=True,
        samples=lambda run: run.delivery.count,
        samples_min=P95_SAMPLES_MIN,
    ),
    Measure(
        "server memory", _of_servers(lambda server: server.rss_bytes_max), figures.size, lower=True
    ),
    Measure(
        "dropped by the server",
        lambda run: run.totals.dropped_by_server,
        figures.count,
        lower=True,
        kind=Kind.COUNT,
    ),
    Measure(
        "bids unanswered",
        lambda run: run.totals.unanswered,
        figures.count,
        lower=True,
        kind=Kind.COUNT,
    ),
    Measure(
        "deliveries lost",
        lambda run: run.delivery.lost,
        figures.count,
        lower=True,
        kind=Kind.COUNT,
    ),
    Measure(
        "promises broken",
        lambda run: sum(finding.broken > 0 for finding in run.findings),
        figures.count,
        lower=True,
        kind=Kind.EXACT,
    ),
    Measure(
        "promises checked",
        lambda run: sum(finding.checked > 0 for finding in run.findings),
        figures.count,
        lower=False,
        kind=Kind.EXACT,
    ),
)


def values(measure: Measure, result: Result) -> list[float]:
    """Values of all runs of a series that have one."""
    found = (measured(measure.of(run)) for run in result.runs)
    return [value for value in found if value is not None]
