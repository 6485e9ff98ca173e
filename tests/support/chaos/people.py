"""People of a sale who come back after every connection, and send a request again until it is answered."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from random import Random
from typing import Any, Self

from socketio.exceptions import SocketIOError

from baraka_server.contract.client_events import AwardLot, ChangeLot, JoinAuction, PlaceBid
from tests.support.chaos.evidence import Asked, Attempt, now
from tests.support.checks.proof import NOT_NEWS
from tests.support.clients.phones import Phone, payload_of

RAISE_MAX = 5
ANSWER_SECONDS_MAX = 5
"""How long somebody waits for an answer before the same request is sent again."""
UNANSWERED_MAX = 2
"""After as many requests in a row that nobody answered, somebody connects anew."""
JOIN_SECONDS_MAX = 3
AGAIN_SECONDS = 0.1
BID_SECONDS = (0.03, 0.2)
SETTLE_SECONDS_MAX = 60
LOT_SECONDS = (2.0, 6.0)
LOT_RISE = 50
"""By how much the next lot begins above all bids, so that no amount is bid in two rounds."""
ODD = NOT_NEWS - {"auctionState"} | {"auctionStarted"}
"""Events that say nothing about an entry, or of an old one when another server tells of it."""


class Person:
    """Somebody with a phone, and what was asked from it."""

    def __init__(self, phone: Phone, seed: int) -> None:
        self.phone = phone
        self.asked: list[Asked] = []
        self.random = Random(seed)
        self._tasks: list[asyncio.Task[None]] = []
        self._over = False
        self._unanswered = 0

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(work()) for work in self.works()]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def works(self) -> list[Callable[[], Any]]:
        """What the person does at the same time; the first ends when it is over."""
        raise NotImplementedError

    async def stops(self) -> None:
        """Send the last request until it is answered."""
        self._over = True
        await asyncio.wait_for(self._tasks[0], SETTLE_SECONDS_MAX)

    def fault(self) -> BaseException | None:
        """What ended the person before it was over."""
        ended = [one for one in self._tasks if one.done() and not one.cancelled()]
        return next((fault for one in ended if (fault := one.exception())), None)

    async def settles(self, event: str, payload: dict[str, Any], number: object) -> Asked:
        """Ask until it is known what came of it."""
        payload = payload | {"requestId": f"{self.phone.user_id}-{number}"}
        asked = Asked(self.phone.user_id or 0, event, payload)
        self.asked.append(asked)
        while not asked.settled:
            await self.asks(asked)
            if not asked.settled:
                await asyncio.sleep(AGAIN_SECONDS)
        return asked

    async def asks(self, asked: Asked) -> None:
        sent_at, answer = now(), None
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                answer = await self.phone.emits(asked.event, asked.payload)
        except (TimeoutError, SocketIOError):
            pass
        asked.attempts.append(Attempt(sent_at, now(), answer))
        self._unanswered = 0 if answer else self._unanswered + 1
        if self._unanswered == UNANSWERED_MAX:
            self._unanswered = 0
            await self.phone.hangs_up()


class Bidder(Person):
    """Joins again after every connection, and bids, or only watches."""

    def __init__(self, phone: Phone, seed: int, *, bids: bool = True) -> None:
        super().__init__(phone, seed)
        self._only_watches = not bids
        self.joined_at = float("inf")
        """When it was let in after its last connection."""
        self._resumes = bool(seed % 2)
        """Whether it asks for what it missed, instead of the whole state."""
        self._read = 0
        self._price = 10
        self._seq = 0
        self._ledger: str | None = None
        self._count: int | None = None
        self._states = self._errors = 0

    def works(self) -> list[Callable[[], Any]]:
        return [self._bids, self._joins]

    @property
    def price(self) -> int:
        """The highest amount that was heard of."""
        self._read_on()
        return self._price

    @property
    def seq(self) -> int:
        """The end of what was heard."""
        self._read_on()
        return self._seq

    @property
    def count(self) -> int | None:
        """The viewers, as they were told last."""
        self._read_on()
        return self._count

    def _read_on(self) -> None:
        events = self.phone.events
        for name, payload in events[self._read :]:
            if name == "error":
                self._errors += 1
            if name not in ODD and payload.get("auctionId") == 1:
                self._seq, self._ledger = payload["seq"], payload.get("ledger")
            amounts = [payload["newBid"]["bid"]] if name == "newBid" else []
            if name == "auctionState":
                self._states += 1
                amounts = [one["bid"] for one in payload["auctionBids"]]
                amounts.append(payload["auction"]["minBidPrice"])
            if name == "auction_change_product":
                amounts.append(payload["minBidPrice"] - 1)
            self._price = max([self._price, *amounts])
            self._count = payload.get("userCount", self._count) if payload else self._count
        self._read = len(events)

    def connections(self) -> int:
        return [what for what, _ in self.phone.life].count("connect")

    @property
    def connected(self) -> bool:
        return bool(self.phone.life) and self.phone.life[-1][0] == "connect"

    async def _joins(self) -> None:
        for times in itertools.count(1):
            while self.connections() < times:
                await asyncio.sleep(AGAIN_SECONDS / 2)
            self.joined_at = float("inf")
            while self.connections() == times and not await self._is_let_in():
                await asyncio.sleep(AGAIN_SECONDS)
            if self.connections() == times:
                self.joined_at = now()

    async def _is_let_in(self) -> bool:
        """Join, and wait for the state, for a refusal, or for so long."""
        self._read_on()
        states, errors = self._states, self._errors
        joins = payload_of(JoinAuction(auction_id=1))
        if self._resumes and self._seq:
            joins |= {"lastSeq": self._seq, "ledger": self._ledger}
        try:
            await self.phone.says(JoinAuction.wire_name, joins)
        except SocketIOError:
            return False
        until = now() + JOIN_SECONDS_MAX
        while self._states == states and self._errors == errors and now() < until:
            await asyncio.sleep(AGAIN_SECONDS / 5)
            self._read_on()
        return self._states > states

    async def _bids(self) -> None:
        highest = 0
        for number in itertools.count():
            await asyncio.sleep(self.random.uniform(*BID_SECONDS))
            if self._over:
                return
            if self._only_watches:
                continue
            # A user bids no amount twice, so that a bid is known by it.
            highest = max(self.price, highest) + self.random.randint(1, RAISE_MAX)
            await self.settles(
                PlaceBid.wire_name, {"auctionId": 1, "amount": highest}, f"bid-{number}"
            )


class Host(Person):
    """Awards the lot on the block after a while, and puts up the next one."""

    def __init__(self, phone: Phone, seed: int, price: Callable[[], int]) -> None:
        super().__init__(phone, seed)
        self._price_heard = price

    def works(self) -> list[Callable[[], Any]]:
        return [self._hosts]

    async def _hosts(self) -> None:
        for number in itertools.count(1):
            price = self._price_heard() + LOT_RISE
            lot = ChangeLot(
                auction_id=1,
                product=f"Lot {number}",
                minimum_price=price,
                start_price=price,
                market_price=price,
            )
            await self.settles(lot.wire_name, payload_of(lot), f"lot-{number}")
            await self._waits(self.random.uniform(*LOT_SECONDS))
            if self._over:
                return
            award = AwardLot(auction_id=1, product=f"Lot {number}", weight="1g")
            await self.settles(award.wire_name, payload_of(award), f"award-{number}")

    async def _waits(self, seconds: float) -> None:
        until = now() + seconds
        while now() < until and not self._over:
            await asyncio.sleep(AGAIN_SECONDS)
