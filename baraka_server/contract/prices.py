"""Commands about prices and bids from the floor, and what the room is told of them (D40, D41)."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from baraka_server.contract.acknowledgements import FloorBidAccepted
from baraka_server.contract.client_events import ClientEvent, StaffCommand
from baraka_server.contract.fields import Amount, Id, Increments, Label, given
from baraka_server.contract.server_events import NEXT_BID, AuctionEvent, Scope, ServerEvent


class SetIncrements(StaffCommand):
    """Set the steps by which bids rise in the auction."""

    wire_name = "setIncrements"
    over_http = True

    increments: Increments = Field(
        description="A step, or up to 50 of `{from, step}`, rising; null is none."
    )


class FloorBid(StaffCommand):
    """Enter a bid from the room or the telephone: of a paddle, or of somebody who is known by a label (D40).

    A label gets a paddle of its own with its first bid; its bids are of the auction's floor user.
    """

    wire_name = "floorBid"
    answer = FloorBidAccepted
    about_lot = True
    is_bid = True

    model_config = ConfigDict(json_schema_extra={"oneOf": [given("paddle"), given("label")]})

    amount: Amount = Field(description="The bid; strictly greater than the last one.")
    paddle: Id | None = Field(
        None, description="The bidder's number in this auction; a label's too."
    )
    label: Label | None = Field(
        None, description="Who bids, as the staff calls them; it is told to nobody in the room."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_bidder(cls, payload: dict[str, Any]) -> dict[str, Any]:
        if (payload.get("paddle") is None) == (payload.get("label") is None):
            raise PydanticCustomError("contract", "either paddle or label must be there")
        return payload

    @property
    def needs_rows(self) -> bool:
        return True


class NextBidChanged(AuctionEvent):
    """The least that would be accepted next has changed."""

    wire_name = "nextBidChanged"
    scope = Scope.ROOM

    next_bid: int | None = Field(alias="nextBid", description=NEXT_BID)


COMMANDS: tuple[type[ClientEvent], ...] = (SetIncrements, FloorBid)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (NextBidChanged,)
