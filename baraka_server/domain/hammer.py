"""Events of the hammer beyond the guide's award: what it takes back, and whom else it sells to (D37 to D39)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from baraka_server.contract.fields import iso_time
from baraka_server.domain.events import Awarded, Event, Parts
from baraka_server.domain.parts import FreeText, Lot, StandingBid, named


def _bids_of(stored: Iterable[Sequence[Any]]) -> tuple[StandingBid, ...]:
    return tuple(
        StandingBid(bid_id, user_id, amount, datetime.fromisoformat(at), *label)
        for bid_id, user_id, amount, at, *label in stored
    )


def _row(bid: StandingBid) -> list[Any]:
    row = [bid.bid_id, bid.user_id, bid.amount, iso_time(bid.at)]
    return row if bid.label_paddle is None else [*row, bid.label_paddle]


@dataclass(frozen=True, slots=True)
class ActUndone(Event):
    """The newest act of the round was taken back: its bids are gone, and `high` stands (D37).

    `bids` are their rows in `Auction_bids`, `was` is the bid that stood before. `maximum` is the entry that
    set the maximum of the act, which goes with it (D43); None where there is none, or no more.
    `against_maximum`: the maximum of somebody else stood, of which an undo may tell something.
    """

    kind = "bid_undone"
    parts: ClassVar[Parts] = {
        "bids": tuple,
        "high": StandingBid.from_data,
        "was": StandingBid.from_data,
    }
    sparse: ClassVar[Mapping[str, Any]] = {
        "clock_ms": None,
        "maximum": None,
        "against_maximum": False,
    }

    bids: tuple[int, ...]
    high: StandingBid | None
    was: StandingBid | None
    clock_ms: int | None = None
    """How far a clock had counted, which has time left behind it (D44)."""
    maximum: int | None = None
    against_maximum: bool = False

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return tuple(bid.user_id for bid in (self.high, self.was) if bid)

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {"bidIds": list(self.bids), "standingBid": named(self.high)}


@dataclass(frozen=True, slots=True)
class LotOpenedAgain(Event):
    """The last award or pass was taken back: the round goes on with the bids that came back (D38).

    `award` is the `seq` of what was taken back, `bids` are the rows that came back, oldest first, and
    `was` is the bid that stood at the hammer. `winning_id` is the row in `winnings` that was deleted.
    `winner_before` and `winner` are the auction's `winning_user_id`. With a run list it is the lot
    `lot_id`, with this description (D35).
    """

    kind = "lot_reopened"
    parts: ClassVar[Parts] = {
        "lot": Lot.from_data,
        "bids": _bids_of,
        "was": StandingBid.from_data,
        "description": FreeText,
    }
    sparse: ClassVar[Mapping[str, Any]] = {
        "bids": (),
        "lot_id": None,
        "lot_number": None,
        "description": None,
    }

    lot: Lot
    award: int
    was: StandingBid | None
    winning_id: int | None
    winner_before: int | None
    winner: int | None
    bids: tuple[StandingBid, ...] = ()
    lot_id: int | None = None
    lot_number: int | None = None
    description: FreeText | None = None

    @property
    def texts(self) -> tuple[FreeText, ...]:
        return (self.description,) if self.description else ()

    def with_texts(self, read: Mapping[str, str]) -> Self:
        return replace(self, description=self.description and self.description.read(read))

    @property
    def high(self) -> StandingBid | None:
        """The bid that stands now."""
        return self.bids[-1] if self.bids else None

    def data(self) -> dict[str, Any]:
        rows = [_row(one) for one in self.bids]
        return super(LotOpenedAgain, self).data() | ({"bids": rows} if rows else {})

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return tuple({bid.user_id for bid in (*self.bids, self.was) if bid})

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {
            "winningId": self.winning_id,
            "standingBid": named(self.high),
        }


@dataclass(frozen=True, slots=True)
class RunnerUpAwarded(Event):
    """The round's lot went to a bid that did not lead; `passed_over` is the one that did (D39).

    `below_reserve`: it was sold below its reserve (D42).
    """

    kind = "runner_up_awarded"
    parts: ClassVar[Parts] = {"high": StandingBid.from_data, "passed_over": StandingBid.from_data}
    sparse: ClassVar[Mapping[str, Any]] = {
        "lot_id": None,
        "lot_number": None,
        "below_reserve": False,
    }

    product: str
    weight: str | None
    high: StandingBid
    passed_over: StandingBid
    winning_id: int | None = None
    lot_id: int | None = None
    lot_number: int | None = None
    below_reserve: bool = False

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.high.user_id, self.passed_over.user_id)

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {"winningId": self.winning_id}


Award = Awarded | RunnerUpAwarded
"""The ways in which a lot is sold, or goes to nobody."""

KINDS: tuple[type[Event], ...] = (ActUndone, LotOpenedAgain, RunnerUpAwarded)
