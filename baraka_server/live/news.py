"""News of one auction that other nodes published, announced in the order of its ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from baraka_server.domain.events import LedgerEntry
from baraka_server.live.announcer import Announcer
from baraka_server.live.relay import RelayedEntries
from baraka_server.live.view import AuctionView

AHEAD_MAX = 64
"""How many messages are kept that came before the one that they follow."""


class News:
    """The messages about one auction that wait for their turn.

    What is published in another order than it was committed is put right, if the missing message comes
    within `gap_seconds`; else `look` is called, which reads the ledger.
    """

    def __init__(self, announcer: Announcer, gap_seconds: float, look: Callable[[], None]) -> None:
        self._announcer = announcer
        self._gap_seconds = gap_seconds
        self._look = look
        self._waiting: dict[int, RelayedEntries] = {}
        self._gap: asyncio.TimerHandle | None = None
        self._added = asyncio.Event()

    def add(self, news: RelayedEntries) -> None:
        if len(self._waiting) >= AHEAD_MAX:
            self._waiting.clear()
            self._look()
        self._waiting[news.before_seq] = news
        self._added.set()

    async def play(
        self, view: AuctionView, before: int | None = None
    ) -> Sequence[LedgerEntry] | None:
        """Announce what continues the view, and return it. None where the ledger has to be read.

        With `before` only what was committed before that entry; it is waited for as long as for news that
        are missing.
        """
        all_played: list[LedgerEntry] = []
        deadline = asyncio.get_running_loop().time() + self._gap_seconds
        while True:
            self._added.clear()
            played = await self._play(view, before)
            if played is None:
                return None
            all_played += played
            if before is None or view.seq + 1 >= before:
                return all_played
            try:
                async with asyncio.timeout_at(deadline):
                    await self._added.wait()
            except TimeoutError:
                return None

    async def _play(self, view: AuctionView, before: int | None) -> list[LedgerEntry] | None:
        played: list[LedgerEntry] = []
        while news := self._next(view, before):
            del self._waiting[news.before_seq]
            if not _continues(view, news):
                return None
            entries = [entry for entry in news.entries if entry.seq > view.seq]
            await self._announcer.play(view, entries)
            played += entries
        self._mind_the_gap(view)
        return played

    def _next(self, view: AuctionView, before: int | None) -> RelayedEntries | None:
        for before_seq in sorted(self._waiting):
            news = self._waiting[before_seq]
            if news.last_seq < view.seq or (news.last_seq, news.last_hash) == (view.seq, view.hash):
                del self._waiting[before_seq]  # it is known already
            elif before is not None and news.last_seq >= before:
                return None
            else:
                return news if before_seq <= view.seq else None
        return None

    def _mind_the_gap(self, view: AuctionView) -> None:
        if self._gap:
            self._gap.cancel()
            self._gap = None
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._gap = loop.call_later(self._gap_seconds, self._give_up)

    def _give_up(self) -> None:
        self._gap = None
        self._waiting.clear()
        self._look()


def _continues(view: AuctionView, news: RelayedEntries) -> bool:
    """Whether the news go on where the view ends, in the same history (D34), and have all entries."""
    hashes = {news.before_seq: news.before_hash}
    hashes |= {entry.seq: entry.hash for entry in news.entries}
    whole = len(news.entries) == news.last_seq - news.before_seq > 0
    return whole and hashes.get(view.seq) == view.hash
