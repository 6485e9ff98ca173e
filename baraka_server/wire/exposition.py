"""A report as Prometheus reads it, written by its own library."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from baraka_server.metrics.catalog import METRICS, Kind, Metric
from baraka_server.metrics.report import Distribution, Report, Series


class _Reported(Collector):
    """The metrics of the catalog that a report has values of."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            if series := self._report.values.get(metric.name):
                yield _family(metric, series)


def _family(metric: Metric, series: Series) -> Family:
    match metric.kind:
        case Kind.COUNTER:
            counters = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, value in series.items():
                counters.add_metric(labels, _number(value))
            return counters
        case Kind.GAUGE:
            gauges = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, value in series.items():
                gauges.add_metric(labels, _number(value))
            return gauges
        case Kind.HISTOGRAM:
            histograms = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, value in series.items():
                if isinstance(value, Distribution):
                    histograms.add_metric(labels, _buckets(metric, value), value.sum)
            return histograms


def _number(value: float | Distribution) -> float:
    if isinstance(value, Distribution):
        raise TypeError("a histogram is not a number")
    return value


def _buckets(metric: Metric, value: Distribution) -> list[tuple[str, float]]:
    """The counts up to each bound, each with those before it."""
    bounds = [*map(str, map(float, metric.bounds)), "+Inf"]
    total, buckets = 0, []
    for bound, count in zip(bounds, value.counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets


def exposed(report: Report, accept: str) -> tuple[bytes, str]:
    """The text of a report and its content type, in the format that the reader accepts."""
    registry = CollectorRegistry()
    registry.register(_Reported(report))
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type
