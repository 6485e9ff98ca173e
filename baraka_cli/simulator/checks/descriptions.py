"""Texts that describe announcements, for people who read the findings."""

from __future__ import annotations

from baraka_cli.simulator.checks.cores import Core, Row
from baraka_server.contract.clock import AuctionClock
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.moderation import CommentRemoved
from baraka_server.contract.server_events import LotAwarded, LotChanged, NewBid, NewComment


def said(core: Core | None) -> str:
    match core:
        case None:
            return "nothing"
        case (NewBid.wire_name, bid_id, user_id, amount):
            return f"bid {bid_id} of {amount} by user {user_id}"
        case (NewComment.wire_name, comment_id, user_id, _):
            return f"comment {comment_id} by user {user_id}"
        case (LotChanged.wire_name, product, *_):
            return f"the lot '{product}'"
        case (LotAwarded.wire_name, won):
            return f"an award to {one_bid(won)}"
        case (LotAwarded.wire_name, won, _):
            return f"an award to {one_bid(won)}, the runner-up"
        case (BidUndone.wire_name, ids, standing):
            taken = ", ".join(map(str, ids))
            return f"an undo of {taken}, behind which {_stands(standing)}"
        case (LotReopened.wire_name, product, standing):
            return f"'{product}' open again, where {_stands(standing)}"
        case (AuctionClock.wire_name, left, running):
            return f"a clock with {left} ms left" + ("" if running else ", which stands still")
        case (CommentRemoved.wire_name, comment_id):
            return f"the removal of comment {comment_id}"
        case (name, *_):
            return str(name)
    return str(core)


def _stands(bid: Row | None) -> str:
    return f"bid {bid[0]} of {bid[2]} stands" if bid else "no bid stands"


def one_bid(bid: Row | None) -> str:
    return f"user {bid[1]} with {bid[2]}" if bid else "nobody"


def difference(listed: list[Row], folded: list[Row]) -> str:
    for at, (one, other) in enumerate(zip(listed, folded, strict=False)):
        if one != other:
            return f"wrong at place {at + 1}: {one}, but {other}"
    return f"{len(listed)}, but {len(folded)}"
