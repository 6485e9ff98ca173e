"""The announcements that a resuming viewer missed (D21), if it heard this history (D34)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from baraka_server.domain.state import apply
from baraka_server.live.announcement import Announcement
from baraka_server.live.encoded import Encoded, Shared, encode
from baraka_server.live.view import AuctionView
from baraka_server.store.ledger import GENESIS, ledger_id
from baraka_server.store.store import Store

PLACES_MAX = 8
"""How many encoded answers are kept, by the `seq` after which they begin; each may be a megabyte."""


class Missed:
    """Makes the missed announcements of one auction, at most `events_max` of them."""

    def __init__(self, auction_id: int, store: Store, events_max: int) -> None:
        self._auction_id = auction_id
        self._store = store
        self._events_max = events_max
        self._told_up_to = (0, "")
        self._told: dict[int, Shared] = {}  # by the `seq` behind which it begins
        self._lost = range(0)  # numbers that were told here of a history that is gone

    async def since(self, view: AuctionView, last_seq: int, ledger: str | None) -> dict[str, Any]:
        """The fields `missed` and `missedComplete` for a viewer who heard `last_seq` last.

        The events are without lists. For a viewer who heard another history there are none, and they
        are not complete.
        """
        if not await self._is_ours(view, last_seq, ledger):
            return {"missed": Encoded("[]"), "missedComplete": False}
        after = max(last_seq, view.seq - self._events_max)
        missed = view.recent.after(after)
        if missed is None:
            entries, users = await self._store.entries_after(
                self._auction_id, after, self._events_max
            )
            rules = await self._store.state_at(self._auction_id, after)
            view.mark(await self._store.marked_bids(self._auction_id, rules))
            older = []
            for entry in entries:
                if entry.seq <= view.seq:
                    rules = apply(replace(rules, seq=entry.seq - 1), entry)
                    older.append(view.brief_announcement(entry, users, rules))
            view.recent.remember(older)
            missed = view.recent.after(after) or []
        return {
            "missed": self._encoded(view, after, missed),
            "missedComplete": len(missed) == view.seq - last_seq,
        }

    def forget(self) -> None:
        """Make what is told anew the next time: the people in it may have other names now."""
        self._told_up_to = (0, "")

    def _encoded(self, view: AuctionView, after: int, missed: Sequence[Announcement]) -> Encoded:
        """The JSON of the missed announcements, made once for all who missed the same."""
        if not missed:
            return Encoded("[]")
        end = (view.seq, view.hash)
        if self._told_up_to != end or len(self._told) >= PLACES_MAX:
            self._told_up_to = end
            self._told.clear()
        if after not in self._told:
            self._told[after] = Shared(encode([_told(one) for one in missed]))
        return self._told[after]

    async def note_lost(self, view: AuctionView) -> int:
        """Remember the numbers that `view` announced and the ledger no longer has; return the last it has.

        This is for viewers who resume without saying of which history their last number was.
        """
        heard = view.recent.hashes()
        there = await self._store.hashes(self._auction_id, min(heard), max(heard))
        common = max((seq for seq, was in heard.items() if there.get(seq) == was), default=0)
        lost = self._lost or range(common + 1, 0)
        self._lost = range(min(lost.start, common + 1), max(lost.stop, view.seq + 1))
        return common

    async def _is_ours(self, view: AuctionView, last_seq: int, ledger: str | None) -> bool:
        """Whether the entry that the viewer heard last is in this ledger.

        A viewer who does not say of which it was is believed, unless this node announced a lost one.
        """
        if last_seq > view.seq:
            return False
        if ledger is None:
            return last_seq not in self._lost
        if last_seq == 0:
            return ledger == ledger_id(GENESIS)
        there = view.recent.hashes()
        if last_seq not in there:
            there = await self._store.hashes(self._auction_id, last_seq, last_seq)
        return ledger == ledger_id(there.get(last_seq, ""))


def _told(announcement: Announcement) -> Encoded:
    return encode({"event": announcement.name, "data": announcement.brief})
