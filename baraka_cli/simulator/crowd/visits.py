"""`Visits`: connects phones, sends for them, joins, leaves, and resumes after a loss."""

from __future__ import annotations

import asyncio
import time
from random import Random
from typing import Any

from baraka_cli.client.replies import LOST, Reply
from baraka_cli.client.sockets import CouldNotConnect
from baraka_cli.simulator.checks.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.deliveries import Deliveries
from baraka_cli.simulator.crowd.sale import Sale
from baraka_server.contract.client_events import JoinAuction, LeaveAuction

ANSWER_SECONDS_MAX = 15
"""Limit for waiting for an answer. One that comes later is late, and not missing."""
PATIENCE_SECONDS = 60
"""Time for which somebody tries again what a server did not answer."""
GHOST_SECONDS_MAX = 90
"""Time for which a server may count somebody who polled and was cut off: twice what servers wait
for a pong by default."""
RETURN_SECONDS = (0.2, 1.5)
"""When a phone comes back that lost its connection."""


class Visits:
    """Every phone's, and how many there were."""

    def __init__(self, sale: Sale, chance: Random) -> None:
        self.connections = 0
        self.reconnections = 0
        self.over = False
        """Set at the end: nobody comes back any more."""
        self.deliveries = Deliveries(sale.place.auction_id, sale.meter)
        self._meter = sale.meter
        self._proof = sale.proof
        self._chance = chance
        self._ghosts: list[float] = []

    async def connect(self, one: Member) -> None:
        """For the first time. Raises `CouldNotConnect`."""
        await one.phone.connect()
        self._proof.connections.let_in()
        self.connections += 1

    async def ask(self, one: Member, event: str, payload: dict[str, Any]) -> Reply:
        """Anything but a bid."""
        self._meter.asked(event)
        answer = LOST
        try:
            answer = await self.ask_once(one, event, payload)
        finally:
            self._meter.answered(event, answer.ok, why_refused(answer))
        return answer

    async def ask_once(self, one: Member, event: str, payload: dict[str, Any]) -> Reply:
        """Uncounted: a bid whose answer is lost is asked twice and is one bid."""
        one.seat.asking += 1
        asked = self._proof.asks(one.seat, one.phone.user_id, event, payload)
        began = time.perf_counter()
        try:
            answer = await one.phone.call(event, payload, seconds=ANSWER_SECONDS_MAX)
        except asyncio.CancelledError:  # a run that breaks off does not wait
            self._proof.gave_up(one.seat)
            raise
        finally:
            one.seat.asking -= 1
        in_vain = time.perf_counter() - began >= ANSWER_SECONDS_MAX and one.phone.connected
        self._proof.answered(one.seat, asked, answer, in_vain=in_vain)
        if answer.ok is None:
            self._meter.now.errors += 1
        return answer

    async def join(self, one: Member, *, resumes: bool = False) -> bool:
        """Into the room, again and again while the server says that it may be tried again.

        Raises `TokenRefused`.
        """
        if one.auction_id is None:
            return True
        patience = time.perf_counter() + PATIENCE_SECONDS
        while True:
            room = one.seat.rooms.get(one.auction_id)
            payload: dict[str, Any] = {"auctionId": one.auction_id}
            if resumes and room is not None and self._proof.numbered:
                last = room.gap if room.gap is not None else room.last
                if last is not None:
                    payload["lastSeq"] = last
            self._proof.joining(one.seat, one.auction_id, resumes="lastSeq" in payload)
            answer = await self.ask(one, JoinAuction.wire_name, payload)
            if answer.ok:
                self._proof.joined(one.seat, one.auction_id, answer)
                one.board.state(answer.data)
                one.inside = True
                self.deliveries.entered(one)
                return True
            one.phone.look_at_token()
            retry = answer.ok is None or answer.code in NOT_ITS_FAULT
            if not retry or not one.phone.connected or time.perf_counter() > patience:
                return False
            await asyncio.sleep(retry_seconds(answer))

    async def leave(self, one: Member) -> None:
        """Out of the room, once the server says so."""
        if one.auction_id is None:
            return
        payload = {"auctionId": one.auction_id}
        self.deliveries.left(one)  # not due what is under way while it goes
        answer = await self.ask(one, LeaveAuction.wire_name, payload)
        if answer.ok:
            one.inside = False
            self._proof.left(one.seat, one.auction_id)
        elif one.inside:
            self.deliveries.entered(one)

    async def come_back(self, one: Member) -> None:
        """Back after a lost connection, with what was missed."""
        one.busy = True
        try:
            while not self.over:
                await asyncio.sleep(self._chance.uniform(*RETURN_SECONDS))
                try:
                    await one.phone.connect()
                except CouldNotConnect:
                    self._proof.connections.not_let_in()
                    continue
                self._proof.connections.let_in()
                self.reconnections += 1
                one.seat.reconnects()
                if await self.join(one, resumes=True):
                    return
                await self.drop(one)
        finally:
            one.busy = False

    async def close_gap(self, one: Member) -> None:
        """Ask for what was not heard, without a new connection where the old one holds."""
        one.busy = True
        try:
            if not await self.join(one, resumes=True) and one.phone.connected:
                await self.drop(one)
        finally:
            one.busy = False
        if not one.phone.connected and not self.over:
            await self.come_back(one)

    async def drop(self, one: Member) -> None:
        self.deliveries.left(one)
        if one.phone.polls:
            self._ghosts.append(time.perf_counter())
        one.seat.lost_line()
        await one.phone.drop()

    def ghosts(self) -> int:
        """Number of dropped phones that the server may still count: nothing tells it of them until
        a ping stays unanswered.
        """
        since = time.perf_counter() - GHOST_SECONDS_MAX
        return sum(at > since for at in self._ghosts)

    def is_level(self, one: Member) -> bool:
        """Whether it is where it belongs, and has heard everything."""
        if one.busy or not one.phone.connected or (one.auction_id is not None) != one.inside:
            return False
        return all(
            room.gap is None
            and not room.held
            and (room.last or 0) >= self._proof.rooms.last_number(auction_id)
            for auction_id, room in one.seat.rooms.items()
        )


def why_refused(answer: Reply) -> str:
    """The code of a refusal, or its text where a server gives no code."""
    return answer.code or answer.message


def retry_seconds(answer: Reply) -> float:
    """When to try again: when the server says, or soon."""
    wait = answer.data.get("retryAfterMs")
    return wait / 1000 if isinstance(wait, int) else 0.5 if answer is not LOST else 0.1
