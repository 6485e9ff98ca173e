"""The stage: one node's view of one auction, from which it answers joins and announces events.

Every row is encoded once, when it appears; the lists are text that grows at one end, and only while
somebody wants to read them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from baraka_server.contract import server_events as told
from baraka_server.contract.fields import iso_time
from baraka_server.contract.records import (
    Bid,
    BidWithUser,
    Comment,
    CommentWithUser,
    User,
    UserType,
)
from baraka_server.contract.server_events import Scope, ServerEvent
from baraka_server.domain import facts
from baraka_server.domain.record import record_after
from baraka_server.domain.state import BEGINNING
from baraka_server.live.encoded import Encoded, Superseding, encode
from baraka_server.store.store import Snapshot

RECENT_EVENTS_MAX = 512
"""How many events a stage keeps for viewers that resume; older ones are read from the ledger."""

USERS_KEPT_MAX = 2_000
"""How many users' encoded records a stage keeps."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an event of the ledger sounds like: with the lists, and without them (D24)."""

    seq: int
    event: type[ServerEvent]
    whole: Encoded
    brief: Encoded

    @property
    def name(self) -> str:
        return self.event.wire_name

    @property
    def to_everyone(self) -> bool:
        return self.event.scope is Scope.EVERYONE


class Rows:
    """A list of encoded rows that is one piece of text. What is added is put there when it is read.

    While its `growth` is the same object, the list contains every earlier state of itself.
    """

    def __init__(self, *rows: Encoded, newest_first: bool = False) -> None:
        self._text = ",".join(rows)
        self._added: list[Encoded] = []
        self._newest_first = newest_first
        self.growth = object()

    def add(self, row: Encoded) -> None:
        self._added.append(row)

    def clear(self) -> None:
        self._text = ""
        self._added.clear()
        self.growth = object()

    def encoded(self) -> Encoded:
        return Encoded(f"[{self.text}]")

    @property
    def text(self) -> str:
        """The rows, with commas between them."""
        if self._added:
            old = [self._text] if self._text else []
            if self._newest_first:
                self._text = ",".join([*reversed(self._added), *old])
            else:
                self._text = ",".join([*old, *self._added])
            self._added.clear()
        return self._text


class Stage:
    """`whole_numbers` shows phone numbers to everybody, for private deployments (D17)."""

    def __init__(self, snapshot: Snapshot, *, whole_numbers: bool) -> None:
        self.record = snapshot.auction
        self.seq = snapshot.seq
        self.round = snapshot.round
        self._whole_numbers = whole_numbers
        self._users: dict[int, tuple[User, Encoded]] = {}
        self._bids = Rows(*map(self._row, snapshot.bids), newest_first=True)
        self._comments = Rows(*map(self._row, snapshot.comments))
        self._counts = object()
        self._recent: deque[Announcement] = deque(maxlen=RECENT_EVENTS_MAX)

    def play(
        self, event: facts.Event, users: Mapping[int, User], *, lists: bool = True
    ) -> Announcement | None:
        """Take the next event of the ledger and say what to announce.

        Without `lists`, because nobody reads them, a bid or a comment has its brief form only. None
        for an event that is on the stage already. A gap is a `ValueError`: fill it first.
        """
        if event.seq <= self.seq:
            return None
        if event.seq != self.seq + 1:
            raise ValueError(f"event {event.seq} cannot follow {self.seq}")
        self.seq, self.round = event.seq, event.round
        self.record = record_after(self.record, event)
        announcement = self._announcement(event, users, lists)
        # Without its lists: 512 of them would be a hundred megabytes in a busy round.
        brief = announcement.brief
        kept = announcement if announcement.whole is brief else replace(announcement, whole=brief)
        self._recent.append(kept)
        return announcement

    def told_later(self, event: facts.Event, users: Mapping[int, User]) -> Announcement:
        """What an event of the past sounds like without lists, for a viewer that missed it."""
        name, fields = self._fields(event, users)
        text = encode(self._common(event.seq, event.at) | fields)
        return Announcement(event.seq, name, text, text)

    def recent_after(self, seq: int) -> list[Announcement] | None:
        """The events behind `seq`, or None when they reach back further than the stage remembers."""
        if seq >= self.seq:
            return []
        if not self._recent or self._recent[0].seq > seq + 1:
            return None
        return [announcement for announcement in self._recent if announcement.seq > seq]

    def state(self, user_count: int, now: datetime) -> dict[str, Any]:
        """The whole current state, as `joinAuction` is answered (D21)."""
        return self._common(self.seq, now) | {
            "auction": encode(self.record),  # the joiner is told twice: event and acknowledgement
            "auctionBids": self._bids.encoded(),
            "auctionComments": self._comments.encoded(),
            "userCount": user_count,
            "round": self.round,
        }

    def user_count(self, user_count: int, now: datetime) -> Superseding:
        count = encode(self._common(self.seq, now) | {"userCount": user_count})
        return Superseding(count, self._counts)

    def _common(self, seq: int, at: datetime) -> dict[str, Any]:
        return {"auctionId": self.record.id, "seq": seq, "serverTime": iso_time(at)}

    def _announcement(
        self, event: facts.Event, users: Mapping[int, User], lists: bool
    ) -> Announcement:
        kind, fields = self._fields(event, users)
        common = self._common(event.seq, event.at)
        brief = encode(fields | common)
        whole = brief
        match event.fact:
            case facts.BidPlaced():
                self._bids.add(fields["newBid"])
                whole = _with_list(brief, "auctionBids", self._bids) if lists else brief
            case facts.Commented():
                self._comments.add(fields["newComment"])
                whole = _with_list(brief, "comments", self._comments) if lists else brief
            case facts.LotOpened() if not isinstance(event.fact, facts.LotRepriced):
                self._bids.clear()
            case facts.Awarded():
                self._bids.clear()
                self._comments.clear()
            case facts.Adopted(high=high):
                if high is None:
                    self._bids.clear()
                state = self.state(0, event.at)
                del state["userCount"]  # told apart: it is no part of what happened
                brief = whole = encode(state)
        return Announcement(event.seq, kind, whole, brief)

    def _fields(
        self, event: facts.Event, users: Mapping[int, User]
    ) -> tuple[type[ServerEvent], dict[str, Any]]:
        match event.fact:
            case facts.Started():
                return told.AuctionStarted, record_after(self.record, event).model_dump(mode="json")
            case facts.LotOpened(lot=lot):
                return told.LotChanged, {
                    "product": lot.product,
                    "bidPrice": lot.start_price,
                    "minBidPrice": lot.minimum_price,
                    "actualPrice": lot.market_price,
                    "round": event.round,
                }
            case facts.BidPlaced(amount=amount, bid_id=bid_id):
                user = _user(users, event.user_id)
                bid = self._bid(facts.StandingBid(bid_id, user.id, amount, event.at))
                return told.NewBid, {"newBid": self._with_user(bid, user), "round": event.round}
            case facts.Commented(comment=text, comment_id=comment_id):
                user = _user(users, event.user_id)
                comment = Comment(
                    id=comment_id,
                    auction_id=self.record.id,
                    user_id=user.id,
                    comment=text,
                    createdAt=event.at,
                    updatedAt=event.at,
                )
                return told.NewComment, {"newComment": self._with_user(comment, user)}
            case facts.Awarded(high=high):
                return told.LotAwarded, self._awarded(event, high, users)
            case facts.Canceled():
                return told.AuctionCanceled, {"message": told.AuctionCanceled.TEXT}
            case facts.Ended():
                return told.AuctionFinished, {"message": told.AuctionFinished.TEXT}
            case facts.BroadcasterLeft():
                return told.BroadcasterLeft, {}
            case facts.Adopted():
                return told.AuctionState, {}
            case facts.Unknown():
                return told.AuctionEntry, {}
        raise TypeError(f"nobody has said how {event.kind} is announced")

    def _awarded(
        self, event: facts.Event, high: facts.StandingBid | None, users: Mapping[int, User]
    ) -> dict[str, Any]:
        winning_bid = winning_user = None
        if high is not None:
            user = _user(users, high.user_id)
            winning_bid = self._with_user(self._bid(high), user)
            winning_user = self._masked(user)
        return {
            "auction": {
                **record_after(self.record, event).model_dump(mode="json"),
                "Auction_bids": [],
                "Auction_comments": [],
            },
            "winningBid": winning_bid,
            "winningUser": winning_user,
        }

    def _bid(self, bid: facts.StandingBid) -> Bid:
        return Bid(
            id=bid.bid_id,
            auction_id=self.record.id,
            user_id=bid.user_id,
            bid=bid.amount,
            createdAt=bid.at,
            updatedAt=bid.at,
        )

    def _row(self, row: BidWithUser | CommentWithUser) -> Encoded:
        return self._with_user(row, row.user)

    def _with_user(self, row: Bid | Comment, user: User) -> Encoded:
        # Without the user that it may have: that one has a whole number.
        plain = Encoded(row.model_dump_json(exclude={"user"}))
        return _with(plain, f'"user":{self._masked(user)}')

    def _masked(self, user: User) -> Encoded:
        """A user for other people's eyes, encoded once while nothing about the user changes."""
        known, text = self._users.get(user.id, (None, Encoded()))
        if known is not user and known != user:
            if len(self._users) >= USERS_KEPT_MAX:
                self._users.clear()
            text = encode(user.as_seen_by_others(whole_number=self._whole_numbers))
            self._users[user.id] = user, text
        return text


def _with_list(brief: Encoded, name: str, rows: Rows) -> Superseding:
    return Superseding(_with(brief, f'"{name}":[', rows.text, "]"), rows.growth)


def _with(record: Encoded, *more: str) -> Encoded:
    """A JSON object with one more field at its end, in one copy."""
    return Encoded("".join((record[:-1], ",", *more, "}")))


def _user(users: Mapping[int, User], user_id: int | None) -> User:
    """The user, or a stand-in for one who was deleted while the ledger still speaks of them."""
    return users.get(user_id or 0) or User(
        id=user_id or 0,
        name="",
        type=UserType.Normal,
        category_id=None,
        number="",
        otpCode=None,
        createdAt=BEGINNING,
        updatedAt=BEGINNING,
    )
