"""Moderation on one node: what is read before its commands are decided, and what is told of them (D47)."""

from __future__ import annotations

from dataclasses import replace

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.moderation import CommentRemoved as CommentRemovedEvent
from baraka_server.contract.moderation import RemoveComment, RestoreComment, SlowMode
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.server_events import Error, ServerEvent
from baraka_server.domain.decision import Found
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.moderation import CommentRemoved, SlowModeSet
from baraka_server.domain.state import State
from baraka_server.live.announcement import Told
from baraka_server.live.encoded import Encoded, encode
from baraka_server.live.finding import Finding


async def for_comments(finding: Finding, found: Found) -> Found:
    """Which of the named comments are on the list, and the entries of those that may come back."""
    asked = [one.event for one in finding.commands]
    named = {one.comment_id for one in asked if isinstance(one, RemoveComment | RestoreComment)}
    removed = named & finding.state.moderation.removed
    there = await finding.auction.comments_among(named)
    posted = await finding.auction.posted(removed) if removed else {}
    authors = {entry.user_id for entry in posted.values() if entry.user_id is not None}
    exist = await finding.auction.users(authors)
    may_return = {id_: entry for id_, entry in posted.items() if entry.user_id in exist}
    return replace(found, comments=there, posted=may_return)


async def for_block(finding: Finding, found: Found) -> Found:
    """The bids of the round by their rows, the highest first."""
    return replace(found, standing=await finding.highest_bids(INT_MAX))


def comment_removed(_entry: LedgerEntry, event: CommentRemoved, _rules: State) -> Told:
    return CommentRemovedEvent, {"commentId": event.comment_id}


def slow_mode(_entry: LedgerEntry, event: SlowModeSet, _rules: State) -> Told:
    return SlowMode, {"seconds": event.seconds}


BLOCKED = Refusal(Code.BLOCKED)


def blocked_payload() -> tuple[type[ServerEvent], Encoded]:
    """What the sockets of somebody who was blocked hear before they leave the room."""
    return Error, encode({"message": BLOCKED.message, "code": BLOCKED.code})
