"""`LimitSearch`: raises the rate of bids step by step until something breaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.deliveries import Deliveries
from baraka_cli.simulator.crowd.pace import NO_OCCASION
from baraka_cli.simulator.meter import Meter, Times
from baraka_cli.simulator.result import Step
from baraka_cli.simulator.scenario import Scenario

GROWTH = 1.5
"""Of the rate, from step to step."""
REACHED_MIN = 0.9
"""Of a step's rate: below this the bids were not made that it stands for."""

UNDER_WAY = 1
"""A bid that just fell due may not have been sent when a step ends."""
OCCASION_MIN = 0.25
"""Of a step's bids that were due: with so few that somebody could make, it says nothing."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Counters at the beginning of a step."""

    at: float
    asked: int
    accepted: int
    unanswered: int
    planned: int
    idle: int
    """Bids that were due when nobody could bid: no lot was on the block, or the leader alone was ready."""
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
                continue  # hardly anybody could bid, which says nothing
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
            idle=sum(bidding.lapsed[lapse] for lapse in NO_OCCASION),
            lost=meter.delivery.lost,
            seconds=len(meter.timeline),
        )

    def _step(self, rate: float, before: _Mark, times: Times) -> Step | None:
        """The step that ends now. Figures a second are of the time in which somebody could bid."""
        now = self._mark()
        planned = now.planned - before.planned
        due = planned - (now.idle - before.idle)
        if due <= planned * OCCASION_MIN:
            return None
        seconds = (now.at - before.at) * due / planned
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
        step.why = ", ".join(self._broken(step, now.asked - before.asked, due, seconds, before))
        return step

    def _broken(
        self, step: Step, made: int, due: int, seconds: float, before: _Mark
    ) -> Iterator[str]:
        limits = self._scenario
        if limits.max_p99_ms is not None and (step.p99 or 0) > limits.max_p99_ms:
            yield f"delivery p99 was {step.p99:,.0f} ms"
        if limits.max_lost is not None and step.lost > limits.max_lost:
            yield f"{step.lost:,} deliveries were lost"
        if limits.max_unanswered is not None and step.unanswered > limits.max_unanswered:
            yield f"{step.unanswered:,} bids were not answered"
        if made + UNDER_WAY < due * REACHED_MIN:
            yield f"only {made / seconds:,.1f} of {due / seconds:,.1f} bids a second were made"
        if self._meter.strained(since=before.seconds):
            yield "the simulator itself had too little time"
