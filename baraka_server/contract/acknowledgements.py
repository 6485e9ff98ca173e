"""Acknowledgements of client events: what an accepted one is answered with, and a refused one (D20).

As with server events, these declarations are the documentation and the check; the server writes its
answers without them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from baraka_server.contract.fields import Time
from baraka_server.contract.refusals import AnyCode
from baraka_server.contract.server_events import (
    AuctionState,
    NamedBid,
    RefusalDetails,
    ServerModel,
)


class Refused(RefusalDetails):
    """The event was refused, and changed nothing. `error` says the same to clients without acknowledgement."""

    ok: Literal[False]
    code: AnyCode = Field(description="The reason, for programs.")
    message: str = Field(description="The reason, for people.")


class Accepted(ServerModel):
    """The event was accepted, and is committed."""

    ok: Literal[True]
    auction_id: int = Field(alias="auctionId")
    seq: int = Field(description="The entry of the ledger that it became.")
    round: int = Field(description="The round that it belongs to.")
    server_time: Time = Field(alias="serverTime")
    changed: Literal[False] | None = Field(
        None,
        description="False where it asked for what is so already; `seq` is that of the state then.",
    )
    reopened: Literal[True] | None = Field(
        None, description="A repeated award that was taken back since."
    )
    undone: Literal[True] | None = Field(
        None, description="A repeated bid or maximum that was taken back since."
    )


class BidAccepted(Accepted):
    """The bid was accepted, and is committed."""

    bid_id: int = Field(alias="bidId", description="The bid's `id`.")


class FloorBidAccepted(BidAccepted):
    """The bid from the floor was accepted, and is committed."""

    paddle: int | None = Field(None, description="The label's number, where a label bids.")


class CommentAccepted(Accepted):
    """The comment was accepted, and is committed."""

    comment_id: int = Field(alias="commentId", description="The comment's `id`.")


class AwardAccepted(Accepted):
    """The lot was awarded."""

    winning_id: int | None = Field(
        alias="winningId", description="The row in `winnings`; null where nobody won."
    )


class UndoAccepted(Accepted):
    """The bids were taken back."""

    bid_ids: list[int] = Field(alias="bidIds", description="The bids that are gone.")
    standing_bid: NamedBid | None = Field(alias="standingBid", description="Stands now, or null.")


class ReopeningAccepted(Accepted):
    """The award was taken back."""

    winning_id: int | None = Field(
        alias="winningId", description="The winning that is no longer; null where nobody had won."
    )
    standing_bid: NamedBid | None = Field(alias="standingBid", description="Stands now, or null.")


class BlockAccepted(Accepted):
    """The user is out of the auction."""

    bid_ids: list[int] | None = Field(
        None, alias="bidIds", description="The bids that are gone; absent beside `changed`."
    )


class RegistrationAccepted(Accepted):
    """The registration was set."""

    paddle: int | None = Field(None, description="The number that the bidder got by it.")


class LotAccepted(Accepted):
    """The lot was changed."""

    warning: str | None = Field(None, description="What else to know, where a reserve was set.")


class LotsAccepted(LotAccepted):
    """The lots were added."""

    lot_ids: list[int] = Field(alias="lotIds", description="In the order of `lots`.")
    lot_numbers: list[int] = Field(alias="lotNumbers", description="In the order of `lots`.")


class Joined(AuctionState):
    """The socket is in the room: the whole current state."""

    ok: Literal[True]


class Left(ServerModel):
    """The socket is no longer in the room."""

    ok: Literal[True]
    auction_id: int = Field(alias="auctionId")
    user_count: int = Field(alias="userCount", description="The viewers who are left.")


Answer = type[Accepted] | type[Joined] | type[Left]
"""The declaration of what an accepted event is answered with."""
