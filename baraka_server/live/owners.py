"""Owners: the port through which an auction house has another node write an auction that both are asked for.

It is a hint and no lock: any node may write at any time, and the lock on the auction's row orders them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from baraka_server.domain.decision import Command
from baraka_server.live.batch import Outcome
from baraka_server.live.relay import RelayedEntries


class LinkLost(Exception):
    """The way to another node broke, or it is silent: nobody knows what became of what it was asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Commands of one auction that `node` was given, and the end of the ledger that its viewers know."""

    auction_id: int
    node: str
    seq: int
    hash: str
    commands: Sequence[Command]


@dataclass(frozen=True, slots=True)
class Answered:
    """The outcomes of what was asked, in order, and the entries that were written with them.

    `last_seqs` has for each command the last entry that it wrote, 0 for none. `busy` says that others ask
    for the auction there too.
    """

    outcomes: Sequence[Outcome]
    last_seqs: Sequence[int]
    news: Sequence[RelayedEntries] = field(default=())
    busy: bool = False


class Owners(Protocol):
    """The nodes that write hot auctions for others."""

    def ask(self, asked: Asked) -> Awaitable[Answered | None] | None:
        """Have the owner of the auction decide and write commands; None where that is this node.

        Its result is None where the owner has not taken them, and did nothing. Raises `LinkLost`.
        """


class NoOwners:
    """The owners of a node that has no links: it writes all itself."""

    def ask(self, asked: Asked) -> Awaitable[Answered | None] | None:
        return None
