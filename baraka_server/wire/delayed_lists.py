"""Byte budget for the lists that a room is sent; a list over the budget is delayed.

Every list contains the earlier ones, so that only the newest has to wait. It waits for a few seconds at
most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

from baraka_server.wire.outgoing import OutgoingPacket

if TYPE_CHECKING:
    from baraka_server.wire.fanout import Subscriber

DELAY_SECONDS_MAX = 5
"""The longest that a list may wait, whatever it costs to send it."""
BURST_SECONDS = 2
"""A burst may use what was not used in so many seconds."""
SUBJECTS_MAX = 8
"""How many lists of one room have a budget of their own; there are fewer, but for those that began anew."""


class DelayedLists:
    """The delayed packets of one room, and its budget.

    `bytes_per_second` is the budget of each of its lists: bids do not wait for comments.
    """

    def __init__(
        self, bytes_per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.packets: list[OutgoingPacket] = []
        self.late_joiners: dict[Subscriber, list[OutgoingPacket]] = {}
        """The packets for those who joined while some waited: their state contains what was before."""
        self.due: asyncio.TimerHandle | None = None
        self._bytes_per_second = bytes_per_second
        self._clock = clock
        self._free_at: dict[Hashable, float] = {}

    @property
    def subjects(self) -> int:
        """The number of lists that have a budget of their own."""
        return len(self._free_at)

    def wait(self, packets: Iterable[OutgoingPacket]) -> float:
        """The seconds until these may be sent, if they are lists; one that may takes all along."""
        now = self._clock()
        waits = [self._free_at.get(pkt.subject, 0) - now for pkt in packets if can_wait(pkt)]
        return max(0, min(waits, default=0))

    def add(self, packets: Sequence[OutgoingPacket]) -> None:
        self.packets = newest([*self.packets, *packets])
        for subscriber, missed in self.late_joiners.items():
            self.late_joiners[subscriber] = newest([*missed, *packets])

    def take_all(self) -> tuple[list[OutgoingPacket], dict[Subscriber, list[OutgoingPacket]]]:
        """Remove and return what waits, and what those are sent instead who joined meanwhile."""
        if self.due:
            self.due.cancel()
        packets, late_joiners = self.packets, self.late_joiners
        self.packets, self.late_joiners = [], {}
        return packets, late_joiners

    def spend(self, packets: Sequence[OutgoingPacket], sent_bytes: int) -> None:
        """Charge the budget with `sent_bytes`, which these packets took for the whole room."""
        now, chars = self._clock(), sum(pkt.size for pkt in packets) or 1
        for pkt in filter(can_wait, packets):
            seconds = sent_bytes * pkt.size / chars / self._bytes_per_second
            begun = max(self._free_at.pop(pkt.subject, 0), now - BURST_SECONDS)
            self._free_at[pkt.subject] = min(begun + seconds, now + DELAY_SECONDS_MAX)
        while len(self._free_at) > SUBJECTS_MAX:
            del self._free_at[next(iter(self._free_at))]


def can_wait(pkt: OutgoingPacket) -> bool:
    """Whether a packet may be delayed: a newer one will contain it, and it shows no round."""
    return pkt.subject is not None and pkt.shows is None


def newest(packets: Sequence[OutgoingPacket]) -> list[OutgoingPacket]:
    """The packets without those that a later one contains, in their order."""
    last = {pkt.subject: pkt for pkt in packets}
    return [pkt for pkt in packets if not can_wait(pkt) or last[pkt.subject] is pkt]
