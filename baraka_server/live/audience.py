"""Who is listening, and how the sale speaks to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from baraka_server.live.encoded import Encoded


@dataclass(eq=False, slots=True)
class Viewer:
    """One socket. A person with two tabs is two viewers (D9)."""

    sid: str
    user_id: int
    wants_lists: bool = True
    """False for `updates: "delta"`: only the new row, not the whole list (D24)."""
    gone: bool = False
    """Set when the socket is closed: what it still has waiting must not bring it back."""


class Audience(Protocol):
    """The loudspeakers. None of these calls may wait for a slow listener."""

    async def to_everyone(self, event: str, payload: Encoded) -> None: ...

    async def to_room(self, auction_id: int, event: str, whole: Encoded, brief: Encoded) -> None:
        """`whole` to those who want lists, `brief` to the others."""

    async def to_viewer(self, viewer: Viewer, event: str, payload: Encoded) -> None: ...

    async def enter_room(self, viewer: Viewer, auction_id: int) -> None: ...

    async def leave_room(self, viewer: Viewer, auction_id: int) -> None: ...
