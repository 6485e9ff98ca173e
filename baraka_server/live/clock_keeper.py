"""Keeper of one auction's clock on one node: watches whether bidding works, and attends to its end (D44)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from baraka_server.domain.clock import Clock, Run
from baraka_server.live.clock_look import END_SECONDS, Followed, Watch
from baraka_server.live.clock_measure import (
    DatabaseTime,
    Pair,
    Trouble,
    left_when_interrupted,
)
from baraka_server.store.attendance import KEPT, Attendance
from baraka_server.store.errors import StoreError
from baraka_server.store.store import Store

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.25
"""How often a node looks whether it stood still."""
ATTEND_SECONDS = 1.0
PRESENCE_SECONDS = KEPT.total_seconds() / 3
GRACE_MS = 250
"""How long behind the end a node waits before it says that it has no bid left: nodes measure alike, not
the same."""
FIND_OUT_SECONDS, FIND_OUT_TIMES = 0.25, 10
"""How often, and how many times, it is looked whether another node attends."""
TROUBLES_MAX = 64
"""How many troubles are kept; of more the first ones, which left most of the clock."""
KEPT_SECONDS = 5.0
"""How long a trouble is kept that interrupted nothing, as far as this node knows yet."""


class ClockKeeper:
    """Follows the clock of one auction. `look` queues a look at it, behind the bids that were read before.

    `seconds` counts as the auction's clock does; `beat_seconds` is how often it is looked after, 0 where
    somebody else calls `beat`.
    """

    def __init__(
        self,
        auction_id: int,
        store: Store,
        node: str,
        look: Callable[[], object],
        *,
        seconds: Callable[[], float],
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._auction_id = auction_id
        self._store = store
        self._look = look
        self._seconds = seconds
        self._beat_seconds = beat_seconds
        self._watch = Watch(node, seconds, store.has_own_time, up_since=seconds())
        self._clock: Clock | None = None
        self._down_since: float | None = None
        self._lost_bids = False
        self._asked = False
        self._cleared: tuple[Run, int] | None = None
        self._cleared_at = float("-inf")
        self._beat_at: float | None = None
        self._attended_at = float("-inf")
        self._attended_to = -1
        self._attends_until = float("-inf")
        self._presence_at = float("-inf")
        self._beating: asyncio.Task[None] | None = None
        self._attending: asyncio.Task[None] | None = None

    # --- what is known

    def counted(self, clock: Clock) -> int:
        """How far a clock has counted by now, to be shown."""
        pair = self._watch.pair
        if pair is None or pair.run != clock.run:
            return clock.clock_ms
        return clock.now(pair.counted(self._seconds()))

    def watch(self) -> Watch:
        """What is known, at the beginning of a way to the lock."""
        now = self._seconds()
        return replace(self._watch, began=now, troubles=self._troubles(now))

    def _troubles(self, now: float) -> tuple[Trouble, ...]:
        more = [self._stood(now)]
        if self._down_since is not None:
            down = Trouble(self._down_since, now)
            more.append(down if self._lost_bids or down.counts else None)
        return (*self._watch.troubles, *(one for one in more if one is not None))

    def _stood(self, now: float) -> Trouble | None:
        """The time in which this node's loop stands, or stood since the last beat."""
        if self._beat_at is None:
            return None
        late = Trouble(self._beat_at + self._beat_seconds, now)
        return Trouble(self._beat_at, now) if late.counts else None

    @property
    def due(self) -> bool:
        """Whether the clock is to be looked at under the lock, although nobody asks for anything."""
        clock, pair = self._clock, self._watch.pair
        if clock is None or clock.run is None:
            return False
        if pair is None or pair.run != clock.run:
            return True
        return left_when_interrupted(clock, pair, self._troubles(self._seconds())) is not None

    @property
    def runs(self) -> bool:
        """Whether a clock is followed that runs."""
        return self._clock is not None and self._clock.running

    @property
    def attends(self) -> bool:
        """Whether others count on this node: it has, or had not long ago, a socket in the room.

        So it goes on reading of clocks for a while although nobody is in the room any more.
        """
        return self._seconds() < self._attends_until

    @property
    def ended(self) -> int | None:
        """Where a clock ran out that is to award its lot, and this node has something to say to it."""
        clock, pair = self._clock, self._watch.pair
        if clock is None or pair is None or not clock.auto or pair.run != clock.run:
            return None
        now = self._seconds()
        since_ms = clock.now(pair.counted(now)) - clock.ends_ms
        if since_ms < GRACE_MS:
            return None
        if self._cleared != (pair.run, clock.ends_ms):
            return clock.ends_ms
        late = since_ms > 1000 * END_SECONDS and now > self._cleared_at + ATTEND_SECONDS
        return clock.ends_ms if late else None

    def end_at(self, ends_ms: int) -> float:
        """This node's time at which the clock had counted so far."""
        pair = self._watch.pair
        return pair.began + (ends_ms - pair.run.clock_ms) / 1000 if pair else float("-inf")

    # --- what happens

    def looks(self) -> bool:
        """Whether there is anything to do under the lock, now that a look has its turn."""
        return self.due

    def took(self, watch: Watch, followed: Followed | None) -> None:
        """Note what a transaction saw that began with `watch`."""
        self._down_since, self._lost_bids = None, False
        left = tuple(one for one in self._watch.troubles if one not in watch.troubles)
        self._watch = replace(self._watch, troubles=left)
        if followed is not None:
            if followed.pair != self._watch.pair:
                self._attended_to = -1
            if followed.pair:
                self._attends_until = self._seconds() + KEPT.total_seconds()
            self._watch = replace(
                self._watch, pair=followed.pair, time=followed.time, attended=None
            )
            if followed.pair and followed.cleared_ms is not None:
                self._cleared = followed.pair.run, followed.cleared_ms
                self._cleared_at = self._seconds()

    def counts_viewers(self, count: int) -> None:
        """Note how many are in the room; that somebody is there is written now and then."""
        if count == 0:
            return
        now = self._seconds()
        self._attends_until = now + KEPT.total_seconds()
        if now > self._presence_at + PRESENCE_SECONDS and not self._writes:
            self._presence_at = now
            self._attending = asyncio.create_task(self._write_presence())

    def failed(self, began: float, *, lost_bids: bool = False) -> None:
        """Note that the database did not take what it was asked from `began` on.

        Bids that were refused for it count however soon it takes others again.
        """
        if self._clock and self._clock.running:
            self._down_since = min(began, self._down_since or began)
            self._lost_bids = self._lost_bids or lost_bids

    def _is_up(self) -> None:
        """Note that the database answers again; that it did not counts if it took long."""
        if self._down_since is None or self._lost_bids:
            return  # bids are taken again only when one commits
        down = Trouble(self._down_since, self._seconds())
        self._down_since = None
        if down.counts:
            self._watch = replace(self._watch, troubles=(*self._watch.troubles, down))

    def forget(self) -> None:
        """Begin anew, with another history (D34)."""
        now = self._seconds()
        self._watch = replace(self._watch, pair=None, time=None, troubles=(), up_since=now)

    def follow(self, clock: Clock | None) -> None:
        """Take the clock as the ledger has it now, when what waited was served."""
        self._clock = clock
        self._asked = False
        runs = clock is not None and clock.running
        if runs and self._beat_at is None:
            self._beat_at = self._seconds()
            if self._beat_seconds:
                self._beating = asyncio.create_task(self._beat_on())
        elif not runs:
            self._beat_at = None
            if self._beating is not None:
                self._beating.cancel()
                self._beating = None

    async def close(self) -> None:
        self.follow(None)
        await self.written()

    @property
    def _writes(self) -> bool:
        return self._attending is not None and not self._attending.done()

    async def written(self) -> None:
        """Return when what was written about the attendance is there, or was given up."""
        if self._attending:
            await asyncio.wait([self._attending])

    async def is_attended(self, run: Run) -> bool:
        """Find out whether another node attends a clock: whether what it wrote changes."""
        seen: dict[str, int] = {}
        attended = False
        for _ in range(FIND_OUT_TIMES):
            there = await self._store.attendance(self._auction_id)
            for one in there:
                if one.run_seq == run.seq and one.node != self._watch.node:
                    attended = attended or one.up_to_ms > seen.setdefault(one.node, one.up_to_ms)
            if attended or not seen:
                break
            await asyncio.sleep(self._beat_seconds or FIND_OUT_SECONDS)
        self._watch = replace(self._watch, attended=(run, attended))
        return attended

    # --- beats

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(self._beat_seconds)
            try:
                self.beat()
            except Exception:
                log.exception(
                    "auction %s: its clock was not looked after",
                    self._auction_id,
                    extra={"event": "fault", "auction": self._auction_id},
                )

    def beat(self) -> None:
        """Note that this node's loop goes on, attend, and have the clock looked at if there is reason to."""
        if self._clock is None or self._clock.run is None:
            return
        now = self._seconds()
        troubles = [one for one in self._watch.troubles if one.ended > now - KEPT_SECONDS]
        if stood := self._stood(now):
            troubles.append(stood)
        self._watch = replace(self._watch, troubles=tuple(troubles[:TROUBLES_MAX]))
        self._beat_at = now
        clock, pair = self._clock, self._watch.pair
        if pair is not None and pair.run == clock.run:
            self._attend_if_due(clock, pair, now)
        if (self.due or self.ended is not None) and not self._asked:
            self._asked = True
            self._look()

    def _attend_if_due(self, clock: Clock, pair: Pair, now: float) -> None:
        counted = clock.now(pair.counted(now))
        is_over = self._attended_to >= clock.ends_ms
        too_soon = now < self._attended_at + ATTEND_SECONDS
        if counted < clock.last_window_ms or is_over or too_soon:
            return
        if not self._writes:
            self._attended_at = now
            self._attending = asyncio.create_task(self._attend(pair.run))

    async def _write_presence(self) -> None:
        with suppress(StoreError):  # the store has logged it, and the next time is soon
            await self._store.note_presence(self._auction_id, self._watch.node)
            return
        self._presence_at = float("-inf")

    async def _attend(self, run: Run) -> None:
        asked = self._seconds()

        def here() -> Attendance:
            clock = self._clock
            counted = self.counted(clock) if clock and clock.run == run else run.clock_ms
            return Attendance(self._watch.node, run.seq, counted)

        try:
            at = await self._store.attend(self._auction_id, here)
        except StoreError:
            self.failed(asked)
            self._attended_at = float("-inf")  # with the next beat
            return
        self._attended_to = here().up_to_ms
        self._is_up()
        now = DatabaseTime(at, asked, self._seconds())
        before = self._watch.time
        troubles = self._watch.troubles
        if (way := Trouble(asked, now.answered)).counts:
            troubles = (*troubles, way)
        if self._watch.has_own_time and before and now.moved_since(before):
            troubles = (*troubles, Trouble(before.answered, now.answered))
        self._watch = replace(self._watch, time=now, troubles=troubles[:TROUBLES_MAX])
