"""Roles and registration on one node: what is read before, and who is told of it alone (D46, D48)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from baraka_server.contract.people import RoleChanged
from baraka_server.contract.registration import RegistrationChanged
from baraka_server.domain.decision import Found
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.registration import BidderRegistered
from baraka_server.domain.roles import RoleSet
from baraka_server.domain.state import State
from baraka_server.live.finding import Finding
from baraka_server.live.told import ToUser


async def for_role(finding: Finding, found: Found) -> Found:
    """Who has bids on the list: nobody of them gets a role."""
    return replace(found, bidders=await finding.auction.bidders())


def role_changed(_entry: LedgerEntry, event: RoleSet, _rules: State) -> ToUser:
    return ToUser(event.target_id, RoleChanged, {"role": event.role})


def registration_changed(_entry: LedgerEntry, event: BidderRegistered, rules: State) -> ToUser:
    who = event.target_id
    told = registration_of(rules, who) | {"paddle": rules.paddles.of(who)}
    return ToUser(who, RegistrationChanged, told)


def registration_of(rules: State, user_id: int) -> dict[str, Any]:
    """The fields of a user's own registration."""
    registration = rules.bidders.of(user_id)
    return {
        "registered": registration is not None,
        "limit": registration.limit if registration else None,
    }
