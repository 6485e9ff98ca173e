"""`Crowd`: runs a sale. The crowd arrives, a host sells, connections break, everybody leaves.

What is heard and answered goes to the `Proof` and the `Meter`; nothing here judges.
"""

from __future__ import annotations

import asyncio
import time
from random import Random

from baraka_cli.client.frames import Frame
from baraka_cli.client.sockets import Socket
from baraka_cli.simulator.crowd import arriving
from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.cast import Member, Mint, Part, cast, member
from baraka_cli.simulator.crowd.counting import Counting
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.hosting import Hosting
from baraka_cli.simulator.crowd.people import Commenter
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.visits import Visits
from baraka_cli.simulator.scenario import Transport
from baraka_server.contract.client_events import PostComment
from baraka_server.contract.server_events import LotChanged, UserCountUpdate

WATCH_SECONDS_MAX = 24 * 3600
SETTLE_SECONDS_MAX = 30
"""Limit for waiting in the end until everybody has heard everything."""
LEAVERS_SHARE = 0.2
LEAVERS_MAX = 200


class Crowd:
    """Crowd of one run on one server. Call `run` once.

    `hosted` is false when somebody else starts the auction, sells and ends it.
    """

    def __init__(self, sale: Sale, mint: Mint, *, hosted: bool = True) -> None:
        self.dropped = 0
        """Connections that the server closed."""
        self._sale = sale
        self._scenario = sale.scenario
        self._auction_id = sale.place.auction_id
        self._meter = sale.meter
        self._proof = sale.proof
        self._hosted = hosted
        host, self._auditors = _staff(sale, mint)
        self._everybody = cast(sale.scenario, sale.place, sale.pool, mint)
        staff = (host, *self._auditors) if hosted else self._auditors
        self._by_phone = {one.phone: one for one in (*staff, *self._everybody)}
        self._chance = Random(f"crowd of {sale.scenario.seed}")
        self._errands = Errands(SETTLE_SECONDS_MAX)
        self.visits = Visits(sale, self._chance)
        bidders = [one for one in self._everybody if one.bidder]
        self._bidding = Bidding(sale, bidders, self.visits, self._errands, self._chance)
        self._hosting = Hosting(
            sale, host, self._auditors, self.visits, self._bidding, self._errands
        )
        self._counting = Counting(sale, self._by_phone.values(), self.visits, self._errands)
        self._over = False
        """The sale is: nobody talks any more, and no connection is cut."""

    @property
    def viewers(self) -> int:
        """Sockets of ours that are in a room."""
        return sum(one.inside and one.phone.connected for one in self._by_phone.values())

    # --- what the phones report

    def heard(self, phone: Socket, frame: Frame) -> None:
        now = time.perf_counter()
        one = self._by_phone[phone]
        self._meter.message(len(frame.text))
        self._proof.heard(one.seat, frame)
        if frame.bid is not None:
            due = self._bidding.due.get(frame.bid)
            if due is not None and not one.slow:
                self._meter.delivered(now - due)
        if one.bidder is not None:
            one.board.frame(frame)
            self._bidding.look_up(one)
            if not self._hosted and frame.name == LotChanged.wire_name:
                self._bidding.lot_began = now
        if frame.name == UserCountUpdate.wire_name and one.part is Part.HOST:
            self._counting.heard(frame)
        if not one.busy and not self.visits.over:
            room = one.seat.rooms.get(one.auction_id or 0)
            if room is not None and room.gap is not None:
                self._errands.start(self.visits.close_gap(one))

    def cut_off(self, phone: Socket) -> None:
        one = self._by_phone[phone]
        one.inside = False
        if self.visits.over:
            return
        self.dropped += 1
        self._meter.now.errors += 1
        if not one.busy:
            self._errands.start(self.visits.come_back(one))

    # --- the run

    async def run(self) -> None:
        """Raises `SaleStopped` or `CouldNotConnect`; everything that was seen until then stands in proof and meter."""
        lag = asyncio.create_task(self._meter.watch_lag())
        try:
            if self._hosted:
                await self._hosting.open()
                await self._counting.look_for_strangers()
            else:
                await arriving.wait_at_the_door(self._sale, self._auditors[0], self.visits)
            await arriving.arrive(self._sale, (*self._auditors, *self._everybody), self.visits)
            if self._hosted:
                await self._counting.look("when everybody was in")
            self._begin()
            if self._hosted:
                await self._hosting.sell()
                await self._close()
            else:
                await self._watch()
            await self._finish()
        finally:
            self.visits.over = self._over = True
            self._bidding.open = False
            await self._errands.stop(lag, *self._bidding.asking)
            self._sale.phase("everybody goes home")
            await self._go_home()
            await self._sale.pool.close()

    def _begin(self) -> None:
        if self._scenario.comment_rate:
            for one in self._everybody:
                if one.commenter is not None:
                    self._errands.start(self._chat(one, one.commenter))
        if self._scenario.chaos:
            self._errands.start(self._cut_connections())
        self._bidding.start()

    async def _watch(self) -> None:
        """The sale of another host, to its end."""
        self._sale.phase("the host sells")
        truth = self._proof.truth(self._auction_id)
        try:
            await self._errands.until(lambda: truth.on_air is False, WATCH_SECONDS_MAX)
        except asyncio.CancelledError:
            # To be interrupted is how one leaves somebody else's sale: it is no failure.
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
        self._bidding.open = False
        self._over = True
        self._sale.phase("the last answers come in")
        await self._bidding.last_answers()

    async def _close(self) -> None:
        self._sale.phase("the last answers come in")
        await self._bidding.last_answers()
        self._over = True
        await self._everybody_heard_everything()
        await self._hosting.audit()
        await self._counting.look("before the end")
        leavers = await self._some_leave()
        await self._counting.look(f"after {leavers} left")
        await self._hosting.end()

    async def _finish(self) -> None:
        await self._everybody_heard_everything()
        self._proof.finish(
            one.seat
            for one in self._by_phone.values()
            if one.phone.connected and one.inside and (not one.slow or self.visits.is_level(one))
        )

    # --- what goes on beside the sale

    async def _chat(self, one: Member, commenter: Commenter) -> None:
        talkers = sum(other.commenter is not None for other in self._everybody)
        while not self._over:
            await asyncio.sleep(commenter.pause(talkers / self._scenario.comment_rate))
            payload = {"auctionId": self._auction_id, "comment": commenter.says()}
            if one.inside and not self._over:
                self._meter.now.comments += 1
                answer = await self.visits.ask(one, PostComment.wire_name, payload)
                self._proof.answers.answered(
                    self._auction_id, PostComment.wire_name, payload, answer
                )

    async def _cut_connections(self) -> None:
        cuttable = [one for one in self._everybody if one.part is not Part.PASSER_BY]
        while cuttable and not self._over:
            await asyncio.sleep(1 / self._scenario.chaos)
            one = self._chance.choice(cuttable)
            if one.phone.connected and not one.busy and not self._over:
                one.inside = False
                one.busy = True
                await self.visits.drop(one)
                self._errands.start(self.visits.come_back(one))

    async def _some_leave(self) -> int:
        """A few go out, and must hear nothing more."""
        if not self._sale.pool.acknowledges:
            return 0  # nobody says when one is out
        staying = [one for one in self._everybody if one.part is Part.VIEWER and one.inside]
        leavers = staying[: min(LEAVERS_MAX, int(len(staying) * LEAVERS_SHARE))]
        await asyncio.gather(*map(self.visits.leave, leavers))
        for one in leavers:
            one.auction_id = None
        return len(leavers)

    async def _everybody_heard_everything(self) -> None:
        self._sale.phase("everybody hears the rest")

        def quiet() -> bool:
            return all(one.slow or self.visits.is_level(one) for one in self._by_phone.values())

        await self._errands.settled(quiet)

    async def _go_home(self) -> None:
        closing = (one.phone.close() for one in self._by_phone.values())
        await asyncio.gather(*closing, return_exceptions=True)


def _staff(sale: Sale, mint: Mint) -> tuple[Member, list[Member]]:
    """The host, and who goes out and in again to see what joiners are told."""
    place, pool = sale.place, sale.pool
    polls = sale.scenario.transport is Transport.POLLING
    transports = {"transports": ["polling"]} if polls else {}
    host = member(pool, mint, Part.HOST, 0, place.host_id, place.auction_id, **transports)
    auditors = [
        member(pool, mint, Part.AUDITOR, n, place.host_id, place.auction_id, lists=n == 1)
        for n in (1, 2)
    ]
    return host, auditors
