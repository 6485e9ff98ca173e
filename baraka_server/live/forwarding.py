"""Forwarding of a hot auction's commands to the node that writes them for all.

Four nodes that contend for the lock on one row write less than one alone. So where several are asked for
an auction at the same time, each sends what it was asked to one of them, which decides all of it together
and writes it in one transaction. What comes back is answered and announced here as if it had been written
here. A quiet auction is written wherever it is asked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from baraka_server.contract.client_events import PlaceBid, PostComment
from baraka_server.contract.refusals import Code
from baraka_server.domain.decision import Command
from baraka_server.domain.events import LedgerEntry
from baraka_server.live.batch import Outcome, request_key
from baraka_server.live.context import AuctioneerContext
from baraka_server.live.owners import Answered, Asked, LinkLost
from baraka_server.live.relay import RelayedEntries
from baraka_server.live.sources import HERE, PERIOD_SECONDS, Sources
from baraka_server.live.transaction import Committed
from baraka_server.live.view import AuctionView
from baraka_server.live.waiting import Queue
from baraka_server.live.writer import Writer
from baraka_server.store.catalog import users_by_id
from baraka_server.store.errors import StoreError
from baraka_server.store.store import users_in

log = logging.getLogger(__name__)

FORWARDED = (PlaceBid, PostComment)
"""The commands that a crowd gives. No maximum bid is among them: it is sealed, and a link is not."""
GATHER_SECONDS = 0.005
"""How long more commands are waited for while one node writes for several: a transaction takes longer."""
GATHER_MIN = 200
"""So many commands in a period or two make it likely that another one comes in that time."""
ELSEWHERE = "elsewhere"
"""The source of what other nodes wrote, whichever they are."""


class Forwarding:
    """Has the commands of one auction written by its owner, or here.

    `hear_up_to` announces what was written before an entry; `look` queues a look at the ledger.
    """

    def __init__(
        self,
        auction_id: int,
        context: AuctioneerContext,
        writer: Writer,
        hear_up_to: Callable[[AuctionView, int], Awaitable[None]],
        look: Callable[[], None],
    ) -> None:
        self.sources = Sources(context.clock)
        """Who asks for the auction, as far as this node knows."""
        self._auction_id = auction_id
        self._context = context
        self._writer = writer
        self._hear_up_to = hear_up_to
        self._look = look
        self._until = float("-inf")
        self._last_at = float("-inf")

    def others_wrote(self, entries: int) -> None:
        """Note that other nodes wrote entries. What one wrote for this node says nothing."""
        if self._context.clock() - self._last_at > PERIOD_SECONDS:
            self.sources.note(ELSEWHERE, entries)

    async def gather(self, queue: Queue) -> None:
        """Wait for more of what a crowd sends, where nodes ask one of them, or write beside each other.

        What they ask arrives in many small pieces, and every piece costs a transaction, and a message to
        each of the nodes. Where bids come one by one, none of them waits.
        """
        if not self._context.relay.wanted or self.sources.lately() < GATHER_MIN:
            return
        gives = self._context.clock() - self._last_at < PERIOD_SECONDS
        if (gives or self.sources.are_busy(HERE)) and queue.has_room_for(FORWARDED):
            await asyncio.sleep(GATHER_SECONDS)

    async def commit(self, commands: Sequence[Command], view: AuctionView | None) -> Committed:
        """Have commands of this node's own viewers decided and written."""
        if not self._context.relay.wanted:  # there is no other node
            return await self._writer.commit(commands, view)
        self.sources.note(HERE, len(commands))
        if view is not None and self._is_worthwhile(commands):
            asked = Asked(self._auction_id, HERE, view.seq, view.hash, commands)
            if asking := self._context.owners.ask(asked):
                self._last_at = self._context.clock()
                try:
                    answered = await asking
                except LinkLost as error:
                    return await self._repeated(commands, view, error)
                if answered:
                    self._context.measures.forwarded += len(commands)
                    return await self._as_committed(answered, view)
        return await self._writer.commit(commands, view)

    def _is_worthwhile(self, commands: Sequence[Command]) -> bool:
        if not all(isinstance(one.event, FORWARDED) for one in commands):
            return False
        return self._context.clock() < self._until or self.sources.are_busy(HERE)

    async def _as_committed(self, answered: Answered, view: AuctionView) -> Committed:
        """What the owner wrote, as if it had been written here; what came before it is announced.

        It is written whatever fails here, and answered: what cannot be told, the next look finds.
        """
        if answered.busy:
            self._until = self._context.clock() + PERIOD_SECONDS
        committed = _committed(view, answered.outcomes, answered.last_seqs)
        try:
            for news in answered.news:
                committed.entries += await self._entries(news)
            unknown = view.unknown_users(users_in(committed.entries))
            committed.users = await users_by_id(self._context.store, unknown) if unknown else {}
            if answered.news:
                await self._hear_up_to(view, answered.news[0].before_seq + 1)
        except Exception as error:
            self._log_fault(error)
            committed.entries.clear()
            self._look()
        self._writer.heard(committed.entries)
        return committed

    def _log_fault(self, error: Exception) -> None:
        if not isinstance(error, StoreError):  # of which the store speaks
            log.error(
                "auction %s: what another server was asked for could not be told",
                self._auction_id,
                exc_info=error,
                extra={"event": "fault", "auction": self._auction_id},
            )

    async def _entries(self, news: RelayedEntries) -> Sequence[LedgerEntry]:
        if news.entries:
            return news.entries
        count = news.last_seq - news.before_seq
        found, _ = await self._context.store.entries_after(self._auction_id, news.before_seq, count)
        return found

    async def _repeated(
        self, commands: Sequence[Command], view: AuctionView, lost: LinkLost
    ) -> Committed:
        """Settle what an owner was asked that is silent: it may have been written, now or later.

        What has a `requestId` is repeated here, which gives one outcome, whoever is first (D23). Of
        anything else nobody knows the outcome.
        """
        self._context.measures.forwarding_lost += len(commands)
        log.warning(
            "auction %s: %s commands are settled here: %s",
            self._auction_id,
            len(commands),
            lost,
            extra={"event": "forwarding_lost", "auction": self._auction_id},
        )
        self._until = float("-inf")
        self._look()
        outcomes: list[Outcome] = [one.refused(Code.OUTCOME_UNKNOWN) for one in commands]
        settled = _committed(view, outcomes, [0] * len(commands))
        again = [at for at, one in enumerate(commands) if request_key(one)]
        if len(again) < len(commands):
            self._writer.lost(commands)
        if not again:
            return settled
        try:
            committed = await self._writer.commit([commands[at] for at in again], view)
        except Exception as error:
            self._log_fault(error)
            return settled
        for at, outcome, last_seq in zip(
            again, committed.outcomes, committed.last_seqs, strict=True
        ):
            outcomes[at], settled.last_seqs[at] = outcome, last_seq
        committed.outcomes, committed.last_seqs = outcomes, settled.last_seqs
        return committed


def _committed(
    view: AuctionView, outcomes: Sequence[Outcome], last_seqs: Sequence[int]
) -> Committed:
    return Committed(None, view.record, list(outcomes), list(last_seqs))
