"""What happened, in words."""

from __future__ import annotations

from collections.abc import Mapping

from baraka_cli.client.connection import Answer
from baraka_server.contract import server_events as told

KINDS = {
    told.NewBid.wire_name: ("bid", "bids"),
    told.NewComment.wire_name: ("comment", "comments"),
    told.LotChanged.wire_name: ("change of the lot", "changes of the lot"),
    told.LotAwarded.wire_name: ("award", "awards"),
    told.AuctionStarted.wire_name: ("start", "starts"),
    told.AuctionFinished.wire_name: ("end", "ends"),
    told.AuctionCanceled.wire_name: ("cancellation", "cancellations"),
}


def counted(events: Mapping[str, int]) -> str:
    """How many events of each kind: "2 bids, 1 award"."""
    other = ("other event", "other events")
    return ", ".join(
        f"{count} {KINDS.get(event, other)[count > 1]}" for event, count in events.items()
    )


def explained(answer: Answer) -> str:
    """A refusal in words; some texts of the guide say little without their code."""
    more = {
        "other_bid_leads": "another bid leads by now",
        "standing_bid_changed": "another program changed the bids: see which one leads now",
        "no_lot": "there is nothing on the block",
        "not_owner": "you do not own this auction",
        "not_live": "the auction is not live",
        "already_canceled": "the auction is canceled",
        "already_ended": "the auction has ended",
    }.get(answer.code)
    return f"{answer.message} ({more})" if more else answer.message
