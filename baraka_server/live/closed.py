"""Cache of the reason why an auction cannot be joined, so that many joins cost no query each."""

from __future__ import annotations

import time
from collections.abc import Callable

from baraka_server.contract.announced import AnnouncedAuction
from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.records import Auction
from baraka_server.contract.refusals import Code, Refusal


class Closed:
    """The reason why joins are refused, kept for the `seconds` between two looks at other nodes' changes.

    `forget` is called when a change is known sooner. `reason` stands until `expire` is called after its
    time.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = 0.0
        self._record: Auction | None = None
        self.reason: Code | None = None

    def because(self, reason: Code, record: Auction | None = None) -> None:
        self.reason, self._record = reason, record
        self._until = self._clock() + self._seconds

    def refusal(self, event: JoinAuction) -> Refusal | None:
        """The refusal of a join; None where the auction can be joined."""
        if self.reason is Code.NOT_LIVE and self._record is not None:
            return not_live(self._record, event)
        return Refusal(self.reason, event.wire_name) if self.reason else None

    def expire(self) -> None:
        if self._clock() >= self._until:
            self.forget()

    def forget(self) -> None:
        self.reason = self._record = None


def not_live(record: Auction, event: JoinAuction) -> Refusal:
    """The refusal of a join before a sale or after it; whoever asks is told what everybody may know of that."""
    told = {"announced": AnnouncedAuction.of(record)} if event.announced else {}
    return Refusal(Code.NOT_LIVE, event.wire_name, told)
