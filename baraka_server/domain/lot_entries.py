"""Entries about lots, and what the run list is behind each entry (D35)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from baraka_server.contract.lots import RESERVE_WARNING, LotState
from baraka_server.contract.names import same_name
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    Canceled,
    Choices,
    Ended,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Parts,
)
from baraka_server.domain.hammer import Award, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lots import LotValues, Positions, RunList, RunLot
from baraka_server.domain.parts import FreeText, StandingBid
from baraka_server.domain.winnings import WinningChanged


def _lots(stored: Any) -> tuple[RunLot, ...]:
    return tuple(map(RunLot.from_data, stored))


def _positions(stored: Any) -> Positions:
    return tuple((lot_id, position) for lot_id, position in stored)


def _warning(*values: LotValues) -> dict[str, Any]:
    return {"warning": RESERVE_WARNING} if any(one.reserve for one in values) else {}


@dataclass(frozen=True, slots=True)
class LotsAdded(Event):
    """Lots were added to the run list; `moved` are others that had to make room."""

    kind = "lots_added"
    choices: ClassVar[Choices] = {("lots", "state"): tuple(LotState)}
    parts: ClassVar[Parts] = {"lots": _lots, "moved": _positions}
    sparse: ClassVar[Mapping[str, Any]] = {"moved": ()}

    lots: tuple[RunLot, ...]
    moved: Positions = ()

    def data(self) -> dict[str, Any]:
        moved = {"moved": self.moved} if self.moved else {}
        return {"lots": [lot.data() for lot in self.lots], **moved}

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {
            "lotIds": [lot.lot_id for lot in self.lots],
            "lotNumbers": [lot.values.number for lot in self.lots],
            **_warning(*(lot.values for lot in self.lots)),
        }

    @property
    def texts(self) -> tuple[FreeText, ...]:
        return tuple(lot.values.description for lot in self.lots if lot.values.description)

    def with_texts(self, read: Mapping[str, str]) -> Self:
        lots = tuple(replace(lot, values=lot.values.read(read)) for lot in self.lots)
        return replace(self, lots=lots)


@dataclass(frozen=True, slots=True)
class LotEdited(Event):
    """A lot was changed: its values now, and those before."""

    kind = "lot_edited"
    parts: ClassVar[Parts] = {"values": LotValues.from_data, "before": LotValues.from_data}

    lot_id: int
    values: LotValues
    before: LotValues

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {} if self.values.reserve == self.before.reserve else _warning(self.values)

    @property
    def texts(self) -> tuple[FreeText, ...]:
        return (self.values.description,) if self.values.description else ()

    def with_texts(self, read: Mapping[str, str]) -> Self:
        return replace(self, values=self.values.read(read))


@dataclass(frozen=True, slots=True)
class LotMoved(Event):
    """A lot was put at another place; `moved` are others that had to make room."""

    kind = "lot_moved"
    parts: ClassVar[Parts] = {"moved": _positions}
    sparse: ClassVar[Mapping[str, Any]] = {"moved": ()}

    lot_id: int
    lot_number: int
    position: int
    before: int
    moved: Positions = ()


@dataclass(frozen=True, slots=True)
class LotWithdrawn(Event):
    """A lot was taken out of the sale; `before` is the state that it had."""

    kind = "lot_withdrawn"
    choices: ClassVar[Choices] = {("before",): tuple(LotState)}

    lot_id: int
    lot_number: int
    before: str


@dataclass(frozen=True, slots=True)
class LotOfferedAgain(Event):
    """A lot that was passed or withdrawn waits again; `before` is the state that it had."""

    kind = "lot_offered_again"
    choices: ClassVar[Choices] = {("before",): tuple(LotState)}
    parts: ClassVar[Parts] = {"moved": _positions}
    sparse: ClassVar[Mapping[str, Any]] = {"moved": ()}

    lot_id: int
    lot_number: int
    position: int
    before: str
    moved: Positions = ()


@dataclass(frozen=True, slots=True)
class LotPassed(Event):
    """The lot on the block was taken off it without a sale. `high` is the bid that stood.

    `by_clock` is how far the clock had counted that passed it, None where a host did (D44).
    """

    kind = "lot_passed"
    parts: ClassVar[Parts] = {"high": StandingBid.from_data}
    sparse: ClassVar[Mapping[str, Any]] = {"lot_id": None, "lot_number": None, "by_clock": None}

    product: str
    high: StandingBid | None
    lot_id: int | None = None
    lot_number: int | None = None
    by_clock: int | None = None

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.high.user_id if self.high else None,)


def _added(list_: RunList, event: LotsAdded, entry: LedgerEntry) -> RunList:
    lots = [replace(lot, values=lot.values.again()) for lot in event.lots]
    list_ = list_.moved(event.moved).changed(entry.seq, *lots)
    opened = next((lot.lot_id for lot in lots if lot.state is LotState.OPEN), list_.open_id)
    return replace(list_, open_id=opened)


def _edited(list_: RunList, event: LotEdited, entry: LedgerEntry) -> RunList:
    lot = replace(list_.lots[event.lot_id], values=event.values.again())
    return list_.changed(entry.seq, lot)


def _moved(list_: RunList, event: LotMoved, entry: LedgerEntry) -> RunList:
    lot = replace(list_.lots[event.lot_id], position=event.position)
    return list_.moved(event.moved).changed(entry.seq, lot)


def _withdrawn(list_: RunList, event: LotWithdrawn, entry: LedgerEntry) -> RunList:
    lot = replace(list_.lots[event.lot_id], state=LotState.WITHDRAWN)
    return list_.changed(entry.seq, lot)


def _offered_again(list_: RunList, event: LotOfferedAgain, entry: LedgerEntry) -> RunList:
    lot = replace(list_.lots[event.lot_id], state=LotState.WAITING, position=event.position)
    return list_.moved(event.moved).changed(entry.seq, lot)


def _opened(list_: RunList, event: LotOpened, entry: LedgerEntry) -> RunList:
    if event.lot_id is None:
        return list_.closed(entry.seq, LotState.PASSED)
    if event.created:
        (position,), _ = list_.places(None, 1)
        values = LotValues(event.lot_number or 0, event.lot.product, 0, 0, 0)
        lot = RunLot(event.lot_id, position, values)
        list_ = replace(list_, version=entry.seq)
    else:
        lot = list_.lots[event.lot_id]
    return list_.opened(entry.seq, replace(lot, values=lot.values.with_lot(event.lot)))


def _repriced(list_: RunList, event: LotRepriced, entry: LedgerEntry) -> RunList:
    lot = list_.open
    if lot is None or lot.lot_id != event.lot_id:
        return list_
    values = replace(
        lot.values.with_lot(event.lot), increments=event.increments, reserve=event.reserve
    )
    if values == lot.values:
        return list_  # told once more, and nothing is another one
    return list_.changed(entry.seq, replace(lot, values=values), of_list=False)


def _awarded(list_: RunList, event: Award, entry: LedgerEntry) -> RunList:
    state = LotState.PASSED if event.high is None else LotState.SOLD
    return list_.closed(entry.seq, state, event.winning_id)


def _reopened(list_: RunList, event: LotOpenedAgain, entry: LedgerEntry) -> RunList:
    """What bids rely on is as it was at the hammer, also where the lot was edited since (D42)."""
    if event.lot_id is None:
        return list_
    lot = list_.lots[event.lot_id]
    then = list_.last.values if list_.last else lot.values
    values = replace(
        lot.values.with_lot(event.lot), increments=then.increments, reserve=then.reserve
    )
    return list_.opened(entry.seq, replace(lot, values=values, winning_id=None))


def _passed(list_: RunList, _event: LotPassed | Ended | Canceled, entry: LedgerEntry) -> RunList:
    return list_.closed(entry.seq, LotState.PASSED)


def _settled(list_: RunList, event: WinningChanged, entry: LedgerEntry) -> RunList:
    """A lot whose winning went to nobody is passed."""
    lots = (lot for lot in list_.lots.values() if lot.winning_id == event.winning_id)
    lot = next(lots, None) if event.to_nobody else None
    if lot is None:
        return list_
    passed = replace(lot, state=LotState.PASSED, winning_id=None)
    return list_.changed(entry.seq, passed, of_list=False)


def _adopted(list_: RunList, event: Adopted, entry: LedgerEntry) -> RunList:
    """Another program's product opens the first waiting lot of its name, else none."""
    was, lot = list_.open, event.lot
    if event.canceled or event.ended or lot is None:
        return list_.closed(entry.seq, LotState.PASSED)
    if was and same_name(was.values.product, lot.product):
        values = was.values.with_lot(lot)
        if values == was.values:
            return list_
        return list_.changed(entry.seq, replace(was, values=values), of_list=False)
    found = list_.waiting(lot.product)
    list_ = list_.closed(entry.seq, LotState.PASSED)
    if found is None:
        return list_
    return list_.opened(entry.seq, replace(found, values=found.values.with_lot(lot)))


KINDS: tuple[type[Event], ...] = (
    LotsAdded,
    LotEdited,
    LotMoved,
    LotWithdrawn,
    LotOfferedAgain,
    LotPassed,
)
FOLDS: dict[type[Event], Callable[[RunList, Any, LedgerEntry], RunList]] = {
    LotsAdded: _added,
    LotEdited: _edited,
    LotMoved: _moved,
    LotWithdrawn: _withdrawn,
    LotOfferedAgain: _offered_again,
    LotOpened: _opened,
    LotRepriced: _repriced,
    Awarded: _awarded,
    RunnerUpAwarded: _awarded,
    LotOpenedAgain: _reopened,
    LotPassed: _passed,
    Ended: _passed,
    Canceled: _passed,
    Adopted: _adopted,
    WinningChanged: _settled,
}
