"""Announcements as facts: what they say without ids of rows and without times, to be compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from baraka_server.live.encoded import encode
from tests.support.model.notes import Facts

NOT_COMPARED = {"auctionId", "ledger", "serverTime", "missed", "missedComplete", "userCount"}
NOT_NEWS = {"userCountUpdate", "auctionState", "auctionStarted"}
"""Events that are no entries, or that people outside the room hear too, when it is their turn."""
COLUMNS = (
    "isLive",
    "isCanceled",
    "isEnded",
    "current_product",
    "minBidPrice",
    "bidPrice",
    "actualPrice",
    "winning_user_id",
)


class Names:
    """The rows that announcements name by their ids, as they were told when they were new."""

    def __init__(self) -> None:
        self.bids: dict[int, tuple[int, int]] = {}
        self.comments: dict[int, tuple[int, str]] = {}

    def facts(self, event: str, payload: dict[str, Any]) -> Facts:
        """An announcement, or a state, as facts."""
        if event == "error":
            return {"event": event, "code": payload["code"]}
        if event == "auctionStarted":
            return {"event": event, "seq": payload["seq"]}
        said = {name: value for name, value in payload.items() if name not in NOT_COMPARED}
        read_as: dict[str, Callable[[Any], Any]] = {
            "newBid": self._bid,
            "winningBid": self._bid,
            "newComment": self._comment,
            "auctionBids": lambda rows: [self._bid(row) for row in rows],
            "auctionComments": lambda rows: [self._comment(row) for row in rows],
            "comments": lambda rows: [self._comment(row) for row in rows],
            "winningUser": lambda user: user["id"],
            "auction": lambda row: {column: row[column] for column in COLUMNS},
            "standingBid": named,
            "formerBid": named,
            "bidIds": lambda ids: sorted(self.bids[bid_id] for bid_id in ids),
            "lots": lambda lots: [seen_lot(lot) for lot in lots],
        }
        for name, read in read_as.items():
            if said.get(name) is not None:
                said[name] = read(said[name])
        if said.get("clock") is not None:
            said["clock"] = clock_of(said["clock"], payload["serverTime"])
        match event:
            case "lotReopened":
                said["winningId"] = said["winningId"] is not None
            case "commentRemoved":
                said["comment"] = self.comments[said.pop("commentId")]
            case "auctionClock":
                said = clock_of(said, payload["serverTime"])
        return {"event": event, **said}

    def state(self, told: dict[str, Any]) -> Facts:
        """A state as facts. The missed entries are in it, each with its lists left out."""
        whole = json.loads(encode(told))
        missed = [self.facts(one["event"], one["data"]) for one in whole.get("missed", ())]
        return self.facts("auctionState", whole) | {"missed": missed}

    def _bid(self, row: dict[str, Any]) -> tuple[Any, ...]:
        assert self.bids.setdefault(row["id"], (row["user_id"], row["bid"])) == (
            row["user_id"],
            row["bid"],
        ), "an id was given twice"
        marks = [mark for mark in ("automatic", "floor") if row.get(mark)]
        return row["user_id"], row["bid"], row["paddle"], *marks

    def _comment(self, row: dict[str, Any]) -> tuple[int, str]:
        return self.comments.setdefault(row["id"], (row["user_id"], row["comment"]))


def named(bid: dict[str, Any]) -> tuple[int, int]:
    return bid["userId"], bid["amount"]


def clock_of(clock: dict[str, Any], now: str) -> Facts:
    """The clock without the time of its end, which says the same as what is left of it."""
    left = {name: value for name, value in clock.items() if name != "endsAt"}
    if clock["endsAt"] is not None:
        seconds = (_time(clock["endsAt"]) - _time(now)).total_seconds()
        assert round(1000 * seconds) == clock["remainingMs"]
    return left


def seen_lot(lot: dict[str, Any]) -> Facts:
    seen = {name: value for name, value in lot.items() if name not in {"position", "winningId"}}
    return seen | {"won": lot["winningId"] is not None}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
