"""`Seat` and `SeatInRoom`: what the checks know of a phone, and of a phone in one auction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_server.contract.server_events import AuctionStarted


@dataclass(eq=False, slots=True)
class Skip:
    """One announcement that one phone did not hear in its turn."""

    who: str
    lists: bool
    behind: bool
    """Whether the phone was behind: it is slow, or hears everything late, or the crowd left much unread."""
    auction_id: int
    seq: int
    at: float
    text: str
    """What it heard instead."""
    noted: float
    """When, on the crowd's own clock."""
    readers: int
    """How many were there who read lists."""
    came: dict[str, int] = field(default_factory=dict)
    """The first list of each kind that came behind it, by its number."""
    cut: bool = False
    """The connection was lost: what would have come is not known."""
    forgiven: bool = False
    """A whole state came, which nobody had asked for."""


@dataclass(eq=False, slots=True)
class SeatInRoom:
    """State of one phone in one auction."""

    last: int | None = None
    """The number that it heard last; None until it has a first one."""
    awaiting: bool = True
    """It asked to join, and the state is not there yet."""
    gap: int | None = None
    """The last number before something that it did not hear, until a resume closes that."""
    held: list[Frame] = field(default_factory=list)
    line: int = 0
    """The connection over which it came in."""
    lot_at: float | None = None
    """When it was shown the lot that is on the block."""
    count: Any = None
    """The count of viewers that it heard last."""
    overtaken: tuple[int, int] | None = None
    """The numbers that a state told, behind the first and up to the second: lists of them may be on
    their way yet (D25)."""
    skips: list[Skip] = field(default_factory=list)
    """What it did not hear in its turn, over the connection that it has."""
    unsaid: int | None = None
    """The number of what was taken back, until that was said in the guide's words too."""
    told: Mapping[str, Any] | None = None
    """The `auctionState` that came last: the answer to the join says the same."""


@dataclass(eq=False, slots=True)
class Seat:
    """State of one phone, for the checks. The counts are of one connection."""

    label: str
    user_id: int = 0
    lists: bool = False
    """Whether it reads whole lists (D24)."""
    slow: bool = False
    line: int = 0
    """How many connections it lost."""
    rooms: dict[int, SeatInRoom] = field(default_factory=dict)
    asking: int = 0
    """How many commands are under way."""
    refused: int = 0
    unanswered: int = 0
    """How many commands were refused, or may have been: an `error` is due for each (D20)."""
    errors: int = 0
    """Errors that came: one may come before the reply that it goes with, or behind it."""

    def auction_of(self, frame: Frame) -> int:
        """The auction that a frame speaks of, to this phone; 0 when nothing tells."""
        if frame.auction_id is not None:
            return frame.auction_id
        if frame.name == AuctionStarted.wire_name and isinstance(frame.data.get("id"), int):
            return int(frame.data["id"])
        return next(iter(self.rooms), 0)

    def lost_line(self) -> None:
        """Its connection is gone."""
        self.line += 1
        for room in self.rooms.values():
            for skip in room.skips:
                skip.cut = True
            room.skips.clear()

    def reconnects(self) -> None:
        self.refused = self.unanswered = self.errors = 0
