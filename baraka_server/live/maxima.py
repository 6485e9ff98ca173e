"""Maximum bids on one node: what is read for a decision, and what their own user is told (D43)."""

from __future__ import annotations

from typing import Any

from baraka_server.contract.client_events import CancelAuction, EndAuction
from baraka_server.contract.maxima import MaximumChanged
from baraka_server.domain.decision import By, HouseRules
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.maxima import MaximumSet, MaximumWithdrawn
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.state import State
from baraka_server.live.finding import Finding
from baraka_server.live.told import ToUser


def rounds_in_question(finding: Finding) -> frozenset[int]:
    """The rounds whose maximum bids the commands may need: that of a bid, all at the end of a sale."""
    maxima = finding.state.maxima
    asked = [one.event for one in finding.commands]
    over = finding.state.ended or finding.state.canceled
    if over or any(isinstance(event, EndAuction | CancelAuction) for event in asked):
        return maxima.sealed
    if maxima.standing and any(event.is_bid for event in asked):
        return frozenset({maxima.round})
    return frozenset()


def lapsed(state: State, gone: frozenset[int], rules: HouseRules) -> list[By]:
    """The withdrawals of maximum bids whose users can bid no more, and of which no entry tells.

    `gone` are the maximum bids of users who were deleted. Whether an owner may bid is a setting (D13).
    """
    owners = frozenset() if rules.owner_bids else {state.owner_id}
    return [
        By(MaximumWithdrawn(seq), None)
        for user_id, seq in state.maxima.standing.items()
        if seq in gone or user_id in owners
    ]


def maximum_set(entry: LedgerEntry, event: MaximumSet, _rules: State) -> ToUser | None:
    if entry.user_id is None or event.sealed is None:
        return None
    return _told(entry.user_id, "set", event.sealed.amount)


def maximum_withdrawn(_entry: LedgerEntry, event: MaximumWithdrawn, rules: State) -> ToUser | None:
    return _gone(rules, event.set_seq, "withdrawn")


def maximum_undone(_entry: LedgerEntry, event: ActUndone, rules: State) -> ToUser | None:
    return _gone(rules, event.maximum, "undone")


def maximum_blocked(_entry: LedgerEntry, event: UserBlocked, rules: State) -> ToUser | None:
    return _gone(rules, event.maximum, "blocked")


def _gone(rules: State, seq: int | None, reason: str) -> ToUser | None:
    user_id = None if seq is None else rules.maxima.set_by.get(seq)
    return None if user_id is None else _told(user_id, reason)


def _told(user_id: int, reason: str, amount: int | None = None) -> ToUser:
    fields: dict[str, Any] = {"maximum": amount, "reason": reason}
    return ToUser(user_id, MaximumChanged, fields)


def of_user(rules: State, user_id: int) -> int | None:
    """The entry that set the maximum bid of a user in the round that is on; None where there is none."""
    maxima = rules.maxima
    return maxima.standing.get(user_id) if maxima.round == rules.round else None
