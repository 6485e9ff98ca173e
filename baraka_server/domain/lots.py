"""Run list: the lots of an auction in their order, and what became of each (D35)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from baraka_server.contract.fields import Steps
from baraka_server.contract.lots import LotState
from baraka_server.contract.names import same_name
from baraka_server.domain.parts import FreeText, Lot, Part, StandingBid, steps_of

GAP = 1 << 16
"""The distance of two positions at first, so that a lot can be put between two others."""


@dataclass(frozen=True, slots=True)
class LotValues(Part):
    """What people say of a lot. Two are equal when their descriptions are of the same hash."""

    number: int
    product: str
    minimum_price: int
    start_price: int
    market_price: int
    description: FreeText | None = None
    weight: str | None = None
    image_url: str | None = None
    increments: Steps | None = None
    reserve: int | None = None

    @property
    def lot(self) -> Lot:
        """The product with its prices, as it stands on the block."""
        return Lot(self.product, self.minimum_price, self.start_price, self.market_price)

    @property
    def words(self) -> str | None:
        """The description; None where there is none, or where it was erased."""
        return self.description.text if self.description else None

    def reserve_met(self, bid: StandingBid | None) -> bool | None:
        """Whether the bid is at least the reserve, which no bid is; None without a reserve (D42)."""
        if not self.reserve:
            return None
        return bid is not None and bid.amount >= self.reserve

    def with_lot(self, lot: Lot) -> LotValues:
        return replace(
            self,
            product=lot.product,
            minimum_price=lot.minimum_price,
            start_price=lot.start_price,
            market_price=lot.market_price,
        )

    def data(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__match_args__}
        return {
            name: value.data() if isinstance(value, Part) else value
            for name, value in values.items()
            if value is not None
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> LotValues:
        values = cls.known(data)
        values["increments"] = steps_of(values.get("increments"))
        if values.get("description"):
            values["description"] = FreeText(values["description"])
        return cls(**values)

    def read(self, texts: Mapping[str, str]) -> LotValues:
        if self.description is None:
            return self
        return replace(self, description=self.description.read(texts))

    def again(self) -> LotValues:
        return replace(self, description=self.description and self.description.again())


@dataclass(frozen=True, slots=True)
class RunLot(Part):
    """A lot of the run list. `version` is the seq of its last change; an entry does not say it."""

    lot_id: int
    position: int
    values: LotValues
    state: LotState = LotState.WAITING
    winning_id: int | None = None
    version: int = 0

    @property
    def name(self) -> str:
        """The lot as people call it."""
        return f"Lot {self.values.number}"

    def data(self) -> dict[str, Any]:
        said: dict[str, Any] = {"lot_id": self.lot_id, "position": self.position}
        if self.state is not LotState.WAITING:
            said["state"] = self.state.value
        if self.winning_id is not None:
            said["winning_id"] = self.winning_id
        return said | {"values": self.values.data()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> RunLot:
        return cls(
            data["lot_id"],
            data["position"],
            LotValues.from_data(data["values"]),
            LotState(data.get("state", LotState.WAITING)),
            data.get("winning_id"),
        )


Positions = tuple[tuple[int, int], ...]
"""Lots and their positions."""


@dataclass(frozen=True, slots=True)
class RunList:
    """The lots by their ids, which are numbers from 1 in each auction.

    `version` is the seq of the last change of the list, which an opening or an award is not; 0 where
    there is no run list. `numbers` has the lot that ever had each number, `open_id` is the lot on the block.
    `last` is the last one that was sold or passed there, as it was then, until another one is opened.
    """

    lots: Mapping[int, RunLot] = field(default_factory=dict)
    version: int = 0
    numbers: Mapping[int, int] = field(default_factory=dict)
    open_id: int | None = None
    last: RunLot | None = None

    def __bool__(self) -> bool:
        return bool(self.lots)

    @property
    def open(self) -> RunLot | None:
        return None if self.open_id is None else self.lots[self.open_id]

    @property
    def last_id(self) -> int | None:
        return self.last.lot_id if self.last else None

    @property
    def open_number(self) -> int | None:
        return self.open.values.number if self.open else None

    @property
    def next_id(self) -> int:
        return max(self.lots, default=0) + 1

    @property
    def next_number(self) -> int:
        return max(self.numbers, default=0) + 1

    def ordered(self) -> list[RunLot]:
        return sorted(self.lots.values(), key=lambda lot: lot.position)

    def waiting(self, product: str) -> RunLot | None:
        """The first lot of this name that waits."""
        return first_of(self.ordered(), product, LotState.WAITING)

    def places(
        self, before: int | None, count: int, but: int | None = None
    ) -> tuple[list[int], Positions]:
        """Positions for `count` lots in front of the lot `before`, or at the end.

        With the positions that others get for it, where there is no room between two. The lot `but` is
        the one that moves.
        """
        there = [lot for lot in self.ordered() if lot.lot_id != but]
        at = next((n for n, lot in enumerate(there) if lot.lot_id == before), len(there))
        low = there[at - 1].position if at else 0
        if at == len(there):
            return [low + GAP * (n + 1) for n in range(count)], ()
        step = (there[at].position - low) // (count + 1)
        if step:
            return [low + step * (n + 1) for n in range(count)], ()
        behind = enumerate(there[at:], at + count)
        moved = [*enumerate(there[:at]), *behind]
        return (
            [GAP * (at + n + 1) for n in range(count)],
            tuple((lot.lot_id, GAP * (n + 1)) for n, lot in moved if lot.position != GAP * (n + 1)),
        )

    # --- as it becomes

    def changed(self, seq: int, *lots: RunLot, of_list: bool = True) -> Self:
        """With these lots as they are now; `of_list` says whether the list changed by it."""
        said = {lot.lot_id: replace(lot, version=seq) for lot in lots}
        return replace(
            self,
            lots={**self.lots, **said},
            numbers={**self.numbers, **{lot.values.number: lot.lot_id for lot in lots}},
            version=seq if of_list else self.version,
        )

    def moved(self, positions: Positions) -> Self:
        """With other positions, which no sender has to have seen."""
        others = {id_: replace(self.lots[id_], position=place) for id_, place in positions}
        return replace(self, lots={**self.lots, **others})

    def opened(self, seq: int, lot: RunLot) -> Self:
        list_ = self if self.open_id == lot.lot_id else self.closed(seq, LotState.PASSED)
        list_ = list_.changed(seq, replace(lot, state=LotState.OPEN), of_list=False)
        return replace(list_, open_id=lot.lot_id, last=None)

    def closed(self, seq: int, state: LotState, winning_id: int | None = None) -> Self:
        """Without a lot on the block; the one that was there is sold or passed."""
        lot = self.open
        if lot is None:
            return self
        lot = replace(lot, state=state, winning_id=winning_id)
        list_ = self.changed(seq, lot, of_list=False)
        return replace(list_, open_id=None, last=lot)


EMPTY = RunList()


def first_of(lots: Iterable[RunLot], product: str, *states: LotState) -> RunLot | None:
    """The first of these lots that has this name, in one of these states."""
    return next(
        (lot for lot in lots if lot.state in states and same_name(lot.values.product, product)),
        None,
    )
