"""Faults of moderation: of mutes, blocks, slow mode and comments that were removed (D47)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from baraka_cli.simulator.result import Promise
from baraka_server.contract.refusals import TEXTS, Code
from baraka_server.domain.moderation import Moderation
from baraka_server.domain.rules import prices
from baraka_server.live.announcer import Announcer
from tests.simulator.faults.kinds import rule, wire
from tests.support.clients.simulated import MODERATION
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


@rule(
    Promise.MODERATION_HOLDS,
    r"user \d+ was muted, and comment \d+ by user \d+ was announced",
    MODERATION,
)
def who_is_muted_is_heard() -> Iterator[None]:
    with patch.object(Moderation, "is_muted", lambda *_: False):
        yield


@rule(
    Promise.MODERATION_HOLDS, r"user \d+ wrote again after \d\.\d s, and slow mode is", MODERATION
)
def slow_mode_slows_nobody() -> Iterator[None]:
    with patch.object(Moderation, "wait", lambda *_: timedelta()):
        yield


@rule(
    Promise.MODERATION_HOLDS,
    r"was blocked with number \d+, and was not put out of the room",
    MODERATION,
    is_long=True,
)
def who_is_blocked_stays_in_the_room() -> Iterator[None]:
    async def nothing(*_: Any) -> None:
        pass

    with patch.object(Announcer, "put_out", nothing):
        yield


@rule(
    Promise.MODERATION_HOLDS,
    r"user \d+ was blocked, and bid \d+ of \d+ by user \d+ was announced",
    MODERATION,
    is_long=True,
)
def who_is_blocked_may_bid() -> Iterator[None]:
    with patch.object(prices, "no_participant", lambda *_: None):
        yield


@wire(Promise.MODERATION_HOLDS, r"user \d+ is blocked, and the bid of \d+ stands", MODERATION)
def bids_of_who_is_blocked_stand() -> Tamper:
    seqs: set[int] = set()

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "bidUndone":
            seqs.add(said.data["seq"])
            named = ("auctionId", "seq", "serverTime", "ledger")
            entry = {name: said.data[name] for name in named if name in said.data}
            return [Said("auctionEntry", entry)]
        told_again = said.name in {"newBid", "auction_change_product"} and said.data["seq"] in seqs
        return [] if told_again else [said]

    return tamper


@wire(
    Promise.ROOMS_ARE_CLOSED,
    r"\(user \d+\).* is not in the room and heard newComment",
    MODERATION,
    is_long=True,
)
def who_is_blocked_hears_the_chat() -> Tamper:
    out: set[Listener] = set()
    told: set[str] = set()

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "error" and said.data.get("code") == Code.BLOCKED:
            out.add(to)
        if said.name == "newComment" and said.packet not in told:
            told.add(said.packet)
            for one in out:
                to.owner.tells(one, said)
        return [said]

    return tamper


@wire(Promise.LISTS_ARE_THE_FOLD, r"number \d+: the comments are", MODERATION)
def a_comment_that_was_removed_stays_on_the_list() -> Tamper:
    removed: set[int] = set()
    rows: dict[int, Any] = {}

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "commentRemoved":
            removed.add(said.data["commentId"])
        listed = said.data.get("comments") if said.name == "newComment" else None
        if listed is None:
            return [said]
        rows.update({row["id"]: row for row in listed})
        there = {row["id"] for row in listed}
        more = [rows[one] for one in removed - there if one in rows]
        return [said.saying(comments=sorted([*listed, *more], key=lambda row: row["id"]))]

    return tamper


@wire(
    Promise.REFUSALS_ARE_RIGHT,
    r"comment of .* was refused as 'You cannot take part",
    MODERATION,
    is_long=True,
)
def who_is_muted_is_said_to_be_blocked() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "comment" and said.data.get("code") == Code.MUTED:
            return [said.saying(code=Code.BLOCKED, message=TEXTS[Code.BLOCKED])]
        return [said]

    return tamper
