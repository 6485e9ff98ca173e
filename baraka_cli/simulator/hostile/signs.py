"""Predicates of frames: whether one shows that a certain command was done."""

from __future__ import annotations

from collections.abc import Callable

from baraka_cli.client.frames import Frame
from baraka_server.contract.server_events import (
    AuctionStarted,
    LotAwarded,
    NewBid,
    NewComment,
    ServerEvent,
)

Shows = Callable[[Frame], bool]
"""Whether a frame shows that something was done."""


def told(event: type[ServerEvent]) -> Shows:
    return lambda frame: frame.name == event.wire_name


def bid_of(user_id: int, amount: int) -> Shows:
    return lambda frame: frame.bid == (user_id, amount)


def bid_of_amount(amount: int) -> Shows:
    """Whosever it is said to be."""
    return lambda frame: frame.bid is not None and frame.bid[1] == amount


def comment_of(text: str) -> Shows:
    def says(frame: Frame) -> bool:
        row = frame.data.get("newComment")
        named = frame.name == NewComment.wire_name
        return named and isinstance(row, dict) and row.get("comment") == text

    return says


def started(auction_id: int) -> Shows:
    return lambda frame: (
        frame.name == AuctionStarted.wire_name and frame.data.get("id") == auction_id
    )


def sold(frame: Frame) -> bool:
    """Whether it tells of an award to somebody: one to nobody sells nothing."""
    return frame.name == LotAwarded.wire_name and bool(frame.data.get("winningBid"))


def bids_listed(frame: Frame) -> list[int]:
    """The amounts of the bids in the list of a `newBid`."""
    listed = frame.data.get("auctionBids") if frame.name == NewBid.wire_name else None
    rows = listed if isinstance(listed, list) else []
    return [row["bid"] for row in rows if isinstance(row, dict) and "bid" in row]
