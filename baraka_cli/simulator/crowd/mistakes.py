"""`Mistakes`: bids that the simulated host takes back, and lots that are opened again behind the hammer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any

from baraka_cli.simulator.checks.truth import Truth
from baraka_cli.simulator.crowd.desk import Desk
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.refusals import Code

TRIES_MAX = 20
"""How often a bid is taken back in vain, since a newer one came, or a lot opened again, before it is left."""
UNDOS_MAX = 3
HEARING_SECONDS = 0.1
"""How long the host's server may take to hear of an award on another one, before the host asks again."""


@dataclass(slots=True)
class Plan:
    """What goes wrong with one lot: how many bids are taken back, and what follows the hammer."""

    undos: int = 0
    reopens: bool = False
    to_runner_up: bool = False


class Mistakes:
    """`share` is of the lots, from 0 to 1."""

    def __init__(self, truth: Truth, desk: Desk, share: float, chance: Random) -> None:
        self._truth = truth
        self._desk = desk
        self._share = share
        self._chance = chance

    def plan(self) -> Plan:
        if self._chance.random() >= self._share:
            return Plan()
        reopens = self._chance.random() < 0.5
        return Plan(
            self._chance.randint(not reopens, UNDOS_MAX), reopens, self._chance.random() < 0.5
        )

    async def undo(self) -> bool:
        """Take the newest bid back; a bid that comes meanwhile is the newest then."""
        for _ in range(TRIES_MAX):
            bids = self._truth.bids
            if not bids or not self._desk.has(UndoBid.wire_name):
                return False
            named = {"bidId": bids[-1][0]}
            if await self._desk.do(
                UndoBid.wire_name, named, Code.NOT_NEWEST, Code.NOTHING_TO_UNDO, Code.NO_LOT
            ):
                return True
        return False

    async def reopen(self) -> bool:
        """Open the lot again that was awarded last, once the host was told of that."""
        for _ in range(TRIES_MAX):
            reply = await self._desk.ask(ReopenLot.wire_name, {})
            if reply.code != Code.NOTHING_TO_REOPEN:
                return self._desk.was_done(ReopenLot.wire_name, reply)
            await asyncio.sleep(HEARING_SECONDS)
        return await self._desk.do(ReopenLot.wire_name, {})

    def runner_up(self) -> dict[str, Any]:
        """The fields of an award to the highest bid of another bidder than the leader; none without one."""
        bids = self._truth.bids
        others = [row for row in bids if row[1] != bids[-1][1]]
        return {"bidId": others[-1][0], "runnerUp": True} if others else {}
