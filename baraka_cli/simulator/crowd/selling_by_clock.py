"""`SellingByClock`: lots that the simulated host sells by a clock (D44, D45)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from baraka_cli.simulator.checks.bidding_told import ClockTold
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.desk import Desk
from baraka_cli.simulator.crowd.errands import POLL_SECONDS
from baraka_server.contract.clock import (
    FairWarning,
    PauseBidding,
    PauseClock,
    ResumeBidding,
    ResumeClock,
    StartClock,
)
from baraka_server.contract.refusals import Code

EXTEND_SECONDS = 1
WINDOW_SECONDS = 1
SNIPES = 2
"""Bids at the last moment, each of which makes the clock run on."""
LAST_MOMENT_SECONDS = 0.3
LONG_SECONDS = 2
"""A clock that has more left, when everybody has bid enough, is set to run out soon."""
PAUSE_SECONDS = 0.2
AWARD_SECONDS_MAX = 15
"""How long behind the end a clock that awards may take, or be paused by the server."""
INTERRUPTIONS_MAX = 3
"""A server that is interrupted more often, while a clock is to run out, has no time for clocks."""
OVER = (Code.NO_CLOCK, Code.NO_LOT, Code.ROUND_OVER)
"""Refusals of what comes when the clock has run out."""


@dataclass(slots=True)
class ClockPlan:
    """A lot with a clock, which awards it where `auto` says so; what is done meanwhile."""

    seconds: int
    auto: bool
    pauses_bidding: bool
    pauses_clock: bool


class SellingByClock:
    """`share` is of the lots, from 0 to 1."""

    def __init__(
        self,
        proof: Proof,
        auction_id: int,
        desk: Desk,
        bidding: Bidding,
        share: float,
        chance: Random,
    ) -> None:
        self._proof = proof
        self._truth = proof.truth(auction_id)
        self._auction_id = auction_id
        self._desk = desk
        self._bidding = bidding
        self._share = share
        self._chance = chance
        self._interruptions = 0

    def plan(self, lot_seconds: float) -> ClockPlan | None:
        chance = self._chance
        if chance.random() >= self._share:
            return None
        return ClockPlan(
            max(1, round(lot_seconds)),
            auto=chance.random() < 0.5,
            pauses_bidding=chance.random() < 0.5,
            pauses_clock=chance.random() < 0.5,
        )

    @property
    def _clock(self) -> ClockTold | None:
        return self._truth.bidding.clock

    @property
    def _left(self) -> float:
        """Seconds until the clock has run out for certain; infinite where it stands still or none is on."""
        clock = self._clock
        end = self._proof.clocks.latest_end(self._auction_id, clock) if clock else None
        return float("inf") if end is None else end - self._proof.findings.now()

    @property
    def is_over(self) -> bool:
        return self._truth.lot is None or self._left <= 0

    async def start(self, plan: ClockPlan) -> bool:
        fields: dict[str, Any] = {
            "seconds": plan.seconds,
            "extendSeconds": EXTEND_SECONDS,
            "windowSeconds": WINDOW_SECONDS,
        }
        return await self._desk.do(
            StartClock.wire_name, fields | ({"award": "auto"} if plan.auto else {})
        )

    async def go_on(self, plan: ClockPlan) -> None:
        """Called all the time while people bid: one thing after the other is done."""
        if self._clock is None or not self._truth.bids:
            return
        if plan.pauses_bidding:
            plan.pauses_bidding = False
            if await self._desk.do(PauseBidding.wire_name, {}, Code.NO_LOT):
                await asyncio.sleep(PAUSE_SECONDS)
                await self._desk.do(ResumeBidding.wire_name, {})
        elif plan.pauses_clock:
            plan.pauses_clock = False
            await self._pause()

    async def _pause(self, seconds: int | None = None) -> None:
        """Let the clock stand still for a moment, and then run on with what was left, or with `seconds`."""
        if await self._desk.do(PauseClock.wire_name, {}, *OVER):
            fields = {} if seconds is None else {"seconds": seconds}
            await self._desk.do(ResumeClock.wire_name, fields, *OVER)

    async def run_out(self, plan: ClockPlan) -> None:
        """Let the clock run out, with bids at the last moment and behind the end; one that awards does so."""
        self._interruptions = 0
        if self._clock is None:
            return
        self._bidding.rests = True
        try:
            if self._left > LONG_SECONDS and self._clock.running:
                await self._pause(EXTEND_SECONDS)
            stage = {"stage": self._chance.randint(1, 3)}
            await self._desk.do(FairWarning.wire_name, stage, Code.NO_LOT, Code.ROUND_OVER)
            for _ in range(SNIPES):
                if await self._wait(lambda: self._left <= LAST_MOMENT_SECONDS):
                    await self._bidding.one_more()
            if await self._wait(lambda: self._left <= 0):
                await self._bidding.one_more()
            if plan.auto and not await self._wait(lambda: self._truth.lot is None):
                self._look_at_end()
        finally:
            self._bidding.rests = False

    async def _wait(self, holds: Callable[[], bool]) -> bool:
        """Whether it came so, in bounded time: a clock that the server interrupted runs on a few times."""
        ends = time.perf_counter() + AWARD_SECONDS_MAX
        while self._clock is not None and time.perf_counter() < ends:
            if holds():
                return True
            if not self._clock.running:
                self._interruptions += 1
                if self._interruptions > INTERRUPTIONS_MAX:
                    return False
                await self._desk.do(ResumeClock.wire_name, {}, *OVER)
            await asyncio.sleep(POLL_SECONDS)
        return holds()

    def _look_at_end(self) -> None:
        if self._clock is not None and self._left < -AWARD_SECONDS_MAX / 2:
            self._proof.clocks.never_awarded(self._auction_id)
