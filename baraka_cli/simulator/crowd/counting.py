"""`Counting`: compares the server's count of viewers with the crowd's own."""

from __future__ import annotations

from collections.abc import Collection

from baraka_cli.client.frames import Frame
from baraka_cli.client.sockets import CouldNotConnect
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.visits import Visits
from baraka_cli.simulator.result import Promise

FIRST_COUNT_SECONDS_MAX = 5


class Counting:
    """`members` are all of ours; `scout` is the one of them that looks next door."""

    def __init__(
        self,
        sale: Sale,
        members: Collection[Member],
        scout: Member,
        visits: Visits,
        errands: Errands,
    ) -> None:
        self._sale = sale
        self._auction_id = sale.place.auction_id
        self._proof = sale.proof
        self._members = members
        self._scout = scout
        self._visits = visits
        self._errands = errands
        self._count: int | None = None
        self._strangers = 0
        self._heard: set[int] = set()
        """Every count that the host heard since this was emptied."""

    def heard(self, frame: Frame) -> None:
        """`userCountUpdate`, as the host hears it."""
        if frame.auction_id in {None, self._auction_id}:
            count = frame.data.get("userCount", 0)
            self._count = count
            if isinstance(count, int):
                self._heard.add(count)

    async def look_for_strangers(self) -> None:
        """Count who is there beside the host, before anybody else of ours is.

        Next door nobody is there. If as many are counted there who are not ours, they are nobody.
        """
        await self._errands.until(lambda: self._count is not None, FIRST_COUNT_SECONDS_MAX)
        self._strangers = max(0, (self._count or 1) - 1)
        door = self._sale.place.next_door
        if Promise.COUNTS_AGREE in self._proof.findings.exempt:
            return
        if self._strangers and door is not None and self._sale.pool.acknowledges:
            there = await self._counted_next_door(door)
            self._proof.counts.began(self._auction_id, door, self._strangers, (there or 1) - 1)

    async def _counted_next_door(self, door: int) -> int | None:
        """What the scout hears next door, alone."""
        scout, belongs = self._scout, self._scout.auction_id
        try:
            await self._visits.connect(scout)
        except CouldNotConnect:
            return None
        scout.auction_id = door
        try:
            if not await self._visits.join(scout):
                return None
            room = scout.seat.rooms[door]
            await self._errands.until(lambda: room.count is not None, FIRST_COUNT_SECONDS_MAX)
            await self._visits.leave(scout)
            return room.count if isinstance(room.count, int) else None
        finally:
            scout.auction_id = belongs

    def begin(self) -> None:
        """From here on to the next `look`, joiners must be told what everybody hears."""
        self._heard = {self._count} if isinstance(self._count, int) else set()
        self._proof.counts.told.clear()

    async def look(self, when: str, *, quiet: bool = False) -> None:
        """Compare, once nobody comes or goes; `quiet` if nobody has since `begin` but for who joined."""
        if Promise.COUNTS_AGREE in self._proof.findings.exempt:
            return  # it may never agree, and need not be waited for
        self._sale.phase("counting who is there")
        auction_id = self._auction_id
        inside = [one for one in self._members if one.inside and one.auction_id == auction_id]
        there = self._strangers + len(inside)
        # The server may have dropped a slow phone long before that reads of it.
        fewer = sum(one.slow and not self._visits.is_level(one) for one in inside)
        more = self._visits.ghosts()

        def agrees() -> bool:
            heard = self._count
            right = heard is not None and there - fewer <= heard <= there + more
            rooms = (one.seat.rooms.get(auction_id) for one in level())
            return right and all(room is None or room.count == heard for room in rooms)

        def level() -> list[Member]:
            return [one for one in inside if one.inside and not one.slow and not one.busy]

        await self._errands.settled(agrees)
        self._proof.count(auction_id, self._count, there, when, fewer=fewer, more=more)
        seats = [one.seat for one in level()]
        self._proof.counts.agree(auction_id, self._count, seats, when)
        if quiet:
            self._proof.counts.look_at_joins(auction_id, self._heard)
