"""Objections to entries about lots, and such entries in words (D35)."""

from __future__ import annotations

from baraka_server.contract.lots import LotState
from baraka_server.domain.events import LedgerEntry, LotOpened, LotRepriced
from baraka_server.domain.hammer import Award
from baraka_server.domain.lot_entries import (
    LotEdited,
    LotMoved,
    LotOfferedAgain,
    LotPassed,
    LotsAdded,
    LotWithdrawn,
)
from baraka_server.domain.parts import same_bid
from baraka_server.domain.rules.checks import not_on_air_objection, over_objection, told_bid
from baraka_server.domain.rules.clock_proved import closed_by_clock
from baraka_server.domain.rules.floor_proved import called
from baraka_server.domain.rules.tables import NameOf, Objections, Words
from baraka_server.domain.state import State

NO_SUCH_LOT = "there was no such lot"


def _added(state: State, _entry: LedgerEntry, event: LotsAdded) -> str | None:
    list_ = state.run_list
    if reason := over_objection(state):
        return reason
    ids = [lot.lot_id for lot in event.lots]
    if ids != list(range(list_.next_id, list_.next_id + len(ids))):
        return "its lots do not follow those that were there"
    numbers = [lot.values.number for lot in event.lots]
    if len(set(numbers)) < len(numbers) or not list_.numbers.keys().isdisjoint(numbers):
        return "a number was given twice"
    if list_ and any(lot.state is not LotState.WAITING for lot in event.lots):
        return "a lot can only have been passed or sold before there was a run list"
    return None


def _edited(state: State, _entry: LedgerEntry, event: LotEdited) -> str | None:
    list_, lot = state.run_list, state.run_list.lots.get(event.lot_id)
    if lot is None:
        return NO_SUCH_LOT
    if event.before != lot.values:
        return f"{lot.name} was not so before it"
    if list_.numbers.get(event.values.number, lot.lot_id) != lot.lot_id:
        return "a number was given twice"
    return over_objection(state)


def _moved(state: State, _entry: LedgerEntry, event: LotMoved) -> str | None:
    lot = state.run_list.lots.get(event.lot_id)
    if lot is None or lot.state is not LotState.WAITING:
        return "that lot did not wait"
    return over_objection(state)


def _left(state: State, _entry: LedgerEntry, event: LotWithdrawn | LotOfferedAgain) -> str | None:
    lot = state.run_list.lots.get(event.lot_id)
    if lot is None:
        return NO_SUCH_LOT
    if lot.state != event.before or lot.state in {LotState.OPEN, LotState.SOLD}:
        return f"{lot.name} was {lot.state}"
    return over_objection(state)


def opened_objection(state: State, event: LotOpened) -> str | None:
    """The objection to the lot that an opening names."""
    list_ = state.run_list
    if event.lot_id is None:
        return "it names no lot of the run list" if list_ else None
    if event.created:
        fresh = event.lot_id == list_.next_id and event.lot_number == list_.next_number
        return None if fresh else "it does not follow the lots that were there"
    lot = list_.lots.get(event.lot_id)
    if lot is None:
        return NO_SUCH_LOT
    if lot.state is not LotState.WAITING:
        return f"{lot.name} was {lot.state}"
    return None if lot.values.number == event.lot_number else f"it names another number: {lot.name}"


def open_objection(state: State, event: LotRepriced | Award | LotPassed) -> str | None:
    """The objection to the lot that an entry about the lot on the block names."""
    if event.lot_id == state.run_list.open_id:
        return None
    lot = state.run_list.open
    return f"{lot.name} was on the block" if lot else "no lot of the run list was on the block"


def _passed(state: State, entry: LedgerEntry, event: LotPassed) -> str | None:
    if reason := not_on_air_objection(state):
        return reason
    if state.lot is None:
        return "there was no product to pass"
    if reason := closed_by_clock(state, entry, event):
        return reason
    if not same_bid(event.high, state.high):
        return f"it names {told_bid(event.high)}, and what stood was {told_bid(state.high)}"
    return open_objection(state, event)


OBJECTIONS: Objections = {
    LotsAdded: _added,
    LotEdited: _edited,
    LotMoved: _moved,
    LotWithdrawn: _left,
    LotOfferedAgain: _left,
    LotPassed: _passed,
}

EDITED = {
    "number": "number",
    "product": "name",
    "minimum_price": "minimum",
    "start_price": "start",
    "market_price": "market price",
    "description": "description",
    "weight": "weight",
    "image_url": "picture",
    "increments": "steps",
    "reserve": "reserve",
}
"""What of a lot can be edited, as it is told."""


def numbered(product: str, number: int | None) -> str:
    return product if number is None else f"lot {number}, {product}"


def _added_words(event: LotsAdded, _name_of: NameOf) -> str:
    names = [f"lot {lot.values.number} ({lot.values.product})" for lot in event.lots]
    if len(names) == 1:
        return f"added {names[0]}"
    return f"added {len(names)} lots: {names[0]} to {names[-1]}"


def _edited_words(event: LotEdited, _name_of: NameOf) -> str:
    changed = [
        told
        for name, told in EDITED.items()
        if getattr(event.values, name) != getattr(event.before, name)
    ]
    return f"changed lot {event.before.number} ({event.values.product}): {', '.join(changed)}"


def _passed_words(event: LotPassed, name_of: NameOf) -> str:
    lot = numbered(event.product, event.lot_number)
    if event.by_clock is not None:
        high = event.high
        bid = f"{high.amount} by {called(high, name_of)} is below its reserve" if high else "no bid"
        return f"the clock ran out: {lot} is passed, {bid}"
    if event.high is None:
        return f"passed {lot}: there was no bid"
    return f"passed {lot}, with a bid of {event.high.amount} by {called(event.high, name_of)}"


WORDS: Words = {
    LotsAdded: _added_words,
    LotEdited: _edited_words,
    LotMoved: lambda event, _: f"put lot {event.lot_number} at another place",
    LotWithdrawn: lambda event, _: f"withdrew lot {event.lot_number}",
    LotOfferedAgain: lambda event, _: f"offered lot {event.lot_number} again",
    LotPassed: _passed_words,
}
