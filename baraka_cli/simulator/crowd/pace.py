"""Pace of bids: the times at which they are due, and the reasons why one was not made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt


@dataclass(frozen=True, slots=True)
class Pace:
    """Pace of `rate` bids a second, which grow from none over the first `ramp_up` seconds."""

    rate: float
    ramp_up: float = 0

    def due(self, number: int) -> float:
        """Seconds from the first bid, number 0, to the one with this number."""
        rising = self.rate * self.ramp_up / 2
        """Bids that fall due while the rate grows: the area under it."""
        if number < rising:
            return sqrt(2 * number * self.ramp_up / self.rate)
        return self.ramp_up + (number - rising) / self.rate


class Lapse(StrEnum):
    """Reason why a bid that was due was not made; the value is for a person."""

    NO_LOT = "no lot was on the block"
    NOBODY_THERE = "no bidder was in the room"
    TOO_NEW = "the lot was too new for everybody"
    WAITING = "every bidder waited for an answer"
    ENOUGH = "nobody wanted to bid more"
    LAST_MOMENT = "the host let the clock run out"
    ONLY_LEADER = "nobody was there to outbid the leader"


NO_OCCASION = (Lapse.NO_LOT, Lapse.TOO_NEW, Lapse.ENOUGH, Lapse.LAST_MOMENT, Lapse.ONLY_LEADER)
"""Nobody could bid then, or wanted to, however fast the server is."""
