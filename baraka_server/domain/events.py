"""Events of an auction, and the ledger entries that have them (D26).

An `Event` is what was decided; a `LedgerEntry` is an event with its place in the ledger. The ids of
rows are 0 until the store has written them. A stored event says what it is (D55), so that an older
program can run beside a newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from baraka_server.contract.fields import Steps
from baraka_server.contract.lots import RESERVE_WARNING
from baraka_server.domain.parts import FreeText, Lot, Part, StandingBid, steps_of

Parts = Mapping[str, Callable[[Any], Any]]
"""How the fields of these names are read from a ledger, where they are not plain values."""

Choices = Mapping[tuple[str, ...], Collection[Any]]

OPERATOR = "operator"
"""Who acted, in an entry without a user: somebody at the command line."""
BY: Choices = {("by",): (None, OPERATOR)}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in an auction; each subclass is one kind of ledger entry.

    A kind gets a new `v` when its fields mean something else, and every `v` up to the class's own can be
    read. A new field needs a default instead, since earlier entries lack it. `rule` says whether the
    event may change what is accepted: a program that does not know the kind, or its `v`, must not
    decide anything after it.

        BidPlaced(1500).data() == {"amount": 1500, "bid_id": 0}
    """

    kind: ClassVar[str]
    v: ClassVar[int] = 1
    rule: ClassVar[bool] = True
    tells_user: ClassVar[bool] = True
    """Whether a history may say whose it is."""
    parts: ClassVar[Parts] = {}
    choices: ClassVar[Choices] = {}
    """The members of fields that have one of a few, by the path in the data: another is a newer program's."""
    sparse: ClassVar[Mapping[str, Any]] = {}
    """Fields that came later, with their defaults: an entry leaves them out where they have these."""

    def data(self) -> dict[str, Any]:
        """The event as JSON-ready values."""
        names: tuple[str, ...] = self.__match_args__
        values = {name: getattr(self, name) for name in names}
        return {
            name: value.data() if isinstance(value, Part) else value
            for name, value in values.items()
            if name not in self.sparse or value != self.sparse[name]
        }

    @property
    def named_users(self) -> tuple[int | None, ...]:
        """The ids of the users whom the event names beside its own."""
        return ()

    @property
    def acknowledged(self) -> dict[str, Any]:
        """The fields that the event adds to the answer of the command that became it (D20)."""
        return {}

    @property
    def texts(self) -> tuple[FreeText, ...]:
        """The free text in the event, which is kept apart from the ledger (D56)."""
        return ()

    def with_texts(self, read: Mapping[str, str]) -> Self:
        """The event with the texts that were read, by their hashes."""
        return self

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The event with this data. Unknown fields are ignored: a newer program added them."""
        return cls(
            **{
                name: cls.parts[name](value) if name in cls.parts and value else value
                for name, value in data.items()
                if name in cls.__match_args__
            }
        )


@dataclass(frozen=True, slots=True)
class Adopted(Event):
    """The auction was taken as its row has it: the first entry of every ledger.

    It comes again when another program changed the row, so that the fold and the row agree.
    """

    kind = "adopted"
    parts: ClassVar[Parts] = {"lot": Lot.from_data, "high": StandingBid.from_data}

    owner_id: int | None
    live: bool
    canceled: bool
    ended: bool
    lot: Lot | None
    high: StandingBid | None

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.owner_id, self.high.user_id if self.high else None)


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The auction went live, or was announced again while it was (D5)."""

    kind = "started"


@dataclass(frozen=True, slots=True)
class LotOpened(Event):
    """Another product is on the block: a new round begins without bids (D10).

    With a run list it is the lot `lot_id`, which is new with `created` (D35).
    """

    kind = "lot_opened"
    parts: ClassVar[Parts] = {
        "lot": Lot.from_data,
        "increments": steps_of,
        "description": FreeText,
    }
    sparse: ClassVar[Mapping[str, Any]] = {
        "lot_id": None,
        "lot_number": None,
        "increments": None,
        "reserve": None,
        "created": False,
        "description": None,
    }

    lot: Lot
    lot_id: int | None = None
    lot_number: int | None = None
    increments: Steps | None = None
    reserve: int | None = None
    created: bool = False
    description: FreeText | None = None

    @property
    def texts(self) -> tuple[FreeText, ...]:
        return (self.description,) if self.description else ()

    def with_texts(self, read: Mapping[str, str]) -> Self:
        return replace(self, description=self.description and self.description.read(read))


@dataclass(frozen=True, slots=True)
class LotRepriced(Event):
    """The product on the block has other prices: its round and its bids go on (D10)."""

    kind = "lot_repriced"
    parts: ClassVar[Parts] = {"lot": Lot.from_data, "increments": steps_of}
    sparse: ClassVar[Mapping[str, Any]] = {
        "lot_id": None,
        "lot_number": None,
        "increments": None,
        "reserve": None,
        "clock_ms": None,
    }

    lot: Lot
    lot_id: int | None = None
    lot_number: int | None = None
    increments: Steps | None = None
    reserve: int | None = None
    clock_ms: int | None = None
    warns: bool = field(default=False, compare=False, kw_only=True)
    """Whether a reserve was set, of which the answer warns; the entry does not say it."""

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {"warning": RESERVE_WARNING} if self.warns and self.reserve else {}


@dataclass(frozen=True, slots=True)
class Commented(Event):
    """A comment was posted. `comment_id` is its row in `Auction_comments`."""

    kind = "comment"
    rule = False

    comment: str
    comment_id: int = 0

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {"commentId": self.comment_id}


@dataclass(frozen=True, slots=True)
class Awarded(Event):
    """The round's lot went to its highest bid, or to nobody where there was none (D14).

    `by_clock` is how far the clock had counted that awarded it, None where a host did (D44).
    `below_reserve`: the host sold it below its reserve (D42).
    """

    kind = "awarded"
    parts: ClassVar[Parts] = {"high": StandingBid.from_data}
    sparse: ClassVar[Mapping[str, Any]] = {
        "by_clock": None,
        "lot_id": None,
        "lot_number": None,
        "below_reserve": False,
    }

    product: str
    weight: str | None
    high: StandingBid | None
    winning_id: int | None = None
    by_clock: int | None = None
    lot_id: int | None = None
    lot_number: int | None = None
    below_reserve: bool = False

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.high.user_id if self.high else None,)

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {"winningId": self.winning_id}


@dataclass(frozen=True, slots=True)
class Canceled(Event):
    """The auction was canceled."""

    kind = "canceled"


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The auction was ended."""

    kind = "ended"


@dataclass(frozen=True, slots=True)
class BroadcasterLeft(Event):
    """The owner left the live video stream."""

    kind = "broadcaster_left"
    rule = False


@dataclass(frozen=True, slots=True)
class Unknown(Event):
    """An event of a kind, or of a `v` of it, that a newer program wrote (D55).

    `name` is its kind in the ledger. With `is_rule` nothing may be decided after it.
    """

    kind = "unknown"

    name: str
    is_rule: bool
    said: Mapping[str, Any]

    def data(self) -> dict[str, Any]:
        return dict(self.said)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry of an auction's ledger: its `seq` from 1 without a gap, round, user, time and event.

    `hash` is empty until the entry is written. It tells histories apart that have the same `seq`
    (D34).

        LedgerEntry(seq=7, round=1, user_id=7, at=now, event=BidPlaced(1500, bid_id=12))
    """

    seq: int
    round: int
    user_id: int | None
    at: datetime
    event: Event
    hash: str = field(default="", compare=False)

    @property
    def kind(self) -> str:
        """The kind of the entry in the ledger."""
        return self.event.name if isinstance(self.event, Unknown) else self.event.kind
