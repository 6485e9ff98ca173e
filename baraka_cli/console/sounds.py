"""Sounds of a sale, for a host who looks at the room: one, two or three rings of the terminal's bell."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baraka_cli.console.records import Bid


class Sound(StrEnum):
    """Event that is heard; the value is its name where it is turned off."""

    FIRST_BID = "first-bid"
    LEAD = "lead"
    LOST = "lost"


RINGS = {Sound.FIRST_BID: 1, Sound.LEAD: 2, Sound.LOST: 3}
ABOUT = {
    Sound.FIRST_BID: "the first bid on a lot",
    Sound.LEAD: "a lead that changes hands",
    Sound.LOST: "a lost connection",
}
BETWEEN_RINGS_SECONDS = 0.2
"""Rings that are closer together are one to most terminals."""
BETWEEN_LEADS_SECONDS = 3.0
"""Two bidders who take turns are not heard each time."""


class Sounds:
    """Rings the bell. `later(seconds, ring)` rings it after a while."""

    def __init__(
        self,
        ring: Callable[[], object],
        later: Callable[[float, Callable[[], object]], object],
        silent: frozenset[Sound] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ring, self._later, self._clock = ring, later, clock
        self.silent = set(silent)
        self._led_at = float("-inf")

    def switch(self, sound: Sound) -> bool:
        """Turn one off, or on again; whether it is on now."""
        self.silent ^= {sound}
        return sound not in self.silent

    def play(self, sound: Sound) -> None:
        if sound not in self.silent:
            self._ring()
            for number in range(1, RINGS[sound]):
                self._later(number * BETWEEN_RINGS_SECONDS, self._ring)

    def led(self, before: Bid | None, now: Bid | None) -> None:
        """Say by sound who leads after a bid: somebody at last, or somebody else."""
        if now is None:
            return
        if before is None:
            self.play(Sound.FIRST_BID)
        elif before.user_id != now.user_id:
            if self._clock() - self._led_at < BETWEEN_LEADS_SECONDS:
                return
            self._led_at = self._clock()
            self.play(Sound.LEAD)
