"""Auctioneer: takes the commands of one auction in order, commits them, then announces.

Whatever concerns the auction waits in its queue: commands, and behind them joins and leaves. What waits
while a commit is under way is taken together next (group commit). Nothing is announced before it is
committed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from baraka_server.contract.client_events import ClientEvent, JoinAuction
from baraka_server.contract.clock import AwardByClock
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decision import Command, Seen
from baraka_server.live.announcer import Announcer
from baraka_server.live.auction_measures import AuctionMeasures
from baraka_server.live.audience import Viewer
from baraka_server.live.batch import Outcome, refusal_in
from baraka_server.live.clock_keeper import ClockKeeper
from baraka_server.live.closed import Closed
from baraka_server.live.context import AuctioneerContext
from baraka_server.live.forwarding import Forwarding
from baraka_server.live.given import Given, has_entry
from baraka_server.live.hearing import Hearing
from baraka_server.live.owners import Answered, Asked
from baraka_server.live.relay import RelayedEntries
from baraka_server.live.room import Room
from baraka_server.live.rows_look import RowsLook
from baraka_server.live.sources import HERE
from baraka_server.live.transaction import Committed, Forked
from baraka_server.live.unserved import Unserved
from baraka_server.live.view import AuctionView
from baraka_server.live.waiting import Queue, Waiting
from baraka_server.live.writer import Writer
from baraka_server.metrics.report import AuctionNow
from baraka_server.store.errors import Contention, OutcomeUnknown, StoreError
from baraka_server.store.unsuited import Unsuited

NOBODY = 0
"""The user of a command that the server gives itself."""


class Auctioneer:
    """The only one who writes an auction, or announces it, on this node. There is one for each auction.

    outcome = await auctioneer.put(viewer, PlaceBid(auction_id=42, amount=1500))
    """

    def __init__(self, auction_id: int, context: AuctioneerContext) -> None:
        self.auction_id = auction_id
        self.context = context
        self.clock = ClockKeeper(
            auction_id,
            context.store,
            context.node,
            self.look,
            seconds=context.seconds,
            beat_seconds=context.beat_seconds,
        )
        self._announcer = Announcer(auction_id, context, self.look, self.clock.counted)
        self._queue = Queue()
        self._work: asyncio.Task[None] | None = None
        self._rows = RowsLook(auction_id, context.store, context.clock)
        self._refusals = 0
        self._closed = Closed(context.poll_seconds, context.clock)
        self._room = Room(auction_id, context, self._announcer, self._closed)
        self._unserved = Unserved(auction_id)
        self._writer = Writer(auction_id, context, self.clock, self._unserved)
        self._measures = AuctionMeasures(context)
        self._hearing = Hearing(context, self._announcer, self._writer, self._rows, self.look)
        self._forwarding = Forwarding(
            auction_id, context, self._writer, self._hearing.up_to, self.look
        )
        sources, waiting_max = self._forwarding.sources, context.limits.asks_waiting_max
        newest = self._writer.newest
        self._given = Given(self._queue, self._put, sources, newest, waiting_max)

    @property
    def view(self) -> AuctionView | None:
        """The view that this node's viewers see; None until it is read."""
        return self._announcer.view

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def now(self) -> AuctionNow:
        """What it has to do, and how it gets on with it."""
        title = self.view.record.title if self.view else ""
        return self._measures.now(
            self.auction_id, title, self.context.presence.count(self.auction_id), self.waiting
        )

    @property
    def idle(self) -> bool:
        return self._work is None and not self.clock.runs

    def put(
        self,
        viewer: Viewer | None,
        event: ClientEvent | None,
        seen: Seen | None = None,
        *,
        acknowledged: bool = False,
    ) -> asyncio.Future[Outcome]:
        """Queue an event, or a look without one, and return the future of its outcome.

        It does not wait, so that calls keep their order. A joiner whose outcome is not `acknowledged`
        is sent the state as an event (D21).
        """
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if event and self._queue.is_full(viewer, event, self.context.limits.asks_waiting_max):
            done.set_result(Refusal(Code.BUSY, event.wire_name))
            return done
        heard_seq = self.view.seq if self.view and self._is_watched else None
        read_at = self.context.seconds()
        self._put(
            Waiting(viewer, event, done, heard_seq, self._refusals, seen, acknowledged, read_at)
        )
        return done

    def _put(self, waiting: Waiting) -> None:
        self._queue.put(waiting)
        if self._work is None:
            self._work = asyncio.create_task(self._run())

    async def has_entry(self, seq: int, hash_: str) -> bool:
        """Whether the ledger that is followed here has this entry (D34)."""
        state, store = self._writer.state, self.context.store
        return await has_entry(store, self.auction_id, (seq, hash_), state, self.view)

    def write_for(self, asked: Asked) -> Awaitable[Answered]:
        """Decide and write what another node was asked, whose viewers know this ledger."""
        return self._given.write(asked, self._refusals)

    def look(self, *, for_start: bool = False) -> None:
        """Queue a look at what other nodes did. `for_start`: one of them seems to have gone live."""
        self._hearing.suspect(start=for_start)
        self._closed.forget()
        self.put(None, None)

    def relayed(self, news: RelayedEntries) -> None:
        """Queue what another node committed; nobody hears it where nobody is, or is just let in."""
        if self._is_watched or self.clock.attends or self._work is not None:
            self._forwarding.others_wrote(news.last_seq - news.before_seq)
            self._closed.forget()
            self._hearing.add(news)
            self.put(None, None)

    async def check_rows(self) -> None:
        """Check whether another program changed the rows that are shown; if so, queue a closer look.

        It runs beside the queue, which does not wait for it: the database may have stalled.
        """
        view = self.view
        if view is not None and await self._rows.finds_change(view):
            self.put(None, None)

    def forget(self, user_ids: AbstractSet[int]) -> None:
        """Read anew what is shown and kept for viewers that resume, if one of these users is in it (D56)."""
        if self.view is not None and self.view.unknown_users(user_ids) != user_ids:
            self._announcer.rows_unknown = True
            self.put(None, None)

    async def drained(self) -> None:
        """Return when everything that waits is done."""
        while self._work is not None:
            await asyncio.wait([self._work])

    async def _run(self) -> None:
        try:
            while self._queue:
                await self._forwarding.gather(self._queue)
                for take in (self._queue.take_ahead, self._queue.take_behind):
                    if batch := take():
                        self._measures.begins(batch)
                        await self._serve(batch)
                        self._follow_clock()
        finally:
            self._work = None

    async def _serve(self, batch: Sequence[Waiting]) -> None:
        commands = [
            self._dated(waiting, command) for waiting in batch if (command := waiting.command)
        ]
        joins = any(isinstance(waiting.event, JoinAuction) for waiting in batch)
        try:
            view = await self._present_view(for_joining=joins, for_commands=bool(commands))
            committed = await self._commit_batch(batch, commands, view) if commands else None
        except Exception as error:
            self._writer.state = None
            if isinstance(error, Forked):
                self.clock.forget()
                self._writer.forget()
                await self._announcer.begin_anew()
            if len(batch) > 1 and (
                isinstance(error, Unsuited) or not isinstance(error, StoreError)
            ):
                for waiting in batch:  # so that only the one fails that cannot be served
                    await self._serve([waiting])
                return
            if isinstance(error, Contention | OutcomeUnknown):  # the store speaks of the others
                self._unserved.note_refused(len(commands), error)
            # Joins and leaves need no commit: they are served although the transaction failed.
            spared = [waiting for waiting in batch if commands and waiting.command is None]
            for waiting in batch:
                if waiting not in spared:
                    waiting.answer(self._unserved.refusal(waiting, error))
            if spared:
                await self._serve(spared)
            return
        await self._answer(batch, committed)

    def _dated(self, waiting: Waiting, command: Command) -> Command:
        """The command, which knows of nothing if a refusal was answered while it waited (D47)."""
        return command if waiting.refusals == self._refusals else replace(command, heard_seq=0)

    async def _answer(self, batch: Sequence[Waiting], committed: Committed | None) -> None:
        """Answer and announce a batch in its order. What is committed stays accepted."""
        lists = self._announcer.lists_are_read
        outcomes = (
            zip(committed.outcomes, committed.last_seqs, strict=True) if committed else iter(())
        )
        unannounced = deque(committed.entries if committed else ())
        for waiting in batch:
            if committed and waiting.command:
                outcome, last_seq = next(outcomes)
                waiting.last_seq, waiting.news = last_seq, committed.news
                kept = refusal_in(unannounced, outcome)
                if isinstance(outcome, Refusal) and (kept or last_seq):
                    # Everybody knows which bid stands before its sender may try once more.
                    up_to = max(last_seq, kept.seq if kept else 0)
                    await self._announcer.announce(unannounced, committed, lists, up_to=up_to)
                    self._refusals += kept is not None
                waiting.answer(outcome)
                if isinstance(outcome, dict):
                    up_to = max(last_seq, outcome["seq"])
                    await self._announcer.announce(unannounced, committed, lists, up_to=up_to)
                continue
            try:
                waiting.answer(await self.serve_member(waiting))
            except Exception as error:
                waiting.answer(self._unserved.refusal(waiting, error))
            # A joiner's answer is on its way before the next event is announced: a snapshot that
            # arrived behind it would take the viewer back in time.
            await asyncio.sleep(0)
            lists = self._announcer.lists_are_read
        if committed:
            await self._announcer.announce(unannounced, committed, lists)
            self._measures.announced(batch)
            if self.view and committed.record:
                # Its title may have changed too. What a look in this batch wrote since is newer.
                if committed.state and self.view.seq == committed.state.seq:
                    self.view.record = committed.record
            elif self.view:
                await self._end(self.view)

    async def _commit_batch(
        self, batch: Sequence[Waiting], commands: Sequence[Command], view: AuctionView | None
    ) -> Committed:
        """Commit here what other nodes gave, and what one's own viewers asked wherever that is best."""
        if any(waiting.given for waiting in batch):
            self._forwarding.sources.note(HERE, sum(waiting.given is None for waiting in batch))
            return await self._commit(commands, view)
        return self._noted(await self._forwarding.commit(commands, view))

    async def _commit(self, commands: Sequence[Command], view: AuctionView | None) -> Committed:
        return self._noted(await self._writer.commit(commands, view))

    def _noted(self, committed: Committed) -> Committed:
        if committed.entries:
            self._closed.forget()
        return committed

    # --- what this node's viewers see

    async def _present_view(self, *, for_joining: bool, for_commands: bool) -> AuctionView | None:
        """The view, as new as it has to be: a room that was empty may have missed anything.

        Where nobody can join, the lists are not read.
        """
        self._closed.expire()
        for_joining = for_joining and self._closed.reason is None
        if self.view and self._is_watched:
            if for_joining and not self.view.record.isLive:
                await self._announcer.catch_up(self.view)
                if not self.view.record.isLive:
                    self._closed.because(Code.NOT_LIVE, self.view.record)
        elif for_joining and await self._is_open():
            await self.context.relay.follow(self.auction_id)  # before what it then adds to
            await self._announcer.renew()
            if self.view and self.view.record.isLive and self.view.seq == 0:
                await self._commit([], self.view)  # whoever joins hears seq 1 next, without a gap
                self._announcer.view = await self._announcer.read()
        elif self.view is None and for_commands:
            self._announcer.view = await self._announcer.read()
        if for_joining:  # whoever joins is shown the clock as it is
            await self._look_at_clock()
        return self.view

    async def _is_open(self) -> bool:
        """Whether the auction can be joined, by its row alone."""
        record = await self.context.store.auction(self.auction_id)
        if record is None:
            self._closed.because(Code.AUCTION_NOT_FOUND)
        elif not record.isLive:
            self._closed.because(Code.NOT_LIVE, record)
        return record is not None and record.isLive

    @property
    def _is_watched(self) -> bool:
        return self.context.presence.count(self.auction_id) > 0

    # --- the clock

    def _follow_clock(self) -> None:
        """Have the clock kept as the newest state has it."""
        state, view = self._writer.state, self.view
        if view and (state is None or view.seq > state.seq):
            state = view.rules
        self.clock.follow(state.bidding.clock if state and state.understood else None)

    async def _look_at_clock(self) -> None:
        """Look at the clock under the lock, if there is reason to, and announce what came of it."""
        self._follow_clock()
        if self.clock.looks() and self.view:
            await self._commit_and_announce([], self.view)
        ends_ms = self.clock.ended
        if ends_ms is None or self.view is None:
            return
        if not self._queue.holds_from_before(self.clock.end_at(ends_ms)):
            award = AwardByClock(auction_id=self.auction_id, ends_ms=ends_ms)
            await self._commit_and_announce([Command(award, NOBODY)], self.view)

    async def _commit_and_announce(self, commands: Sequence[Command], view: AuctionView) -> None:
        committed = await self._commit(commands, view)
        await self._announcer.announce(
            deque(committed.entries), committed, self._announcer.lists_are_read
        )
        self._follow_clock()

    # --- rows that another program changed

    async def _take_changed_rows(self) -> None:
        """Check whether the rows are still those that are shown, and take them as they are.

        A change that a rule looks at goes into the ledger and is announced as its entry. For any other
        change the room is sent the whole state, and `newBid` for clients that know the guide alone.
        """
        view = self.view
        if view is None or not self._is_watched:
            return
        seen = await self.context.store.look(self.auction_id)
        if seen is None:
            await self._end(view)
            return
        if seen.seq != view.seq or view.shows(seen):
            return  # what happened elsewhere in between is looked at the next time
        if view.seq:
            self._writer.state = None  # so that all bids are looked at
            await self._commit_and_announce([], view)
        await self._announcer.take_rows(view)

    async def _end(self, view: AuctionView) -> None:
        self._writer.state = None
        await self._announcer.end(view)

    # --- who is there

    async def serve_member(self, waiting: Waiting) -> Outcome:
        """Let a viewer in or out; what nobody asked for is a look at what other nodes did."""
        viewer, event = waiting.viewer, waiting.event
        if viewer is None or event is None:
            await self._catch_up()
            return {}
        if isinstance(event, JoinAuction):
            return await self._room.let_in(viewer, event, acknowledged=waiting.acknowledged)
        return await self._room.let_out(viewer)

    async def _catch_up(self) -> None:
        """Announce what other nodes and other programs did."""
        try:
            await self._hearing.catch_up(self.view)
            if self._rows.suspected:
                self._rows.suspected = False
                await self._take_changed_rows()
        except Forked:
            self._writer.forget()
            await self._announcer.begin_anew()
        await self._look_at_clock()
        if self._announcer.rows_unknown:
            self._announcer.rows_unknown = False
            await self._announcer.tell_whole()
        await self._hearing.tell_of_start()
