"""Lots as the room is told of them: the one on the block, and those that changed (D35)."""

from __future__ import annotations

from typing import Any

from baraka_server.contract.lots import LOTS_TOLD_MAX, LotsChanged, LotState, RunListLot
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.hammer import Award
from baraka_server.domain.lot_entries import (
    LotEdited,
    LotMoved,
    LotOfferedAgain,
    LotPassed,
    LotsAdded,
    LotWithdrawn,
)
from baraka_server.domain.lots import RunLot
from baraka_server.domain.rules.prices import next_bid
from baraka_server.domain.rules.reserve import reserve_met
from baraka_server.domain.state import State
from baraka_server.live.announcement import Told


def numbered(rules: State) -> dict[str, Any]:
    """The fields that name the lot on the block; none where the auction has no run list."""
    if not rules.run_list:
        return {}
    lot = rules.run_list.open
    return {"lotId": lot.lot_id, "lotNumber": lot.values.number} if lot else NO_LOT


NO_LOT = {"lotId": None, "lotNumber": None}


def described(rules: State) -> dict[str, Any]:
    """The fields of the lot on the block beside the guide's."""
    if not rules.run_list:
        return {}
    lot = rules.run_list.open
    if lot is None:
        return {**NO_LOT, "description": None, "weight": None, "imageUrl": None}
    values = lot.values
    return {
        "lotId": lot.lot_id,
        "lotNumber": values.number,
        "description": values.words,
        "weight": values.weight,
        "imageUrl": values.image_url,
    }


def asking(rules: State) -> dict[str, Any]:
    """The fields that say what may be bid next, and whether the bid that stands is enough."""
    return {"nextBid": next_bid(rules), "reserveMet": reserve_met(rules)}


def of_state(rules: State) -> dict[str, Any]:
    """The fields of the whole state about the run list."""
    list_ = rules.run_list
    if not list_:
        return {"lot": None, "lotsVersion": 0}
    on_block = described(rules) | {"product": list_.open.values.product} if list_.open else None
    return {"lot": on_block, "lotsVersion": list_.version}


def closed(rules: State, event: Award | LotPassed, *, sold: bool) -> dict[str, Any]:
    """The fields of a lot that was awarded or passed."""
    if not rules.run_list:
        return {"nextBid": None, "reserveMet": None}
    lot = None if event.lot_id is None else rules.run_list.lots.get(event.lot_id)
    return {
        "nextBid": None,
        "reserveMet": lot.values.reserve_met(event.high if sold else None) if lot else None,
        "lotId": event.lot_id,
        "lotNumber": event.lot_number,
        "passed": not sold,
    }


def as_seen(lot: RunLot) -> dict[str, Any]:
    """A lot as viewers see it, without its reserve."""
    values = lot.values
    seen = RunListLot.model_construct(
        lot_id=lot.lot_id,
        number=values.number,
        position=lot.position,
        state=LotState(lot.state),
        product=values.product,
        minimum_price=values.minimum_price,
        start_price=values.start_price,
        market_price=values.market_price,
        description=values.words,
        weight=values.weight,
        image_url=values.image_url,
        increments=values.increments,
        winning_id=lot.winning_id,
        version=lot.version,
    )
    return seen.seen()


def lots_changed(_entry: LedgerEntry, event: Event, rules: State) -> Told:
    """The announcement of a change of the run list."""
    list_ = rules.run_list
    ids = _changed_in(event)
    lots = [as_seen(list_.lots[lot_id]) for lot_id in ids] if len(ids) <= LOTS_TOLD_MAX else None
    return LotsChanged, {"lotsVersion": list_.version, "lots": lots}


def _changed_in(event: Event) -> list[int]:
    match event:
        case LotsAdded(lots=lots, moved=moved):
            return [lot.lot_id for lot in lots] + [lot_id for lot_id, _ in moved]
        case LotMoved(lot_id=lot_id, moved=moved) | LotOfferedAgain(lot_id=lot_id, moved=moved):
            return [lot_id, *(other for other, _ in moved)]
        case LotEdited(lot_id=lot_id) | LotWithdrawn(lot_id=lot_id):
            return [lot_id]
    return []
