"""`Frame`: a Socket.IO event that arrived, decoded once for all sockets that receive it.

A server that works sends the same text to everybody in a room: it is read and checked when the
first socket hears it, and the other thousands only look it up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from baraka_server.contract.server_events import NewBid, NewComment

KEPT_MAX = 4_096
KEPT_BYTES_MAX = 64_000_000

EMPTY: Mapping[str, Any] = {}


@dataclass(eq=False, slots=True)
class Frame:
    """A server event in one text, which one socket or many have received."""

    name: str
    """The event's."""
    data: Mapping[str, Any]
    text: str
    auction_id: int | None
    seq: int | None
    """None on a server that numbers nothing (D22)."""

    bid: tuple[int, int] | None
    """The user and the amount, when this announces a bid."""

    def says_the_same(self, other: Frame) -> bool:
        """Whatever the text is: a client library writes anew what it has read."""
        if self is other or self.text == other.text:
            return True
        return self.name == other.name and self.data == other.data

    def answers(self, user_id: int, payload: Mapping[str, Any]) -> bool:
        """Whether this says that `user_id` got what was asked, where nothing is acknowledged."""
        if self.name == NewBid.wire_name:
            return self.bid == (user_id, payload.get("amount"))
        if self.name == NewComment.wire_name:
            row = self.data.get("newComment")
            return isinstance(row, dict) and row.get("comment") == payload.get("comment")
        return True


class Frames:
    """`admit` is called with every new frame before anybody else sees it."""

    def __init__(self, admit: Callable[[Frame], None]) -> None:
        self._admit = admit
        self._kept: dict[str, Frame] = {}
        self._bytes = 0

    def of(self, text: str) -> Frame:
        """The frame of a Socket.IO event packet, as it came: `42["newBid",{…}]`."""
        frame = self._kept.get(text)
        return frame if frame is not None else self._new(text, *_decoded(text))

    def made_of(self, name: str, data: Any) -> Frame:
        """The frame of an event that a client library has decoded."""
        body = json.dumps([name, data], ensure_ascii=False, separators=(",", ":"))
        text = "42" + body
        frame = self._kept.get(text)
        return frame if frame is not None else self._new(text, name, data)

    def _new(self, text: str, name: str, data: Any) -> Frame:
        fields = data if isinstance(data, dict) else EMPTY
        seq = fields.get("seq")
        frame = Frame(
            name,
            fields,
            text,
            _auction_id(fields),
            seq if isinstance(seq, int) else None,
            _bid(fields) if name == NewBid.wire_name else None,
        )
        self._admit(frame)
        self._kept[text] = frame
        self._bytes += len(text)
        while len(self._kept) > KEPT_MAX or (self._bytes > KEPT_BYTES_MAX and len(self._kept) > 1):
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            self._bytes -= len(oldest)
        return frame


def _decoded(text: str) -> tuple[str, Any]:
    try:
        values = json.loads(text[2:])
        name = values[0]
    except (ValueError, LookupError, TypeError):
        return "", None
    return str(name), values[1] if len(values) > 1 else None


def _auction_id(fields: Mapping[str, Any]) -> int | None:
    """The auction that is spoken of: said outright (D22), or by the row that is told."""
    for name, key in (("newBid", "auction_id"), ("newComment", "auction_id"), ("auction", "id")):
        row = fields.get(name)
        if isinstance(row, dict) and isinstance(row.get(key), int) and "auctionId" not in fields:
            return int(row[key])
    said = fields.get("auctionId")
    return said if isinstance(said, int) else None


def _bid(fields: Mapping[str, Any]) -> tuple[int, int] | None:
    row = fields.get("newBid")
    if not isinstance(row, dict):
        return None
    user_id, amount = row.get("user_id"), row.get("bid")
    return (user_id, amount) if isinstance(user_id, int) and isinstance(amount, int) else None
