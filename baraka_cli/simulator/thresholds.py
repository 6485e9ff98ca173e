"""Judges the thresholds of a run, and the growth of a server that was soaked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baraka_cli.simulator.growth import growth
from baraka_cli.simulator.result import Result, Second, Threshold
from baraka_cli.simulator.scenario import Scenario

SOAK_SECONDS_MIN = 600
"""A server is not judged for growing in less than this: it takes its time to fill what it keeps."""

MEMORY_SHARE, MEMORY_FLOOR = 0.05, 8_000_000
FILES_SHARE, FILES_FLOOR = 0.05, 8


def judged(scenario: Scenario, result: Result) -> list[Threshold]:
    """Thresholds that the scenario sets, and those of a soak."""
    found = list(_of_a_soak(scenario, result))
    if scenario.find_limit:
        return found + list(_of_the_limit(scenario, result))
    return list(_of_the_run(scenario, result)) + found


def _of_the_run(scenario: Scenario, result: Result) -> Iterator[Threshold]:
    totals, delivery = result.totals, result.delivery
    if scenario.max_p99_ms is not None:
        yield _at_most("--max-p99-ms", scenario.max_p99_ms, delivery.p99, "ms")
    if scenario.max_lost is not None:
        lost = delivery.lost if delivery.count else None
        yield _at_most("--max-lost", scenario.max_lost, lost)
    if scenario.max_unanswered is not None:
        unanswered = totals.unanswered if totals.asked else None
        yield _at_most("--max-unanswered", scenario.max_unanswered, unanswered)
    if scenario.min_accepted_per_second is not None:
        seconds = totals.bidding_seconds
        yield _at_least(scenario, totals.accepted / seconds if seconds else None)


def _of_the_limit(scenario: Scenario, result: Result) -> Iterator[Threshold]:
    """Steps are there to break the others."""
    rates = [step.rate for step in result.steps if step.held]
    best = max(rates, default=None)
    yield Threshold(
        name="--find-limit, bids a second", limit=scenario.rate, value=best, holds=bool(rates)
    )
    if scenario.min_accepted_per_second is not None:
        held = [step.accepted for step in result.steps if step.held]
        yield _at_least(scenario, max(held, default=None))


def _at_most(name: str, limit: float, value: float | None, unit: str = "") -> Threshold:
    holds = value is not None and value <= limit
    return Threshold(name=name, limit=limit, value=value, holds=holds, unit=unit)


def _at_least(scenario: Scenario, value: float | None) -> Threshold:
    limit = scenario.min_accepted_per_second or 0
    return Threshold(
        name="--min-accepted-per-second",
        limit=limit,
        value=None if value is None else round(value, 3),
        holds=value is not None and value >= limit,
    )


def _of_a_soak(scenario: Scenario, result: Result) -> Iterator[Threshold]:
    if not result.servers or result.totals.bidding_seconds < SOAK_SECONDS_MIN:
        return
    soaked = during_bidding(result)
    for name, samples, share, floor, unit in (
        *(
            (
                "memory of the server at the end",
                _memory(soaked),
                MEMORY_SHARE,
                MEMORY_FLOOR,
                "bytes",
            ),
        ),
        *(
            (
                "files that the server has open at the end",
                _files(soaked),
                FILES_SHARE,
                FILES_FLOOR,
                "",
            ),
        ),
    ):
        found = growth(samples, share=share, floor=floor)
        if found is not None:
            yield Threshold(
                name=name, limit=found.allowed, value=found.last, holds=not found.grows, unit=unit
            )


def during_bidding(result: Result) -> Sequence[Second]:
    """Seconds in which bids were made: before them people come, and after them they go."""
    asked = [at for at, second in enumerate(result.timeline) if second.asked]
    return result.timeline[asked[0] : asked[-1] + 1] if asked else []


def _memory(seconds: Sequence[Second]) -> list[float | None]:
    return [second.server_rss_bytes for second in seconds]


def _files(seconds: Sequence[Second]) -> list[float | None]:
    return [second.server_files for second in seconds]
