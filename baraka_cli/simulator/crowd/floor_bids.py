"""`FloorBids`: bids from the room and the telephone, which the simulated host enters (D40)."""

from __future__ import annotations

from random import Random
from typing import Any

from baraka_cli.simulator.checks.truth import Truth
from baraka_cli.simulator.crowd.desk import Desk
from baraka_server.contract.prices import FloorBid
from baraka_server.contract.refusals import Code

BIDS_MAX = 3
"""For one lot."""
LABELS = ("Telephone 4 (hush)", "Third row (hush)")
"""Who bids, as the host calls them; the room may not hear it."""
MAY_BE = (
    *(Code.BID_TOO_LOW, Code.BID_BELOW_MINIMUM, Code.NO_LOT, Code.ROUND_OVER, Code.FLOOR_CLOSED),
    *(Code.BIDDING_CLOSED, Code.BIDDING_PAUSED, Code.NOT_REGISTERED, Code.OVER_LIMIT),
    Code.BLOCKED,
)
"""Refusals that a floor bid may get: others bid meanwhile, and a paddle's bidder may have a limit."""


class FloorBids:
    """`share` is of the lots, from 0 to 1. None are made until a floor user was named."""

    def __init__(self, truth: Truth, desk: Desk, share: float, chance: Random) -> None:
        self.open = False
        self._truth = truth
        self._desk = desk
        self._share = share
        self._chance = chance

    def plan(self) -> int:
        """How many are made for the next lot."""
        return self._chance.randint(1, BIDS_MAX) if self._chance.random() < self._share else 0

    async def make(self) -> bool:
        """Whether one was taken."""
        bids = self._truth.bids
        if not (self.open and bids and self._desk.has(FloorBid.wire_name)):
            return False
        bidder: dict[str, Any] = {"label": self._chance.choice(LABELS)}
        paddles = [paddle for user, paddle in self._truth.paddles.items() if user != bids[-1][1]]
        if paddles and self._chance.random() < 0.5:
            bidder = {"paddle": self._chance.choice(paddles)}
        fields = bidder | {"amount": bids[-1][2] + self._chance.randint(1, 5)}
        return await self._desk.do(FloorBid.wire_name, fields, *MAY_BE)
