"""Cores: the content of announcements without lists and times, which is the same for everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_server.contract.clock import AuctionClock, FairWarningGiven
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.house_rules import HouseRulesChanged
from baraka_server.contract.moderation import CommentRemoved, SlowMode
from baraka_server.contract.server_events import (
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
)

Row = tuple[int, int, Any]
"""A bid or a comment: its id, its user, its amount or text."""

Core = tuple[Any, ...]
"""Content of an announcement without lists and time: the same for every viewer."""

RUNNER_UP = "runner-up"
"""Mark of an award to a bid that did not lead."""


def core_of(frame: Frame) -> Core:
    """Content of the frame; where fields are missing, its name alone."""
    try:
        return _whole_core(frame.name, frame.data)
    except (KeyError, TypeError):
        return (frame.name,)


def _whole_core(name: str, data: Mapping[str, Any]) -> Core:
    """Raises `KeyError` or `TypeError` for a payload that lacks what its event is about."""
    match name:
        case NewBid.wire_name:
            row = data["newBid"]
            return name, row["id"], row["user_id"], row["bid"]
        case NewComment.wire_name:
            row = data["newComment"]
            return name, row["id"], row["user_id"], row["comment"]
        case LotChanged.wire_name:
            prices = (data["minBidPrice"], data["bidPrice"], data["actualPrice"])
            return name, data["product"], *prices
        case LotAwarded.wire_name:
            won = data["winningBid"]
            row = (won["id"], won["user_id"], won["bid"]) if won else None
            return (name, row, RUNNER_UP) if data.get("runnerUp") else (name, row)
        case BidUndone.wire_name:
            return name, tuple(data["bidIds"]), named(data["standingBid"])
        case LotReopened.wire_name:
            return name, data["product"], named(data["standingBid"])
        case AuctionClock.wire_name:
            return name, data["remainingMs"], data["running"]
        case HouseRulesChanged.wire_name:
            return name, data["registration"], data["maxima"]
        case FairWarningGiven.wire_name:
            return name, data["stage"]
        case CommentRemoved.wire_name:
            return name, data["commentId"]
        case SlowMode.wire_name:
            return name, data["seconds"]
    return (name,)


def named(bid: Mapping[str, Any] | None) -> Row | None:
    """Raises `KeyError` or `TypeError` for what names no bid."""
    return (bid["bidId"], bid["userId"], bid["amount"]) if bid is not None else None


def rows(listed: Iterable[Mapping[str, Any]], value: str) -> list[Row]:
    """Raises `KeyError` or `TypeError` for a row that lacks its fields."""
    return [(row["id"], row["user_id"], row[value]) for row in listed]
