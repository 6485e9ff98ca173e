"""`LimitSearch`: raises the rate of bids step by step until something breaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.deliveries import Deliveries
from baraka_cli.simulator.crowd.pace import Lapse
from baraka_cli.simulator.meter import Meter, Times
from baraka_cli.simulator.result import Step
from baraka_cli.simulator.scenario import Scenario

GROWTH = 1.5
"""Of the rate, from step to step."""
REACHED_MIN = 0.9
"""Of a step's rate: below this the bids were not made that it stands for."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Counters at the beginning of a step."""

    at: float
    asked: int
    accepted: int
    unanswered: int
    planned: int
    idle: int
    """Bids that were due and could not be made: no lot was on the block, or it was too new."""
    lost: int
    seconds: int
    """Length of the timeline."""


class LimitSearch:
    """Search for the rate that a server carries. `run` ends the bidding when a step breaks."""

    def __init__(
        self, scenario: Scenario, bidding: Bidding, deliveries: Deliveries, meter: Meter
    ) -> None:
        self.steps: list[Step] = []
        self._scenario = scenario
        self._bidding = bidding
        self._deliveries = deliveries
        self._meter = meter

    async def run(self) -> None:
        rate = self._scenario.rate
        while True:
            self._bidding.change_rate(rate)
            mark, times = self._mark(), self._meter.begin_step()
            await asyncio.sleep(self._scenario.find_limit)
            if not self._bidding.open:
                return  # the time is over in the middle of a step, which says nothing
            step = self._step(rate, mark, times)
            if step is None:
                continue  # nobody could bid, which says nothing
            self.steps.append(step)
            if not self.steps[-1].held:
                self._bidding.close()
                return
            rate *= GROWTH

    def _mark(self) -> _Mark:
        meter, bidding = self._meter, self._bidding
        return _Mark(
            at=time.perf_counter(),
            asked=meter.bids.sent,
            accepted=meter.bids.done,
            unanswered=meter.bids.unanswered,
            planned=bidding.planned,
            idle=bidding.lapsed[Lapse.NO_LOT] + bidding.lapsed[Lapse.TOO_NEW],
            lost=meter.delivery.lost,
            seconds=len(meter.timeline),
        )

    def _step(self, rate: float, before: _Mark, times: Times) -> Step | None:
        now = self._mark()
        due = (now.planned - before.planned) - (now.idle - before.idle)
        if not due:
            return None
        seconds = now.at - before.at
        for waited in self._deliveries.waiting(now.at):
            times.add(waited)  # at least so long, by now
        step = Step(
            rate=round(rate, 2),
            asked=round((now.asked - before.asked) / seconds, 2),
            accepted=round((now.accepted - before.accepted) / seconds, 2),
            p99=times.latency().p99,
            lost=now.lost - before.lost,
            unanswered=now.unanswered - before.unanswered,
        )
        step.why = ", ".join(self._broken(step, due / seconds, before.seconds))
        return step

    def _broken(self, step: Step, due: float, began: int) -> Iterator[str]:
        limits = self._scenario
        if limits.max_p99_ms is not None and (step.p99 or 0) > limits.max_p99_ms:
            yield f"delivery p99 was {step.p99:,.0f} ms"
        if limits.max_lost is not None and step.lost > limits.max_lost:
            yield f"{step.lost:,} deliveries were lost"
        if limits.max_unanswered is not None and step.unanswered > limits.max_unanswered:
            yield f"{step.unanswered:,} bids were not answered"
        if step.asked < due * REACHED_MIN:
            yield f"only {step.asked:,.1f} of {due:,.1f} bids a second were made"
        if self._meter.strained(since=began):
            yield "the simulator itself had too little time"
