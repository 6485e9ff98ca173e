"""Measures of one auctioneer: what it was asked, and how long whoever asked and its room had to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from baraka_server.live.context import AuctioneerContext
from baraka_server.live.waiting import Waiting
from baraka_server.metrics.report import TITLE_CHARS_MAX, AuctionNow


class AuctionMeasures:
    """Counts commands and accepted bids of an auction, and measures how long they take."""

    def __init__(self, context: AuctioneerContext) -> None:
        self._measures = context.measures
        self._seconds = context.seconds
        self._commands = self._bids = 0
        self._lag_seconds = 0.0

    def now(self, auction_id: int, title: str, viewers: int, waiting: int) -> AuctionNow:
        return AuctionNow(
            auction_id,
            title[:TITLE_CHARS_MAX],
            viewers,
            commands=self._commands,
            bids=self._bids,
            waiting=waiting,
            lag_seconds=self._lag_seconds,
        )

    def begins(self, batch: Sequence[Waiting]) -> None:
        """Measure how long the commands of a batch waited: it is their turn."""
        now, queue = self._seconds(), self._measures.queue
        for waiting in batch:
            if waiting.is_own_command and waiting.read_at is not None:
                self._commands += 1
                queue.observe(now - waiting.read_at)

    def announced(self, batch: Sequence[Waiting]) -> None:
        """Measure when what a batch brought about is written to its room, which is not far off.

        What other nodes gave is counted by them.
        """
        read = []
        for waiting in batch:
            if (
                waiting.is_own_command
                and isinstance(waiting.outcome, dict)
                and waiting.event is not None
            ):
                self._bids += waiting.event.is_bid
                if waiting.read_at is not None:
                    read.append(waiting.read_at)
        if read:  # the fan-out writes before this is called: it was asked to before
            asyncio.get_running_loop().call_soon(self._note_delivery, read)

    def _note_delivery(self, read: Sequence[float]) -> None:
        now, delivery = self._seconds(), self._measures.delivery
        for read_at in read:
            delivery.observe(now - read_at)
        self._lag_seconds = now - min(read)
