"""Commands as the rules get them, and the decisions that the rules make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.acts import RoundActs
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.maxima import Sealed
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.winnings import Won


@dataclass(frozen=True, slots=True)
class Seen:
    """The round that the sender of a command saw when it arrived (D31).

    `round` is None where nothing is known. `here` is True when the socket that sent the command was
    told of it.
    """

    round: int | None
    here: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the rows say beside the ledger, read under the lock for the commands that need it.

    `users` are the users who exist, of those whom commands name, of those whose bids are in question, and
    the owner. `salt` is random, for free text (D56). `winnings` are the ids of the auction's winnings.

    For the commands of the hammer: `round` has the acts of the round; `standing` the bids by their rows,
    the highest first, as many as may be in question; `settled` is whether the last winning may not be
    taken back; `winning_id` is its row, `winner_before` the auction's `winning_user_id`, and `winner` what
    that becomes again.
    """

    users: frozenset[int] = frozenset()
    salt: bytes = b""
    round: RoundActs = field(default_factory=RoundActs)
    standing: tuple[StandingBid, ...] = ()
    settled: bool = False
    winning_id: int | None = None
    winner_before: int | None = None
    winner: int | None = None
    won: Won | None = None
    """The winning that a command behind the sale names."""
    bidders: frozenset[int] = frozenset()
    """The users who have bids on the list."""
    winnings: frozenset[int] = frozenset()
    labels: Mapping[int, str | None] = field(default_factory=dict)
    """The labels of the floor by their paddles; None for one that was erased (D40)."""
    comments: frozenset[int] = frozenset()
    """The comments that are named and on the list."""
    sealed: Mapping[int, Sealed] = field(default_factory=dict, repr=False)
    """The maximum bids that commands may need to know, by the entries that set them (D43)."""
    lapsed: frozenset[int] = frozenset()
    """Those of them whose users were deleted."""
    posted: Mapping[int, LedgerEntry] = field(default_factory=dict)
    """The entries of the comments that are named and may come back, by their ids."""


NOTHING_FOUND = Found()


@dataclass(frozen=True, slots=True)
class Counted:
    """How far a clock has counted when a command is decided, as the node that decides measures it (D44).

    `as_of` is the database's time of it. `late_ms` is how long ago the command was read.
    """

    clock_ms: int = 0
    as_of: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    late_ms: int = 0


NOT_COUNTED = Counted()


@dataclass(frozen=True, slots=True)
class Command:
    """A client event and the user who sent it: the token's subject, never a field of the payload.

    `user_id` is None for somebody at the command line, who may do all.
    `seen` is the stamp that the node gave it on arrival; None where no socket sent it.

        Command(PlaceBid(auction_id=42, amount=1500), user_id=7)
    """

    event: ClientEvent
    user_id: int | None
    user_exists: bool = True
    heard_seq: int | None = None
    """The last entry that this node had announced when the command arrived; None if not known."""
    seen: Seen | None = None
    found: Found = NOTHING_FOUND
    read_at: float | None = None
    """When this node read it, by the clock that `Counted` is measured with; None if it just did."""
    counted: Counted = NOT_COUNTED
    now: datetime | None = None
    """The time of its decision, for one that is `at_a_time`."""

    @property
    def of_operator(self) -> bool:
        return self.user_id is None

    def refused(self, code: Code, **values: Any) -> Refusal:
        return Refusal(code, self.event.wire_name, values)


@dataclass(frozen=True, slots=True)
class HouseRules:
    """The rules that an operator may choose; see the settings of the same names."""

    owner_bids: bool = False
    """Whether the owner may bid on the own auction (D13)."""


@dataclass(frozen=True, slots=True)
class By:
    """An event of another user than the one who sent the command; of nobody with None."""

    event: Event
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Several:
    """The events that a command becomes together, in order; `own` is the place of its own one.

    Several((LotOpened(lot), By(Commented("Lot 7 is open again"), owner_id)))
    """

    events: tuple[Event | By, ...]
    own: int = 0


@dataclass(frozen=True, slots=True)
class RefusedWith:
    """A refusal that also leaves events in the ledger: every node knows of them."""

    refusal: Refusal
    events: tuple[Event | By, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The acceptance of a command that asks for what is so already: nothing is written or told."""


Decision = Event | Several | Unchanged | Refusal | RefusedWith
"""A single event, of the user who sent the command, is the usual one."""
