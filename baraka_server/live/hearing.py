"""Hearing of what other nodes committed and started, for the viewers of one auction on this node."""

from __future__ import annotations

from collections.abc import Callable

from baraka_server.live.announcer import Announcer
from baraka_server.live.context import AuctioneerContext
from baraka_server.live.news import News
from baraka_server.live.relay import RelayedEntries
from baraka_server.live.rows_look import RowsLook
from baraka_server.live.view import AuctionView
from baraka_server.live.writer import Writer
from baraka_server.store.errors import StoreError


class Hearing:
    """Announces what others published, and what only the ledger has. `look` queues a look at the ledger."""

    def __init__(
        self,
        context: AuctioneerContext,
        announcer: Announcer,
        writer: Writer,
        rows: RowsLook,
        look: Callable[[], None],
    ) -> None:
        self._announcer = announcer
        self._writer = writer
        self._rows = rows
        self._look = look
        self._measures = context.measures
        self._news = News(announcer, context.gap_seconds, self._fill_gap)
        self._ledger_suspected = False
        self._start_missed = False

    def suspect(self, *, start: bool) -> None:
        """Have the ledger read the next time; with `start` another node seems to have gone live."""
        self._start_missed = self._start_missed or start
        self._ledger_suspected = True

    def add(self, news: RelayedEntries) -> None:
        self._news.add(news)

    async def catch_up(self, view: AuctionView | None) -> None:
        """Announce what other nodes committed: what they published, and what only the ledger has."""
        suspected, self._ledger_suspected = self._ledger_suspected, False
        if view is None:  # it is read when it is needed
            return
        played = await self._news.play(view)
        self._measures.gaps += played is None
        self._writer.heard(played or ())
        if played is None or suspected or self._rows.suspected:
            await self._announcer.catch_up(view)

    async def up_to(self, view: AuctionView, seq: int) -> None:
        """Announce what was committed before the entry `seq`, which another node wrote for this one."""
        self._writer.heard(await self._news.play(view, before=seq) or ())

    async def tell_of_start(self) -> None:
        """Tell everybody of a start that this node missed, if there was one."""
        if not self._start_missed:
            return
        self._start_missed = False  # another one may be noticed while this one is told
        try:
            await self._announcer.tell_of_start()
        except StoreError:
            self._start_missed = True
            raise

    def _fill_gap(self) -> None:
        self._measures.gaps += 1
        self._look()
