"""`Counting`: compares the server's count of viewers with the crowd's own."""

from __future__ import annotations

from collections.abc import Collection

from baraka_cli.client.frames import Frame
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.visits import Visits
from baraka_cli.simulator.result import Promise

FIRST_COUNT_SECONDS_MAX = 5


class Counting:
    """`members` are all of ours."""

    def __init__(
        self, sale: Sale, members: Collection[Member], visits: Visits, errands: Errands
    ) -> None:
        self._auction_id = sale.place.auction_id
        self._proof = sale.proof
        self._phase = sale.phase
        self._members = members
        self._visits = visits
        self._errands = errands
        self._count: int | None = None
        self._strangers = 0

    def heard(self, frame: Frame) -> None:
        """`userCountUpdate`, as the host hears it."""
        if frame.auction_id in {None, self._auction_id}:
            self._count = frame.data.get("userCount", 0)

    async def look_for_strangers(self) -> None:
        """Whoever is there beside the host, before anybody else of ours is."""
        await self._errands.until(lambda: self._count is not None, FIRST_COUNT_SECONDS_MAX)
        self._strangers = max(0, (self._count or 1) - 1)

    async def look(self, when: str) -> None:
        if Promise.COUNTS_AGREE in self._proof.findings.exempt:
            return  # it may never agree, and need not be waited for
        self._phase("counting who is there")
        auction_id = self._auction_id
        inside = [one for one in self._members if one.inside and one.auction_id == auction_id]
        there = self._strangers + len(inside)
        # The server may have dropped a slow phone long before that reads of it.
        fewer = sum(one.slow and not self._visits.is_level(one) for one in inside)
        more = self._visits.ghosts()

        def agrees() -> bool:
            heard = self._count
            return heard is not None and there - fewer <= heard <= there + more

        await self._errands.settled(agrees)
        self._proof.count(auction_id, self._count, there, when, fewer=fewer, more=more)
