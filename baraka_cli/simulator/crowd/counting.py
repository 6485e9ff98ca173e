"""`Counting`: compares the server's count of viewers with the crowd's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Coroutine, Sequence
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.client.sockets import CouldNotConnect
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.checks.strangers import Strangers
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.visits import Visits
from baraka_cli.simulator.result import Promise

FIRST_COUNT_SECONDS_MAX = 5
STEADY_SECONDS = 0.5
"""After which a count stands for who is there: in a busy room it is told four times a second (D9)."""
SAMPLE_SECONDS = 0.1
COUNTED_SECONDS_MAX = 2
"""How long a count may take to stand for who is there."""
STILL_SECONDS = 3
"""How long a count that does not agree may stand still: one that is on its way moves."""
ASKED_MAX = 20
COUNTED_AGAIN_MAX = 3
FIRST_COMERS_SECONDS = 0.5
"""How long apps that wait for a sale have to enter it once they hear of its start."""


class Counting:
    """`members` are all of ours; `scout` is the one of them that looks next door, and counts again."""

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
        self._moved_at = 0.0
        """When the count changed, on the crowd's own clock."""
        self._differing: set[Seat] = set()
        """Phones that are known to have heard another count than the host."""
        self._strangers = Strangers(STEADY_SECONDS)
        self._heard: set[int] = set()
        """Every count that the host heard since this was emptied."""

    def heard(self, frame: Frame) -> None:
        """`userCountUpdate`, as the host hears it."""
        if frame.auction_id in {None, self._auction_id}:
            count = frame.data.get("userCount", 0)
            if count != self._count:
                self._moved_at = self._sale.awake()
            self._count = count
            if isinstance(count, int):
                self._heard.add(count)

    async def look_for_strangers(self) -> None:
        """Count who is there beside the host, before anybody else of ours is.

        Next door nobody is there. If as many are counted there who are not ours, they are nobody.
        """
        await self._errands.until(lambda: self._count is not None, FIRST_COUNT_SECONDS_MAX)
        await asyncio.sleep(FIRST_COMERS_SECONDS)
        strangers = max(0, (self._count or 1) - 1)
        self._strangers.begin(strangers)
        self._errands.start(self._sample())
        next_door = self._sale.place.next_door
        if Promise.COUNTS_AGREE in self._proof.findings.exempt:
            return
        if strangers and next_door is not None and self._sale.pool.acknowledges:
            there = await self._counted_next_door(next_door)
            self._proof.counts.began(self._auction_id, next_door, strangers, (there or 1) - 1)

    async def _counted_next_door(self, next_door: int) -> int | None:
        """What the scout hears next door, alone."""
        scout, belongs = self._scout, self._scout.auction_id
        try:
            await self._visits.connect(scout)
        except CouldNotConnect:
            return None
        scout.auction_id = next_door
        try:
            if not await self._visits.join(scout):
                return None
            room = scout.seat.rooms[next_door]
            await self._errands.until(lambda: room.count is not None, FIRST_COUNT_SECONDS_MAX)
            await self._visits.leave(scout)
            return room.count if isinstance(room.count, int) else None
        finally:
            scout.auction_id = belongs

    def begin(self) -> None:
        """From here on to the next `look`, joiners must be told what everybody hears."""
        self._heard = {self._count} if isinstance(self._count, int) else set()
        self._proof.counts.told.clear()

    async def _sample(self) -> None:
        while True:
            if isinstance(self._count, int):
                self._strangers.sample(time.perf_counter(), self._count, len(self._inside()))
            await asyncio.sleep(SAMPLE_SECONDS)

    def _inside(self) -> list[Member]:
        return [one for one in self._members if one.inside and one.auction_id == self._auction_id]

    def _limits(self) -> tuple[int, int]:
        """By how many the count may be smaller and larger than those of ours who are inside, now."""
        # The server may have dropped a slow phone long before that reads of it.
        fewer = sum(one.slow and not self._visits.is_level(one) for one in self._inside())
        # It counts who comes back before that knows to be inside.
        coming = (one for one in self._members if one.busy and not one.inside)
        more = sum(one.auction_id == self._auction_id for one in coming)
        return fewer, more + self._visits.ghosts()

    def _stands_still(self, began: float) -> bool:
        """Whether the count has not moved for a while, since `began` on the crowd's own clock."""
        return self._sale.awake() - max(began, self._moved_at) >= STILL_SECONDS

    async def _ask(self, differing: Sequence[Member]) -> None:
        """Have those answered who heard another count: what was sent to them before comes before that."""
        some = differing[:ASKED_MAX]
        await asyncio.gather(*(self._visits.join(one, resumes=True) for one in some))

    async def _count_again(self) -> None:
        """One of ours goes out and in, until that tells whether the server counts.

        What the count was wrong by at one time alone may have been a person.
        """
        strangers = self._strangers
        for _ in range(COUNTED_AGAIN_MAX):
            if strangers.windows < strangers.windows_wanted and self._scout.inside:
                await self._and_see(self._visits.leave(self._scout))
                await self._and_see(self._visits.join(self._scout))

    async def _and_see(self, move: Coroutine[Any, Any, Any]) -> None:
        windows = self._strangers.windows
        await move
        await self._errands.until(lambda: self._strangers.windows > windows, COUNTED_SECONDS_MAX)

    async def look(self, when: str, *, quiet: bool = False, may_count_again: bool = True) -> None:
        """Compare, once nobody goes; `quiet` if nobody has since `begin` but for who joined.

        Phones that the server hung up on come back meanwhile: who is there is looked at again each time.
        """
        if Promise.COUNTS_AGREE in self._proof.findings.exempt:
            return  # it may never agree, and need not be waited for
        self._sale.phase("counting who is there")
        auction_id = self._auction_id

        def is_right() -> bool:
            heard, ours = self._count, len(self._inside())
            if not isinstance(heard, int):
                return False
            explained = self._strangers.explain(heard, ours)
            there, (fewer, more) = self._strangers.there + ours, self._limits()
            return explained or there - fewer <= heard <= there + more

        def level() -> list[Member]:
            """Those who should hear what the host hears; it is said once of each who does not."""
            there = (one for one in self._inside() if not one.slow and not one.busy)
            return [one for one in there if one.seat not in self._differing]

        def differ() -> list[Member]:
            rooms = ((one, one.seat.rooms.get(auction_id)) for one in level())
            return [one for one, room in rooms if room is not None and room.count != self._count]

        def agrees() -> bool:
            return is_right() and not differ()

        if not await self._errands.until(agrees, COUNTED_SECONDS_MAX):
            if self._sale.pool.acknowledges:
                if is_right():
                    await self._ask(differ())
                elif may_count_again:
                    await self._count_again()
            began = self._sale.awake()
            await self._errands.wait_for(lambda: agrees() or self._stands_still(began))
        there, (fewer, more) = self._strangers.there + len(self._inside()), self._limits()
        self._proof.count(auction_id, self._count, there, when, fewer=fewer, more=more)
        seats = [one.seat for one in level()]
        self._differing |= self._proof.counts.agree(auction_id, self._count, seats, when)
        if quiet:
            self._proof.counts.look_at_joins(auction_id, self._heard)
