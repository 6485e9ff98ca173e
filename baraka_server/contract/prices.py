"""Commands about prices, and what the room is told of them (D41)."""

from __future__ import annotations

from pydantic import Field

from baraka_server.contract.client_events import ClientEvent, StaffCommand
from baraka_server.contract.fields import Increments
from baraka_server.contract.server_events import NEXT_BID, AuctionEvent, Scope, ServerEvent


class SetIncrements(StaffCommand):
    """Set the steps by which bids rise in the auction."""

    wire_name = "setIncrements"
    over_http = True

    increments: Increments = Field(
        description="A step, or up to 50 of `{from, step}`, rising; null is none."
    )


class NextBidChanged(AuctionEvent):
    """The least that would be accepted next has changed."""

    wire_name = "nextBidChanged"
    scope = Scope.ROOM

    next_bid: int | None = Field(alias="nextBid", description=NEXT_BID)


COMMANDS: tuple[type[ClientEvent], ...] = (SetIncrements,)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (NextBidChanged,)
