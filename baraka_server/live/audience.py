"""Who is listening, and how the sale speaks to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from baraka_server.live.encoded import Encoded, Pieces


@dataclass(frozen=True, slots=True)
class RoundShown:
    """What an announcement shows beside its words: the round that is on in an auction (D31).

    `at_once` counts as seen without a delay: the state that answers a join.
    """

    auction_id: int
    round: int
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Showing:
    """One round that left for one viewer, and when, by the clock of `RoundsSeen`."""

    round: int
    at: float
    at_once: bool


@dataclass(eq=False, slots=True)
class Viewer:
    """One socket. A person with two tabs is two viewers (D9)."""

    sid: str
    user_id: int
    wants_lists: bool = True
    """False for `updates: "delta"`: only the new row, not the whole list (D24)."""
    gone: bool = False
    """Set when the socket is closed: what it still has waiting must not bring it back."""
    alive_at: float = 0.0
    """When it last gave a sign of life: a pong, a poll, an event (`time.monotonic`)."""
    shown: dict[int, list[Showing]] = field(default_factory=dict)
    """The rounds that it was shown, by auction, rising. `RoundsSeen` keeps and reads them."""


class Audience(Protocol):
    """The loudspeakers. None of these calls may wait for a slow listener."""

    async def to_everyone(
        self, event: str, payload: Encoded, *, but_room: int | None = None
    ) -> None:
        """All who are connected, but those in the room of an auction who heard it there."""

    async def to_room(
        self,
        auction_id: int,
        event: str,
        whole: Encoded,
        brief: Encoded,
        shows: RoundShown | None = None,
    ) -> None:
        """`whole` to those who want lists, `brief` to the others. It may show them a round."""

    async def to_viewer(
        self, viewer: Viewer, event: str, payload: Pieces, shows: RoundShown | None = None
    ) -> None: ...

    async def enter_room(self, viewer: Viewer, auction_id: int) -> None: ...

    async def leave_room(self, viewer: Viewer, auction_id: int) -> None: ...
