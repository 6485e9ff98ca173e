"""`python -m benchmarks.attack.neighbour URL`: a small sale beside the attacks, in a process of its own.

A line with a number on stdin is a run of so many seconds: the host puts another lot up, and bidders
bid at a steady rate, whether earlier bids were answered or not. A line of JSON tells what that took.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.support.clients.stranger import HungUp, WebSocketStranger

AUCTION = 1
HOST, BIDDERS = 1, (2, 3, 4)
BIDS_PER_SECOND = 24
"""Of all bidders; the limit of each is ten by default."""
OVERTAKEN = "bid_too_low"
"""A higher bid of the next bidder was quicker: that is served, too."""
ANSWER_SECONDS_MAX = 30
"""How long the last bid of a run may take. One without an answer took so long."""


@dataclass
class Run:
    """The seconds that every bid took, from when it was due, and how many were refused, by code."""

    seconds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


class Person:
    """One socket, which is read all the time."""

    def __init__(self, socket: WebSocketStranger) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._hearing: asyncio.Task[None] | None = None

    async def enters(self, user_id: int) -> None:
        await self._socket.enters(user_id, updates="delta")
        self._hearing = asyncio.create_task(self._hear())

    @property
    def gone(self) -> bool:
        return self._hearing is None or self._hearing.done()

    async def asks(self, event: str, payload: dict[str, Any]) -> asyncio.Future[dict[str, Any]]:
        """Say it, and return what will be answered."""
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        with suppress(HungUp):
            await self._socket.says(f"42{number}" + json.dumps([event, payload]))
        return answer

    async def does(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        answer = await asyncio.wait_for(await self.asks(event, payload), ANSWER_SECONDS_MAX)
        if not answer["ok"]:
            raise RuntimeError(f"{event}: {answer}")
        return answer

    async def _hear(self) -> None:
        while True:
            try:
                packet = await self._socket.hears_anything()
            except TimeoutError:  # nothing was said for a while
                continue
            except HungUp:
                return
            if packet.startswith("43"):
                start = packet.index("[")
                answer = self._asked.pop(int(packet[2:start]), None)
                if answer and not answer.done():
                    answer.set_result(json.loads(packet[start:])[0])


class Neighbour:
    def __init__(self, host: Person, bidders: Sequence[Person]) -> None:
        self._host = host
        self._bidders = bidders
        self._lots = itertools.count(1)

    async def opens(self) -> None:
        await self._host.enters(HOST)
        await self._host.does("startLiveAuction", {"auctionId": AUCTION})
        for bidder, user_id in zip(self._bidders, BIDDERS, strict=True):
            await bidder.enters(user_id)
            await bidder.does("joinAuction", {"auctionId": AUCTION})

    async def bids(self, seconds: float) -> Run:
        prices = {"minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
        lot = {"auctionId": AUCTION, "product": f"Lot {next(self._lots)}"} | prices
        round_ = (await self._host.does("changeCuurentProduct", lot))["round"]
        run, waiting = Run(), []
        begun = time.perf_counter()
        for number in range(max(1, int(seconds * BIDS_PER_SECOND))):
            due = begun + number / BIDS_PER_SECOND
            await asyncio.sleep(due - time.perf_counter())
            bid = {"auctionId": AUCTION, "amount": number + 1, "round": round_}
            answer = await self._bidders[number % len(self._bidders)].asks("placeBid", bid)
            waiting.append(asyncio.create_task(_note(run, due, answer)))
        await asyncio.wait(waiting, timeout=ANSWER_SECONDS_MAX)
        for task in waiting:
            if task.cancel():
                run.seconds.append(ANSWER_SECONDS_MAX)
                run.refused["unanswered"] += 1
        return run


async def _note(run: Run, due: float, coming: asyncio.Future[dict[str, Any]]) -> None:
    answer = await coming
    run.seconds.append(time.perf_counter() - due)
    if not answer["ok"] and answer["code"] != OVERTAKEN:
        run.refused[answer["code"]] += 1


async def main(url: str) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        people = [
            Person(await stack.enter_async_context(WebSocketStranger(url)))
            for _ in (HOST, *BIDDERS)
        ]
        neighbour = Neighbour(people[0], people[1:])
        await neighbour.opens()
        print("ready", flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            run = await neighbour.bids(float(line))
            if gone := sum(person.gone for person in people):
                run.refused["disconnected"] = gone
            print(json.dumps({"seconds": run.seconds, "refused": run.refused}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
