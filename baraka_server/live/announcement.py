"""Announcement of one ledger entry, as it is sent to viewers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from baraka_server.contract.server_events import Scope, ServerEvent
from baraka_server.live.encoded import Encoded

Told = tuple[type[ServerEvent], dict[str, Any]]
"""The event that the room hears, and its fields beside those that all have."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A ledger entry as it is announced: `whole` with the lists, and `brief` without them (D24).

    `guided` has the same in events of the guide, where `event` is none, for clients that know no others.

        Announcement(seq=7, round=1, event=NewBid, whole='{"newBid":…,"auctionBids":[…]}', brief=…)
    """

    seq: int
    round: int
    event: type[ServerEvent]
    whole: Encoded
    brief: Encoded
    guided: tuple[Announcement, ...] = ()
    hash: str = ""

    @property
    def name(self) -> str:
        return self.event.wire_name

    @property
    def to_everyone(self) -> bool:
        return self.event.scope is Scope.EVERYONE
