"""Check of a ledger by the rules: whether an entry can have followed the state before it.

A ledger whose hashes fit was written by somebody who can make them. The rules say what must have been
true before each entry; where it was not, no Baraka server wrote it.
"""

from __future__ import annotations

from baraka_server.contract.client_events import Who
from baraka_server.domain import lot_entries
from baraka_server.domain.bid_entries import StandingBidChanged
from baraka_server.domain.clock import INTERRUPTED, ClockPaused
from baraka_server.domain.clock import KINDS as CLOCK_KINDS
from baraka_server.domain.events import (
    OPERATOR,
    Adopted,
    Awarded,
    BroadcasterLeft,
    Canceled,
    Ended,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Started,
    Unknown,
)
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.increments import IncrementsSet
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.moderation import KINDS as MODERATION_KINDS
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.registration import BidderRegistered
from baraka_server.domain.roles import RoleSet
from baraka_server.domain.rules import (
    block,
    clock_proved,
    hammer,
    house_rules,
    lots_proved,
    maxima,
    moderation,
    people,
    prices,
    registration,
    sale,
    winnings,
)
from baraka_server.domain.rules.tables import Objections
from baraka_server.domain.sale_rules import HouseRulesSet
from baraka_server.domain.staff import may
from baraka_server.domain.state import State, next_entry
from baraka_server.domain.winnings import WinningChanged, WinningPaid

OBJECTIONS: Objections = {
    **sale.OBJECTIONS,
    **block.OBJECTIONS,
    **lots_proved.OBJECTIONS,
    **prices.OBJECTIONS,
    **maxima.OBJECTIONS,
    **clock_proved.OBJECTIONS,
    **hammer.OBJECTIONS,
    **people.OBJECTIONS,
    **house_rules.OBJECTIONS,
    **registration.OBJECTIONS,
    **moderation.OBJECTIONS,
    **winnings.OBJECTIONS,
}
"""One for every kind of entry; tests/domain/test_replay.py says when one is missing."""

WHO: dict[type[Event], Who] = {
    Canceled: Who.OWNER,
    Ended: Who.OWNER,
    **dict.fromkeys((Started, LotOpened, LotRepriced, Awarded, BroadcasterLeft), Who.CLERK),
    **dict.fromkeys((IncrementsSet, ActUndone, LotOpenedAgain, RunnerUpAwarded), Who.CLERK),
    **dict.fromkeys(CLOCK_KINDS, Who.CLERK),
    **dict.fromkeys((RoleSet, HouseRulesSet, BidderRegistered), Who.OWNER),
    **dict.fromkeys((WinningChanged, WinningPaid), Who.OWNER),
    **dict.fromkeys(lot_entries.KINDS, Who.CLERK),
    **dict.fromkeys(MODERATION_KINDS, Who.MODERATOR),
}
"""The role that it takes to write an entry; of other kinds anybody does, or nobody."""


def objection(state: State, entry: LedgerEntry) -> str | None:
    """The reason why `entry` cannot follow `state`; None where it can.

    Whether an owner may bid is a setting (D13), so it is not judged. What other programs did to the rows
    is taken as it was found. Behind an entry that only a newer program knows nothing is judged (D55).
    """
    event = entry.event
    if not state.understood or isinstance(event, Unknown):
        return None
    if state.seq == 0 and not isinstance(event, Adopted):
        return "a ledger begins with the auction as it was found"
    if not _is_of_operator(entry) and not may(state, entry.user_id, _who(event)):
        if state.roles.given and _who(event) is not Who.OWNER:
            return f"{_user(entry.user_id)} has no role that may do this"
        return f"only the owner may do this, which is {_user(state.owner_id)}"
    if reason := OBJECTIONS[type(event)](state, entry, event):
        return reason
    if isinstance(event, ActUndone | LotRepriced | StandingBidChanged | UserBlocked) and (
        reason := clock_proved.counted_wrongly(state, event)
    ):
        return reason
    round_ = next_entry(state, event, entry.user_id, entry.at).round
    if entry.round != round_:
        return f"it is of round {entry.round}, and round {round_} was on"
    return None


def _is_of_operator(entry: LedgerEntry) -> bool:
    """Whether somebody at the command line did it, who is not a user."""
    return entry.user_id is None and getattr(entry.event, "by", None) == OPERATOR


def _who(event: Event) -> Who:
    if isinstance(event, StandingBidChanged) and event.award_refused:
        return Who.CLERK
    if isinstance(event, ClockPaused) and event.reason == INTERRUPTED:
        return Who.ANYBODY
    if isinstance(event, Awarded | LotPassed) and event.by_clock is not None:
        return Who.ANYBODY
    return WHO.get(type(event), Who.ANYBODY)


def _user(user_id: int | None) -> str:
    return "nobody" if user_id is None else f"user {user_id}"
