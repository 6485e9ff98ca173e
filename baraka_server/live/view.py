"""View of one auction on one node, from which joins are answered and entries announced.

Every row is encoded once, when it appears; the lists are text that grows at one end, and only while
somebody wants to read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from baraka_server.contract.fields import iso_time
from baraka_server.contract.records import Auction, User
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionFinished,
    LotChanged,
    NewBid,
    ServerEvent,
)
from baraka_server.domain.auction_record import lot_of, record_after, with_other_columns
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.clock import Clock
from baraka_server.domain.events import (
    Adopted,
    Canceled,
    Ended,
    Event,
    LedgerEntry,
    LotRepriced,
    Started,
)
from baraka_server.domain.staff import role_name
from baraka_server.domain.state import State, apply
from baraka_server.live import lots_told
from baraka_server.live.announcement import Announcement
from baraka_server.live.clock_told import bidding_now, clock_then
from baraka_server.live.encoded import Encoded, Superseding, encode
from baraka_server.live.guide_told import EMPTY_BLOCK, bid_fields, lot_fields, told
from baraka_server.live.lists import Rows, with_fields
from baraka_server.live.people import registration_of
from baraka_server.live.recent import Recent
from baraka_server.live.rows_shown import RowsShown
from baraka_server.live.told import in_the_guides_words
from baraka_server.live.told_to_one import TO_USER
from baraka_server.store.ledger import ledger_id
from baraka_server.store.row_sums import NOTHING, Look, RowSums
from baraka_server.store.snapshot import Snapshot


class AuctionView:
    """One auction as its viewers on this node see it, played entry by entry from a snapshot.

    `whole_numbers` shows phone numbers to everybody, for private deployments (D17). The last
    announcements are kept for viewers who resume, at least `resume_events_max` of them. `counted` is how
    far the auction's clock has counted by now (D44).

        view = await AuctionView.of(snapshot, whole_numbers=False)
        announcement = view.play(entry, users)
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        whole_numbers: bool,
        resume_events_max: int = 0,
        counted: Callable[[Clock], int] = lambda clock: clock.clock_ms,
    ) -> None:
        self._counted = counted
        self._shown = RowsShown(snapshot.auction, whole_numbers=whole_numbers)
        self.seq = snapshot.seq
        self.round = snapshot.round
        self.hash = snapshot.hash
        self.rules = snapshot.state or State(round=snapshot.round, seq=snapshot.seq)
        self._shown.people.take(self.rules.paddles)
        # The difference between tables and view at the start, from unreadable rows, is not a change.
        self._not_shown = NOTHING
        self._counts = object()
        self.recent = Recent(self.seq, self.hash, resume_events_max)

    @classmethod
    async def of(cls, snapshot: Snapshot, **options: Any) -> Self:
        await (view := cls(snapshot, **options))._shown.take_lists(snapshot)
        return view

    @property
    def record(self) -> Auction:
        """The auction's row, as it is shown."""
        return self._shown.record

    @record.setter
    def record(self, record: Auction) -> None:
        self._shown.record = record

    def play(
        self, entry: LedgerEntry, users: Mapping[int, User], *, lists: bool = True
    ) -> Announcement | None:
        """Apply the next entry of the ledger and return its announcement.

        Without `lists`, because nobody reads them, a bid or a comment has its brief form only. None for
        an entry that the view has already. Raises `ValueError` for a gap: fill it first.
        """
        if entry.seq <= self.seq:
            return None
        if entry.seq != self.seq + 1:
            raise ValueError(f"event {entry.seq} cannot follow {self.seq}")
        before = self.record
        self.seq, self.round, self.hash = entry.seq, entry.round, entry.hash
        self.record = record_after(self.record, entry)
        self.rules = apply(self.rules, entry)
        self._shown.people.take(self.rules.paddles)
        announcement = self._announcement(entry, users, lists)
        if isinstance(entry.event, Adopted):
            guided = self._guided(before, entry, entry.event, users)
            announcement = replace(announcement, guided=tuple(guided))
        elif words := in_the_guides_words(entry.event, lot_of(self.record)):
            guided = (self._in_words_of(entry, event, users) for event in words)
            announcement = replace(announcement, guided=tuple(guided))
        # Without its lists: 512 of them would be a hundred megabytes in a busy round.
        brief = announcement.brief
        if isinstance(entry.event, StandingBidChanged):
            self.recent.keep(self.brief_announcement(entry, users))
        elif announcement.whole is not brief or announcement.guided:
            self.recent.keep(replace(announcement, whole=brief, guided=()))
        else:
            self.recent.keep(announcement)
        return announcement

    def brief_announcement(
        self, entry: LedgerEntry, users: Mapping[int, User], rules: State | None = None
    ) -> Announcement:
        """The announcement of a past entry without lists, for a viewer that missed it.

        `rules` is the state behind it; None where it is the last one.
        """
        name, fields = told(self._shown, entry, users, rules or self.rules)
        fields |= clock_then(name, entry, rules or self.rules)
        text = encode(self._common(entry.seq, entry.at, entry.hash) | fields)
        return Announcement(entry.seq, entry.round, name, text, text, hash=entry.hash)

    def mark(self, bids: Iterable[BidPlaced]) -> None:
        """Know what is told of bids that are in no list any more: a past entry may name one."""
        self._shown.mark(bids)

    def state(self, user_count: int, now: datetime) -> dict[str, Any]:
        """The fields of the whole current state, with which `joinAuction` is answered (D21)."""
        return self._common(self.seq, now) | {
            "auction": encode(self.record),
            "auctionBids": self._shown.bids.encoded(),
            "auctionComments": self._shown.comments.encoded(),
            "userCount": user_count,
            "round": self.round,
            **lots_told.asking(self.rules),
            "slowMode": self.rules.moderation.slow_seconds,
            "registration": self.rules.sale_rules.registration,
            "maxima": self.rules.sale_rules.maxima,
            **bidding_now(self.rules.bidding, self._counted, now),
            **lots_told.of_state(self.rules),
        }

    def own(self, user_id: int, maximum: int | None) -> dict[str, Any]:
        """The fields of a state that are the joiner's own, with the maximum bid in this round."""
        return {
            "maximum": maximum,
            "role": role_name(self.rules, user_id),
            "paddle": self.rules.paddles.of(user_id),
            **registration_of(self.rules, user_id),
        }

    def to_user(self, entry: LedgerEntry) -> tuple[int, Announcement] | None:
        """The announcement of an entry that one user hears alone, and who; None for most."""
        private = TO_USER.get(type(entry.event))
        if private is None:
            return None
        theirs = private(entry, entry.event, self.rules)
        if theirs is None:
            return None
        text = encode(self._common(entry.seq, entry.at, entry.hash) | theirs.fields)
        return theirs.user_id, Announcement(
            entry.seq, entry.round, theirs.event, text, text, hash=entry.hash
        )

    @property
    def state_chars(self) -> int:
        """The length of the lists in a state, which are most of it."""
        return len(self._shown.bids.text) + len(self._shown.comments.text)

    def in_the_guides_words(self, snapshot: Snapshot, now: datetime) -> Iterator[Announcement]:
        """What `auctionState` says, in events of the guide.

        The snapshot is the one that this view was made of.
        """
        common, record = self._common(self.seq, now), self.record
        lot = lot_of(record) or EMPTY_BLOCK
        bidding = bidding_now(self.rules.bidding, self._counted, now)
        clock = {"clock": bidding["clock"]}
        yield self._announcement_now(
            LotChanged, common | lot_fields(lot, self.round, self.rules) | clock
        )
        if snapshot.bids:
            bid = self._shown.encoded(snapshot.bids[0], {})
            newest = bid_fields(bid, self.round, self.rules) | clock
            text = _with_list(encode(newest | common), "auctionBids", self._shown.bids)
            yield Announcement(self.seq, self.round, NewBid, text, text, hash=self.hash)
        if record.isCanceled:
            yield self._announcement_now(
                AuctionCanceled, common | {"message": AuctionCanceled.TEXT}
            )
        if record.isEnded:
            yield self._announcement_now(
                AuctionFinished, common | {"message": AuctionFinished.TEXT}
            )

    def unknown_users(self, user_ids: Iterable[int]) -> set[int]:
        """Those among the users who were not met here so far."""
        return {one for one in user_ids if one not in self._shown.people}

    def _announcement_now(self, event: type[ServerEvent], fields: dict[str, Any]) -> Announcement:
        text = encode(fields)
        return Announcement(self.seq, self.round, event, text, text, hash=self.hash)

    def user_count(self, user_count: int, now: datetime) -> Superseding:
        count = encode(self._common(self.seq, now) | {"userCount": user_count})
        return Superseding(count, self._counts)

    @property
    def sums(self) -> RowSums:
        """The sums over the rows in the lists."""
        return self._shown.sums

    def shows(self, look: Look) -> bool:
        """Whether the tables have what the view shows; the look is of the same `seq`."""
        return look.auction == self.record and look.sums.less(self.sums) == self._not_shown

    async def refresh(self, snapshot: Snapshot) -> None:
        """Take rows as another program left them, before the entry is played that says so.

        The snapshot is of that entry; the columns that are the ledger's stay as they are.
        """
        await self._shown.take_lists(snapshot)
        self.record = with_other_columns(self.record, snapshot.auction)

    async def refreshed(self, snapshot: Snapshot, look: Look, now: datetime) -> list[Announcement]:
        """Take rows that another program changed without an entry.

        Returns what to announce beside the state, for those who know the guide alone.
        """
        bids = self._shown.bids.tally()
        await self._shown.take_lists(snapshot)
        self.record = snapshot.auction
        self._not_shown = look.sums.less(self.sums)
        if self._shown.bids.tally() == bids:
            return []
        return [one for one in self.in_the_guides_words(snapshot, now) if one.event is NewBid]

    def gone(self, at: datetime) -> Announcement:
        """The announcement that the auction's row is gone: `auctionCanceled`, the guide's nearest event."""
        text = encode(self._common(self.seq, at) | {"message": AuctionCanceled.TEXT})
        return Announcement(self.seq, self.round, AuctionCanceled, text, text)

    def _common(self, seq: int, at: datetime, hash_: str | None = None) -> dict[str, Any]:
        return {
            "auctionId": self.record.id,
            "seq": seq,
            "ledger": ledger_id(self.hash if hash_ is None else hash_),
            "serverTime": iso_time(at),
        }

    def _announcement(
        self, entry: LedgerEntry, users: Mapping[int, User], lists: bool
    ) -> Announcement:
        kind, fields = told(self._shown, entry, users, self.rules)
        fields |= clock_then(kind, entry, self.rules)
        common = self._common(entry.seq, entry.at)
        brief = encode(fields | common)
        whole = brief
        if changed := self._shown.take(entry, users):
            if lists or changed.to_all:
                whole = _with_list(brief, changed.name, changed.rows)
            if changed.to_all:
                brief = whole
        return Announcement(entry.seq, entry.round, kind, whole, brief, hash=entry.hash)

    def _guided(
        self,
        before: Auction,
        entry: LedgerEntry,
        row: Adopted,
        users: Mapping[int, User],
    ) -> Iterator[Announcement]:
        """The changes of another program to the auction's row, announced as if its host had made them."""
        if row.live and not before.isLive:
            yield self._in_words_of(entry, Started(), users)
        if row.canceled and not before.isCanceled:
            yield self._in_words_of(entry, Canceled(), users)
        if row.ended and not before.isEnded:
            yield self._in_words_of(entry, Ended(), users)
        if row.lot == lot_of(before):
            return
        yield self._in_words_of(entry, LotRepriced(row.lot or EMPTY_BLOCK), users)
        if row.lot and row.high and row.lot.product != before.current_product:
            standing = StandingBidChanged(row.lot, row.high, None)
            yield self._in_words_of(entry, standing, users)

    def _in_words_of(
        self, entry: LedgerEntry, event: Event, users: Mapping[int, User]
    ) -> Announcement:
        return self._announcement(replace(entry, event=event), users, lists=True)


def _with_list(brief: Encoded, name: str, rows: Rows) -> Superseding:
    return Superseding(with_fields(brief, f'"{name}":[', rows.text, "]"), rows.growth)
