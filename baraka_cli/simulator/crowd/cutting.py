"""`Cutting`: cuts connections by chance, as tunnels and elevators do; their phones come back."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from random import Random

from baraka_cli.simulator.crowd.cast import Member, Part
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.visits import Visits


class Cutting:
    """`rate` is of connections per second. `start` it, and it goes on while it is `open`."""

    def __init__(
        self,
        rate: float,
        everybody: Sequence[Member],
        visits: Visits,
        errands: Errands,
        chance: Random,
    ) -> None:
        self.open = True
        self.cuts = 0
        """Connections that were cut on purpose."""
        self._rate = rate
        self._everybody = everybody
        self._visits = visits
        self._errands = errands
        self._chance = chance

    def start(self) -> None:
        if self._rate:
            self._errands.start(self._cut())

    async def _cut(self) -> None:
        cuttable = [one for one in self._everybody if one.part is not Part.PASSER_BY]
        began = time.perf_counter()
        for number in itertools.count(1):
            due = began + number / self._rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            if not self.open:
                return
            there = [one for one in cuttable if one.phone.connected and not one.busy]
            if there:
                self.cuts += 1
                one = self._chance.choice(there)
                one.inside = False
                one.busy = True
                await self._visits.drop(one)
                self._errands.start(self._visits.come_back(one))
