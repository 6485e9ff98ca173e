"""`Moderating`: what the simulated host says to people who write and bid (D47)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.chatting import Chatting
from baraka_cli.simulator.crowd.desk import Desk
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.people import Bid
from baraka_cli.simulator.crowd.visits import Visits
from baraka_server.contract.moderation import (
    BlockUser,
    MuteUser,
    RemoveComment,
    RestoreComment,
    SetSlowMode,
    UnblockUser,
    UnmuteUser,
)
from baraka_server.contract.refusals import Code

SLOW_SECONDS = 2
PUT_OUT_SECONDS_MAX = 5
"""How long it may take until somebody who was blocked is told."""
BACK_SECONDS_MAX = 10

Act = Callable[[], Awaitable[bool]]
"""Whether it was done."""


class Moderating:
    """`share` is of the lots, from 0 to 1. Whatever is said is taken back at once."""

    def __init__(
        self,
        proof: Proof,
        auction_id: int,
        everybody: Sequence[Member],
        desk: Desk,
        bidding: Bidding,
        chatting: Chatting,
        visits: Visits,
        errands: Errands,
        share: float,
        chance: Random,
    ) -> None:
        self._proof = proof
        self._truth = proof.truth(auction_id)
        self._auction_id = auction_id
        self._everybody = everybody
        self._desk = desk
        self._bidding = bidding
        self._chatting = chatting
        self._visits = visits
        self._errands = errands
        self._share = share
        self._chance = chance

    def plan(self) -> list[Act]:
        """What is done with the next lot, one thing after the other."""
        if self._chance.random() >= self._share:
            return []
        acts: list[Act] = [self._mute, self._remove, self._slow, self._block]
        self._chance.shuffle(acts)
        return acts

    def _writer(self) -> Member | None:
        writers = [one for one in self._everybody if one.commenter and one.inside and not one.busy]
        return self._chance.choice(writers) if writers else None

    async def _says(self, one: Member) -> None:
        if one.commenter is not None and one.inside:
            await self._chatting.say(one, one.commenter.says())

    # --- what is done

    async def _mute(self) -> bool:
        """Somebody writes, and is not heard."""
        one = self._writer()
        if one is None or not self._desk.has(MuteUser.wire_name, UnmuteUser.wire_name):
            return False
        named = {"userId": one.phone.user_id}
        if not await self._desk.do(MuteUser.wire_name, named):
            return False
        await self._says(one)
        await self._desk.do(UnmuteUser.wire_name, named)
        await self._says(one)
        return True

    async def _remove(self) -> bool:
        """Later lists lack it, until it is put back."""
        one = self._writer()
        theirs = [row for row in self._truth.comments if row[1] != self._truth.owner]
        if one is None or not theirs or not self._desk.has(RemoveComment.wire_name):
            return False
        named = {"commentId": self._chance.choice(theirs)[0]}
        if not await self._desk.do(RemoveComment.wire_name, named, Code.COMMENT_NOT_FOUND):
            return False
        await self._says(one)
        await self._desk.do(RestoreComment.wire_name, named, Code.COMMENT_NOT_FOUND)
        await self._says(one)
        return True

    async def _slow(self) -> bool:
        """Somebody writes twice."""
        one = self._writer()
        if one is None or not self._desk.has(SetSlowMode.wire_name):
            return False
        if not await self._desk.do(SetSlowMode.wire_name, {"seconds": SLOW_SECONDS}):
            return False
        await self._says(one)
        await self._says(one)
        await self._desk.do(SetSlowMode.wire_name, {"seconds": 0})
        return True

    async def _block(self) -> bool:
        """Somebody is put out with every phone, tries to bid, to write and to come in, and is let in again."""
        phones = self._blockable()
        if not phones or not self._desk.has(BlockUser.wire_name, UnblockUser.wire_name):
            return False
        for one in phones:  # it does nothing by itself meanwhile, and is due nothing
            one.busy, one.inside = True, False
            self._visits.deliveries.left(one)
        try:
            was_blocked = await self._block_for_a_moment(phones)
        finally:
            for one in phones:
                one.busy = False
        for one in phones:
            if not one.inside and not one.phone.connected:
                self._errands.start(self._visits.come_back(one))
        return was_blocked

    async def _block_for_a_moment(self, phones: Sequence[Member]) -> bool:
        named = {"userId": phones[0].phone.user_id}
        reply = await self._desk.ask(BlockUser.wire_name, named)
        if reply.ok:
            await self._wait_until_out(phones, int(reply.data.get("seq", 0)))
            await self._try(phones[0])
        if reply.ok or reply.ok is None:
            await self._desk.do(UnblockUser.wire_name, named)
        for one in phones:
            if one.phone.connected:
                await self._visits.join(one)
        return bool(reply.ok)

    def _blockable(self) -> list[Member]:
        """All phones of a bidder, the one who leads if that can be; none where one of them is under way."""
        bids = self._truth.bids
        users = {one.phone.user_id for one in self._everybody if one.bidder}
        order = sorted(users, key=lambda _: self._chance.random())
        leader = bids[-1][1] if bids else None
        for user_id in sorted(order, key=lambda user_id: user_id != leader):
            phones = [
                one
                for one in self._everybody
                if one.phone.user_id == user_id and one.auction_id == self._auction_id
            ]
            if len(users) > 1 and all(one.inside and not one.busy for one in phones):
                return sorted(phones, key=lambda one: one.bidder is None)
        return []

    async def _wait_until_out(self, phones: Sequence[Member], seq: int) -> None:
        def are_out() -> bool:
            return all(self._auction_id not in one.seat.rooms for one in there)

        there = [one for one in phones if one.phone.connected]
        await self._errands.until(are_out, PUT_OUT_SECONDS_MAX)
        for one in there:
            if one.phone.connected:  # else what it was told is not known
                self._proof.people.blocked(one.seat, self._auction_id, seq)
            self._proof.left(one.seat, self._auction_id)

    async def _try(self, one: Member) -> None:
        """What is refused to somebody who is blocked."""
        if not one.phone.connected:
            return
        bids = self._truth.bids
        amount = bids[-1][2] + 1 if bids else max(1, one.board.minimum)
        await self._bidding.bid(one, Bid(amount), time.perf_counter())
        await self._chatting.say(one, "Why can nobody hear me?")
        if not await self._visits.join(one):
            self._proof.left(one.seat, self._auction_id)
        one.inside = False
