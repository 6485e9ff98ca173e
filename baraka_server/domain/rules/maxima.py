"""The rules of maximum bids: how they are set, withdrawn and opened (D43)."""

from __future__ import annotations

import hmac

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.maxima import SetMaximumBid, WithdrawMaximum
from baraka_server.contract.refusals import Code
from baraka_server.domain.decision import By, Command, Decision, HouseRules, Several, Unchanged
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.maxima import MaximaOpened, MaximumSet, MaximumWithdrawn, Sealed
from baraka_server.domain.rules.answering import followed, maximum_answers, reach_of
from baraka_server.domain.rules.checks import (
    is_for_another_round,
    is_over,
    not_on_air,
    not_on_air_objection,
)
from baraka_server.domain.rules.prices import no_bid, no_bidder
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.state import State


def _set(state: State, command: Command, event: SetMaximumBid, rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command):
        return refusal
    if is_for_another_round(state, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    user_id, sealed = command.user_id, command.found.sealed
    replaces = None if user_id is None else state.maxima.standing.get(user_id)
    was = None if replaces is None else sealed.get(replaces)
    if was and was.amount == event.amount:
        return Unchanged()
    if not state.sale_rules.maxima:
        return command.refused(Code.MAXIMA_OFF)
    if refusal := no_bidder(state, command, rules):
        return refusal
    if refusal := no_bid(state, command, event.amount, own_lead=True):
        return refusal
    if user_id is None:
        raise TypeError("a maximum bid has a bidder")
    new = Sealed(state.round, user_id, event.amount, _salt(command.found.salt, state.seq))
    set_ = MaximumSet(new.hash(event.auction_id), replaces, sealed=new)
    bids = maximum_answers(state, sealed, new)
    return Several(followed(state, command, (By(set_, user_id),), bids))


def _salt(secret: bytes, seq: int) -> str:
    return hmac.digest(secret, f"maximum {seq}".encode(), "sha256").hex()[:32]


def _withdraw(
    state: State, command: Command, event: WithdrawMaximum, _rules: HouseRules
) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    if is_for_another_round(state, event):
        return command.refused(Code.ROUND_OVER, round=state.round)
    seq = None if command.user_id is None else state.maxima.standing.get(command.user_id)
    return command.refused(Code.NO_MAXIMUM) if seq is None else MaximumWithdrawn(seq)


DECISIONS: Decisions = {SetMaximumBid: _set, WithdrawMaximum: _withdraw}


def _set_objection(state: State, entry: LedgerEntry, event: MaximumSet) -> str | None:
    if reason := not_on_air_objection(state):
        return reason
    if not state.sale_rules.maxima:
        return "maximum bids were not taken"
    if entry.user_id is None:
        return "a maximum bid has a bidder"
    if state.lot is None:
        return "there was no product to bid on"
    if state.bidding.paused:
        return "bidding was paused"
    if not reach_of(state, entry.user_id, INT_MAX):
        return "its user could not bid"
    if event.replaces != state.maxima.standing.get(entry.user_id):
        return "it replaces another maximum bid than the one that its user had"
    return None


def _withdrawn_objection(state: State, entry: LedgerEntry, event: MaximumWithdrawn) -> str | None:
    whose = state.maxima.set_by.get(event.set_seq)
    if whose is None or state.maxima.standing.get(whose) != event.set_seq:
        return "that maximum bid did not stand"
    if entry.user_id not in {whose, None}:
        return "a maximum bid is withdrawn by its user, or by the server"
    return None


def _opened_objection(state: State, entry: LedgerEntry, event: MaximaOpened) -> str | None:
    if entry.user_id is not None:
        return "only the server opens maximum bids"
    if event.of_round not in state.maxima.sealed:
        return "no maximum bids of that round were sealed"
    return None


OBJECTIONS: Objections = {
    MaximumSet: _set_objection,
    MaximumWithdrawn: _withdrawn_objection,
    MaximaOpened: _opened_objection,
}


def _set_words(_event: MaximumSet, _name_of: NameOf) -> str:
    """Not whose: what is sealed is not told by the history either."""
    return "a maximum bid was set"


def _withdrawn_words(_event: MaximumWithdrawn, _name_of: NameOf) -> str:
    return "a maximum bid was withdrawn"


def _opened_words(event: MaximaOpened, name_of: NameOf) -> str:
    told = ", ".join(f"{name_of(one.user_id)} {one.amount}" for one in event.maxima)
    return f"the maximum bids of round {event.of_round} were opened: {told}"


WORDS: Words = {
    MaximumSet: _set_words,
    MaximumWithdrawn: _withdrawn_words,
    MaximaOpened: _opened_words,
}
