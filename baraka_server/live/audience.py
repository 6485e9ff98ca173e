"""Viewers, and the protocol by which announcements reach them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from baraka_server.live.encoded import Encoded, Pieces


@dataclass(frozen=True, slots=True)
class RoundShown:
    """The round of an auction that a packet shows to its reader (D31).

    `at_once` counts as seen without a delay: the state that answers a join.
    """

    auction_id: int
    round: int
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Showing:
    """A round that left for a viewer, and the time, by the clock of `RoundsSeen`."""

    round: int
    at: float
    at_once: bool


@dataclass(eq=False, slots=True)
class Viewer:
    """One socket and its user. A person with two tabs is two viewers (D9)."""

    sid: str
    user_id: int
    """Negative for a guest, who joins and leaves and does nothing else (D58)."""
    wants_lists: bool = True
    """False for `updates: "delta"`: only the new row, not the whole list (D24)."""
    only_auction: int | None = None
    """The only auction that a guest may watch, where the token names one."""
    gone: bool = False
    """Set when the socket is closed: a join of it that still waits must not put it into a room."""
    alive_at: float = 0.0
    """The time of its last pong, poll or event (`time.monotonic`)."""
    shown: dict[int, list[Showing]] = field(default_factory=dict)
    """The rounds that it was shown, by auction, rising. `RoundsSeen` keeps and reads them."""

    @property
    def is_guest(self) -> bool:
        return self.user_id < 0


class Audience(Protocol):
    """Delivery to viewers. None of these calls may wait for a slow one."""

    async def to_everyone(
        self, event: str, payload: Encoded, *, but_room: int | None = None
    ) -> None:
        """Send to all who are connected, except the room of an auction that was sent it before."""

    async def to_room(
        self,
        auction_id: int,
        event: str,
        whole: Encoded,
        brief: Encoded,
        shows: RoundShown | None = None,
    ) -> None:
        """Send `whole` to those who want lists, and `brief` to the others. It may show a round."""

    async def to_viewer(
        self, viewer: Viewer, event: str, payload: Pieces, shows: RoundShown | None = None
    ) -> None: ...

    async def enter_room(self, viewer: Viewer, auction_id: int) -> None: ...

    async def leave_room(self, viewer: Viewer, auction_id: int) -> None: ...
