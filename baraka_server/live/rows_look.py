"""Looks at an auction's rows beside those that are shown, as often as the database allows."""

from __future__ import annotations

from collections.abc import Callable

from baraka_server.live.view import AuctionView
from baraka_server.store.store import Store

LOOK_SHARE_MAX = 0.05
"""The share of the time that looks at an auction's rows may take, while nothing has changed."""
LOOK_PAUSE_SECONDS_MAX = 10
"""The longest pause after a look that took long: the database may have stalled once."""


class RowsLook:
    """Whether another program changed the rows of one auction that its view shows.

    `suspected` is set when a look finds a change, and is for whoever looks closer to take back.
    """

    def __init__(self, auction_id: int, store: Store, clock: Callable[[], float]) -> None:
        self.suspected = False
        self._auction_id = auction_id
        self._store = store
        self._clock = clock
        self._next_look = 0.0

    async def finds_change(self, view: AuctionView) -> bool:
        """Whether a change is suspected now and was not before; it does not look in a pause."""
        clock = self._clock
        began = clock()
        if self.suspected or began < self._next_look:
            return False
        seen = await self._store.look(self._auction_id)
        if seen is not None and seen.seq == view.seq and view.shows(seen):
            pause = (clock() - began) / LOOK_SHARE_MAX
            self._next_look = clock() + min(pause, LOOK_PAUSE_SECONDS_MAX)
            return False
        if seen is None or seen.seq == view.seq:
            self.suspected = True
            return True
        return False
