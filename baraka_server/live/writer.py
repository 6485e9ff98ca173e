"""Writer of one auction on one node: decides commands and commits them, by the auction's clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from baraka_server.domain.decision import Command
from baraka_server.domain.events import LedgerEntry, Started
from baraka_server.domain.state import State, apply
from baraka_server.live.clock_keeper import ClockKeeper
from baraka_server.live.clock_look import Unfollowed
from baraka_server.live.context import AuctioneerContext
from baraka_server.live.just_done import JustDone
from baraka_server.live.newest import Newest
from baraka_server.live.transaction import (
    Committed,
    Known,
    decide_and_write,
    decide_without_lock,
    users_to_read,
)
from baraka_server.live.unserved import Unserved
from baraka_server.live.view import AuctionView
from baraka_server.store.errors import Contention, OutcomeUnknown, Unavailable
from baraka_server.store.ledger import GENESIS


class Writer:
    """Commits what an auctioneer takes together, and keeps the state of the rules behind it.

    `state` is None until a transaction has read it, and where it may be wrong by now; `newest` are the last
    entries that it wrote or heard, where there are other nodes.
    """

    def __init__(
        self,
        auction_id: int,
        context: AuctioneerContext,
        clock: ClockKeeper,
        unserved: Unserved,
    ) -> None:
        self.state: State | None = None
        self._auction_id = auction_id
        self._context = context
        self._clock = clock
        self._unserved = unserved
        self._just_done = JustDone(context.clock)
        self.newest = Newest()

    def forget(self) -> None:
        """Forget what is known of the ledger: it is another one."""
        self.state = None
        self.newest.forget()

    def heard(self, entries: Sequence[LedgerEntry]) -> None:
        """Fold what other nodes wrote, so that it need not be read behind the lock."""
        self.newest.add(entries)
        for entry in entries:
            if self.state is not None and entry.seq == self.state.seq + 1:
                self.state = apply(self.state, entry)

    def lost(self, commands: Sequence[Command], since: float | None = None) -> None:
        """Note that the outcome of commands cannot be told: bidding has not worked since they were read."""
        since = self._context.seconds() if since is None else since
        bids = [one.read_at or since for one in commands if one.event.is_bid]
        self._clock.failed(min([since, *bids]), lost_bids=bool(bids))

    async def commit(self, commands: Sequence[Command], view: AuctionView | None) -> Committed:
        """Decide commands and write what came of them; without commands, look under the lock."""
        seq, hash_ = (view.seq, view.hash) if view else (0, GENESIS)
        watch = self._clock.watch()
        known = Known(self.state, seq, hash_, self._just_done, watch)
        id_, rules, store = self._auction_id, self._context.rules, self._context.store
        if commands and (same := await decide_without_lock(store, id_, commands, known, rules)):
            return same
        began = time.perf_counter()
        try:
            committed = await store.change(
                id_,
                lambda auction: decide_and_write(auction, commands, known, rules),
                users=users_to_read(commands, self.state),
            )
        except Unfollowed as unfollowed:
            await self._clock.is_attended(unfollowed.run)
            return await self.commit(commands, view)
        except (Contention, OutcomeUnknown, Unavailable):
            self.lost(commands, watch.began)
            raise
        self._context.measures.commit.observe(time.perf_counter() - began)
        if commands:
            self._context.measures.commands.observe(len(commands))
        self._clock.took(watch, committed.clock)
        if committed.news and self._context.relay.wanted:
            self._context.relay.tell(committed.news)
            went_live = view is None or not view.record.isLive
            if went_live and any(isinstance(one.event, Started) for one in committed.news.entries):
                self._context.relay.tell_of_start(self._auction_id)
            await asyncio.sleep(0)  # it is on its way before a large room is told
        self.state, self._just_done = committed.state, committed.just_done
        if self._context.relay.wanted:
            self.newest.add(committed.entries)
        if committed.state is not None:
            self._unserved.note_unknown(committed.state)
        return committed
