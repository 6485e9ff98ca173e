"""The rules of the block: which product is on it, and to whom it is awarded (D8, D10, D14, D32)."""

from __future__ import annotations

from dataclasses import replace

from baraka_server.contract.client_events import AwardLot, ChangeLot
from baraka_server.contract.names import compared, same_name
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import StandingBidChanged
from baraka_server.domain.decision import Command, Decision, HouseRules, RefusedWith
from baraka_server.domain.events import Awarded, LedgerEntry, LotOpened, LotRepriced
from baraka_server.domain.parts import Lot, named, same_bid
from baraka_server.domain.rules.checks import (
    is_for_another_round,
    is_on_the_block,
    leads,
    looked_elsewhere,
    not_on_air,
    not_on_air_objection,
    told_bid,
)
from baraka_server.domain.rules.clock_proved import closed_by_clock
from baraka_server.domain.rules.hammer import runner_up
from baraka_server.domain.rules.lots import opening
from baraka_server.domain.rules.lots_proved import open_objection, opened_objection
from baraka_server.domain.rules.reserve import is_below_reserve, reserve_objection
from baraka_server.domain.rules.tables import Decisions, Objections
from baraka_server.domain.state import State


def _change_lot(state: State, command: Command, event: ChangeLot, _rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    if is_for_another_round(state, event) or _is_stale_change(state, command, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    return _changed(
        state, Lot(event.product, event.minimum_price, event.start_price, event.market_price)
    )


def _changed(state: State, lot: Lot) -> LotOpened | LotRepriced:
    """The event of a change that the guide's command asks for, in an auction with a run list or without."""
    list_ = state.run_list
    if is_on_the_block(state, lot.product):
        if (on_block := list_.open) is None:
            return LotRepriced(lot)
        values = on_block.values
        return LotRepriced(lot, on_block.lot_id, values.number, values.increments, values.reserve)
    if not list_:
        return LotOpened(lot)
    if waiting := list_.waiting(lot.product):
        return opening(replace(waiting, values=waiting.values.with_lot(lot)))
    return LotOpened(lot, list_.next_id, list_.next_number, created=True)


def _is_stale_change(state: State, command: Command, event: ChangeLot) -> bool:
    """Whether a change of lot was sent while its sender looked at an earlier round, as far as known.

    A socket that was never told of a round is refused only where bids would be set aside.
    """
    if event.round is not None or not looked_elsewhere(state, command):
        return False
    if is_on_the_block(state, event.product) and compared(event.product) not in state.past:
        return False  # whatever its sender saw, it is about the open lot
    return state.high is not None or (command.seen is not None and command.seen.here)


def _award(state: State, command: Command, event: AwardLot, _rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    if is_for_another_round(state, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    if state.lot is None:
        return command.refused(Code.NO_LOT)
    names_its_bid = bool(event.bid_id)  # 0 is "no bid", which may be true of any round
    if event.round is None and not names_its_bid and not means_the_open_lot(state, command, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    if event.runner_up:
        return runner_up(state, command, event)
    names_leader = event.bid_id is not None and leads(event.bid_id, state.high)
    if not names_leader and (surprise := _surprised(state, state.lot, command)):
        return surprise
    if event.bid_id is not None and not names_leader:
        return command.refused(Code.OTHER_BID_LEADS)
    below_reserve = is_below_reserve(state, state.high)
    if below_reserve and not event.below_reserve:
        return command.refused(Code.BELOW_RESERVE)
    list_ = state.run_list
    return Awarded(
        event.product,
        event.weight,
        state.high,
        lot_id=list_.open_id,
        lot_number=list_.open_number,
        below_reserve=below_reserve,
    )


def _surprised(state: State, lot: Lot, command: Command) -> Refusal | RefusedWith | None:
    """Refuse an award, once, of a host who cannot know which bid stands now (D47).

    An award that arrived before this node announced the first refusal is refused as well.
    """
    change = state.bid_change
    if change is None:
        return None
    told = command.heard_seq is None or command.heard_seq >= change.seq
    if change.award_refused and told:
        return None
    refusal = command.refused(
        Code.STANDING_BID_CHANGED,
        standingBid=named(state.high),
        formerBid=named(change.former),
    )
    if change.award_refused:
        return refusal
    return RefusedWith(refusal, (StandingBidChanged(lot, state.high, change.former, True),))


def means_the_open_lot(state: State, command: Command, event: AwardLot) -> bool:
    """Whether an award that names neither round nor bid is for the lot on the block (D32).

    `product` is free text in the guide. The name of an earlier lot means that lot; a name that two lots
    have means the one that the sender saw.
    """
    was_before = compared(event.product) in state.past
    if not is_on_the_block(state, event.product):
        return not was_before and not looked_elsewhere(state, command)
    if not was_before or command.seen is None:
        return True
    return command.seen.here and command.seen.round == state.round


DECISIONS: Decisions = {
    ChangeLot: _change_lot,
    AwardLot: _award,
}


def _lot_opened_objection(state: State, _entry: LedgerEntry, event: LotOpened) -> str | None:
    return not_on_air_objection(state) or opened_objection(state, event)


def _lot_repriced_objection(state: State, _entry: LedgerEntry, event: LotRepriced) -> str | None:
    if reason := not_on_air_objection(state):
        return reason
    if state.lot is None or not same_name(state.lot.product, event.lot.product):
        return "this product was not on the block"
    return open_objection(state, event)


def _awarded_objection(state: State, entry: LedgerEntry, event: Awarded) -> str | None:
    if reason := not_on_air_objection(state):
        return reason
    if state.lot is None:
        return "there was no product to award"
    if reason := closed_by_clock(state, entry, event):
        return reason
    if not same_bid(event.high, state.high):
        return f"it names {told_bid(event.high)}, and what stood was {told_bid(state.high)}"
    return open_objection(state, event) or reserve_objection(state, event)


def _standing_bid_changed_objection(
    state: State, _entry: LedgerEntry, event: StandingBidChanged
) -> str | None:
    if state.lot is None or event.lot != state.lot:
        return "it is about a product that was not on the block"
    if event.award_refused:
        refused = state.bid_change is not None and same_bid(event.high, state.high)
        return None if refused else "the standing bid had not changed"
    if not same_bid(event.was, state.high) and not same_bid(event.high, state.high):
        return f"it names {told_bid(event.was)}, and what stood was {told_bid(state.high)}"
    return None


OBJECTIONS: Objections = {
    LotOpened: _lot_opened_objection,
    LotRepriced: _lot_repriced_objection,
    StandingBidChanged: _standing_bid_changed_objection,
    Awarded: _awarded_objection,
}
