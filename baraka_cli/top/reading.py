"""Reading of one server's numbers, and what two of them say of the time between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BLANK: Mapping[str, Any] = {}
QUANTILE = 0.99


@dataclass(frozen=True, slots=True)
class Reading:
    """What a server said of itself at a moment; `at` are seconds of this machine's own clock."""

    at: float
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def node(self) -> str:
        return str(self.said.get("node", ""))

    @property
    def version(self) -> str:
        return str(self.said.get("version", ""))

    @property
    def hears(self) -> Sequence[str]:
        """The other nodes that it hears of."""
        return [str(name) for name in self.said.get("nodes", ())]

    @property
    def auctions(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.said.get("auctions", ())
        return found

    def rows(self, metric: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        """The values of a metric, each behind those of its labels."""
        for row in self.said.get("metrics", BLANK).get(metric, ()):
            yield tuple(row[:-1]), row[-1]

    def value(self, metric: str, *labels: str) -> float:
        """One value; 0 where it has none. With fewer labels than there are, the sum of all that fit."""
        return sum(
            float(value) for have, value in self.rows(metric) if have[: len(labels)] == labels
        )

    def has(self, metric: str) -> bool:
        return any(True for _ in self.rows(metric))

    def counts(self, metric: str) -> list[float]:
        """The counts of a histogram."""
        return [float(count) for _, value in self.rows(metric) for count in value[1:]]

    def bounds(self, metric: str) -> Sequence[float]:
        found: Sequence[float] = self.said.get("bounds", BLANK).get(metric, ())
        return found


@dataclass(frozen=True, slots=True)
class Change:
    """Two readings of one server, the later one first."""

    now: Reading
    before: Reading

    @property
    def seconds(self) -> float:
        return max(self.now.at - self.before.at, 0.001)

    def rate(self, metric: str, *labels: str) -> float:
        """How much a counter grew in a second; 0 where it began anew."""
        grown = self.now.value(metric, *labels) - self.before.value(metric, *labels)
        return max(0.0, grown) / self.seconds

    def quantile(self, metric: str) -> float | None:
        """The value below which 99 of 100 new ones of a histogram are; None where there are none.

        Between two bounds they are taken to be spread evenly, as Prometheus does; what is above all bounds
        counts as the last one.
        """
        counts, earlier = self.now.counts(metric), self.before.counts(metric)
        if len(earlier) != len(counts):
            earlier = [0.0] * len(counts)
        new = [max(0.0, one - was) for one, was in zip(counts, earlier, strict=True)]
        wanted, seen = QUANTILE * sum(new), 0.0
        bounds = self.now.bounds(metric)
        if not wanted or not bounds:
            return None
        lower = 0.0
        for bound, count in zip(bounds, new, strict=False):
            if seen + count >= wanted:
                return lower + (float(bound) - lower) * (wanted - seen) / count
            seen, lower = seen + count, float(bound)
        return lower

    def auctions(self) -> list[Hot]:
        """The busiest auctions of this server."""
        were = {one.get("id"): one for one in self.before.auctions}
        return [
            Hot.of(one, were.get(one.get("id"), one), self.seconds) for one in self.now.auctions
        ]


@dataclass(frozen=True, slots=True)
class Hot:
    """One auction, on one server or on several."""

    id: int
    title: str
    viewers: int
    lagging: int
    bids_per_second: float
    commands_per_second: float
    waiting: int
    lag_seconds: float

    @classmethod
    def of(cls, now: Mapping[str, Any], before: Mapping[str, Any], seconds: float) -> Hot:
        def rate(name: str) -> float:
            return max(0.0, float(now.get(name, 0)) - float(before.get(name, 0))) / seconds

        return cls(
            int(now.get("id", 0)),
            str(now.get("title", "")),
            int(now.get("viewers", 0)),
            int(now.get("lagging", 0)),
            rate("bids"),
            rate("commands"),
            int(now.get("waiting", 0)),
            float(now.get("lag_seconds", 0)),
        )

    def __add__(self, other: Hot) -> Hot:
        return Hot(
            self.id,
            self.title or other.title,
            self.viewers + other.viewers,
            self.lagging + other.lagging,
            self.bids_per_second + other.bids_per_second,
            self.commands_per_second + other.commands_per_second,
            self.waiting + other.waiting,
            max(self.lag_seconds, other.lag_seconds),
        )


def hottest(changes: Sequence[Change]) -> list[Hot]:
    """The auctions of all servers, those with most commands first, then those with most viewers."""
    found: dict[int, Hot] = {}
    for one in (hot for change in changes for hot in change.auctions()):
        found[one.id] = found[one.id] + one if one.id in found else one
    return sorted(found.values(), key=lambda one: (-one.commands_per_second, -one.viewers, one.id))
