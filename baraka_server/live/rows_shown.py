"""The rows of an auction as its viewers on this node see them: its own, and the lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from baraka_server.contract.records import Auction, Bid, Comment, User
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import Awarded, Commented, LedgerEntry, LotOpened
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import CommentRemoved, CommentRestored, UserBlocked
from baraka_server.domain.parts import StandingBid
from baraka_server.live.encoded import Encoded
from baraka_server.live.lists import (
    NO_MARK,
    BidMark,
    People,
    Rows,
    encoded_row,
    listed,
    with_fields,
)
from baraka_server.store.row_sums import RowSums
from baraka_server.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ListTold:
    """A list that an announcement has: for those who read lists, or `to_all`."""

    name: str
    rows: Rows
    to_all: bool = False


class RowsShown:
    """The auction's record, the people in it, and the bids and comments that are listed.

    `whole_numbers` shows phone numbers to everybody, for private deployments (D17). `marks` are what is told
    of bids of the round beside their rows, by their ids.
    """

    def __init__(self, record: Auction, *, whole_numbers: bool) -> None:
        self.record = record
        self.marks: dict[int, BidMark] = {}
        self.people = People(whole_numbers=whole_numbers)
        self.bids = Rows(self.people, newest_first=True)
        self.comments = Rows(self.people)

    @property
    def sums(self) -> RowSums:
        """The sums over the rows in the lists."""
        return RowSums(self.bids.tally(), self.comments.tally())

    async def take_lists(self, snapshot: Snapshot) -> None:
        """Take these lists in place of those that there are, at once, when they are made."""
        self.mark(snapshot.marked)
        newest_last = reversed(snapshot.bids)
        bids = await listed(self.people, newest_last, self.marks, newest_first=True)
        comments = await listed(self.people, snapshot.comments)
        self.bids, self.comments = bids, comments

    def mark(self, bids: Iterable[BidPlaced]) -> None:
        """Know from now on what is told of these bids."""
        self.marks |= {
            bid.bid_id: BidMark(bid.automatic, bid.floor, bid.label_paddle)
            for bid in bids
            if bid.automatic or bid.floor
        }

    def take(self, entry: LedgerEntry, users: Mapping[int, User]) -> ListTold | None:
        """Change the lists by an entry; returns the list that is told with it, if one is."""
        match entry.event:
            case BidPlaced():
                self._list(self.placed(entry, entry.event))
                return ListTold("auctionBids", self.bids)
            case Commented():
                self.comments.add(self.comment(entry, entry.event))
                return ListTold("comments", self.comments)
            case LotOpened():
                self.bids.clear()
                self.marks.clear()
            case CommentRemoved(comment_id=comment_id):
                self.comments.remove(comment_id)
            case CommentRestored(posted=LedgerEntry(event=Commented() as said) as posted):
                self.people.find(users, posted.user_id or 0)
                self.comments.put_back(self.comment(posted, said))
                # Everybody gets the list: the comment comes back to its place in it.
                return ListTold("comments", self.comments, to_all=True)
            case (ActUndone() | UserBlocked()) as undone if undone.bids:
                for bid_id in undone.bids:
                    self.bids.remove(bid_id)
                self.bids.remove_above(undone.high.amount if undone.high else 0)
            case LotOpenedAgain(bids=back):
                for bid in back:
                    self.people.find(users, bid.user_id)
                    self._list(self.bid(bid))
            case Awarded() | RunnerUpAwarded() | LotPassed():
                self.bids.clear()
                self.comments.clear()
            case StandingBidChanged(high=high, was=was, award_refused=refused):
                is_gone = was is not None and (high is None or was.bid_id != high.bid_id)
                if was and is_gone and not refused:  # a refusal takes nothing off the list
                    self.bids.remove(was.bid_id)
                if high is None:
                    self.bids.clear()
                elif high.bid_id not in self.bids:  # it was cleared since
                    self._list(self.bid(high))
                # Everybody gets the list: what they have of it is no longer so.
                return ListTold("auctionBids", self.bids, to_all=True)
        return None

    def placed(self, entry: LedgerEntry, event: BidPlaced) -> Bid:
        if event.automatic or event.floor:
            self.mark([event])
        user_id = entry.user_id or 0
        return self.bid(StandingBid(event.bid_id, user_id, event.amount, entry.at))

    def _list(self, bid: Bid) -> None:
        self.bids.add(bid, self.marks.get(bid.id, NO_MARK))

    def bid(self, bid: StandingBid) -> Bid:
        if bid.label_paddle is not None:
            self.marks[bid.bid_id] = BidMark(floor=True, label_paddle=bid.label_paddle)
        return Bid(
            id=bid.bid_id,
            auction_id=self.record.id,
            user_id=bid.user_id,
            bid=bid.amount,
            createdAt=bid.at,
            updatedAt=bid.at,
        )

    def comment(self, entry: LedgerEntry, event: Commented) -> Comment:
        return Comment(
            id=event.comment_id,
            auction_id=self.record.id,
            user_id=entry.user_id or 0,
            comment=event.comment,
            createdAt=entry.at,
            updatedAt=entry.at,
        )

    def encoded(self, record: Bid | Comment, users: Mapping[int, User]) -> Encoded:
        user = self.people.find(users, record.user_id)
        if isinstance(record, Bid):
            mark = self.marks.get(record.id, NO_MARK)
            bidder = self.people.bidder(user, record.user_id, mark.label_paddle)
            return with_fields(encoded_row(record, mark), bidder)
        return with_fields(encoded_row(record), f'"user":{user}')
