"""Reading of what the rows say beside the ledger, for the commands whose decision depends on it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from baraka_server.contract import clock
from baraka_server.contract.client_events import AwardLot, ClientEvent
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.house_rules import SetHouseRules
from baraka_server.contract.lots import AddLots, EditLot
from baraka_server.contract.maxima import SetMaximumBid
from baraka_server.contract.moderation import (
    BlockUser,
    MuteUser,
    RemoveComment,
    RestoreComment,
    SetSlowMode,
    UnblockUser,
    UnmuteUser,
)
from baraka_server.contract.people import SetRole
from baraka_server.contract.prices import FloorBid
from baraka_server.contract.records import User
from baraka_server.contract.registration import RegisterBidder
from baraka_server.contract.winnings import CorrectWinning, PayWinning, ReassignWinning
from baraka_server.domain.decision import NOTHING_FOUND, Found
from baraka_server.live import floor, hammer, maxima, moderation, people, winnings
from baraka_server.live.finding import Finding

Finder = Callable[[Finding, Found], Awaitable[Found]]
"""Adds to what was found."""


async def _nothing_more(_finding: Finding, found: Found) -> Found:
    """Which of the named users exist is all that they need."""
    return found


async def _winnings(finding: Finding, found: Found) -> Found:
    """Lots of a sale that was begun without a run list may have been sold."""
    if finding.state.run_list:
        return found
    return replace(found, winnings=await finding.auction.winning_ids())


FINDERS: dict[type[ClientEvent], Finder] = {
    UndoBid: hammer.for_undo,
    ReopenLot: hammer.for_reopening,
    FloorBid: floor.for_floor,
    AwardLot: hammer.for_runner_up,
    **dict.fromkeys(clock.COMMANDS, _nothing_more),
    SetRole: people.for_role,
    **dict.fromkeys((SetHouseRules, RegisterBidder, SetMaximumBid), _nothing_more),
    AddLots: _winnings,
    EditLot: _nothing_more,
    **dict.fromkeys((RemoveComment, RestoreComment), moderation.for_comments),
    **dict.fromkeys((MuteUser, UnmuteUser, UnblockUser, SetSlowMode), _nothing_more),
    BlockUser: moderation.for_block,
    **dict.fromkeys((PayWinning, CorrectWinning, ReassignWinning), winnings.for_winning),
}
"""The reads that client events need, once for a batch. A bid of the guide needs none."""


async def found_for(finding: Finding, users: Mapping[int, User]) -> Found:
    """What the commands need to know, which is nothing for a bid of the guide."""
    kinds = dict.fromkeys(type(command.event) for command in finding.commands)
    finders = [FINDERS[kind] for kind in kinds if kind in FINDERS]
    if rounds := maxima.rounds_in_question(finding):
        sealed, gone = await finding.auction.sealed(rounds)
    elif not finders:
        return NOTHING_FOUND
    else:
        sealed, gone = {}, frozenset()
    found = Found(frozenset(users), secrets.token_bytes(32), sealed=sealed, lapsed=gone)
    for find in finders:
        found = await find(finding, found)
    return found
