"""The rules of the run list: how its lots are added, changed and put on the block (D35)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from baraka_server.contract.lots import (
    LOTS_MAX,
    AddLots,
    EditLot,
    LotCommand,
    LotState,
    MoveLot,
    NewLot,
    OfferAgain,
    OpenLot,
    PassLot,
    RepriceLot,
    WithdrawLot,
)
from baraka_server.contract.names import compared
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decision import Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import LotOpened, LotRepriced
from baraka_server.domain.lot_entries import (
    LotEdited,
    LotMoved,
    LotOfferedAgain,
    LotPassed,
    LotsAdded,
    LotWithdrawn,
)
from baraka_server.domain.lots import LotValues, RunList, RunLot
from baraka_server.domain.parts import FreeText, named
from baraka_server.domain.rules.checks import is_over, is_stale, leads, not_on_air
from baraka_server.domain.rules.reserve import fixes_reserve
from baraka_server.domain.rules.tables import Decisions
from baraka_server.domain.state import State

FIXED_WHILE_OPEN = frozenset(
    {"product", "number", "minimum_price", "start_price", "market_price", "reserve", "increments"}
)
"""What bidders rely on: these values of the lot on the block change by `repriceLot`, or not at all."""


def _add(state: State, command: Command, event: AddLots, _rules: HouseRules) -> Decision:
    list_ = state.run_list
    if refusal := is_over(state, command) or is_stale(state, command):
        return refusal
    if event.version is not None and event.version != list_.version:
        return command.refused(Code.LOTS_CHANGED, lotsVersion=list_.version)
    if event.before is not None and event.before not in list_.lots:
        return command.refused(Code.LOT_NOT_FOUND)
    if faults := _numbers_at_fault(list_, event.lots):
        return command.refused(Code.NUMBER_TAKEN, number=faults[0], numbers=faults)
    if reason := _cannot_be_taken_over(list_, command, event.lots):
        return command.refused(Code.MALFORMED, reason=reason)
    positions, moved = list_.places(event.before, len(event.lots))
    numbers = _numbered(list_, event.lots)
    on_block = state.lot if not list_ else None
    lots = []
    for place, (new, number, position) in enumerate(
        zip(event.lots, numbers, positions, strict=True)
    ):
        lot_state = LotState(new.was) if new.was else LotState.WAITING
        if (
            on_block
            and lot_state is LotState.WAITING
            and compared(new.product) == compared(on_block.product)
        ):
            lot_state, on_block = LotState.OPEN, None
        described = _described(new.description, state, command, place)
        values = LotValues(
            number,
            new.product,
            new.minimum_price,
            new.start_price,
            new.market_price,
            described,
            new.weight,
            new.image_url,
            new.increments,
            new.reserve,
        )
        if lot_state is LotState.OPEN and state.lot:
            values = values.with_lot(state.lot)
            if values.reserve and fixes_reserve(state):
                return command.refused(Code.BIDS_STAND, standingBid=named(state.high))
        lots.append(RunLot(list_.next_id + place, position, values, lot_state, new.winning_id))
    return LotsAdded(tuple(lots), moved)


def _described(text: str | None, state: State, command: Command, place: int = 0) -> FreeText | None:
    return FreeText.of(text, command.found.salt, state.seq, place) if text else None


def _numbers_at_fault(list_: RunList, lots: Sequence[NewLot]) -> list[int]:
    """The numbers that a lot had before, or that two of these have."""
    said = Counter(lot.number for lot in lots if lot.number is not None)
    return sorted(n for n, times in said.items() if times > 1 or n in list_.numbers)


def _numbered(list_: RunList, lots: Sequence[NewLot]) -> list[int]:
    """The numbers of these lots: one without gets the next after the highest that is given."""
    free = max([list_.next_number - 1, *(lot.number or 0 for lot in lots)])
    numbers = []
    for lot in lots:
        if lot.number is None:
            free += 1
        numbers.append(free if lot.number is None else lot.number)
    return numbers


def _cannot_be_taken_over(list_: RunList, command: Command, lots: Sequence[NewLot]) -> str | None:
    """The reason why lots cannot be added with what became of them, or at all."""
    if len(list_.lots) + len(lots) > LOTS_MAX:
        return f"an auction has at most {LOTS_MAX} lots"
    if list_ and any(lot.was for lot in lots):
        return "was is for an auction that has no lots yet"
    if any((lot.winning_id is None) == (lot.was == "sold") for lot in lots):
        return "winningId belongs to was: sold, and to nothing else"
    won = [lot.winning_id for lot in lots if lot.winning_id is not None]
    if len(set(won)) < len(won) or not command.found.winnings.issuperset(won):
        return "winningId must be a winning of this auction, each for one lot"
    return None


def _edit(state: State, command: Command, event: EditLot, _rules: HouseRules) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    lot = state.run_list.lots.get(event.lot_id)
    if lot is None:
        return command.refused(Code.LOT_NOT_FOUND)
    said = event.values
    if "description" in said:
        was, text = lot.values.description, said["description"] or None
        same = was is not None and was.text == text
        said["description"] = was if same else _described(text, state, command)
    values = replace(lot.values, **said)
    if values == lot.values:
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    if event.version < lot.version:
        return command.refused(Code.LOTS_CHANGED, lotsVersion=lot.version)
    changed = {name for name in said if getattr(lot.values, name) != said[name]}
    if lot.state is LotState.OPEN and changed & FIXED_WHILE_OPEN:
        return command.refused(Code.LOT_OPEN, lot=lot.name)
    if lot.state is LotState.SOLD:
        return _not_waiting(command, lot)
    if state.run_list.numbers.get(values.number, lot.lot_id) != lot.lot_id:
        return command.refused(Code.NUMBER_TAKEN, number=values.number, numbers=[values.number])
    return LotEdited(lot.lot_id, values, lot.values.again())


def _move(state: State, command: Command, event: MoveLot, _rules: HouseRules) -> Decision:
    list_ = state.run_list
    lot = _found(state, command, event)
    if isinstance(lot, Refusal):
        return lot
    if event.before is not None and event.before not in list_.lots:
        return command.refused(Code.LOT_NOT_FOUND)
    if event.before == lot.lot_id or _stands_before(list_, lot, event.before):
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    if lot.state is not LotState.WAITING:
        return _not_waiting(command, lot)
    (position,), moved = list_.places(event.before, 1, but=lot.lot_id)
    return LotMoved(lot.lot_id, lot.values.number, position, lot.position, moved)


def _stands_before(list_: RunList, lot: RunLot, before: int | None) -> bool:
    order = [one.lot_id for one in list_.ordered()]
    at = order.index(lot.lot_id) + 1
    return (order[at] if at < len(order) else None) == before


def _withdraw(state: State, command: Command, event: WithdrawLot, _rules: HouseRules) -> Decision:
    lot = _found(state, command, event)
    if isinstance(lot, Refusal):
        return lot
    if lot.state is LotState.WITHDRAWN:
        return Unchanged()
    if refusal := is_stale(state, command) or _open_or_sold(command, lot):
        return refusal
    return LotWithdrawn(lot.lot_id, lot.values.number, lot.state.value)


def _offer_again(state: State, command: Command, event: OfferAgain, _rules: HouseRules) -> Decision:
    lot = _found(state, command, event)
    if isinstance(lot, Refusal):
        return lot
    if event.before is not None and event.before not in state.run_list.lots:
        return command.refused(Code.LOT_NOT_FOUND)
    if lot.state is LotState.WAITING:
        return Unchanged()
    if refusal := is_stale(state, command) or _open_or_sold(command, lot):
        return refusal
    before = None if event.before == lot.lot_id else event.before
    (position,), moved = state.run_list.places(before, 1, but=lot.lot_id)
    return LotOfferedAgain(lot.lot_id, lot.values.number, position, lot.state.value, moved)


def _found(state: State, command: Command, event: LotCommand) -> RunLot | Refusal:
    if refusal := is_over(state, command):
        return refusal
    return state.run_list.lots.get(event.lot_id) or command.refused(Code.LOT_NOT_FOUND)


def _open_or_sold(command: Command, lot: RunLot) -> Refusal | None:
    if lot.state is LotState.OPEN:
        return command.refused(Code.LOT_OPEN, lot=lot.name)
    return _not_waiting(command, lot) if lot.state is LotState.SOLD else None


def _not_waiting(command: Command, lot: RunLot) -> Refusal:
    return command.refused(Code.LOT_NOT_WAITING, number=lot.values.number, lotState=lot.state.value)


def _open(state: State, command: Command, event: OpenLot, _rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    if event.lot_id == state.run_list.open_id:
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    lot = state.run_list.lots.get(event.lot_id)
    if lot is None:
        return command.refused(Code.LOT_NOT_FOUND)
    if lot.state is not LotState.WAITING:
        return _not_waiting(command, lot)
    if refusal := _bids_stand(state, command, event.with_bids):
        return refusal
    return opening(lot)


def opening(lot: RunLot) -> LotOpened:
    """The event that puts a lot of the run list on the block."""
    values = lot.values.again()
    return LotOpened(
        values.lot,
        lot.lot_id,
        values.number,
        values.increments,
        values.reserve,
        description=values.description,
    )


def _bids_stand(state: State, command: Command, with_bids: int | None) -> Refusal | None:
    """Refuse to set bids aside whose highest one the sender does not name."""
    if state.high is None or (with_bids is not None and leads(with_bids, state.high)):
        return None
    return command.refused(Code.BIDS_STAND, standingBid=state.high.named())


def _reprice(state: State, command: Command, event: RepriceLot, _rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    lot = state.run_list.open
    if lot is None:
        return is_stale(state, command) or command.refused(Code.NO_LOT)
    needed = {"minimum_price", "start_price", "market_price"}
    said = {
        name: value
        for name in event.model_fields_set & {*needed, "increments", "reserve"}
        if (value := getattr(event, name)) is not None or name not in needed
    }
    values = replace(lot.values, **said)
    if values == lot.values:
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    if (values.reserve or 0) > (lot.values.reserve or 0) and fixes_reserve(state):
        return command.refused(Code.BIDS_STAND, standingBid=named(state.high))
    return LotRepriced(
        values.lot,
        lot.lot_id,
        values.number,
        values.increments,
        values.reserve,
        warns=values.reserve != lot.values.reserve,
    )


def _pass(state: State, command: Command, event: PassLot, _rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command) or is_stale(state, command):
        return refusal
    if state.lot is None:
        return command.refused(Code.NO_LOT)
    if refusal := _bids_stand(state, command, event.with_bids):
        return refusal
    list_ = state.run_list
    return LotPassed(state.lot.product, state.high, list_.open_id, list_.open_number)


DECISIONS: Decisions = {
    AddLots: _add,
    EditLot: _edit,
    MoveLot: _move,
    WithdrawLot: _withdraw,
    OfferAgain: _offer_again,
    OpenLot: _open,
    RepriceLot: _reprice,
    PassLot: _pass,
}
