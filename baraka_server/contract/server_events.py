"""Server events: the documented ones, `error` among them, and those that we add (D21, D22, D24).

These declarations are the documentation and the check: consoles, simulators and tests validate
what arrives with them. The server writes its payloads from rows that are encoded once, so it does
not build these objects for every message.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from baraka_server.contract.announced import AnnouncedAuction
from baraka_server.contract.fields import Time
from baraka_server.contract.records import (
    Auction,
    AuctionWithLists,
    BidWithUser,
    CommentWithUser,
    User,
)
from baraka_server.contract.refusals import AnyCode


class Scope(StrEnum):
    """The clients that an event is sent to."""

    EVERYONE = "everyone"
    ROOM = "room"
    SENDER = "sender"
    USER = "user"
    """All sockets of one user."""


class ServerModel(BaseModel):
    """A payload, or a part of one. Unknown fields are ignored: a newer server may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class ServerEvent(ServerModel):
    """The payload of an event, with its name on the wire and who hears it."""

    wire_name: ClassVar[str]
    scope: ClassVar[Scope]


class AuctionEvent(ServerEvent):
    """An event of an auction, with the fields that all of these have (D22, D34).

    `userCountUpdate` is not an entry of the ledger: its `seq` is that of the state that it belongs to.
    """

    auction_id: int = Field(alias="auctionId")
    seq: int = Field(description="Gap-free and rising for each auction.")
    ledger: str | None = Field(
        None,
        description="Which history it is of, up to this `seq`: goes back with `lastSeq`.",
    )
    server_time: Time = Field(alias="serverTime")


class AuctionStarted(AuctionEvent, Auction):
    """An auction went live."""

    wire_name = "auctionStarted"
    scope = Scope.EVERYONE


class UserCountUpdate(AuctionEvent):
    """Viewers joined or left; at most a few a second in a busy room (D9)."""

    wire_name = "userCountUpdate"
    scope = Scope.ROOM

    user_count: int = Field(alias="userCount")


class NewComment(AuctionEvent):
    """A comment was posted. Oldest first in the list, which `updates: "delta"` leaves out (D24)."""

    wire_name = "newComment"
    scope = Scope.ROOM

    new_comment: CommentWithUser = Field(alias="newComment")
    comments: list[CommentWithUser] | None = None


class ClockShown(ServerModel):
    """A clock as it was at the `serverTime` beside it: count from the arrival, not from that time (D44)."""

    ends_at: Time | None = Field(
        alias="endsAt", description="When it runs out, as of `serverTime`; null after a stop."
    )
    remaining_ms: int | None = Field(
        alias="remainingMs",
        description="What is left of it, as of `serverTime`; null after a stop.",
    )
    running: bool = Field(description="False while it stands still, and when it has run out.")
    extend_seconds: int | None = Field(alias="extendSeconds")
    window_seconds: int | None = Field(alias="windowSeconds")
    award: str | None = Field(description="`auto`, or null.")
    reason: str | None = Field(None, description="`interrupted`: the server stopped it.")


CLOCK = "The clock by which bidding closes, as of `serverTime`; null where there is none."


class NamedBid(ServerModel):
    """A bid by its ids, as refusals and announcements name it."""

    bid_id: int = Field(alias="bidId")
    user_id: int = Field(alias="userId")
    amount: int


FORMER_BID = (
    "Only where another program took away or changed the bid that stood: that one, null for none. "
    "The list is whole then, for everybody."
)


NEXT_BID = "The least that would be accepted next; null where nothing would be."


RESERVE_MET = "Whether the bid that stands is at least the reserve; null where there is none."


LOT = "The lot of the run list that is on the block; only where the auction has a run list."


class LotOnTheBlock(ServerModel):
    """The lot of the run list that is on the block."""

    lot_id: int = Field(alias="lotId")
    lot_number: int = Field(alias="lotNumber")
    product: str
    description: str | None
    weight: str | None
    image_url: str | None = Field(alias="imageUrl")


class NewBid(AuctionEvent):
    """A bid was accepted. Newest first in the list, which `updates: "delta"` leaves out (D24).

    With `formerBid` it is not a new bid but the one that stands now (D47).
    """

    wire_name = "newBid"
    scope = Scope.ROOM

    new_bid: BidWithUser = Field(alias="newBid")
    auction_bids: list[BidWithUser] | None = Field(None, alias="auctionBids")
    round: int
    former_bid: NamedBid | None = Field(None, alias="formerBid", description=FORMER_BID)
    next_bid: int | None = Field(None, alias="nextBid", description=NEXT_BID)
    reserve_met: bool | None = Field(None, alias="reserveMet", description=RESERVE_MET)
    clock: ClockShown | None = Field(None, description=CLOCK)
    lot_id: int | None = Field(None, alias="lotId", description=LOT)
    lot_number: int | None = Field(None, alias="lotNumber")


class AuctionCanceled(AuctionEvent):
    """The owner canceled the auction."""

    wire_name = "auctionCanceled"
    scope = Scope.ROOM
    TEXT: ClassVar[str] = "The auction has been canceled."

    message: str


class AuctionFinished(AuctionEvent):
    """The owner ended the auction."""

    wire_name = "auctionFinished"
    scope = Scope.ROOM
    TEXT: ClassVar[str] = "The auction has been ended."

    message: str


class LotAwarded(AuctionEvent):
    """A lot was awarded; the auction itself goes on."""

    wire_name = "auctionEnded"
    scope = Scope.ROOM

    auction: AuctionWithLists
    winning_bid: BidWithUser | None = Field(alias="winningBid")
    winning_user: User | None = Field(alias="winningUser")
    runner_up: bool = Field(
        False, alias="runnerUp", description="Whether the bid that led was passed over."
    )
    next_bid: int | None = Field(
        None, alias="nextBid", description="Null: nothing is on the block."
    )
    reserve_met: bool | None = Field(
        None,
        alias="reserveMet",
        description="Whether the winning bid is at least the reserve of this lot, false where nobody won; "
        "null where there is none.",
    )
    clock: ClockShown | None = Field(None, description=CLOCK)
    lot_id: int | None = Field(None, alias="lotId", description=LOT)
    lot_number: int | None = Field(None, alias="lotNumber")
    passed: bool | None = Field(None, description="Whether it goes to nobody.")


class LotChanged(AuctionEvent):
    """A product is on the block, or its prices changed."""

    wire_name = "auction_change_product"
    scope = Scope.ROOM

    product: str
    start_price: int = Field(alias="bidPrice")
    minimum_price: int = Field(alias="minBidPrice")
    market_price: int = Field(alias="actualPrice")
    round: int
    auction_bids: list[BidWithUser] | None = Field(
        None, alias="auctionBids", description="Empty, and only beside `formerBid`: no bid stands."
    )
    former_bid: NamedBid | None = Field(None, alias="formerBid", description=FORMER_BID)
    next_bid: int | None = Field(None, alias="nextBid", description=NEXT_BID)
    reserve_met: bool | None = Field(None, alias="reserveMet", description=RESERVE_MET)
    clock: ClockShown | None = Field(None, description=CLOCK)
    lot_id: int | None = Field(None, alias="lotId", description=LOT)
    lot_number: int | None = Field(None, alias="lotNumber")
    description: str | None = None
    weight: str | None = None
    image_url: str | None = Field(None, alias="imageUrl")


class BroadcasterLeft(AuctionEvent):
    """The owner has left the live video stream."""

    wire_name = "broadCasterLeft"
    scope = Scope.ROOM


class MissedEvent(ServerModel):
    """An event of the auction that a viewer did not hear, without its lists (D21)."""

    event: str = Field(description="The name of the event.")
    data: dict[str, Any] = Field(description="Its payload.")


class AuctionState(AuctionEvent):
    """The whole current state: to the joiner, as the answer to `joinAuction` or beside it (D21).

    It is sent to everybody in the room when what they heard is no longer true: the database was
    restored, or lost commits (D34). Whatever its `seq`, it replaces all that was heard.
    """

    wire_name = "auctionState"
    scope = Scope.SENDER

    auction: Auction
    auction_bids: list[BidWithUser] = Field(alias="auctionBids")
    auction_comments: list[CommentWithUser] = Field(alias="auctionComments")
    user_count: int = Field(alias="userCount")
    round: int
    next_bid: int | None = Field(None, alias="nextBid", description=NEXT_BID)
    reserve_met: bool | None = Field(None, alias="reserveMet", description=RESERVE_MET)
    clock: ClockShown | None = Field(None, description=CLOCK)
    bidding: str | None = Field(
        None, description="`open`, `paused`, or `closed`: the clock ran out."
    )
    slow_mode: int | None = Field(
        None,
        alias="slowMode",
        description="Seconds that a user has to wait between two comments; 0 is off.",
    )
    registration: str | None = Field(
        None, description="`open`, or `approval`: only those whom the owner registered may bid."
    )
    maxima: bool | None = Field(None, description="Whether maximum bids are taken.")
    maximum: int | None = Field(
        None, description="The joiner's own maximum bid in this round; null for none."
    )
    registered: bool | None = Field(
        None, description="Whether the joiner is registered to bid in this auction."
    )
    limit: int | None = Field(
        None, description="The joiner's highest single bid in this auction; null for no limit."
    )
    role: str | None = Field(
        None, description="What the joiner is here: `owner`, `clerk`, `moderator` or null."
    )
    paddle: int | None = Field(
        None,
        description="The joiner's own number in this auction; null before registration and first bid.",
    )
    lot: LotOnTheBlock | None = Field(None, description=LOT)
    lots_version: int | None = Field(
        None, alias="lotsVersion", description="The last change of the run list; 0 without one."
    )
    missed: list[MissedEvent] | None = Field(
        None,
        description="With `lastSeq`: `{event, data}` of each event since then, lists left out.",
    )
    missed_complete: bool | None = Field(
        None,
        alias="missedComplete",
        description="False when more was missed than is sent; the state itself is always whole.",
    )


class AuctionChanged(AuctionEvent):
    """Another program changed the auction (D27): its row as it is now, and the bid that stands.

    It is the first entry of every ledger too. For clients that know the guide alone, documented
    events with the same `seq` follow.
    """

    wire_name = "auctionChanged"
    scope = Scope.ROOM

    auction: Auction
    highest_bid: BidWithUser | None = Field(alias="highestBid")
    round: int


class AuctionEntry(AuctionEvent):
    """An entry whose content the room is not told: only its `seq`, so that there is no gap (D56)."""

    wire_name = "auctionEntry"
    scope = Scope.ROOM


class RefusalDetails(ServerModel):
    """The values that programs get beside the text of a refusal."""

    retry_after_ms: int | None = Field(
        None,
        alias="retryAfterMs",
        description="When it may be tried again, with `too_fast` and `slow_mode`.",
    )
    standing_bid: NamedBid | None = Field(
        None,
        alias="standingBid",
        description="With `standing_bid_changed`: the bid that stands by now; null for none.",
    )
    former_bid: NamedBid | None = Field(
        None,
        alias="formerBid",
        description="With `standing_bid_changed`: the bid that another program took away.",
    )
    round: int | None = Field(None, description="The round that it is now, with `round_over`.")
    next_bid: int | None = Field(
        None, alias="nextBid", description="The least that would do, with `bid_below_step`."
    )
    clock: ClockShown | None = Field(
        None, description="With `bidding_closed` and `clock_running`: the clock as it is."
    )
    lot_state: str | None = Field(None, alias="lotState", description="With `lot_not_waiting`.")
    limit: int | None = Field(None, description="The bidder's limit, with `over_limit`.")
    numbers: list[int] | None = Field(None, description="Those at fault, with `number_taken`.")
    lots_version: int | None = Field(
        None, alias="lotsVersion", description="That of the run list, or of the lot, by now."
    )
    announced: AnnouncedAuction | None = Field(
        None,
        description="Of a join with `not_live` that asked for it: what is to come here, or is over.",
    )


class Error(ServerEvent, RefusalDetails):
    """A refusal, to the sender alone."""

    wire_name = "error"
    scope = Scope.SENDER

    message: str = Field(description="The reason, for people.")
    code: AnyCode | None = Field(None, description="The reason, for programs.")
    event: str | None = Field(
        None, description="The client event that was refused; absent for a refused connection."
    )


DOCUMENTED_SERVER_EVENTS: tuple[type[ServerEvent], ...] = (
    AuctionStarted,
    UserCountUpdate,
    NewComment,
    NewBid,
    AuctionCanceled,
    AuctionFinished,
    LotAwarded,
    LotChanged,
    BroadcasterLeft,
    Error,
)

ADDED_SERVER_EVENTS: tuple[type[ServerEvent], ...] = (
    AuctionState,
    AuctionChanged,
    AuctionEntry,
)
