"""View of one auction on one node, from which joins are answered and entries announced.

Every row is encoded once, when it appears; the lists are text that grows at one end, and only while
somebody wants to read them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from baraka_server.contract.fields import iso_time
from baraka_server.contract.records import Auction, Bid, Comment, User
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionChanged,
    AuctionEntry,
    AuctionFinished,
    AuctionStarted,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
    ServerEvent,
)
from baraka_server.contract.server_events import BroadcasterLeft as BroadcasterLeftEvent
from baraka_server.domain.auction_record import lot_of, record_after, with_other_columns
from baraka_server.domain.clock import Clock
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BidPlaced,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    StandingBidChanged,
    Started,
)
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import CommentRemoved, CommentRestored, UserBlocked
from baraka_server.domain.parts import Lot, StandingBid, named
from baraka_server.domain.rules.prices import next_bid
from baraka_server.domain.staff import role_name
from baraka_server.domain.state import State, apply
from baraka_server.live import lots_told
from baraka_server.live.announcement import Announcement, Told, ledger_id
from baraka_server.live.clock_told import bidding_now, clock_then
from baraka_server.live.encoded import Encoded, Superseding, encode
from baraka_server.live.lists import People, Rows, encoded_row, listed, with_fields
from baraka_server.live.people import registration_of
from baraka_server.live.told import TOLD, in_the_guides_words
from baraka_server.live.told_to_one import TO_USER
from baraka_server.store.row_sums import NOTHING, Look, RowSums
from baraka_server.store.snapshot import Snapshot

RECENT_EVENTS_MAX = 512
"""How many announcements a view keeps at least for viewers that resume."""


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
        self.record = snapshot.auction
        self.seq = snapshot.seq
        self.round = snapshot.round
        self.hash = snapshot.hash
        self.rules = snapshot.state or State(round=snapshot.round, seq=snapshot.seq)
        self._people = People(whole_numbers=whole_numbers)
        self._people.take(self.rules.paddles)
        self._bids = Rows(self._people, newest_first=True)
        self._comments = Rows(self._people)
        # The difference between tables and view at the start, from unreadable rows, is not a change.
        self._not_shown = NOTHING
        self._counts = object()
        self._recent: deque[Announcement] = deque(maxlen=max(RECENT_EVENTS_MAX, resume_events_max))

    @classmethod
    async def of(cls, snapshot: Snapshot, **options: Any) -> Self:
        await (view := cls(snapshot, **options))._list(snapshot)
        return view

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
        self._people.take(self.rules.paddles)
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
            self._recent.append(self.brief_announcement(entry, users))
        elif announcement.whole is not brief or announcement.guided:
            self._recent.append(replace(announcement, whole=brief, guided=()))
        else:
            self._recent.append(announcement)
        return announcement

    def brief_announcement(
        self, entry: LedgerEntry, users: Mapping[int, User], rules: State | None = None
    ) -> Announcement:
        """The announcement of a past entry without lists, for a viewer that missed it.

        `rules` is the state behind it; None where it is the last one.
        """
        name, fields = self._fields(entry, users, rules or self.rules)
        fields |= clock_then(name, entry, rules or self.rules)
        text = encode(self._common(entry.seq, entry.at, entry.hash) | fields)
        return Announcement(entry.seq, entry.round, name, text, text, hash=entry.hash)

    def recent_after(self, seq: int) -> list[Announcement] | None:
        """The announcements after `seq`; None where they reach back further than the view remembers."""
        if seq >= self.seq:
            return []
        if not self._recent or self._recent[0].seq > seq + 1:
            return None
        return [announcement for announcement in self._recent if announcement.seq > seq]

    def remember(self, older: Sequence[Announcement]) -> None:
        """Keep announcements that were read from the ledger, up to the first that the view has."""
        first = self._recent[0].seq if self._recent else self.seq + 1
        older = [one for one in older if one.seq < first]
        room = (self._recent.maxlen or 0) - len(self._recent)
        self._recent.extendleft(reversed(older[-room:] if room else ()))

    def recent_hashes(self) -> dict[int, str]:
        """The hashes of the entries that the view remembers, by seq (D34)."""
        return {one.seq: one.hash for one in self._recent} | {self.seq: self.hash}

    def state(self, user_count: int, now: datetime) -> dict[str, Any]:
        """The fields of the whole current state, with which `joinAuction` is answered (D21)."""
        return self._common(self.seq, now) | {
            "auction": encode(self.record),
            "auctionBids": self._bids.encoded(),
            "auctionComments": self._comments.encoded(),
            "userCount": user_count,
            "round": self.round,
            "nextBid": next_bid(self.rules),
            "slowMode": self.rules.moderation.slow_seconds,
            "registration": self.rules.sale_rules.registration,
            "maxima": self.rules.sale_rules.maxima,
            **bidding_now(self.rules.bidding, self._counted, now),
            **lots_told.of_state(self.rules),
        }

    def own(self, user_id: int) -> dict[str, Any]:
        """The fields of a state that are the joiner's own."""
        return {
            "role": role_name(self.rules, user_id),
            "paddle": self.rules.paddles.of(user_id),
            **registration_of(self.rules, user_id),
        }

    def to_user(self, entry: LedgerEntry) -> tuple[int, Announcement] | None:
        """The announcement of an entry that one user hears alone, and who; None for most."""
        private = TO_USER.get(type(entry.event))
        if private is None:
            return None
        told = private(entry, entry.event, self.rules)
        text = encode(self._common(entry.seq, entry.at, entry.hash) | told.fields)
        return told.user_id, Announcement(
            entry.seq, entry.round, told.event, text, text, hash=entry.hash
        )

    @property
    def state_chars(self) -> int:
        """The length of the lists in a state, which are most of it."""
        return len(self._bids.text) + len(self._comments.text)

    def in_the_guides_words(self, snapshot: Snapshot, now: datetime) -> Iterator[Announcement]:
        """What `auctionState` says, in events of the guide.

        The snapshot is the one that this view was made of.
        """
        common, record = self._common(self.seq, now), self.record
        lot = lot_of(record) or EMPTY_BLOCK
        bidding = bidding_now(self.rules.bidding, self._counted, now)
        clock = {"clock": bidding["clock"]}
        yield self._announcement_now(LotChanged, common | _lot(lot, self.round, self.rules) | clock)
        if snapshot.bids:
            newest = {
                "newBid": self._row(snapshot.bids[0], {}),
                "round": self.round,
                "nextBid": next_bid(self.rules),
                **clock,
                **lots_told.numbered(self.rules),
            }
            text = _with_list(encode(newest | common), "auctionBids", self._bids)
            yield Announcement(self.seq, self.round, NewBid, text, text, hash=self.hash)
        if record.isCanceled:
            yield self._announcement_now(
                AuctionCanceled, common | {"message": AuctionCanceled.TEXT}
            )
        if record.isEnded:
            yield self._announcement_now(
                AuctionFinished, common | {"message": AuctionFinished.TEXT}
            )

    def _announcement_now(self, event: type[ServerEvent], fields: dict[str, Any]) -> Announcement:
        text = encode(fields)
        return Announcement(self.seq, self.round, event, text, text, hash=self.hash)

    def user_count(self, user_count: int, now: datetime) -> Superseding:
        count = encode(self._common(self.seq, now) | {"userCount": user_count})
        return Superseding(count, self._counts)

    @property
    def sums(self) -> RowSums:
        """The sums over the rows in the lists."""
        return RowSums(self._bids.tally(), self._comments.tally())

    def shows(self, look: Look) -> bool:
        """Whether the tables have what the view shows; the look is of the same `seq`."""
        return look.auction == self.record and look.sums.less(self.sums) == self._not_shown

    async def refresh(self, snapshot: Snapshot) -> None:
        """Take rows as another program left them, before the entry is played that says so.

        The snapshot is of that entry; the columns that are the ledger's stay as they are.
        """
        await self._list(snapshot)
        self.record = with_other_columns(self.record, snapshot.auction)

    async def refreshed(self, snapshot: Snapshot, look: Look, now: datetime) -> list[Announcement]:
        """Take rows that another program changed without an entry.

        Returns what to announce beside the state, for those who know the guide alone.
        """
        bids = self._bids.tally()
        await self._list(snapshot)
        self.record = snapshot.auction
        self._not_shown = look.sums.less(self.sums)
        if self._bids.tally() == bids:
            return []
        return [one for one in self.in_the_guides_words(snapshot, now) if one.event is NewBid]

    def gone(self, at: datetime) -> Announcement:
        """The announcement that the auction's row is gone: `auctionCanceled`, the guide's nearest event."""
        text = encode(self._common(self.seq, at) | {"message": AuctionCanceled.TEXT})
        return Announcement(self.seq, self.round, AuctionCanceled, text, text)

    async def _list(self, snapshot: Snapshot) -> None:
        """Take these lists in place of those that there are, at once, when they are made."""
        bids = await listed(self._people, reversed(snapshot.bids), newest_first=True)
        comments = await listed(self._people, snapshot.comments)
        self._bids, self._comments = bids, comments

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
        kind, fields = self._fields(entry, users, self.rules)
        fields |= clock_then(kind, entry, self.rules)
        common = self._common(entry.seq, entry.at)
        brief = encode(fields | common)
        whole = brief
        match entry.event:
            case BidPlaced():
                self._bids.add(self._placed(entry, entry.event))
                whole = _with_list(brief, "auctionBids", self._bids) if lists else brief
            case Commented():
                self._comments.add(self._comment(entry, entry.event))
                whole = _with_list(brief, "comments", self._comments) if lists else brief
            case LotOpened():
                self._bids.clear()
            case CommentRemoved(comment_id=comment_id):
                self._comments.remove(comment_id)
            case CommentRestored(comment_id=comment_id) if comment_id in self._comments:
                # Everybody gets the list: the comment comes back to its place in it.
                brief = whole = _with_list(brief, "comments", self._comments)
            case (ActUndone() | UserBlocked()) as undone if undone.bids:
                for bid_id in undone.bids:
                    self._bids.remove(bid_id)
                self._bids.remove_above(undone.high.amount if undone.high else 0)
            case LotOpenedAgain(bids=back):
                for bid in back:
                    self._people.find(users, bid.user_id)
                    self._bids.add(self._bid(bid))
            case Awarded() | RunnerUpAwarded() | LotPassed():
                self._bids.clear()
                self._comments.clear()
            case StandingBidChanged(high=high, was=was):
                if was is not None and (high is None or was.bid_id != high.bid_id):
                    self._bids.remove(was.bid_id)
                if high is None:
                    self._bids.clear()
                elif high.bid_id not in self._bids:  # it was cleared since
                    self._bids.add(self._bid(high))
                # Everybody gets the list: what they have of it is no longer so.
                brief = whole = _with_list(brief, "auctionBids", self._bids)
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

    def _fields(self, entry: LedgerEntry, users: Mapping[int, User], rules: State) -> Told:
        match entry.event:
            case Started():
                return AuctionStarted, record_after(self.record, entry).model_dump(mode="json")
            case LotOpened(lot=lot) | LotRepriced(lot=lot):
                return LotChanged, _lot(lot, entry.round, rules)
            case BidPlaced() as event:
                bid = self._placed(entry, event)
                placed = {"newBid": self._row(bid, users), "round": entry.round}
                return NewBid, placed | {"nextBid": next_bid(rules)} | lots_told.numbered(rules)
            case StandingBidChanged(lot=lot, high=high, was=was):
                former = {
                    "formerBid": named(was),
                    "nextBid": next_bid(rules),
                }
                if high is None:
                    return LotChanged, _lot(lot, entry.round, rules) | former
                standing = {"newBid": self._row(self._bid(high), users), "round": entry.round}
                return NewBid, standing | former | lots_told.numbered(rules)
            case Commented() as event:
                comment = self._comment(entry, event)
                return NewComment, {"newComment": self._row(comment, users)}
            case Awarded(high=high) | RunnerUpAwarded(high=high) as sold:
                awarded = self._awarded(entry, high, users)
                passed_over = {"runnerUp": True} if isinstance(sold, RunnerUpAwarded) else {}
                of_lot = lots_told.closed(rules, sold, sold=high is not None)
                return LotAwarded, awarded | passed_over | of_lot
            case LotPassed() as passed:
                of_lot = lots_told.closed(rules, passed, sold=False)
                return LotAwarded, self._awarded(entry, None, users) | {"passed": True} | of_lot
            case Canceled():
                return AuctionCanceled, {"message": AuctionCanceled.TEXT}
            case Ended():
                return AuctionFinished, {"message": AuctionFinished.TEXT}
            case BroadcasterLeft():
                return BroadcasterLeftEvent, {}
            case Adopted(high=high):
                bid_that_stands = high and self._row(self._bid(high), users)
                # The same at once and later, when the row has been written again.
                record = record_after(self.record, entry)
                return AuctionChanged, {
                    "auction": record.model_copy(update={"updatedAt": entry.at}),
                    "highestBid": bid_that_stands,
                    "round": entry.round,
                }
            case CommentRestored(comment_id=comment_id) if comment_id in self._comments:
                return NewComment, {"newComment": self._comments.told(comment_id)}
        if tell := TOLD.get(type(entry.event)):
            return tell(entry, entry.event, rules)
        return AuctionEntry, {}

    def _awarded(
        self, entry: LedgerEntry, high: StandingBid | None, users: Mapping[int, User]
    ) -> dict[str, Any]:
        winning_bid = winning_user = None
        if high is not None:
            winning_bid = self._row(self._bid(high), users)
            winning_user = self._people.find(users, high.user_id)
        return {
            "auction": {
                **record_after(self.record, entry).model_dump(mode="json"),
                "Auction_bids": [],
                "Auction_comments": [],
            },
            "winningBid": winning_bid,
            "winningUser": winning_user,
        }

    def _placed(self, entry: LedgerEntry, event: BidPlaced) -> Bid:
        user_id = entry.user_id or 0
        return self._bid(StandingBid(event.bid_id, user_id, event.amount, entry.at))

    def _bid(self, bid: StandingBid) -> Bid:
        return Bid(
            id=bid.bid_id,
            auction_id=self.record.id,
            user_id=bid.user_id,
            bid=bid.amount,
            createdAt=bid.at,
            updatedAt=bid.at,
        )

    def _comment(self, entry: LedgerEntry, event: Commented) -> Comment:
        return Comment(
            id=event.comment_id,
            auction_id=self.record.id,
            user_id=entry.user_id or 0,
            comment=event.comment,
            createdAt=entry.at,
            updatedAt=entry.at,
        )

    def _row(self, record: Bid | Comment, users: Mapping[int, User]) -> Encoded:
        user = self._people.find(users, record.user_id)
        if isinstance(record, Bid):
            return with_fields(encoded_row(record), self._people.bidder(user, record.user_id))
        return with_fields(encoded_row(record), f'"user":{user}')


def _lot(lot: Lot, round_: int, rules: State) -> dict[str, Any]:
    return {
        "product": lot.product,
        "bidPrice": lot.start_price,
        "minBidPrice": lot.minimum_price,
        "actualPrice": lot.market_price,
        "round": round_,
        "nextBid": next_bid(rules),
        **lots_told.described(rules),
    }


EMPTY_BLOCK = Lot("", 0, 0, 0)
"""The lot that the guide's events show for an empty block."""


def _with_list(brief: Encoded, name: str, rows: Rows) -> Superseding:
    return Superseding(with_fields(brief, f'"{name}":[', rows.text, "]"), rows.growth)
