"""Report of a process or a node: the values of its metrics, and its busiest auctions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from baraka_server.metrics.catalog import BY_NAME, Kind, Merge, Metric
from baraka_server.metrics.counting import Histogram

AUCTIONS_MAX = 20
"""How many auctions a report tells of: the busiest and the fullest ones."""
ROOMS_MAX = 5_000
"""How many rooms a report names, so that those of several workers are not counted twice."""
TITLE_CHARS_MAX = 60

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """The counts of a histogram, one for each bound and one for what is above, and the sum of its values."""

    counts: tuple[int, ...]
    sum: float

    @classmethod
    def of(cls, histogram: Histogram) -> Distribution:
        return cls(tuple(histogram.counts), histogram.sum)

    def __add__(self, other: Distribution) -> Distribution:
        pairs = zip(self.counts, other.counts, strict=True)
        return Distribution(tuple(a + b for a, b in pairs), self.sum + other.sum)


Series = Mapping[Labels, float | Distribution]
Values = Mapping[str, Series]
"""For each metric its values by the values of its labels."""


@dataclass(frozen=True, slots=True)
class AuctionNow:
    """One auction as `baraka top` shows it. Counts only grow while its auctioneer is kept."""

    id: int
    title: str
    viewers: int = 0
    lagging: int = 0
    """Websockets of its room that do not keep up."""
    commands: int = 0
    bids: int = 0
    """Those that were accepted."""
    waiting: int = 0
    lag_seconds: float = 0
    """How long what was told last took, from when it was read."""

    def __add__(self, other: AuctionNow) -> AuctionNow:
        return AuctionNow(
            self.id,
            self.title or other.title,
            self.viewers + other.viewers,
            self.lagging + other.lagging,
            self.commands + other.commands,
            self.bids + other.bids,
            self.waiting + other.waiting,
            max(self.lag_seconds, other.lag_seconds),
        )


_AUCTION_FIELDS = [one.name for one in fields(AuctionNow)]


@dataclass(frozen=True, slots=True)
class Report:
    """The numbers of a process, or of a node; `rooms` are the auctions that are watched there."""

    values: Values = field(default_factory=dict)
    auctions: Sequence[AuctionNow] = ()
    rooms: frozenset[int] = frozenset()
    nodes: frozenset[str] = frozenset()
    """The other nodes that are heard of."""

    def jsonable(self) -> dict[str, Any]:
        return {
            "metrics": {
                name: [[*labels, _plain(value)] for labels, value in series.items()]
                for name, series in self.values.items()
            },
            "auctions": [asdict(one) for one in self.auctions],
            "rooms": sorted(self.rooms)[:ROOMS_MAX],
            "nodes": sorted(self.nodes),
        }

    def encoded(self) -> bytes:
        return json.dumps(self.jsonable(), separators=(",", ":")).encode()


def decoded(data: bytes) -> Report:
    """The report that `Report.encoded` wrote.

    After an update the parent may be of an older release than its new workers: what it does not know is
    left out.
    """
    said = json.loads(data)
    return Report(
        {
            name: {tuple(row[:-1]): _value(row[-1]) for row in rows}
            for name, rows in said["metrics"].items()
            if (metric := BY_NAME.get(name)) and all(_fits(metric, row) for row in rows)
        },
        [
            AuctionNow(**{name: one[name] for name in _AUCTION_FIELDS if name in one})
            for one in said["auctions"]
        ],
        frozenset(said["rooms"]),
        frozenset(said["nodes"]),
    )


def merged(reports: Iterable[Report]) -> Report:
    """The report of a node by those of its workers."""
    reports = list(reports)
    auctions: dict[int, AuctionNow] = {}
    for one in (auction for report in reports for auction in report.auctions):
        auctions[one.id] = auctions[one.id] + one if one.id in auctions else one
    rooms: frozenset[int] = frozenset().union(*(report.rooms for report in reports))
    values = added(report.values for report in reports)
    # One room has viewers on several workers.
    fullest = max((value(report.values, "baraka_rooms") for report in reports), default=0)
    return Report(
        {**values, "baraka_rooms": {(): max(fullest, len(rooms))}},
        busiest(auctions.values()),
        rooms,
        frozenset().union(*(report.nodes for report in reports)),
    )


def busiest(
    auctions: Iterable[AuctionNow], before: Mapping[int, int] | None = None
) -> list[AuctionNow]:
    """The fullest and the busiest auctions, at most `AUCTIONS_MAX`.

    `before` has how many commands each had had when it was looked at last.
    """
    found, since = list(auctions), before or {}

    def new_commands(one: AuctionNow) -> int:
        return one.commands - since.get(one.id, 0)

    half = AUCTIONS_MAX // 2
    hot = sorted(found, key=lambda one: (-new_commands(one), -one.viewers))[:half]
    full = sorted(found, key=lambda one: (-one.viewers, -new_commands(one)))
    return hot + [one for one in full if one not in hot][: AUCTIONS_MAX - len(hot)]


def added(all_values: Iterable[Values], *, only_counted: bool = False) -> dict[str, Series]:
    """The values of several processes as those of one; `only_counted` leaves out gauges."""
    total: dict[str, dict[Labels, float | Distribution]] = {}
    for values in all_values:
        for name, series in values.items():
            metric = BY_NAME[name]
            if only_counted and metric.kind is Kind.GAUGE:
                continue
            mine = total.setdefault(name, {})
            for labels, one in series.items():
                mine[labels] = _merge(mine[labels], one, metric.merge) if labels in mine else one
    return {name: dict(series) for name, series in total.items()}


def value(values: Values, name: str, *labels: str) -> float:
    """One value that is a number; 0 where there is none."""
    found = values.get(name, {}).get(labels, 0)
    return 0 if isinstance(found, Distribution) else found


def by_label(counts: Mapping[Any, float]) -> dict[Labels, float]:
    """The series of counts by the value of one label."""
    return {(str(label),): count for label, count in counts.items()}


def labelled(pairs: Iterable[tuple[str, int]]) -> dict[Labels, float]:
    """The same, where several counts have the same label."""
    counts: Counter[str] = Counter()
    for label, count in pairs:
        counts[label] += count
    return by_label(counts)


def of_workers(
    silent_seconds: Mapping[int, float], *, wanted: int, deaths: int
) -> dict[str, Series]:
    """The metrics about the workers of a node, of which each said something so long ago."""
    return {
        "baraka_workers": {(): len(silent_seconds)},
        "baraka_workers_wanted": {(): wanted},
        "baraka_worker_deaths_total": {(): deaths},
        "baraka_worker_silent_seconds": {
            (str(worker),): seconds for worker, seconds in silent_seconds.items()
        },
    }


def _merge(
    mine: float | Distribution, other: float | Distribution, how: Merge
) -> float | Distribution:
    if isinstance(mine, Distribution) and isinstance(other, Distribution):
        return mine + other
    if isinstance(mine, Distribution) or isinstance(other, Distribution):
        raise TypeError("a histogram is not added to a number")
    match how:
        case Merge.SUM:
            return mine + other
        case Merge.MAX:
            return max(mine, other)
        case Merge.MIN:
            return min(mine, other)


def _fits(metric: Metric, row: list[Any]) -> bool:
    counts = len(row[-1]) - 2 if isinstance(row[-1], list) else 0
    return len(row) == len(metric.labels) + 1 and counts == len(metric.bounds)


def _plain(value: float | Distribution) -> Any:
    return [value.sum, *value.counts] if isinstance(value, Distribution) else value


def _value(said: Any) -> float | Distribution:
    return Distribution(tuple(said[1:]), said[0]) if isinstance(said, list) else float(said)
