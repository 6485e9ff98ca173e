"""`Crowd`: runs a sale. The crowd arrives, a host sells, connections break, everybody leaves.

What is heard and answered goes to the `Proof` and the `Meter`; nothing here judges.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from random import Random

from baraka_cli.client.frames import Frame
from baraka_cli.client.replies import Request
from baraka_cli.client.sockets import Socket
from baraka_cli.simulator.crowd import arriving
from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.cast import Member, Mint, Part, cast, first_comers, staff
from baraka_cli.simulator.crowd.chatting import Chatting
from baraka_cli.simulator.crowd.counting import Counting
from baraka_cli.simulator.crowd.cutting import Cutting
from baraka_cli.simulator.crowd.deliveries import UNDER_WAY_SECONDS
from baraka_cli.simulator.crowd.desk import Desk
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.hosting import Hosting
from baraka_cli.simulator.crowd.limit import LimitSearch
from baraka_cli.simulator.crowd.opening import Opening
from baraka_cli.simulator.crowd.plays import Plays
from baraka_cli.simulator.crowd.presence import Presence, ServerGone
from baraka_cli.simulator.crowd.replaying import Replay, Replaying
from baraka_cli.simulator.crowd.sale import Sale, SaleStopped
from baraka_cli.simulator.crowd.visits import Visits
from baraka_cli.simulator.result import Promise
from baraka_server.contract.server_events import AuctionStarted, Error, LotChanged, UserCountUpdate

WATCH_SECONDS_MAX = 24 * 3600
SETTLE_SECONDS_MAX = 30
"""Limit for waiting in the end until everybody has heard everything."""
PATIENCE_SECONDS = 10
"""Time for which the server may be gone."""
LATE_LOOK_SECONDS = 30
"""How far back it matters that this crowd was late."""
UNREAD_BYTES_MIN = 128_000
"""Less than this lies between a server and a phone, and the server notices nothing of it."""
PONG_MS_MAX = 10_000
"""A server may hang up on who does not answer its pings, half a minute apart or so."""
LEAVERS_SHARE = 0.2
LEAVERS_MAX = 200


class Crowd:
    """Crowd of one run on one server. Call `run` once.

    `hosted` is false when somebody else starts the auction, sells and ends it. `patience` is for how
    many seconds the server may be away. With `replay` bidders and host do what it says.
    """

    def __init__(
        self,
        sale: Sale,
        mint: Mint,
        *,
        hosted: bool = True,
        patience: float = PATIENCE_SECONDS,
        replay: Replay | None = None,
    ) -> None:
        self.dropped = 0
        """Connections that the server closed."""
        self._sale = sale
        self._scenario = sale.scenario
        self._auction_id = sale.place.auction_id
        self._meter = sale.meter
        self._proof = sale.proof
        self.hosted = hosted
        sale.proof.spans.by_others = sale.proof.registrations.by_others = not hosted
        host, self._auditors = staff(sale.scenario, sale.place, sale.pool, mint)
        self._everybody = cast(sale.scenario, sale.place, sale.pool, mint, sale.workers)
        sale.meter.processes += sale.workers
        self.replaying = Replaying(sale, mint, replay) if replay is not None else None
        if self.replaying is not None:
            self._everybody += self.replaying.people
        ours = (host, *self._auditors) if hosted else self._auditors
        self._by_phone = {one.phone: one for one in (*ours, *self._everybody)}
        self._chance = Random(f"crowd of {sale.scenario.seed}")
        self._errands = Errands(SETTLE_SECONDS_MAX)
        self.visits = Visits(sale, self._chance)
        self.chatting = Chatting(sale, self._everybody, self.visits)
        self.cutting = Cutting(
            sale.scenario.chaos, self._everybody, self.visits, self._errands, self._chance
        )
        bidders = [one for one in self._everybody if one.bidder]
        self.bidding = Bidding(
            sale, bidders, self.visits, self._errands, self._chance, insistent=hosted
        )
        self._opening = Opening(
            sale, host, first_comers(self._everybody), self.visits, self._errands
        )
        self.plays = Plays(
            sale,
            Desk(sale, host, self.visits, self._errands),
            self._everybody,
            self.bidding,
            self.chatting,
            self.visits,
            self._errands,
        )
        self._hosting = Hosting(
            sale,
            host,
            self._auditors,
            self.visits,
            self.bidding,
            self._errands,
            self._opening,
            self.plays,
        )
        self._counting = Counting(
            sale, self._by_phone.values(), self._auditors[1], self.visits, self._errands
        )
        self._proof.rooms.skipped.crowd_left_unread = self._left_unread
        self.search = LimitSearch(sale.scenario, self.bidding, self.visits.deliveries, sale.meter)
        self.presence = Presence(sale.pool, self._by_phone.values(), patience)
        self._stopped = asyncio.Event()
        self._stop_reason = ""

    @property
    def viewers(self) -> int:
        """People of ours who watch; one with two tabs is one."""
        watching = (one for one in self._in_room() if one.part is Part.VIEWER)
        return len({one.number for one in watching})

    @property
    def in_room(self) -> int:
        """Sockets of ours that are in the room of the sale."""
        return sum(1 for _ in self._in_room())

    def _in_room(self) -> Iterator[Member]:
        for one in self._by_phone.values():
            if one.inside and one.phone.connected and one.auction_id == self._auction_id:
                yield one

    def tick(self) -> None:
        """Called every second."""
        self.visits.deliveries.lose(time.perf_counter())
        self._meter.tick(self.viewers, self.in_room)

    @property
    def started(self) -> bool:
        """Whether an auction was started here."""
        return bool(self._hosting.started)

    @property
    def still_live(self) -> list[int]:
        """Auctions that were started here and not ended."""
        return self._hosting.still_live

    def stop(self, reason: str) -> None:
        """Break off in order: the auction is ended, and what was seen until then stands."""
        self._stop_reason = reason
        self._stopped.set()

    # --- what the phones report

    def heard(self, phone: Socket, frame: Frame) -> None:
        self._heard(phone, frame, time.perf_counter())

    def heard_elsewhere(self, phones: Sequence[Socket], frame: Frame, at: Sequence[float]) -> None:
        for phone, when in zip(phones, at, strict=True):
            self._heard(phone, frame, when)

    def lagged(self, seconds: float) -> None:
        self._meter.lag.note(seconds)
        self._sale.awake.stood_still(seconds)

    def _heard(self, phone: Socket, frame: Frame, now: float) -> None:
        one = self._by_phone[phone]
        self._meter.message(len(frame.text))
        self._proof.heard(one.seat, frame)
        if frame.bid is not None:
            self.visits.deliveries.heard(one, frame, now)
        if one.part is Part.BIDDER:
            one.board.frame(frame)
            self.bidding.look_up(one)
            if not self.hosted and frame.name == LotChanged.wire_name:
                self.bidding.lot_began = now
        if frame.name == UserCountUpdate.wire_name and one.part is Part.HOST:
            self._counting.heard(frame)
        if frame.name == Error.wire_name and one.inside and one.auction_id not in one.seat.rooms:
            self._was_put_out(one)
        if frame.name == AuctionStarted.wire_name:
            self._opening.heard(one.seat.auction_of(frame), frame)
        if not one.busy and not self.visits.over:
            room = one.seat.rooms.get(one.auction_id or 0)
            if room is not None and room.gap is not None:
                one.busy = True  # from now on, and not only when the errand has begun
                self._errands.start(self.visits.close_gap(one))

    def _was_put_out(self, one: Member) -> None:
        """Somebody else who works in the auction blocked the user of this phone."""
        one.inside, one.auction_id = False, None
        self.visits.deliveries.left(one)

    def cut_off(self, phone: Socket) -> None:
        one = self._by_phone[phone]
        was_inside, one.inside = one.inside, False
        self.visits.deliveries.left(one)
        one.seat.lost_line()
        if self.visits.over:
            return
        if phone.refused_token and not was_inside:  # what is told is that the token was refused
            return
        self.dropped += 1
        connected = sum(other.phone.connected for other in self._by_phone.values())
        excused = bool(phone.refused_token) or phone.gave_up or self._may_be_hung_up_on()
        self._proof.connections.cut(one.seat, connected, excused=excused)
        self._meter.now.errors += 1
        if not one.busy:
            self._errands.start(self.visits.come_back(one))

    def replied_late(self, request: Request) -> None:
        self._proof.connections.answered_late(request.payload)

    def garbled(self, phone: Socket, text: str) -> None:
        who = self._by_phone[phone].seat.label
        what = f"{who} heard what nothing can be made of"
        self._proof.findings.broken(Promise.PAYLOADS_ARE_DOCUMENTED, what, text)

    def _left_unread(self) -> bool:
        """Whether this crowd left so much unread of late that a server may have had no room for more."""
        return self._meter.unread_bytes(LATE_LOOK_SECONDS) >= UNREAD_BYTES_MIN

    def _may_be_hung_up_on(self) -> bool:
        """Whether this crowd read or answered too late, of late, for a server to go on with it."""
        return self._left_unread() or self._meter.lag_ms(LATE_LOOK_SECONDS) > PONG_MS_MAX

    # --- the run

    async def run(self) -> None:
        """Raises `SaleStopped` or `CouldNotConnect`; everything that was seen until then stands in proof and meter."""
        lag = asyncio.create_task(self._meter.lag.watch())
        awake = asyncio.create_task(self._sale.awake.watch())
        try:
            await self._sale.workers.start(self._sale.pool.url, self._sale.phase)
            await self._hold_unless_broken_off()
        except ServerGone:
            raise
        except BaseException:
            self._close_all()
            await self._hosting.end_what_is_live()
            raise
        finally:
            self.visits.over = True
            self._close_all()
            self.visits.deliveries.lose(time.perf_counter(), older_than=UNDER_WAY_SECONDS)
            self._proof.stop()
            await self._errands.stop(lag, awake, *self.bidding.asking)
            self._sale.phase("everybody goes home")
            await self._go_home()
            await self._sale.pool.close()
            await self._sale.workers.stop()

    async def _hold_unless_broken_off(self) -> None:
        """The sale, until it is over, the server is gone, or somebody stops it."""
        holding = asyncio.create_task(self._hold())
        watching = asyncio.create_task(self.presence.watch(lambda: self.visits.connections > 0))
        stopping = asyncio.create_task(self._stopped.wait())
        workers = asyncio.create_task(self._sale.workers.watch())
        tasks = {holding, watching, stopping, workers}
        ends = tasks if self.hosted else tasks - {stopping}
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if workers in done:
            workers.result()
        elif holding in done:
            holding.result()
        elif watching in done:
            watching.result()
        else:
            raise SaleStopped(self._stop_reason)

    async def _hold(self) -> None:
        if self.hosted:
            await self._hosting.open()
            await self._counting.look_for_strangers()
        else:
            await arriving.wait_at_the_door(self._sale, self._auditors[0], self.visits)
        await arriving.arrive(self._sale, (*self._auditors, *self._everybody), self.visits)
        self._meter.count_people(self.viewers, self.in_room)
        if self.hosted:
            await self._counting.look("when everybody was in", may_count_again=False)
        self._begin()
        if self.hosted:
            if self.replaying is None:
                await self._hosting.sell()
            else:
                await self.replaying.play(self._hosting, self.bidding, self.visits, self._errands)
            await self._close()
        else:
            await self._watch()
        await self._finish()

    def _begin(self) -> None:
        self.chatting.start(self._errands)
        self.cutting.start()
        self.bidding.start()
        if self._scenario.find_limit:
            self._errands.start(self.search.run())

    async def _watch(self) -> None:
        """The sale of another host, to its end."""
        self._sale.phase("the host sells")
        truth = self._proof.truth(self._auction_id)
        # To be stopped is how one leaves somebody else's sale: it is not a failure.
        await self._errands.until(
            lambda: truth.on_air is False or self._stopped.is_set(), WATCH_SECONDS_MAX
        )
        self._close_all()
        self._sale.phase("the last answers come in")
        await self.bidding.last_answers()

    async def _close(self) -> None:
        self._sale.phase("the last answers come in")
        await self.bidding.last_answers()
        self._close_all()
        await self._everybody_heard_everything()
        self._counting.begin()
        await self._hosting.audit()
        await self._counting.look("before the end", quiet=True)
        leavers = await self._some_leave()
        await self._counting.look(f"after {leavers} left")
        await self._hosting.end()

    async def _finish(self) -> None:
        await self._everybody_heard_everything()
        await self._errands.wait_for(lambda: not self._proof.connections.waits)
        self.visits.deliveries.lose(time.perf_counter(), older_than=0)
        self.plays.finish(self._proof.findings)
        self._proof.finish(
            one.seat
            for one in self._by_phone.values()
            if one.phone.connected and one.inside and (not one.slow or self.visits.is_level(one))
        )

    # --- its end

    def _close_all(self) -> None:
        """Nobody bids or talks any more, and no connection is cut."""
        self.bidding.close()
        self.chatting.open = self.cutting.open = False

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
            everybody = self._by_phone.values()
            if any(one.seat.asking for one in everybody):
                return False
            return all(one.slow or self.visits.is_level(one) for one in everybody)

        await self._errands.wait_for(quiet)

    async def _go_home(self) -> None:
        closing = (one.phone.close() for one in self._by_phone.values())
        await asyncio.gather(*closing, return_exceptions=True)
