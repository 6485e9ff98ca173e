"""The part `nodes`: each of its measurements once in a round, their goals and tables."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.nodes import hot, killed, lag, workers
from benchmarks.nodes.place import Place, Plan
from benchmarks.report import Goal, Results
from tests.support.servers.redis import Redis


def missing() -> list[str]:
    """What cannot be measured, and why."""
    found = [
        f"Without several servers: {name} is missing. Try: make servers" for name in Redis.missing()
    ]
    return [*found, *([f"No server is killed: {why}"] if (why := killed.missing()) else [])]


async def measure_round(place: Place, turn: int) -> None:
    if turn >= place.plan.rounds:
        return
    await workers.measure(place, turn)
    await hot.measure_many(place, turn)
    await killed.measure_worker(place)
    if Redis.missing():
        return
    await hot.measure_one(place, turn)
    await lag.measure(place, turn)
    if not killed.missing():
        await killed.measure_node(place)


def goals(plan: Plan) -> Iterator[Goal]:
    yield from workers.goals()
    yield from hot.goals(plan)
    yield from lag.goals()
    yield from killed.goals()


def tables(results: Results, plan: Plan) -> Iterator[str]:
    yield workers.tables(results)
    yield from hot.tables(results, plan)
    yield lag.tables(results)
    yield killed.tables(results)
