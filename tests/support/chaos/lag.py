"""Lag: how much later the other viewers heard of a bid than the first of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.chaos.evidence import Evidence, Kind
from tests.support.chaos.nodes import Installation
from tests.support.chaos.people import Bidder, Person

GRACE_SECONDS = 5
"""A fault is over so long before the lag is that of calm."""


@dataclass
class Lag:
    """In milliseconds; a viewer who was not there hears later, and does not count."""

    bids: int
    p50_ms: float
    p99_ms: float
    worst_ms: float


def lags(here: Installation, people: Sequence[Person], evidence: Evidence) -> dict[str, Lag]:
    """The lag in calm, and while Redis alone was at fault."""
    if here.set_up.nodes == 1:
        return {}
    heard: dict[int, list[float]] = defaultdict(list)
    for one in people:
        if isinstance(one, Bidder):
            for at, (name, payload) in enumerate(one.phone.events):
                if name == "newBid":
                    heard[payload["seq"]].append(one.phone.heard_at[at])
    found: dict[str, list[float]] = defaultdict(list)
    for times in heard.values():
        first = min(times)
        if when := _when(first, evidence):
            found[when].append((max(times) - first) * 1_000)
    return {when: _lag(sorted(some)) for when, some in found.items()}


def _when(at: float, evidence: Evidence) -> str:
    near = [one for one in evidence.windows if one.begin - 1 < at < one.end + GRACE_SECONDS]
    if not near:
        return "calm"
    return "Redis at fault" if all(one.kind is Kind.REDIS for one in near) else ""


def _lag(sorted_ms: Sequence[float]) -> Lag:
    def at(share: float) -> float:
        return round(sorted_ms[min(len(sorted_ms) - 1, int(len(sorted_ms) * share))], 1)

    return Lag(len(sorted_ms), at(0.5), at(0.99), round(sorted_ms[-1], 1))
