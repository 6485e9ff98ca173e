"""Commands of the hammer that the guide does not have, and what the room is told of them (D37, D38)."""

from __future__ import annotations

from pydantic import Field

from baraka_server.contract.acknowledgements import ReopeningAccepted, UndoAccepted
from baraka_server.contract.client_events import ClientEvent, StaffCommand
from baraka_server.contract.fields import Counter, Id, Text
from baraka_server.contract.server_events import (
    CLOCK,
    LOT,
    NEXT_BID,
    RESERVE_MET,
    AuctionEvent,
    ClockShown,
    NamedBid,
    Scope,
    ServerEvent,
)


class UndoBid(StaffCommand):
    """Take back the newest bid, with all automatic bids that followed it (D37)."""

    wire_name = "undoBid"
    answer = UndoAccepted
    about_lot = True

    bid_id: Id = Field(alias="bidId", description="Any bid of what is taken back.")

    @property
    def needs_rows(self) -> bool:
        return True


class ReopenLot(StaffCommand):
    """Take back the last award or pass, until another lot is opened (D38)."""

    wire_name = "reopenLot"
    answer = ReopeningAccepted

    award_seq: Counter | None = Field(
        None,
        alias="awardSeq",
        description="The `seq` of the award that is meant; else it is the last that was told.",
    )
    say: Text | None = Field(
        None, description="The comment to the room, in place of the English one."
    )

    @property
    def needs_rows(self) -> bool:
        return True


class BidUndone(AuctionEvent):
    """The newest bid was taken back. The guide's words follow: `newBid`, or `auction_change_product`."""

    wire_name = "bidUndone"
    scope = Scope.ROOM

    bid_ids: list[int] = Field(alias="bidIds", description="The bids that are gone.")
    standing_bid: NamedBid | None = Field(alias="standingBid", description="Stands now, or null.")
    former_bid: NamedBid | None = Field(alias="formerBid", description="Stood before.")
    next_bid: int | None = Field(None, alias="nextBid", description=NEXT_BID)
    reserve_met: bool | None = Field(None, alias="reserveMet", description=RESERVE_MET)
    clock: ClockShown | None = Field(None, description=CLOCK)
    round: int


class LotReopened(AuctionEvent):
    """The last award was taken back, and its bids have come back. The guide's words follow."""

    wire_name = "lotReopened"
    scope = Scope.ROOM

    product: str
    winning_id: int | None = Field(
        alias="winningId", description="The winning that is no longer; null where nobody had won."
    )
    standing_bid: NamedBid | None = Field(alias="standingBid", description="Stands now, or null.")
    next_bid: int | None = Field(None, alias="nextBid", description=NEXT_BID)
    reserve_met: bool | None = Field(None, alias="reserveMet", description=RESERVE_MET)
    round: int
    lot_id: int | None = Field(None, alias="lotId", description=LOT)
    lot_number: int | None = Field(None, alias="lotNumber")


COMMANDS: tuple[type[ClientEvent], ...] = (UndoBid, ReopenLot)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (BidUndone, LotReopened)
