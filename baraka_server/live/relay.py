"""Relay: the port through which the servers of one database hear of each other sooner.

The ledger stays the truth, and is looked at again and again beside it. A relay may lose, delay, repeat
or reorder whatever it carries: viewers hear the same, only later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from baraka_server.domain.events import LedgerEntry

TakerKey = int | str
"""Who takes from a limit: the number of a user, or a name that is not one."""
HearTakes = Callable[[str, Mapping[TakerKey, float]], None]
"""Is told what was taken on another node: the name of the limit, and how much of it by key."""


@dataclass(frozen=True, slots=True)
class RelayedEntries:
    """Entries that another node committed, and the end of the ledger that they were written behind.

    `entries` is empty where they did not fit in a message, or have free text: the ledger has them.
    """

    auction_id: int
    before_seq: int
    before_hash: str
    last_seq: int
    last_hash: str
    entries: Sequence[LedgerEntry] = ()


class RelayListener(Protocol):
    """Whoever hears what a relay brings. No call may wait."""

    def relayed(self, news: RelayedEntries) -> None:
        """Another node committed entries of an auction that is followed here."""

    def unreadable(self, auction_id: int) -> None:
        """Another node said of an auction what only newer ones can read: its ledger is to be looked at."""

    def started(self, auction_id: int) -> None:
        """An auction went live, or its start was told again, on another node."""

    def counts_changed(self, auctions: Collection[int]) -> None:
        """Other nodes have other numbers of viewers than before."""

    def was_away(self) -> None:
        """Messages may have been lost: the ledgers of all auctions are to be looked at."""


class Relay(Protocol):
    """What an auction house asks of a relay. Nothing but `follow` waits."""

    @property
    def wanted(self) -> bool:
        """Whether there are other nodes to tell."""

    @property
    def healthy(self) -> bool:
        """Whether this node hears what is published, its own voice included."""

    @property
    def has_namesake(self) -> bool:
        """Whether another server with the name of this one's node was heard lately."""

    def tell(self, news: RelayedEntries) -> None:
        """Publish what was just committed here."""

    def tell_of_start(self, auction_id: int) -> None: ...

    def count_here(self, auction_id: int, count: int) -> None:
        """Publish the number of viewers that an auction has on this node."""

    def count_elsewhere(self, auction_id: int) -> int:
        """The viewers of an auction on all other nodes that were heard of lately."""

    async def follow(self, auction_id: int) -> None:
        """Hear of an auction; returns when it is certain, or soon where the relay does not answer."""

    def follow_only(self, auctions: Collection[int]) -> None:
        """Stop hearing of all others."""

    def tell_of_takes(self, limit: str, amounts: Mapping[TakerKey, float]) -> None:
        """Publish what was taken here from a limit that holds over all nodes."""

    def hear_takes(self, heard: HearTakes) -> None:
        """Have what others took told from now on."""


class NoRelay:
    """The relay of a node that is alone: it tells nobody and hears nothing."""

    wanted = False
    healthy = True
    has_namesake = False

    def tell(self, news: RelayedEntries) -> None: ...

    def tell_of_start(self, auction_id: int) -> None: ...

    def count_here(self, auction_id: int, count: int) -> None: ...

    def count_elsewhere(self, auction_id: int) -> int:
        return 0

    async def follow(self, auction_id: int) -> None: ...

    def follow_only(self, auctions: Collection[int]) -> None: ...

    def tell_of_takes(self, limit: str, amounts: Mapping[TakerKey, float]) -> None: ...

    def hear_takes(self, heard: HearTakes) -> None: ...
