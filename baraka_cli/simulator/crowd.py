"""The run: a crowd arrives, a host sells, connections break, and everybody goes home.

What is heard and answered goes to the `Proof` and the `Meter`; nothing here judges.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial
from random import Random
from typing import Any

from baraka_cli.console.runlist import ListedLot
from baraka_cli.simulator.cast import Member, Mint, Part, Place, cast, member
from baraka_cli.simulator.frames import Frame
from baraka_cli.simulator.meter import Meter
from baraka_cli.simulator.people import Bid, Commenter
from baraka_cli.simulator.phones import (
    ANSWER_SECONDS_MAX,
    LOST,
    Answer,
    CouldNotConnect,
    Hall,
    Phone,
)
from baraka_cli.simulator.proof import Proof
from baraka_cli.simulator.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.scenario import Scenario, Transport
from baraka_cli.simulator.truth import Truth
from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    EndAuction,
    JoinAuction,
    LeaveAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.refusals import Code

CONNECTING_MAX = 200
"""How many phones are on their way in at once."""
HOST_PATIENCE_SECONDS = 60
"""How long the host tries again what a server did not answer."""
START_POLL_SECONDS = 1
WATCH_SECONDS_MAX = 24 * 3600
GHOST_SECONDS_MAX = 90
"""How long a server may count somebody who polled and was cut off: twice what Socket.IO servers wait
for a pong by default."""
FIRST_COUNT_SECONDS_MAX = 5
SETTLE_SECONDS_MAX = 30
"""How long the end waits until everybody has heard everything."""
RETURN_SECONDS = (0.2, 1.5)
"""When a phone comes back that lost its connection."""
POLL_SECONDS = 0.02
LEAVERS_SHARE = 0.2
LEAVERS_MAX = 200

Phase = Callable[[str], None]


class SaleStopped(Exception):
    """The sale cannot be held, or not to its end. The text says why, for a person."""


class Crowd:
    """One run on one server. Call `run` once."""

    def __init__(
        self,
        scenario: Scenario,
        place: Place,
        hall: Hall,
        lots: Sequence[ListedLot],
        mint: Mint,
        meter: Meter,
        proof: Proof,
        phase: Phase,
        *,
        hosted: bool = True,
    ) -> None:
        self.scenario = scenario
        self.place = place
        self.lots = lots
        self.meter = meter
        self.proof = proof
        self.connections = 0
        self.reconnections = 0
        self.dropped = 0
        self.unanswered = 0
        self._hall = hall
        self._hosted = hosted
        self._phase = phase
        transports = {"transports": ["polling"]} if scenario.transport is Transport.POLLING else {}
        self.host = member(hall, mint, Part.HOST, 0, place.host_id, place.auction_id, **transports)
        self.everybody = cast(scenario, place, hall, mint)
        self._auditors = [
            member(hall, mint, Part.AUDITOR, n, place.host_id, place.auction_id, lists=n == 1)
            for n in (1, 2)
        ]
        staff = (self.host, *self._auditors) if hosted else self._auditors
        self._by_phone: dict[Phone, Member] = {one.phone: one for one in (*staff, *self.everybody)}
        self._bidders = [one for one in self.everybody if one.bidder]
        self._chance = Random(f"crowd of {scenario.seed}")
        self._counts: dict[int, int] = {}
        self._due: dict[tuple[int, int], float] = {}
        self._asking: set[asyncio.Task[Any]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._request_ids = itertools.count(1)
        self._run_id = f"{time.time_ns():x}"
        self._bidding = False
        self._over = False
        """The sale is: nobody talks any more, and no connection is cut."""
        self._leaving = False
        self._fault: BaseException | None = None
        self._lot_began = 0.0
        self._lot_seconds = 1.0
        self._strangers = 0
        self._ghosts: list[float] = []

    @property
    def viewers(self) -> int:
        """Sockets of ours that are in a room."""
        return sum(one.inside and one.phone.connected for one in self._by_phone.values())

    # --- what the phones report

    def heard(self, phone: Phone, frame: Frame) -> None:
        now = time.perf_counter()
        one = self._by_phone[phone]
        self.meter.message(len(frame.text))
        self.proof.heard(one.seat, frame)
        if frame.bid is not None:
            due = self._due.get(frame.bid)
            if due is not None and not one.slow:
                self.meter.delivered(now - due)
        if one.bidder is not None or one.part is Part.HOST:
            one.board.frame(frame)
            self._look_up(one)
            if not self._hosted and frame.name == "auction_change_product":
                self._lot_began = now
        if frame.name == "userCountUpdate" and one.part is Part.HOST:
            self._counts[frame.auction_id or self.place.auction_id] = frame.data.get("userCount", 0)
        if not one.busy and not self._leaving:
            room = one.seat.rooms.get(one.auction_id or 0)
            if room is not None and room.gap is not None:
                self._keep(self._close_gap(one))

    def cut_off(self, phone: Phone) -> None:
        one = self._by_phone[phone]
        one.inside = False
        if self._leaving:
            return
        self.dropped += 1
        self.meter.now.errors += 1
        if not one.busy:
            self._keep(self._return(one))

    # --- the run

    async def run(self) -> None:
        """Raises `SaleStopped`; everything that was seen until then stands in proof and meter."""
        lag = asyncio.create_task(self.meter.watch_lag())
        try:
            if self._hosted:
                await self._open()
            else:
                await self._wait_for_the_start()
            await self._arrive()
            await self._open_the_bidding()
            if self._hosted:
                await self._sell()
                await self._close()
            else:
                await self._watch()
            await self._finish()
        finally:
            self._leaving = self._over = True
            self._bidding = False
            doing = [lag, *self._tasks, *self._asking]
            for task in doing:
                task.cancel()
            await asyncio.wait(doing)
            self._phase("everybody goes home")
            await self._go_home()
            await self._hall.close()

    async def _open(self) -> None:
        self._phase("the host starts the auction")
        try:
            await self.host.phone.connect()
        except CouldNotConnect as error:
            raise SaleStopped(str(error)) from None
        self.connections += 1
        for auction_id in self._auctions():
            answer = await self._ask(self.host, StartAuction.wire_name, {"auctionId": auction_id})
            if not answer.ok:
                why = answer.message or "no answer"
                raise SaleStopped(f"auction {auction_id} cannot be started: {why}")
        if not await self._join(self.host):
            raise SaleStopped(f"the host cannot join auction {self.place.auction_id}")
        await self._until(lambda: self.place.auction_id in self._counts, FIRST_COUNT_SECONDS_MAX)
        self._strangers = max(0, self._counts.get(self.place.auction_id, 1) - 1)

    async def _wait_for_the_start(self) -> None:
        """Somebody else hosts: one of us stands at the door until the auction is live."""
        self._phase("waiting for the host to start the auction")
        scout = self._auditors[0]
        try:
            await scout.phone.connect()
        except CouldNotConnect as error:
            raise SaleStopped(str(error)) from None
        self.connections += 1
        while True:
            self.proof.joining(scout.seat, self.place.auction_id, resumes=False)
            payload = {"auctionId": self.place.auction_id}
            answer = await self._ask(scout, JoinAuction.wire_name, payload)
            if answer.ok:
                break
            if answer.ok is False and answer.code not in {Code.NOT_LIVE, *NOT_ITS_FAULT}:
                raise SaleStopped(f"auction {self.place.auction_id}: {answer.message}")
            await asyncio.sleep(START_POLL_SECONDS)
        self.proof.joined(scout.seat, self.place.auction_id, answer)
        scout.inside = True

    async def _arrive(self) -> None:
        everybody = [one for one in (*self._auditors, *self.everybody) if not one.inside]
        self._phase(f"{len(everybody):,} phones connect")
        # One after the other and not too many at once: a crowd is not a flood.
        gate = asyncio.Semaphore(CONNECTING_MAX)
        began = time.perf_counter()

        async def enter(one: Member) -> None:
            async with gate:
                await self._enter(one)

        entering = []
        for number, one in enumerate(everybody):
            wait = began + number / self.scenario.connect_rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            await gate.acquire()
            gate.release()
            entering.append(asyncio.create_task(enter(one)))
        outcomes = await asyncio.gather(*entering, return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failed:
            raise SaleStopped(
                f"{len(failed):,} of {len(everybody):,} phones could not get in. The first: {failed[0]}"
            )
        if self._hosted:
            await self._look_at_counts("when everybody was in")

    async def _enter(self, one: Member) -> None:
        began = time.perf_counter()
        await one.phone.connect()
        self.connections += 1
        if not await self._join(one):
            raise CouldNotConnect(f"{one.seat.label} could not join auction {one.auction_id}")
        self.meter.join.add(time.perf_counter() - began)

    async def _open_the_bidding(self) -> None:
        for one in self._bidders:
            self.proof.answers.asks_bid(one.phone.user_id)
        if self.scenario.comment_rate:
            for one in self.everybody:
                if one.commenter is not None:
                    self._keep(self._chat(one, one.commenter))
        if self.scenario.chaos:
            self._keep(self._cut_connections())
        self._lot_seconds = self.scenario.duration / len(self.lots)
        self._bidding = True
        if self.scenario.rate:
            self._keep(self._pace_bids())
        else:
            for one in self._bidders:
                self._keep(self._bid_without_pause(one))

    async def _watch(self) -> None:
        """The sale of another host, to its end."""
        self._phase("the host sells")
        truth = self.proof.truth(self.place.auction_id)
        try:
            await self._until(lambda: truth.on_air is False, WATCH_SECONDS_MAX)
        except asyncio.CancelledError:
            # To be interrupted is how one leaves somebody else's sale: it is no failure.
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
        self._bidding = False
        self._over = True
        self._phase("the last answers come in")
        if self._asking:
            await asyncio.wait(self._asking, timeout=SETTLE_SECONDS_MAX)

    async def _sell(self) -> None:
        ends = time.perf_counter() + self.scenario.duration
        for number, lot in enumerate(self.lots, 1):
            if time.perf_counter() >= ends:
                break
            self._phase(f"lot {number} of {len(self.lots)}: {lot.product}")
            await self._hold(lot, last=number == len(self.lots), ends=ends)
        self._bidding = False

    async def _hold(self, lot: ListedLot, *, last: bool, ends: float) -> None:
        prices = {"minBidPrice": lot.minimum, "bidPrice": lot.start, "actualPrice": lot.market}
        truth = self.proof.truth(self.place.auction_id)

        def is_up() -> bool:
            return truth.lot is not None and truth.lot.product == lot.product

        await self._insist(ChangeLot.wire_name, {"product": lot.product, **prices}, is_up)
        self._lot_began = time.perf_counter()
        before, limit = truth.accepted, self.scenario.bids_per_lot_max
        over = ends if self.scenario.rate == 0 else self._lot_began + self._lot_seconds
        while time.perf_counter() < over:
            if limit and truth.accepted - before >= limit:
                break
            await asyncio.sleep(POLL_SECONDS)
        await self._audit()
        if last:
            self._bidding = False
        # Without `bidId`, as the phones in the field award it: bids race with the hammer.
        payload = {"product": lot.product, "weight": lot.weight or "-"}
        await self._insist(AwardLot.wire_name, payload, lambda: truth.lot is None)

    async def _close(self) -> None:
        self._phase("the last answers come in")
        if self._asking:
            await asyncio.wait(self._asking, timeout=SETTLE_SECONDS_MAX)
        self._over = True
        await self._everybody_heard_everything()
        await self._audit()
        await self._look_at_counts("before the end")
        leavers = await self._some_leave()
        await self._look_at_counts(f"after {leavers} left")
        self._phase("the host ends the auction")
        for auction_id in self._auctions():
            truth = self.proof.truth(auction_id)
            await self._insist(
                EndAuction.wire_name, {}, partial(_is_over, truth), auction_id=auction_id
            )

    async def _finish(self) -> None:
        await self._everybody_heard_everything()
        self.proof.finish(
            one.seat
            for one in self._by_phone.values()
            if one.phone.connected and one.inside and (not one.slow or self._is_level(one))
        )

    def _auctions(self) -> list[int]:
        door = self.place.next_door
        return [self.place.auction_id] + ([door] if door is not None else [])

    # --- what everybody does

    async def _ask(self, one: Member, event: str, payload: dict[str, Any]) -> Answer:
        one.seat.asking += 1
        try:
            answer = await one.phone.ask(event, payload)
        finally:
            one.seat.asking -= 1
        self.proof.refusals.due(one.seat, answer)
        if answer.ok is None:
            self.unanswered += 1
            self.meter.now.errors += 1
        return answer

    async def _join(self, one: Member, *, resumes: bool = False) -> bool:
        """Into the room, again and again while the server says that it may be tried again."""
        if one.auction_id is None:
            return True
        patience = time.perf_counter() + HOST_PATIENCE_SECONDS
        while True:
            room = one.seat.rooms.get(one.auction_id)
            payload: dict[str, Any] = {"auctionId": one.auction_id}
            if resumes and room is not None and self.proof.numbered:
                last = room.gap if room.gap is not None else room.last
                if last is not None:
                    payload["lastSeq"] = last
            self.proof.joining(one.seat, one.auction_id, resumes="lastSeq" in payload)
            answer = await self._ask(one, JoinAuction.wire_name, payload)
            if answer.ok:
                self.proof.joined(one.seat, one.auction_id, answer)
                one.board.state(answer.said)
                one.inside = True
                return True
            retry = answer.ok is None or answer.code in NOT_ITS_FAULT
            if not retry or not one.phone.connected or time.perf_counter() > patience:
                return False
            await asyncio.sleep(_retry_seconds(answer))

    async def _return(self, one: Member) -> None:
        """Back after a lost connection, with what was missed."""
        one.busy = True
        try:
            while not self._leaving:
                await asyncio.sleep(self._chance.uniform(*RETURN_SECONDS))
                try:
                    await one.phone.connect()
                except CouldNotConnect:
                    continue
                self.reconnections += 1
                one.seat.reconnects()
                if await self._join(one, resumes=True):
                    return
                await self._drop(one)
        finally:
            one.busy = False

    async def _close_gap(self, one: Member) -> None:
        one.busy = True
        try:
            if not await self._join(one, resumes=True) and one.phone.connected:
                await self._drop(one)
        finally:
            one.busy = False
        if not one.phone.connected and not self._leaving:
            await self._return(one)

    async def _cut_connections(self) -> None:
        cuttable = [one for one in self.everybody if one.part is not Part.PASSER_BY]
        while cuttable and not self._over:
            await asyncio.sleep(1 / self.scenario.chaos)
            one = self._chance.choice(cuttable)
            if one.phone.connected and not one.busy and not self._over:
                one.inside = False
                one.busy = True
                await self._drop(one)
                self._keep(self._return(one))

    async def _drop(self, one: Member) -> None:
        if one.phone.polls:
            self._ghosts.append(time.perf_counter())
        await one.phone.drop()

    async def _chat(self, one: Member, commenter: Commenter) -> None:
        talkers = sum(other.commenter is not None for other in self.everybody)
        while not self._over:
            await asyncio.sleep(commenter.pause(talkers / self.scenario.comment_rate))
            payload = {"auctionId": self.place.auction_id, "comment": commenter.says()}
            if one.inside and not self._over:
                self.meter.now.comments += 1
                answer = await self._ask(one, PostComment.wire_name, payload)
                self.proof.answers.answered(
                    self.place.auction_id, PostComment.wire_name, payload, answer
                )

    # --- bids

    def _look_up(self, one: Member) -> None:
        if one.bidder is not None and one.board.lot != one.lot_seen:
            one.lot_seen = one.board.lot
            one.bidder.sees_lot(one.board.market)

    def _decide(self, one: Member) -> Bid | None:
        if one.bidder is None or not (one.inside and one.board.open):
            return None
        self._look_up(one)
        elapsed = (time.perf_counter() - self._lot_began) / self._lot_seconds
        return one.bidder.decide(one.board.view(one.phone.user_id, min(elapsed, 1.0)))

    async def _pace_bids(self) -> None:
        """Bids fall due by the clock, whatever became of the ones before."""
        began = time.perf_counter()
        for number in itertools.count():
            due = began + number / self.scenario.rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if not self._bidding:
                return
            if not self._bidders:
                continue
            one = self._chance.choice(self._bidders)
            if one.phone.asks and not self._hall.acknowledges:
                continue  # nobody could say which of the two an `error` is for
            bid = self._decide(one)
            if bid is not None:
                task = asyncio.create_task(self._bid(one, bid, due))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def _bid_without_pause(self, one: Member) -> None:
        while self._bidding:
            bid = self._decide(one)
            if bid is None:
                await asyncio.sleep(POLL_SECONDS)
                continue
            task = asyncio.create_task(self._bid(one, bid, time.perf_counter()))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
            answer = await asyncio.shield(task)
            if answer.code in NOT_ITS_FAULT or answer.ok is None:
                await asyncio.sleep(_retry_seconds(answer))

    async def _bid(self, one: Member, bid: Bid, due: float) -> Answer:
        auction_id, user_id = self.place.auction_id, one.phone.user_id
        payload: dict[str, Any] = {"auctionId": auction_id, "amount": bid.amount}
        if not bid.malformed:
            self._due[user_id, int(bid.amount)] = due
            if self.proof.numbered:
                payload["requestId"] = f"{self._run_id}-{next(self._request_ids)}"
        self.meter.now.asked += 1
        answer = await self._ask(one, PlaceBid.wire_name, payload)
        if answer.ok is None and "requestId" in payload and await self._is_back(one):
            # As an app does whose answer was lost: the same again, which changes nothing (D23).
            answer = await self._ask(one, PlaceBid.wire_name, payload)
        self._note(answer, due)
        self.proof.answers.answered_bid(
            auction_id, user_id, payload, answer, malformed=bid.malformed
        )
        return answer

    def _note(self, answer: Answer, due: float) -> None:
        if answer.ok is None:
            return
        self.meter.answer.add(time.perf_counter() - due)
        if answer.ok:
            self.meter.now.accepted += 1
        else:
            self.meter.now.refused += 1

    async def _is_back(self, one: Member) -> bool:
        return await self._until(lambda: one.inside, SETTLE_SECONDS_MAX)

    # --- the host

    async def _insist(
        self,
        event: str,
        fields: dict[str, Any],
        done: Callable[[], bool],
        *,
        auction_id: int | None = None,
    ) -> None:
        """Ask until it is done. An answer that was lost is looked up before it is asked again."""
        auction_id = auction_id or self.place.auction_id
        payload = {"auctionId": auction_id, **fields}
        patience = time.perf_counter() + HOST_PATIENCE_SECONDS
        unknown = False
        while time.perf_counter() < patience:
            answer = await self._ask_or_see(event, payload, done)
            self.proof.answers.answered(auction_id, event, payload, answer)
            if answer.ok:
                await self._until(done, SETTLE_SECONDS_MAX)
                return
            if answer.ok is None or answer.code == Code.OUTCOME_UNKNOWN:
                unknown = True
            elif answer.code not in NOT_ITS_FAULT and not unknown:
                raise SaleStopped(f"the server refused {event}: {answer.message}")
            await self._until(lambda: self.host.inside, HOST_PATIENCE_SECONDS)
            await asyncio.sleep(_retry_seconds(answer))
            if unknown and done():
                return
        raise SaleStopped(f"{event} was not done in {HOST_PATIENCE_SECONDS} seconds")

    async def _ask_or_see(
        self, event: str, payload: dict[str, Any], done: Callable[[], bool]
    ) -> Answer:
        """The host's ask. Where nothing is acknowledged, what somebody hears of it answers it too."""
        asking = asyncio.create_task(self._ask(self.host, event, payload))
        try:
            if not self._hall.acknowledges:
                await self._until(lambda: asking.done() or done(), ANSWER_SECONDS_MAX)
                if not asking.done() and done():
                    return Answer(True)
            return await asking
        finally:
            asking.cancel()

    async def _audit(self) -> None:
        """Somebody goes out and comes in again, and so sees the state that joiners get."""
        if not self._hall.acknowledges:
            return
        for one in self._auditors:
            if one.inside and not one.busy:
                await self._leave(one)
                if not await self._join(one) and not one.phone.connected:
                    continue  # lost on the way: it comes back by itself

    async def _leave(self, one: Member) -> None:
        if one.auction_id is None:
            return
        payload = {"auctionId": one.auction_id}
        answer = await self._ask(one, LeaveAuction.wire_name, payload)
        if answer.ok:
            one.inside = False
            self.proof.left(one.seat, one.auction_id)

    async def _some_leave(self) -> int:
        """A few go out, and must hear nothing more."""
        if not self._hall.acknowledges:
            return 0  # nobody says when one is out
        staying = [one for one in self.everybody if one.part is Part.VIEWER and one.inside]
        leavers = staying[: min(LEAVERS_MAX, int(len(staying) * LEAVERS_SHARE))]
        await asyncio.gather(*map(self._leave, leavers))
        for one in leavers:
            one.auction_id = None
        return len(leavers)

    # --- when everything stands still

    async def _everybody_heard_everything(self) -> None:
        self._phase("everybody hears the rest")

        def quiet() -> bool:
            return all(one.slow or self._is_level(one) for one in self._by_phone.values())

        await self._until(quiet, SETTLE_SECONDS_MAX)

    def _is_level(self, one: Member) -> bool:
        if one.busy or not one.phone.connected or (one.auction_id is not None) != one.inside:
            return False
        return all(
            room.gap is None
            and not room.held
            and (room.last or 0) >= self.proof.rooms.last_number(auction_id)
            for auction_id, room in one.seat.rooms.items()
        )

    async def _look_at_counts(self, when: str) -> None:
        self._phase("counting who is there")
        auction_id = self.place.auction_id
        inside = [
            one for one in self._by_phone.values() if one.inside and one.auction_id == auction_id
        ]
        there = self._strangers + len(inside)
        # The server may have dropped a slow phone long before that reads of it.
        fewer = sum(one.slow and not self._is_level(one) for one in inside)
        # And nothing tells it that somebody polls no more, until a ping stays unanswered.
        since = time.perf_counter() - GHOST_SECONDS_MAX
        more = sum(at > since for at in self._ghosts)

        def agrees() -> bool:
            return there - fewer <= self._counts.get(auction_id, -1) <= there + more

        await self._until(agrees, SETTLE_SECONDS_MAX)
        heard = self._counts.get(auction_id)
        self.proof.count(auction_id, heard, there, when, fewer=fewer, more=more)

    async def _until(self, holds: Callable[[], bool], seconds: float) -> bool:
        ends = time.perf_counter() + seconds
        while not holds():
            if self._fault is not None:
                raise self._fault
            if time.perf_counter() > ends:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True

    async def _go_home(self) -> None:
        await _all(one.phone.close() for one in self._by_phone.values())

    def _keep(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault = self._fault or task.exception()


def _retry_seconds(answer: Answer) -> float:
    wait = answer.said.get("retryAfterMs")
    return wait / 1000 if isinstance(wait, int) else 0.5 if answer is not LOST else 0.1


def _is_over(truth: Truth) -> bool:
    return truth.on_air is False


async def _all(doing: Iterable[Awaitable[Any]]) -> None:
    await asyncio.gather(*doing, return_exceptions=True)
