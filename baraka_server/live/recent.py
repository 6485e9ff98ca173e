"""The last announcements of an auction, for viewers that resume (D21)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from baraka_server.live.announcement import Announcement

RECENT_EVENTS_MAX = 512
"""How many announcements a view keeps at least for viewers that resume."""


class Recent:
    """The announcements up to the entry `seq`, which has this hash; at least `events_max` are kept."""

    def __init__(self, seq: int, hash_: str, events_max: int) -> None:
        self._end = (seq, hash_)
        self._kept: deque[Announcement] = deque(maxlen=max(RECENT_EVENTS_MAX, events_max))

    def keep(self, announcement: Announcement) -> None:
        """Keep the announcement of the next entry."""
        self._kept.append(announcement)
        self._end = (announcement.seq, announcement.hash)

    def after(self, seq: int) -> list[Announcement] | None:
        """The announcements after `seq`; None where they reach back further than is remembered."""
        if seq >= self._end[0]:
            return []
        if not self._kept or self._kept[0].seq > seq + 1:
            return None
        return [announcement for announcement in self._kept if announcement.seq > seq]

    def remember(self, older: Sequence[Announcement]) -> None:
        """Keep announcements that were read from the ledger, up to the first that there is."""
        first = self._kept[0].seq if self._kept else self._end[0] + 1
        older = [one for one in older if one.seq < first]
        room = (self._kept.maxlen or 0) - len(self._kept)
        self._kept.extendleft(reversed(older[-room:] if room else ()))

    def hashes(self) -> dict[int, str]:
        """The hashes of the entries that are remembered, by seq (D34)."""
        seq, hash_ = self._end
        return {one.seq: one.hash for one in self._kept} | {seq: hash_}
