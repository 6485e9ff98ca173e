"""The rules by which maximum bids answer: what counts of each now, and the entries that it becomes (D43)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from baraka_server.contract.refusals import Code
from baraka_server.domain.automatic_bids import (
    BIDS_OF_ACT_MAX,
    Maximum,
    Offer,
    Terms,
    answers,
    bid_worked_out,
)
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decision import By, Command, Decision, RefusedWith, Several
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.maxima import Sealed
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.rules.clock import timed
from baraka_server.domain.rules.registration import is_registered, limit_of
from baraka_server.domain.state import State


def terms(state: State) -> Terms | None:
    """What bids on the lot on the block go by; None where there is no lot."""
    if state.lot is None:
        return None
    lot = state.run_list.open
    of_lot, reserve = (lot.values.increments, lot.values.reserve) if lot else (None, None)
    return Terms(
        max(1, state.lot.minimum_price),
        lambda amount: state.increments.next(amount, of_lot),
        reserve or None,
    )


def offer(bid: StandingBid | None) -> Offer | None:
    return Offer(bid.user_id, bid.amount) if bid else None


def counted(state: State, sealed: Mapping[int, Sealed]) -> list[Maximum]:
    """The maxima of the round as far as their users could bid now; `sealed` has them by their entries.

    One whose amount is not known does not count: another program took it away, as `verify` says.
    """
    found = []
    for user_id, seq in state.maxima.standing.items():
        known = sealed.get(seq)
        if known and (reach := reach_of(state, user_id, known.amount)):
            found.append(Maximum(user_id, reach, seq))
    return found


def reach_of(state: State, user_id: int, amount: int) -> int:
    """How much of a maximum its user could bid now; 0 where the user could not bid."""
    if user_id in state.moderation.blocked or user_id in state.roles.given:
        return 0
    if user_id == state.sale_rules.floor_user_id:
        return 0
    if not is_registered(state, user_id):
        return 0
    limit = limit_of(state, user_id)
    return amount if limit is None else min(amount, limit)


def maximum_answers(state: State, sealed: Mapping[int, Sealed], new: Sealed) -> tuple[Offer, ...]:
    """The automatic bids behind the next entry, if it sets the maximum `new` of its user."""
    by = terms(state)
    if by is None:
        return ()
    others = [one for one in counted(state, sealed) if one.user_id != new.user_id]
    own = Maximum(new.user_id, reach_of(state, new.user_id, new.amount), state.seq + 1)
    return answers(offer(state.high), [*others, own], by)


def with_answers(state: State, command: Command, own: By) -> Decision:
    """What a bid becomes with the maximum bids of the round; `own` is the bid, which may follow what stands."""
    by, placed, bidder = terms(state), own.event, own.user_id
    if by is None or bidder is None or not state.maxima.standing:
        return _alone(command, own)
    if not isinstance(placed, BidPlaced):
        raise TypeError("only bids are answered")
    maxima = counted(state, command.found.sealed)
    done = bid_worked_out(offer(state.high), Offer(bidder, placed.amount), maxima, by)
    if done.refused:
        refusal = command.refused(Code.BID_TOO_LOW, current=done.bids[-1].amount)
        return RefusedWith(refusal, followed(state, command, (), done.bids))
    if len(done.bids) == 1:
        return _alone(command, own)
    return Several(followed(state, command, (own,), done.bids[1:]))


def _alone(command: Command, own: By) -> Decision:
    return own.event if own.user_id == command.user_id else Several((own,))


def followed(
    state: State, command: Command, before: tuple[By, ...], bids: Iterable[Offer]
) -> tuple[By, ...]:
    """The events of an act: those `before`, and automatic bids behind them, which belong to the first."""
    events = list(before)
    given = [by.user_id for by in before if isinstance(by.event, BidPlaced) and by.event.paddle]
    for bid in bids:
        paddle = None
        if state.paddles.of(bid.user_id) is None and bid.user_id not in given:
            given.append(bid.user_id)
            paddle = state.paddles.count + len(given)
        placed = BidPlaced(
            bid.amount,
            paddle=paddle,
            automatic=True,
            act=state.seq + 1 if events else None,
            **timed(state, command),
        )
        events.append(By(placed, bid.user_id))
    return tuple(events)


def automatic_objection(state: State, entry: LedgerEntry, event: BidPlaced) -> str | None:
    """Why a bid cannot be one of a maximum as it says; the amounts are for `verify` to prove."""
    if not event.automatic:
        return None if event.act is None else "only automatic bids belong to another act"
    if entry.user_id not in state.maxima.standing:
        return f"it is automatic, and user {entry.user_id} had no maximum bid"
    if event.act is not None and not event.act < entry.seq <= event.act + BIDS_OF_ACT_MAX:
        return "it does not follow the act that it belongs to"
    return None
