"""Summary of many sales under faults, by their verdicts: what happened in them, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

Verdicts = Sequence[dict[str, Any]]


def summary(verdicts: Verdicts) -> Iterator[str]:
    """Lines for people. A sale that crashed has no numbers, and is counted as broken alone."""
    told = [one for one in verdicts if "bids" in one]
    broken = Counter(check for one in verdicts for check in one["violations"])
    if not told:
        return
    faults = [name for one in told for step in one["faults"] for name in step.split(" + ")]
    asked, accepted = (sum(one[key] for one in told) for key in ("bids", "accepted"))
    yield f"{len(told)} sales: {_counts(one['set_up'] for one in told)}"
    yield f"{len(faults)} faults, {len(set(faults))} different ones; {asked} bids, {accepted} accepted"
    counted = [one["counted_seconds"] for one in told if one["counted_seconds"] is not None]
    if counted:
        yield f"counts exact after {median(counted):.1f} s (median), {max(counted):.1f} s (worst)"
    for when in ("calm", "Redis at fault"):
        lags = [one["lag"][when] for one in told if when in one["lag"]]
        if lags:
            p99 = median(lag["p99_ms"] for lag in lags)
            worst = max(lag["worst_ms"] for lag in lags)
            yield f"lag, {when}: p99 {p99:.0f} ms (median of the sales), {worst:.0f} ms (worst of all)"
    grown = max(one["memory_grown_mb"] for one in told)
    yield f"the largest growth of a server: {grown:.0f} MB"
    yield f"violations: {_counts(broken.elements()) or 'none'}"


def _counts(names: Any) -> str:
    return ", ".join(f"{count} × {name}" for name, count in Counter(names).most_common())
