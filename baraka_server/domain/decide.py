"""The rules of an auction: `decide` makes a command an event or a refusal (D5 to D14, D23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PlaceBid,
    PostComment,
    RoundEvent,
    StartAuction,
)
from baraka_server.contract.names import compared, same_name
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.events import (
    Awarded,
    BidPlaced,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    Lot,
    LotOpened,
    LotRepriced,
    StandingBid,
    StandingBidChanged,
    Started,
)
from baraka_server.domain.state import State


@dataclass(frozen=True, slots=True)
class Seen:
    """The round that the sender of a command saw when it arrived (D31).

    `round` is None where nothing is known. `here` is True when the socket that sent the command was
    told of it.
    """

    round: int | None
    here: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A client event and the user who sent it: the token's subject, never a field of the payload.

    `seen` is the stamp that the node gave it on arrival; None where no socket sent it.

        Command(PlaceBid(auction_id=42, amount=1500), user_id=7)
    """

    event: ClientEvent
    user_id: int
    user_exists: bool = True
    heard_seq: int | None = None
    """The last entry that this node had announced when the command arrived; None if not known."""
    seen: Seen | None = None

    def refused(self, code: Code, **values: Any) -> Refusal:
        return Refusal(code, self.event.wire_name, values)


@dataclass(frozen=True, slots=True)
class HouseRules:
    """The rules that an operator may choose; see the settings of the same names."""

    owner_bids: bool = False
    """Whether the owner may bid on the own auction (D13)."""


@dataclass(frozen=True, slots=True)
class RefusedOnce:
    """A refusal that is also an event of the ledger, so that every node knows of it."""

    refusal: Refusal
    event: Event


Decision = Event | Refusal | RefusedOnce


def decide(state: State | None, command: Command, rules: HouseRules) -> Decision:
    """Decide a command: an event, or a refusal. `state` is None where there is no such auction.

    decide(state, Command(PlaceBid(auction_id=42, amount=1500), 7), HouseRules()) == BidPlaced(1500)
    """
    if state is None:
        return command.refused(Code.AUCTION_NOT_FOUND)
    if not state.understood:
        return command.refused(Code.UNAVAILABLE)
    if command.event.owner_only and command.user_id != state.owner_id:
        return command.refused(Code.NOT_OWNER)
    return DECISIONS[type(command.event)](state, command, command.event, rules)


def _start(state: State, command: Command, _event: StartAuction, _rules: HouseRules) -> Decision:
    if state.canceled:
        return command.refused(Code.ALREADY_CANCELED)
    if state.ended:
        return command.refused(Code.ALREADY_ENDED)
    return Started()


def _change_lot(state: State, command: Command, event: ChangeLot, _rules: HouseRules) -> Decision:
    if refusal := _not_on_air(state, command):
        return refusal
    if is_for_another_round(state, event) or _is_stale_change(state, command, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    lot = Lot(event.product, event.minimum_price, event.start_price, event.market_price)
    return LotRepriced(lot) if _is_on_the_block(state, lot.product) else LotOpened(lot)


def _is_stale_change(state: State, command: Command, event: ChangeLot) -> bool:
    """Whether a change of lot was sent while its sender looked at an earlier round, as far as known.

    A socket that was never told of a round is refused only where bids would be set aside.
    """
    if event.round is not None or not _looked_elsewhere(state, command):
        return False
    if _is_on_the_block(state, event.product) and compared(event.product) not in state.past:
        return False  # whatever its sender saw, it is about the open lot
    return state.high is not None or (command.seen is not None and command.seen.here)


def _award(state: State, command: Command, event: AwardLot, _rules: HouseRules) -> Decision:
    if refusal := _not_on_air(state, command):
        return refusal
    if is_for_another_round(state, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    if state.lot is None:
        return command.refused(Code.NO_LOT)
    names_its_bid = bool(event.bid_id)  # 0 is "no bid", which may be true of any round
    if event.round is None and not names_its_bid and not means_the_open_lot(state, command, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    names_leader = event.bid_id is not None and _leads(event.bid_id, state.high)
    if not names_leader and (surprise := _surprised(state, state.lot, command)):
        return surprise
    if event.bid_id is not None and not names_leader:
        return command.refused(Code.OTHER_BID_LEADS)
    return Awarded(event.product, event.weight, state.high)


def _surprised(state: State, lot: Lot, command: Command) -> Refusal | RefusedOnce | None:
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
        standingBid=state.high.named() if state.high else None,
        formerBid=change.former.named() if change.former else None,
    )
    if change.award_refused:
        return refusal
    return RefusedOnce(refusal, StandingBidChanged(lot, state.high, change.former, True))


def means_the_open_lot(state: State, command: Command, event: AwardLot) -> bool:
    """Whether an award that names neither round nor bid is for the lot on the block (D32).

    `product` is free text in the guide. The name of an earlier lot means that lot; a name that two lots
    have means the one that the sender saw.
    """
    was_before = compared(event.product) in state.past
    if not _is_on_the_block(state, event.product):
        return not was_before and not _looked_elsewhere(state, command)
    if not was_before or command.seen is None:
        return True
    return command.seen.here and command.seen.round == state.round


def _is_on_the_block(state: State, product: str) -> bool:
    return state.lot is not None and same_name(state.lot.product, product)


def is_for_another_round(state: State, event: RoundEvent) -> bool:
    return event.round is not None and event.round != state.round


def _looked_elsewhere(state: State, command: Command) -> bool:
    """Whether the sender is known to have seen another round."""
    return command.seen is not None and command.seen.round not in {None, state.round}


def _leads(bid_id: int, high: StandingBid | None) -> bool:
    """Whether `bid_id` is the bid that stands; 0 means that there is none. A bid without a row has no id."""
    return bid_id == 0 if high is None else bid_id == high.bid_id != 0


def _not_on_air(state: State, command: Command) -> Refusal | None:
    if state.canceled:
        return command.refused(Code.ALREADY_CANCELED)
    if state.ended:
        return command.refused(Code.ALREADY_ENDED)
    return None if state.live else command.refused(Code.NOT_LIVE)


def _cancel(state: State, command: Command, _event: CancelAuction, _rules: HouseRules) -> Decision:
    if state.canceled:
        return command.refused(Code.ALREADY_CANCELED)
    return Canceled() if state.live else command.refused(Code.NOT_LIVE)


def _end(state: State, command: Command, _event: EndAuction, _rules: HouseRules) -> Decision:
    if state.ended:
        return command.refused(Code.ALREADY_ENDED)
    return Ended() if state.live else command.refused(Code.NOT_LIVE)


def _broadcaster_leave(
    _state: State, _command: Command, _event: BroadcasterLeave, _rules: HouseRules
) -> Decision:
    return BroadcasterLeft()  # also after the sale: that is when a host closes the stream


def _comment(state: State, command: Command, event: PostComment, _rules: HouseRules) -> Decision:
    if refusal := _no_participant(state, command):
        return refusal
    return Commented(event.comment)


def _bid(state: State, command: Command, event: PlaceBid, rules: HouseRules) -> Decision:
    if refusal := _no_participant(state, command):
        return refusal
    if command.user_id == state.owner_id and not rules.owner_bids:
        return command.refused(Code.OWNER_BID)
    if event.round is None and command.seen is not None:
        if command.seen.round is None:
            return command.refused(Code.NOT_JOINED)
        if command.seen.round != state.round:
            return command.refused(Code.ROUND_OVER, round=state.round)
    if is_for_another_round(state, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    if state.lot is None:
        return command.refused(Code.NO_LOT)
    if state.high is not None and event.amount <= state.high.amount:
        return command.refused(Code.BID_TOO_LOW, current=state.high.amount)
    if state.high is None and event.amount < state.lot.minimum_price:
        return command.refused(Code.BID_BELOW_MINIMUM, minimum=state.lot.minimum_price)
    return BidPlaced(event.amount)


def _no_participant(state: State, command: Command) -> Refusal | None:
    if not state.live:
        return command.refused(Code.NOT_LIVE)
    return None if command.user_exists else command.refused(Code.USER_NOT_FOUND)


DECISIONS: dict[type[ClientEvent], Callable[[State, Command, Any, HouseRules], Decision]] = {
    StartAuction: _start,
    ChangeLot: _change_lot,
    AwardLot: _award,
    CancelAuction: _cancel,
    EndAuction: _end,
    BroadcasterLeave: _broadcaster_leave,
    PostComment: _comment,
    PlaceBid: _bid,
}
"""The decision for each client event but joins and leaves, which the ledger does not keep."""
