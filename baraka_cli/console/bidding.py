"""`Bidding`: whether bids are taken now, folded from what is heard: the clock, pauses and warnings (D44, D45)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from baraka_cli.console.clock_face import ClockFace
from baraka_cli.console.records import whole
from baraka_server.contract.clock import (
    AuctionClock,
    BiddingPaused,
    BiddingResumed,
    FairWarningGiven,
)
from baraka_server.contract.server_events import (
    AuctionState,
    LotAwarded,
    LotChanged,
    NewBid,
)

WITH_CLOCK = frozenset(
    event.wire_name
    for event in (AuctionState, NewBid, LotChanged, LotAwarded, BiddingPaused, BiddingResumed)
)
"""The events that have the clock, null for none, in a field of that name."""


@dataclass
class Bidding:
    """`clock` is None where there is none; `warned` is the last fair warning since the last bid.

    `next_bid` is the least that the server would accept now (D41), where it tells. `reserve_met` is whether
    the bid that stands is at least the reserve; None where there is none (D42). `seconds` counts from when
    a clock was heard.
    """

    clock: ClockFace | None = None
    paused: bool = False
    warned: int = 0
    next_bid: int | None = None
    reserve_met: bool | None = None
    seconds: Callable[[], float] = time.monotonic
    _round: int | None = None

    def hear(self, event: str, data: Mapping[str, Any]) -> None:
        """Take one event of the auction, in its order."""
        if "nextBid" in data:
            self.next_bid = data["nextBid"]
        if "reserveMet" in data:  # of an award it is the lot's that is off the block
            self.reserve_met = None if event == LotAwarded.wire_name else data["reserveMet"]
        if event in WITH_CLOCK and "clock" in data:
            self.clock = ClockFace.heard(data["clock"], self.seconds())
        if event == AuctionClock.wire_name:
            self.clock = ClockFace.heard(data, self.seconds())
        elif event == FairWarningGiven.wire_name:
            self.warned = whole(data["stage"])
        elif event == BiddingPaused.wire_name:
            self.paused = True
        elif event == BiddingResumed.wire_name:
            self.paused = False
        elif event == AuctionState.wire_name:
            self.paused = data.get("bidding") == "paused"
        elif event == NewBid.wire_name:
            self.warned = 0
        elif event == LotAwarded.wire_name or (
            event == LotChanged.wire_name and data.get("round") != self._round
        ):
            self.paused, self.warned = False, 0
        self._round = data.get("round", self._round)

    def told(self) -> str:
        """The clock or the pause in words; "" where bidding is simply open."""
        if self.clock is not None:
            return self.clock.told(self.seconds(), paused=self.paused)
        return "BIDDING PAUSED" if self.paused else ""

    @property
    def last_seconds(self) -> int | None:
        """The seconds to show large, in a clock's last ones."""
        if self.clock is None or self.paused:
            return None
        return self.clock.last_seconds(self.seconds())

    @property
    def clock_is_on(self) -> bool:
        """Whether there is a clock that has not run out."""
        return self.clock is not None and not self.clock.ran_out(self.seconds())

    @property
    def clock_ran_out(self) -> bool:
        """Whether the server takes no bid any more on what is on the block."""
        return self.clock is not None and not self.clock_is_on
