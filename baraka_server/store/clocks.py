"""Warning about wrong clocks: times in a ledger that are ahead of this machine's clock."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from baraka_server.domain.state import CLOCK_STEP_MAX

log = logging.getLogger(__name__)

SAID_SECONDS_MIN = 600
"""The shortest time between two warnings, of all auctions together."""


class Clocks:
    """Compares the last time of a ledger with this machine's clock."""

    def __init__(self) -> None:
        self._said_at = float("-inf")

    def compare(self, auction_id: int, last_entry_at: datetime) -> None:
        """Warn if the ledger is ahead by more than correct clocks differ."""
        ahead = last_entry_at - datetime.now(UTC)
        if ahead <= CLOCK_STEP_MAX or time.monotonic() - self._said_at < SAID_SECONDS_MIN:
            return
        self._said_at = time.monotonic()
        log.warning(
            "auction %s: the last entry of its ledger is %s ahead of this machine's clock: one of the "
            "two was or is wrong. Check the clocks of all servers. New entries get the time of this "
            "clock; bids of the round and comments until the award stay in their order",
            auction_id,
            ahead,
            extra={
                "event": "clock_behind_ledger",
                "auction": auction_id,
                "ahead_seconds": round(ahead.total_seconds()),
            },
        )
