"""Client events: the ten documented ones, each parsed into a typed object or refused.

A handler receives one of these objects, never a dict. They do not say who sent them: the socket's token
does (guide: Authentication).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baraka_server.contract.fields import (
    Amount,
    Counter,
    Id,
    LedgerId,
    Price,
    RequestId,
    Text,
    TextOrBlank,
)
from baraka_server.contract.refusals import Code, Refusal


class ClientEvent(BaseModel):
    """An event that names an auction. Unknown fields are ignored (D16).

    parse("placeBid", [{"auctionId": 42, "amount": 1500}]) == PlaceBid(auction_id=42, amount=1500)
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    wire_name: ClassVar[str]
    owner_only: ClassVar[bool] = False

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


class StartAuction(RepeatableEvent):
    """Go live with an auction."""

    wire_name = "startLiveAuction"
    owner_only = True


class JoinAuction(ClientEvent):
    """Enter an auction's room (D21, D34)."""

    wire_name = "joinAuction"

    last_seq: Counter | None = Field(
        None,
        alias="lastSeq",
        description="The last `seq` that was heard: asks for what was missed.",
    )
    ledger: LedgerId | None = Field(
        None,
        description="The `ledger` that came with that `seq`: another history is told whole.",
    )


class LeaveAuction(ClientEvent):
    """Exit an auction's room."""

    wire_name = "leaveAuction"


class BroadcasterLeave(RepeatableEvent):
    """The owner has left the live video stream."""

    wire_name = "broadCasterLeave"
    owner_only = True


class PostComment(RepeatableEvent):
    """Post a comment in the auction."""

    wire_name = "comment"

    comment: Text = Field(description="The comment, 1 to 191 characters.")


class PlaceBid(RoundEvent):
    """Place a bid on the lot on the block."""

    wire_name = "placeBid"

    amount: Amount = Field(description="The bid; strictly greater than the last one.")


class CancelAuction(RepeatableEvent):
    """Cancel a live auction."""

    wire_name = "cancelAuction"
    owner_only = True


class EndAuction(RepeatableEvent):
    """Mark an auction as ended, without a winner."""

    wire_name = "endAuction"
    owner_only = True


class AwardLot(RoundEvent):
    """Award the lot on the block to the highest bidder; a weight is not needed (D29)."""

    wire_name = "awardingAuction"
    owner_only = True

    product: Text = Field(description="Name of the product being awarded.")
    weight: TextOrBlank | None = Field(
        None, description="Weight of the product; kept with the winning. None: no weight."
    )
    bid_id: Counter | None = Field(
        None,
        alias="bidId",
        description="Award only while this bid is the highest; 0: only while there is none.",
    )


class ChangeLot(RoundEvent):
    """Put a product on the block, or change the prices of the one that is there (D10, D11)."""

    wire_name = "changeCuurentProduct"
    owner_only = True

    product: Text = Field(description="Product name.")
    minimum_price: Price = Field(
        alias="minBidPrice", description="The least that a first bid may be."
    )
    start_price: Price = Field(alias="bidPrice", description="The price shown at the start.")
    market_price: Price = Field(alias="actualPrice", description="Market price of the product.")


CLIENT_EVENTS: dict[str, type[ClientEvent]] = {
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


def parse(name: str, arguments: Sequence[Any]) -> ClientEvent | Refusal:
    """The event that `name` and its arguments mean, or a refusal that names what is wrong (D16)."""
    kind = CLIENT_EVENTS.get(name)
    if kind is None:
        # Half of a surrogate pair in it could not be sent back.
        told = name[:TEXT_IN_ERRORS_CHARS_MAX].encode(errors="replace").decode()
        meant = nearly_documented(told)
        hint = f". Did you mean {meant}?" if meant else ""
        return Refusal(Code.UNKNOWN_EVENT, told, {"name": told, "hint": hint})
    payload = arguments[0] if arguments else None
    if not isinstance(payload, dict):
        return Refusal(Code.MALFORMED, name, {"reason": "the payload must be an object"})
    try:
        return kind.model_validate(payload, by_alias=True, by_name=False)
    except ValidationError as error:
        return Refusal(Code.MALFORMED, name, {"reason": _first_problem(error)})


TEXT_IN_ERRORS_CHARS_MAX = 64
"""The length up to which an error repeats a client's own text."""


def nearly_documented(name: str) -> str | None:
    """The client event of which `name` is probably a misspelling, if there is one (D30)."""
    near = get_close_matches(_squeezed(name), _SQUEEZED, n=1, cutoff=SIMILARITY_MIN)
    return _SQUEEZED[near[0]] if near else None


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


SIMILARITY_MIN = 0.85
"""From this ratio of `difflib` on a name counts as nearly a documented one."""

_SQUEEZED = {_squeezed(name): name for name in CLIENT_EVENTS}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in problem["loc"][:1])
    return f"{field} is required" if problem["type"] == "missing" else f"{field} {problem['msg']}"
