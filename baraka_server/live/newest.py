"""The newest entries of one auction's ledger, as far as this node wrote or heard them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice

from baraka_server.domain.events import LedgerEntry
from baraka_server.live.relay import RelayedEntries

KEPT = 512


class Newest:
    """Entries without a gap, the last ones that came."""

    def __init__(self) -> None:
        self._entries: deque[LedgerEntry] = deque(maxlen=KEPT)

    def add(self, entries: Iterable[LedgerEntry]) -> None:
        for entry in entries:
            if self._entries and entry.seq != self._entries[-1].seq + 1:
                if entry.seq <= self._entries[-1].seq:
                    continue
                self._entries.clear()
            self._entries.append(entry)

    def forget(self) -> None:
        """Forget all: the ledger is another one."""
        self._entries.clear()

    def behind(self, auction_id: int, seq: int, hash_: str, up_to: int) -> RelayedEntries | None:
        """What came behind the entry `seq` with this hash, up to another one; None where that is not known."""
        if not self._entries:
            return None
        first = seq - self._entries[0].seq
        if first < 0 or up_to <= seq or up_to > self._entries[-1].seq:
            return None
        known, *found = islice(self._entries, first, up_to - self._entries[0].seq + 1)
        if known.hash != hash_:
            return None
        return RelayedEntries(auction_id, seq, hash_, up_to, found[-1].hash, tuple(found))
