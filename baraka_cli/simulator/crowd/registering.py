"""`Registering`: the rules that the simulated host sets, and bidders whom it registers (D43, D48)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.desk import Desk
from baraka_cli.simulator.crowd.floor_bids import FloorBids
from baraka_cli.simulator.crowd.maximum_bids import MaximumBids
from baraka_server.contract.house_rules import SetHouseRules
from baraka_server.contract.registration import RegisterBidder

LIMIT_EVERY = 3
"""Every so many of the bidders has a limit."""


class Registering:
    """With `approval` all bidders are registered at once but the first, who is with the second lot."""

    def __init__(
        self,
        desk: Desk,
        everybody: Sequence[Member],
        maxima: MaximumBids,
        *,
        takes_maxima: bool,
        approval: bool,
        limit: int,
        floor: FloorBids,
        floor_user: int | None,
    ) -> None:
        self._desk = desk
        self._maxima = maxima
        self._takes_maxima = takes_maxima
        self._approval = approval
        self._limit = limit
        self._floor = floor
        self._floor_user = floor_user
        self._users = list(
            dict.fromkeys(one.phone.user_id for one in everybody if one.bidder is not None)
        )
        self._late = self._users[:1] if len(self._users) > 1 else []

    @property
    def planned(self) -> int:
        """How many rules are set."""
        return self._takes_maxima + self._approval + (self._floor_user is not None)

    async def open(self) -> int:
        """Before the first lot. How many rules were set."""
        rules: dict[str, Any] = {"maxima": True} if self._takes_maxima else {}
        if self._approval:
            rules["registration"] = "approval"
        if self._floor_user is not None:
            rules["floorUserId"] = self._floor_user
        if not rules or not await self._desk.do(SetHouseRules.wire_name, rules):
            return 0
        self._maxima.taken = self._takes_maxima
        self._floor.open = self._floor_user is not None
        if self._approval:
            for number, user_id in enumerate(self._users):
                if user_id not in self._late:
                    await self._register(user_id, limited=number % LIMIT_EVERY == 1)
        return self.planned

    async def between_lots(self) -> None:
        while self._approval and self._late:
            await self._register(self._late.pop(), limited=False)

    async def _register(self, user_id: int, *, limited: bool) -> None:
        fields: dict[str, Any] = {"userId": user_id, "approved": True}
        await self._desk.do(
            RegisterBidder.wire_name, fields | ({"limit": self._limit} if limited else {})
        )
