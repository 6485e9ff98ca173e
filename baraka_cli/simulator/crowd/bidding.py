"""`Bidding`: makes the bidders decide and bid, by the clock or without a pause."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import POLL_SECONDS, Errands
from baraka_cli.simulator.crowd.people import Bid
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.visits import Visits, retry_seconds
from baraka_server.contract.client_events import PlaceBid
from baraka_server.contract.refusals import Code

LOOK_SECONDS = 1.0
"""Time that people look at a new lot who cannot say which round they bid in (D31)."""

AGAIN_LATER = NOT_ITS_FAULT | {Code.ROUND_OVER}
"""Refusals after which somebody who bids without a pause makes one: nothing else is true at once."""


class Bidding:
    """`start` it, and it goes on until `open` is false."""

    def __init__(
        self,
        sale: Sale,
        bidders: Sequence[Member],
        visits: Visits,
        errands: Errands,
        chance: Random,
    ) -> None:
        self.open = False
        self.asking: set[asyncio.Task[Any]] = set()
        """Bids that are under way."""
        self.due: dict[tuple[int, int], float] = {}
        """When a bid was due, by user and amount: `time.perf_counter()`."""
        self.lot_began = 0.0
        """By `time.perf_counter()`."""
        self._lot_seconds = sale.scenario.duration / len(sale.lots)
        self._look_seconds = min(LOOK_SECONDS, self._lot_seconds / 4)
        self._scenario = sale.scenario
        self._auction_id = sale.place.auction_id
        self._pool = sale.pool
        self._meter = sale.meter
        self._proof = sale.proof
        self._bidders = bidders
        self._visits = visits
        self._errands = errands
        self._chance = chance
        self._request_ids = itertools.count(1)
        self._run_id = f"{time.time_ns():x}"

    @property
    def lot_ends(self) -> float:
        return self.lot_began + self._lot_seconds

    def start(self) -> None:
        for one in self._bidders:
            self._proof.answers.asks_bid(one.phone.user_id)
        self.open = True
        if self._scenario.rate:
            self._errands.start(self._pace())
        else:
            for one in self._bidders:
                self._errands.start(self._bid_without_pause(one))

    async def last_answers(self) -> None:
        """Wait for them, when no bids are made any more."""
        if self.asking:
            await asyncio.wait(self.asking, timeout=self._errands.settle_seconds)

    def look_up(self, one: Member) -> None:
        """The bidder looks at the board, and thinks about a lot that is new on it."""
        if one.bidder is not None and one.board.lot != one.lot_seen:
            one.lot_seen, one.lot_seen_at = one.board.lot, time.perf_counter()
            one.bidder.sees_lot(one.board.market)

    def _decide(self, one: Member) -> Bid | None:
        if one.bidder is None or not (one.inside and one.board.open):
            return None
        self.look_up(one)
        if one.phone.lists and time.perf_counter() - one.lot_seen_at < self._look_seconds:
            return None
        elapsed = (time.perf_counter() - self.lot_began) / self._lot_seconds
        return one.bidder.decide(one.board.view(one.phone.user_id, min(elapsed, 1.0)))

    async def _pace(self) -> None:
        """Bids fall due by the clock, whatever became of the ones before."""
        began = time.perf_counter()
        for number in itertools.count():
            due = began + number / self._scenario.rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if not self.open:
                return
            if not self._bidders:
                continue
            one = self._chance.choice(self._bidders)
            if one.phone.requests and not self._pool.acknowledges:
                continue  # nobody could say which of the two an `error` is for
            bid = self._decide(one)
            if bid is not None:
                self._send(one, bid, due)

    async def _bid_without_pause(self, one: Member) -> None:
        while self.open:
            bid = self._decide(one)
            if bid is None:
                await asyncio.sleep(POLL_SECONDS)
                continue
            answer = await asyncio.shield(self._send(one, bid, time.perf_counter()))
            if answer.code in AGAIN_LATER or answer.ok is None:
                await asyncio.sleep(retry_seconds(answer))

    def _send(self, one: Member, bid: Bid, due: float) -> asyncio.Task[Reply]:
        task = asyncio.create_task(self._bid(one, bid, due))
        self.asking.add(task)
        task.add_done_callback(self.asking.discard)
        return task

    async def _bid(self, one: Member, bid: Bid, due: float) -> Reply:
        auction_id, user_id = self._auction_id, one.phone.user_id
        payload: dict[str, Any] = {"auctionId": auction_id, "amount": bid.amount}
        if not bid.malformed:
            self.due[user_id, int(bid.amount)] = due
            if self._proof.numbered:
                payload["requestId"] = f"{self._run_id}-{next(self._request_ids)}"
            if one.board.round is not None and not one.phone.lists:
                # As an app does that knows more than the guide, and may so bid at once (D23, D31).
                payload["round"] = one.board.round
        self._meter.now.asked += 1
        answer = await self._visits.ask(one, PlaceBid.wire_name, payload)
        if (
            answer.ok is None
            and "requestId" in payload
            and await self._errands.settled(lambda: one.inside)
        ):
            # As an app does whose answer was lost: the same again, which changes nothing (D23).
            answer = await self._visits.ask(one, PlaceBid.wire_name, payload)
        self._note(answer, due)
        self._proof.answers.answered_bid(
            auction_id, user_id, payload, answer, malformed=bid.malformed
        )
        return answer

    def _note(self, answer: Reply, due: float) -> None:
        if answer.ok is None:
            return
        self._meter.answer.add(time.perf_counter() - due)
        if answer.ok:
            self._meter.now.accepted += 1
        else:
            self._meter.now.refused += 1
