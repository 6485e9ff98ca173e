"""Texts about events that were missed and about refusals."""

from __future__ import annotations

from collections.abc import Mapping

from baraka_cli.client.replies import Reply
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.refusals import Code
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionFinished,
    AuctionStarted,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
)

KINDS = {
    NewBid.wire_name: ("bid", "bids"),
    NewComment.wire_name: ("comment", "comments"),
    LotChanged.wire_name: ("change of the lot", "changes of the lot"),
    LotAwarded.wire_name: ("award", "awards"),
    BidUndone.wire_name: ("bid taken back", "bids taken back"),
    LotReopened.wire_name: ("lot opened again", "lots opened again"),
    AuctionStarted.wire_name: ("start", "starts"),
    AuctionFinished.wire_name: ("end", "ends"),
    AuctionCanceled.wire_name: ("cancellation", "cancellations"),
}


def counted(events: Mapping[str, int]) -> str:
    """Counts of events by kind, in words: "2 bids, 1 award"."""
    other = ("other event", "other events")
    return ", ".join(
        f"{count} {KINDS.get(event, other)[count > 1]}" for event, count in events.items()
    )


def explained(answer: Reply) -> str:
    """A refusal in words; some texts of the guide say little without their code."""
    why: dict[str, str] = {
        Code.OTHER_BID_LEADS: "another bid leads by now",
        Code.STANDING_BID_CHANGED: "another bid stands than before: see which one leads now",
        Code.NOT_STANDING: "that bid does not stand, or leads by now",
        Code.NO_LOT: "there is nothing on the block",
        Code.NOT_OWNER: "you do not own this auction",
        Code.NOT_LIVE: "the auction is not live",
        Code.BIDDING_CLOSED: "the clock ran out: o starts another one",
        Code.ALREADY_CANCELED: "the auction is canceled",
        Code.ALREADY_ENDED: "the auction has ended",
    }
    more = why.get(answer.code)
    return f"{answer.message} ({more})" if more else answer.message
