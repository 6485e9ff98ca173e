"""`Bidding`: makes the bidders decide and bid, by the clock or without a pause."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from baraka_cli.client.replies import LOST, Reply
from baraka_cli.simulator.checks.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import POLL_SECONDS, Errands
from baraka_cli.simulator.crowd.maximum_bids import MaximumBids
from baraka_cli.simulator.crowd.pace import Lapse, Pace
from baraka_cli.simulator.crowd.people import Bid, View
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.visits import Visits, retry_seconds, why_refused
from baraka_server.contract.client_events import PlaceBid
from baraka_server.contract.refusals import Code

LOOK_SECONDS = 1.0
"""Time that people look at a new lot who cannot say which round they bid in (D31)."""

SLEEP_SECONDS_MAX = 0.5
"""The pace may change while it waits for the next bid."""

IN_A_ROW_MAX = 20

AGAIN_LATER = NOT_ITS_FAULT | {Code.ROUND_OVER}
"""Refusals after which somebody who bids without a pause makes one: nothing else is true at once."""


class Bidding:
    """`start` it, and it goes on until `close`.

    When bids go by the clock and nobody wants to bid more, an `insistent` crowd goes on all the same:
    the rate is what a server is measured by. Without it, a lot ends as it does in a real sale.
    """

    def __init__(
        self,
        sale: Sale,
        bidders: Sequence[Member],
        visits: Visits,
        errands: Errands,
        chance: Random,
        *,
        insistent: bool,
    ) -> None:
        self.open = False
        self.rests = False
        """Nobody bids by the clock or without a pause, for now."""
        self.asking: set[asyncio.Task[Any]] = set()
        """Bids that are under way."""
        self.planned = 0
        """Bids that fell due by the clock."""
        self.lapsed: Counter[Lapse] = Counter()
        """Those of them that nobody made."""
        self.lot_began = 0.0
        """By `time.perf_counter()`."""
        self.lot_seconds = sale.scenario.duration / len(sale.lots)
        self._look_seconds = min(LOOK_SECONDS, self.lot_seconds / 4)
        self._scenario = sale.scenario
        self._auction_id = sale.place.auction_id
        self._pool = sale.pool
        self._meter = sale.meter
        self._proof = sale.proof
        self._bidders = bidders
        self._visits = visits
        self._errands = errands
        self._chance = chance
        self._insistent = insistent
        self.maxima = MaximumBids(
            sale, visits, sale.scenario.maxima, Random(f"maxima of {sale.scenario.seed}")
        )
        self._pace = Pace(sale.scenario.rate, sale.scenario.ramp_up)
        self._waiting: set[Member] = set()
        """Whose bid is under way: also one that is not sent yet."""
        self._request_ids = itertools.count(1)
        self._run_id = f"{time.time_ns():x}"

    @property
    def lot_ends(self) -> float:
        return self.lot_began + self.lot_seconds

    def start(self) -> None:
        for one in self._bidders:
            self._proof.answers.sends_bid(one.phone.user_id)
        self.open = True
        self._meter.bidding_begins()
        if self._scenario.rate:
            self._errands.start(self._bid_by_the_clock())
        else:
            for one in self._bidders:
                self._errands.start(self._bid_without_pause(one))

    def change_rate(self, rate: float) -> None:
        """From now on."""
        self._pace = Pace(rate)

    def close(self) -> None:
        """No bids are made any more."""
        self.open = False
        self._meter.bidding_ends()

    async def last_answers(self) -> None:
        """Wait for them, when no bids are made any more."""
        if self.asking:
            await asyncio.wait(self.asking, timeout=self._errands.patience_seconds)

    def look_up(self, one: Member) -> None:
        """The bidder looks at the board, and thinks about a lot that is new on it."""
        if one.bidder is not None and one.board.lot != one.lot_seen:
            one.lot_seen, one.lot_seen_at = one.board.lot, time.perf_counter()
            one.bidder.sees_lot(one.board.market)

    # --- who bids, and how much

    def _decide(self, one: Member) -> Bid | None:
        if one.bidder is None or not (one.inside and one.board.open):
            return None
        self.look_up(one)
        return None if self._still_looks(one) else one.bidder.decide(self._view(one))

    def _still_looks(self, one: Member) -> bool:
        return one.phone.lists and time.perf_counter() - one.lot_seen_at < self._look_seconds

    def _view(self, one: Member) -> View:
        elapsed = (time.perf_counter() - self.lot_began) / self.lot_seconds
        return one.board.view(one.phone.user_id, min(elapsed, 1.0))

    def _next_bid(self) -> tuple[Member, Bid] | Lapse:
        """Whoever bids now, asked in an order that chance makes; or why nobody does."""
        inside = [one for one in self._bidders if one.inside]
        if not inside:
            return Lapse.NOBODY_THERE
        able = [one for one in inside if one.board.open]
        if not able:
            return Lapse.NO_LOT
        for one in able:
            self.look_up(one)
        ready = [one for one in able if not self._still_looks(one)]
        if not ready:
            return Lapse.TOO_NEW
        if not self._pool.acknowledges:  # nobody could say which of two bids an `error` is for
            ready = [one for one in ready if not (one in self._waiting or one.phone.requests)]
        if not ready:
            return Lapse.WAITING
        self._chance.shuffle(ready)
        for one in ready:
            bid = self._decide(one)
            if bid is not None:
                return one, bid
        if not self._insistent:
            return Lapse.ENOUGH
        for one in ready:
            view = self._view(one)
            if one.bidder is not None and not view.mine:
                return one, one.bidder.one_better(view)
        return Lapse.ONLY_LEADER

    async def _bid_by_the_clock(self) -> None:
        """Bids fall due by the clock, whatever became of the ones before."""
        pace, began, number = self._pace, time.perf_counter(), 0
        while self.open:
            if pace is not self._pace:
                pace, began, number = self._pace, time.perf_counter(), 0
            due = began + pace.due(number)
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(min(wait, SLEEP_SECONDS_MAX))
                continue
            number += 1
            self.planned += 1
            found = Lapse.LAST_MOMENT if self.rests else self._next_bid()
            if isinstance(found, Lapse):
                self.lapsed[found] += 1
            else:
                self._send(*found, due)
            if number % IN_A_ROW_MAX == 0:
                await asyncio.sleep(0)  # far behind: the answers have to be read all the same

    async def _bid_without_pause(self, one: Member) -> None:
        while self.open:
            bid = None if self.rests else self._decide(one)
            if bid is None:
                await asyncio.sleep(POLL_SECONDS)
                continue
            answer = await asyncio.shield(self._send(one, bid, time.perf_counter()))
            if answer.code in AGAIN_LATER or answer.ok is None:
                await asyncio.sleep(retry_seconds(answer))

    async def one_more(self) -> None:
        """One bid of whoever bids now, if anybody does."""
        found = self._next_bid()
        if not isinstance(found, Lapse):
            self.planned += 1
            await asyncio.shield(self._send(*found, time.perf_counter()))

    def _send(self, one: Member, bid: Bid, due: float) -> asyncio.Task[Reply]:
        if self.maxima.wants(one, bid):
            self.planned -= bool(self._scenario.rate)
            task = asyncio.create_task(self.maxima.set(one, bid))
        else:
            task = asyncio.create_task(self.bid(one, bid, due))
        self.asking.add(task)
        self._waiting.add(one)

        def answered(task: asyncio.Task[Reply]) -> None:
            self.asking.discard(task)
            self._waiting.discard(one)

        task.add_done_callback(answered)
        return task

    async def bid(self, one: Member, bid: Bid, due: float) -> Reply:
        """Send it now. `due` is when it should have been: `time.perf_counter()`."""
        auction_id, user_id = self._auction_id, one.phone.user_id
        payload: dict[str, Any] = {"auctionId": auction_id, "amount": bid.amount}
        if not bid.malformed:
            self._visits.deliveries.asked(user_id, int(bid.amount), due)
            if self._proof.numbered:
                payload["requestId"] = f"{self._run_id}-{next(self._request_ids)}"
            if one.board.round is not None and not one.phone.lists:
                # As an app does that knows more than the guide, and may so bid at once (D23, D31).
                payload["round"] = one.board.round
        self._meter.bid_asked()
        answer = LOST
        try:
            answer = await self._ask(one, payload)
        finally:  # also when the run is broken off: it was asked, and nobody answered
            waited = time.perf_counter() - due
            self._meter.bid_answered(answer.ok, why_refused(answer), waited)
        if not bid.malformed:
            self._visits.deliveries.answered(user_id, int(bid.amount), answer.ok)
        self._proof.answers.answered_bid(
            auction_id, user_id, payload, answer, malformed=bid.malformed
        )
        return answer

    async def _ask(self, one: Member, payload: dict[str, Any]) -> Reply:
        answer = await self._visits.ask_once(one, PlaceBid.wire_name, payload)
        lost = answer.ok is None and "requestId" in payload
        if lost and await self._errands.wait_for(lambda: one.inside):
            # As an app does whose answer was lost: the same again, which changes nothing (D23).
            self._meter.bids_repeated += 1
            answer = await self._visits.ask_once(one, PlaceBid.wire_name, payload)
        return answer
