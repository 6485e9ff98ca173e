"""Reading of what bids from the floor are decided on: whose paddle is meant, and the labels (D40)."""

from __future__ import annotations

from dataclasses import replace

from baraka_server.contract.prices import FloorBid
from baraka_server.domain.decision import Found
from baraka_server.live.finding import Finding


async def for_floor(finding: Finding, found: Found) -> Found:
    """Which of the bidders exist, the floor user among them; the labels where a bid may be of one."""
    state, asked = finding.state, [command.event for command in finding.commands]
    meant = {
        None if event.paddle is None else state.paddles.user_of(event.paddle)
        for event in asked
        if isinstance(event, FloorBid)
    }
    ids = {one for one in {*meant, state.sale_rules.floor_user_id} if one is not None}
    users = await finding.auction.users(ids)
    labels = await finding.auction.labels() if None in meant else {}
    return replace(found, users=found.users | users.keys(), labels=labels)
