"""Commands that another node gave this one to write: their way through the queue, and what is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.state import State
from baraka_server.live.newest import Newest
from baraka_server.live.owners import Answered, Asked
from baraka_server.live.relay import RelayedEntries
from baraka_server.live.sources import Sources
from baraka_server.live.view import AuctionView
from baraka_server.live.waiting import Queue, Waiting
from baraka_server.store.store import Store


class Given:
    """What the auctioneer of one auction writes for others. `put` queues, behind what waits already."""

    def __init__(
        self,
        queue: Queue,
        put: Callable[[Waiting], None],
        sources: Sources,
        newest: Newest,
        waiting_max: int,
    ) -> None:
        self._queue = queue
        self._put = put
        self._sources = sources
        self._newest = newest
        self._waiting_max = waiting_max

    async def write(self, asked: Asked, refusals: int) -> Answered:
        """Queue what another node was asked, before anything is awaited, and return what came of it."""
        self._sources.note(asked.node, len(asked.commands))
        loop, all_waiting = asyncio.get_running_loop(), []
        for command in asked.commands:
            waiting = Waiting(
                None,
                command.event,
                loop.create_future(),
                None,
                refusals,
                read_at=command.read_at,
                given=command,
            )
            if self._queue.is_full(None, command.event, self._waiting_max):
                waiting.answer(Refusal(Code.BUSY, command.event.wire_name))
            else:
                self._put(waiting)
            all_waiting.append(waiting)
        outcomes = await asyncio.gather(*(waiting.done for waiting in all_waiting))
        news = {one.news.before_seq: one.news for one in all_waiting if one.news}
        return Answered(
            outcomes,
            [waiting.last_seq for waiting in all_waiting],
            self._whole(asked, tuple(news.values())),
            self._sources.are_busy(asked.node),
        )

    def _whole(self, asked: Asked, news: Sequence[RelayedEntries]) -> Sequence[RelayedEntries]:
        """The news with all that is before them and that whoever asked has not heard, if it is known."""
        if not news:
            return news
        last = news[-1]
        whole = self._newest.behind(asked.auction_id, asked.seq, asked.hash, last.last_seq)
        return [whole] if whole and whole.last_hash == last.last_hash else news


async def has_entry(
    store: Store,
    auction_id: int,
    entry: tuple[int, str],
    state: State | None,
    view: AuctionView | None,
) -> bool:
    """Whether the ledger has this entry, a seq and its hash; by the state or the view if they know (D34)."""
    seq, hash_ = entry
    if seq == 0 or (state and (state.seq, state.hash) == entry):
        return True
    if view and view.recent.hashes().get(seq) == hash_:
        return True
    return (await store.hashes(auction_id, seq, seq)).get(seq) == hash_
