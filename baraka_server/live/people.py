"""Roles on one node: what is read before one is set, and who is told of it alone (D46)."""

from __future__ import annotations

from dataclasses import replace

from baraka_server.contract.people import RoleChanged
from baraka_server.domain.decision import Found
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.roles import RoleSet
from baraka_server.live.finding import Finding
from baraka_server.live.told import ToUser


async def for_role(finding: Finding, found: Found) -> Found:
    """Who has bids on the list: nobody of them gets a role."""
    return replace(found, bidders=await finding.auction.bidders())


def role_changed(_entry: LedgerEntry, event: RoleSet) -> ToUser:
    return ToUser(event.target_id, RoleChanged, {"role": event.role})
