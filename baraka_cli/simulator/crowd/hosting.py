"""`Hosting`: the simulated host, who opens the auction, sells lots and ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from baraka_cli.client.replies import Reply
from baraka_cli.run_list import ListedLot
from baraka_cli.simulator.checks.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.checks.truth import Truth
from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import POLL_SECONDS, Errands
from baraka_cli.simulator.crowd.opening import Opening
from baraka_cli.simulator.crowd.plays import Plays
from baraka_cli.simulator.crowd.sale import Sale, SaleStopped
from baraka_cli.simulator.crowd.visits import (
    ANSWER_SECONDS_MAX,
    PATIENCE_SECONDS,
    Visits,
    retry_seconds,
)
from baraka_server.contract.client_events import AwardLot, ChangeLot, EndAuction
from baraka_server.contract.refusals import Code

END_SECONDS_MAX = 10
"""How long it is tried to end an auction whose sale broke off."""


class Hosting:
    """Every step raises `SaleStopped` when the server does not let it be taken.

    The first one raises `CouldNotConnect`, too.
    """

    def __init__(
        self,
        sale: Sale,
        host: Member,
        auditors: Sequence[Member],
        visits: Visits,
        bidding: Bidding,
        errands: Errands,
        opening: Opening,
        plays: Plays,
    ) -> None:
        self._sale = sale
        self._host = host
        self._auditors = auditors
        self._visits = visits
        self._bidding = bidding
        self._errands = errands
        self._opening = opening
        self._plays = plays
        self._ends = 0.0
        """When the last lot is over, by `time.perf_counter()`."""
        self._ended: set[int] = set()
        self._broken_off = False

    @property
    def started(self) -> list[int]:
        """Auctions that were asked to start here, and did for all that is known."""
        return self._opening.started

    @property
    def still_live(self) -> list[int]:
        """Auctions that were started here and, as far as anybody knows, not ended."""
        return [
            auction_id
            for auction_id in self.started
            if auction_id not in self._ended and not _is_over(self._sale.proof.truth(auction_id))
        ]

    async def open(self) -> None:
        self._sale.phase("the host starts the auction")
        await self._opening.run()
        if not await self._visits.join(self._host):
            raise SaleStopped(f"the host cannot join auction {self._sale.place.auction_id}")

    async def sell(self) -> None:
        await self._plays.open()
        self._ends = time.perf_counter() + self._sale.scenario.duration
        for number, lot in enumerate(self._sale.lots, 1):
            if time.perf_counter() >= self._ends or not self._bidding.open:
                break
            self._sale.phase(f"lot {number} of {len(self._sale.lots)}: {lot.product}")
            await self._hold(lot, last=number == len(self._sale.lots))
        self._bidding.close()

    async def _hold(self, lot: ListedLot, *, last: bool) -> None:
        prices = {"minBidPrice": lot.minimum, "bidPrice": lot.start, "actualPrice": lot.market}
        await self.put_up({"product": lot.product, **prices})
        truth = self._sale.proof.truth(self._sale.place.auction_id)
        before, limit = truth.accepted, self._sale.scenario.bids_per_lot_max
        over = self._ends if self._sale.scenario.rate == 0 else self._bidding.lot_ends
        play = self._plays.plan(self._bidding.lot_seconds)
        await self._plays.begin(play)
        while time.perf_counter() < over and self._bidding.open:
            await self._in_extra_time(self._plays.go_on(play))
            if self._plays.is_over(play) or (limit and truth.accepted - before >= limit):
                break
            await asyncio.sleep(POLL_SECONDS)
        await self.audit()
        if last:
            self._bidding.close()
        await self._in_extra_time(self._plays.run_out(play))
        # Without `bidId`, as the phones in the field award it: bids race with the hammer.
        award = {"product": lot.product, "weight": lot.weight or "-"}
        if truth.lot is not None:  # else its clock awarded it
            await self.award(award)
        if play.mistakes.reopens and await self._plays.reopen():
            await self._errands.wait_for(lambda: truth.lot is not None)
            await self.audit()
            await self._award_again(award, to_runner_up=play.mistakes.to_runner_up)

    async def _in_extra_time(self, doing: Awaitable[None]) -> None:
        """The sale goes on for as long as this took."""
        began = time.perf_counter()
        await doing
        self._ends += time.perf_counter() - began

    async def put_up(self, lot: dict[str, Any]) -> None:
        """`lot` is the product and its prices, as they are sent."""
        truth = self._sale.proof.truth(self._sale.place.auction_id)

        def is_up() -> bool:
            return truth.lot is not None and truth.lot.product == lot["product"]

        await self._insist(ChangeLot.wire_name, lot, is_up)
        self._bidding.lot_began = time.perf_counter()

    async def award(self, lot: dict[str, Any]) -> None:
        truth = self._sale.proof.truth(self._sale.place.auction_id)
        await self._insist(AwardLot.wire_name, lot, lambda: truth.lot is None)

    async def _award_again(self, award: dict[str, Any], *, to_runner_up: bool) -> None:
        fields = self._plays.mistakes.runner_up() if to_runner_up else {}
        sold = fields and await self._plays.desk.ask(AwardLot.wire_name, award | fields)
        if not sold or not sold.ok:  # nobody else has bid, or that bidder leads by now
            await self.award(award)

    async def do(self, event: str, fields: dict[str, Any]) -> None:
        """Whatever changes nothing that can be looked up."""
        payload = {"auctionId": self._sale.place.auction_id, **fields}
        answer = await self._visits.ask(self._host, event, payload)
        if answer.ok is False:
            raise SaleStopped(answer.message)

    async def audit(self) -> None:
        """Make the auditors leave and join again, to see the state that joiners get."""
        if not self._sale.pool.acknowledges:
            return
        for one in self._auditors:
            if not one.inside or one.busy:
                continue
            one.busy = True  # what it misses while it goes and comes, it is told on joining
            try:
                await self._visits.leave(one)
                await self._visits.join(one)
            finally:
                one.busy = False
            if not one.phone.connected:
                self._errands.start(self._visits.come_back(one))

    async def end(self) -> None:
        self._sale.phase("the host ends the auction")
        for auction_id in self.still_live:
            truth = self._sale.proof.truth(auction_id)
            await self._insist(
                EndAuction.wire_name, {}, partial(_is_over, truth), auction_id=auction_id
            )

    async def end_what_is_live(self) -> None:
        """After a sale that broke off; in bounded time, and as far as it can be done."""
        if not self.still_live:
            return
        self._broken_off = True
        with suppress(Exception):  # why the sale broke off is told, and so is what is live
            async with asyncio.timeout(END_SECONDS_MAX):
                await self.end()

    async def _insist(
        self,
        event: str,
        fields: dict[str, Any],
        done: Callable[[], bool],
        *,
        auction_id: int | None = None,
    ) -> None:
        """Ask until it is done. An answer that was lost is looked up before it is asked again."""
        auction_id = auction_id or self._sale.place.auction_id
        payload = {"auctionId": auction_id, **fields}
        patience = time.perf_counter() + PATIENCE_SECONDS
        unknown = False
        while time.perf_counter() < patience:
            answer = await self._ask_or_see(event, payload, done)
            self._sale.proof.answers.answered(auction_id, event, payload, answer)
            if answer.ok:
                if event == EndAuction.wire_name:
                    self._ended.add(auction_id)
                if not self._broken_off:  # else nobody may be there to hear of it
                    await self._errands.wait_for(done)
                return
            if answer.ok is None or answer.code == Code.OUTCOME_UNKNOWN:
                unknown = True
            elif answer.code == Code.NO_LOT and done():
                return  # a clock was faster
            elif answer.code == Code.STANDING_BID_CHANGED:
                continue  # behind an undo: whoever hosts taps again
            elif answer.code not in NOT_ITS_FAULT and not unknown:
                raise SaleStopped(f"the server refused {event}: {answer.message}")
            await self._errands.until(lambda: self._host.inside, PATIENCE_SECONDS)
            await asyncio.sleep(retry_seconds(answer))
            if unknown and done():
                return
        raise SaleStopped(f"{event} was not done in {PATIENCE_SECONDS} seconds")

    async def _ask_or_see(
        self, event: str, payload: dict[str, Any], done: Callable[[], bool]
    ) -> Reply:
        """The host's command. Where nothing is acknowledged, what somebody hears of it answers it too."""
        asking = asyncio.create_task(self._visits.ask(self._host, event, payload))
        try:
            if not self._sale.pool.acknowledges:
                await self._errands.until(lambda: asking.done() or done(), ANSWER_SECONDS_MAX)
                if not asking.done() and done():
                    return Reply(True)
            return await asking
        finally:
            asking.cancel()


def _is_over(truth: Truth) -> bool:
    return truth.on_air is False
