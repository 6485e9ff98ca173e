"""Client events: what all of them have in common, and the ten documented ones.

A handler receives one of these objects, never a dict. They do not say who sent them: the socket's token
does (guide: Authentication). Those that we add are in a module for each area; all of them are in
`vocabulary`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from baraka_server.contract.acknowledgements import (
    Accepted,
    Answer,
    AwardAccepted,
    BidAccepted,
    CommentAccepted,
    Joined,
    Left,
)
from baraka_server.contract.fields import (
    Amount,
    Counter,
    Flag,
    Id,
    LedgerId,
    Price,
    RequestId,
    Text,
    TextOrBlank,
)
from baraka_server.contract.refusals import Code


class Who(StrEnum):
    """The people who may give a command (D46). A clerk may do what a moderator may, the owner all."""

    ANYBODY = "anybody"
    MODERATOR = "moderator"
    CLERK = "clerk"
    OWNER = "owner"

    @property
    def is_staff(self) -> bool:
        """Whether it is for people who work in the auction."""
        return self is not Who.ANYBODY


class ClientEvent(BaseModel):
    """An event that names an auction. Unknown fields are ignored (D16).

    `who` may give it; others are refused with `not_allowed`. `about_lot`: it is about the lot on the
    block, and means the one that its sender saw. `over_http`: `POST /api/auctions/{id}/NAME` takes it
    too. `at_a_time`: its decision depends on the time. `named_users` are the ids of users in its payload.

        parse("placeBid", [{"auctionId": 42, "amount": 1500}]) == PlaceBid(auction_id=42, amount=1500)
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    wire_name: ClassVar[str]
    who: ClassVar[Who] = Who.ANYBODY
    not_allowed: ClassVar[Code] = Code.NOT_OWNER
    about_lot: ClassVar[bool] = False
    over_http: ClassVar[bool] = False
    at_a_time: ClassVar[bool] = False
    answer: ClassVar[Answer] = Accepted
    """What is acknowledged where it is accepted."""
    is_bid: ClassVar[bool] = False
    """Whether it may become bids."""
    sealed: ClassVar[frozenset[str]] = frozenset()
    """Fields that are kept nowhere but where they are sealed, nor anything made of them (D43)."""

    @property
    def needs_rows(self) -> bool:
        """Whether it speaks of bids by their rows: those before it are committed first."""
        return False

    @property
    def named_users(self) -> tuple[int, ...]:
        return ()

    def payload(self) -> dict[str, Any]:
        """The event as it is sent: an optional field that is None is left out."""
        sent = self.model_dump(by_alias=True)
        for name, field in type(self).model_fields.items():
            if getattr(self, name) is None and not field.is_required():
                del sent[field.alias or name]
        return sent

    auction_id: Id = Field(alias="auctionId", description="The auction that is meant.")


class RepeatableEvent(ClientEvent):
    """A command that may safely be sent again after a lost answer (D23, D32)."""

    request_id: RequestId | None = Field(
        None,
        alias="requestId",
        description="The client's own unique string; a repeat changes nothing.",
    )


class RoundEvent(RepeatableEvent):
    """A command that may say which round it is about (D23, D32)."""

    round: Counter | None = Field(
        None,
        description="The round that the sender was looking at; in another one it is refused.",
    )


class StaffCommand(RoundEvent):
    """A command that the guide does not have, for people who work in the auction (D46)."""

    who = Who.CLERK
    not_allowed = Code.NOT_STAFF


class StartAuction(RepeatableEvent):
    """Go live with an auction."""

    wire_name = "startLiveAuction"
    who = Who.CLERK


class JoinAuction(ClientEvent):
    """Enter an auction's room (D21, D34)."""

    wire_name = "joinAuction"
    answer = Joined

    last_seq: Counter | None = Field(
        None,
        alias="lastSeq",
        description="The last `seq` that was heard: asks for what was missed.",
    )
    ledger: LedgerId | None = Field(
        None,
        description="The `ledger` that came with that `seq`: another history is told whole.",
    )
    announced: Flag | None = Field(
        None,
        description="Asks, where the auction is not live, what is to come there, or is over.",
    )


class LeaveAuction(ClientEvent):
    """Exit an auction's room."""

    wire_name = "leaveAuction"
    answer = Left


class BroadcasterLeave(RepeatableEvent):
    """The owner has left the live video stream."""

    wire_name = "broadCasterLeave"
    who = Who.CLERK


class PostComment(RepeatableEvent):
    """Post a comment in the auction."""

    wire_name = "comment"
    answer = CommentAccepted
    at_a_time = True

    comment: Text = Field(description="The comment, 1 to 191 characters.")


class PlaceBid(RoundEvent):
    """Place a bid on the lot on the block."""

    wire_name = "placeBid"
    answer = BidAccepted
    is_bid = True

    amount: Amount = Field(description="The bid; strictly greater than the last one.")


class CancelAuction(RepeatableEvent):
    """Cancel a live auction."""

    wire_name = "cancelAuction"
    who = Who.OWNER


class EndAuction(RepeatableEvent):
    """Mark an auction as ended, without a winner."""

    wire_name = "endAuction"
    who = Who.OWNER


class AwardLot(RoundEvent):
    """Award the lot on the block to the highest bidder; a weight is not needed (D29)."""

    wire_name = "awardingAuction"
    answer = AwardAccepted
    who = Who.CLERK
    about_lot = True

    product: Text = Field(description="Name of the product being awarded.")
    weight: TextOrBlank | None = Field(
        None, description="Weight of the product; kept with the winning. None: no weight."
    )
    bid_id: Counter | None = Field(
        None,
        alias="bidId",
        description="Award only while this bid is the highest; 0: only while there is none.",
    )
    runner_up: Flag | None = Field(
        None,
        alias="runnerUp",
        description="Award to `bidId`, which stands, is not the highest and is of another bidder.",
    )

    below_reserve: Flag | None = Field(
        None,
        alias="belowReserve",
        description="Award also where the bid is below the reserve of the lot.",
    )

    @property
    def needs_rows(self) -> bool:
        return bool(self.runner_up)


class ChangeLot(RoundEvent):
    """Put a product on the block, or change the prices of the one that is there (D10, D11)."""

    wire_name = "changeCuurentProduct"
    who = Who.CLERK
    about_lot = True

    product: Text = Field(description="Product name.")
    minimum_price: Price = Field(
        alias="minBidPrice", description="The least that a first bid may be."
    )
    start_price: Price = Field(alias="bidPrice", description="The price shown at the start.")
    market_price: Price = Field(alias="actualPrice", description="Market price of the product.")


GUIDE_EVENTS: dict[str, type[ClientEvent]] = {
    event.wire_name: event
    for event in (
        StartAuction,
        JoinAuction,
        LeaveAuction,
        BroadcasterLeave,
        PostComment,
        PlaceBid,
        CancelAuction,
        EndAuction,
        AwardLot,
        ChangeLot,
    )
}
"""The documented client events, by their names on the wire."""
