"""`kill -9` of a server, and of a worker: until its viewers are back and whole, and its count is gone."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, redirect_stdout
from typing import Any

import psutil
import socketio

from benchmarks.contenders import UNLIMITED
from benchmarks.cpu import Spent
from benchmarks.load import CrowdError
from benchmarks.nodes.place import AUCTION, Place, nodes
from benchmarks.report import Goal, Measured, Results, table
from tests.support.clients.phones import token
from tests.support.servers.balancers import HAProxy
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.private_server import find
from tests.support.servers.redis import Redis

NODE, WORKER = "a server of two, behind HAProxy", "a worker of two"
BACK, FIRST, COUNTED, LOST = "all back s", "first back s", "count right s", "viewers that it had"
HOST, BIDDER = 1, 2
BID_PAUSE_SECONDS = 0.05
SECONDS_MAX = 30
SETTLED_SECONDS = 0.6
"""Longer than the pause between two counts that a room is told."""


def missing() -> str | None:
    return None if find(HAProxy.program) else "HAProxy is missing. Try: make servers"


class Viewer:
    """A viewer with the official Python client as it comes, which joins again whenever it is connected."""

    def __init__(self, user_id: int) -> None:
        self._auth = {"token": token(SECRET, user_id), "updates": "delta"}
        self.client = socketio.AsyncClient()
        self.seqs: set[int] = set()
        """Of every bid that it was told, or that was missing when it came back."""
        self.back_at = 0.0
        self.counts = [(time.monotonic(), 0)]
        """Every count of viewers that it was told, and when."""
        self.joined = asyncio.Event()
        self.client.on("connect", self._join)
        self.client.on("newBid", self._hear_bid)
        self.client.on("userCountUpdate", self._hear_count)

    async def connect(self, url: str) -> None:
        await self.client.connect(url, auth=self._auth, wait_timeout=SECONDS_MAX)
        await asyncio.wait_for(self.joined.wait(), SECONDS_MAX)

    @property
    def place(self) -> list[str]:
        """The node and the worker that its session is on."""
        return _place(self.client)

    async def _join(self) -> None:
        asked: dict[str, Any] = {"auctionId": AUCTION}
        if self.seqs:
            asked["lastSeq"] = max(self.seqs)
        state = await self.client.call("joinAuction", asked, timeout=SECONDS_MAX)
        if self.seqs and not state.get("missedComplete"):
            raise CrowdError(f"a viewer came back and was not told all: {state}")
        missed = [one["data"]["seq"] for one in state.get("missed", ()) if "seq" in one["data"]]
        self.seqs.update([state["seq"], *missed])
        self.back_at = time.monotonic()
        self.joined.set()

    async def _hear_bid(self, told: dict[str, Any]) -> None:
        self.seqs.add(told["seq"])

    async def _hear_count(self, told: dict[str, Any]) -> None:
        self.counts.append((time.monotonic(), told["userCount"]))


def _place(client: socketio.AsyncClient) -> list[str]:
    return str(client.eio.sid).split(".")[:2]


async def measure_node(place: Place) -> None:
    with Redis() as redis:
        async with (
            nodes(place, 2, redis) as servers,
            redirected(HAProxy([server.port for server in servers])) as balancer,
        ):
            n1, n2 = servers
            kill = n1.kill
            measured = await _measure(place, balancer.url, n2.url, kill, lambda at: at[0] == "n1")
    _note(place, NODE, measured)


@asynccontextmanager
async def redirected(balancer: HAProxy) -> AsyncIterator[HAProxy]:
    """What it said is printed at its end: beside the tables, not into them."""
    with redirect_stdout(sys.stderr):
        async with balancer:
            yield balancer


async def measure_worker(place: Place) -> None:
    settings: dict[str, Any] = UNLIMITED | {"BARAKA_WORKERS": 2}
    url = await place.database()
    async with Baraka(url, place.folder, fork=False, **settings) as server:
        first = psutil.Process(server.pid).children()[0].pid

        async def kill() -> None:
            os.kill(first, signal.SIGKILL)

        measured = await _measure(place, server.url, server.url, kill, lambda at: at[1] == "1")
    _note(place, WORKER, measured)


async def _measure(
    place: Place,
    url: str,
    spared_url: str,
    kill: Callable[[], Awaitable[None]],
    is_lost: Callable[[list[str]], bool],
) -> dict[str, float]:
    async with AsyncExitStack() as stack:
        host, bidder = [
            await _spared(stack, user_id, spared_url, is_lost) for user_id in (HOST, BIDDER)
        ]
        await _put_up(host)
        await bidder.call("joinAuction", {"auctionId": AUCTION})
        viewers = [Viewer(BIDDER + 1 + n) for n in range(place.plan.returning)]
        for viewer in viewers:
            stack.push_async_callback(viewer.client.shutdown)
            await viewer.connect(url)
        lost = [viewer for viewer in viewers if is_lost(viewer.place)]
        spared = [viewer for viewer in viewers if viewer not in lost]
        if not lost or not spared:
            raise CrowdError("all viewers are on one server")
        amounts = itertools.count(1)
        bidding = asyncio.create_task(_bid_on(bidder, amounts))
        stack.callback(bidding.cancel)
        everybody = len([*viewers, bidder])
        await _until(lambda: spared[0].counts[-1][1] == everybody, "a count of all")
        for viewer in lost:
            viewer.joined.clear()
        killed_at = time.monotonic()
        await kill()
        await _until(lambda: all(viewer.joined.is_set() for viewer in lost), "all back")
        back = [viewer.back_at - killed_at for viewer in lost]
        counted = await _counted(spared[0], everybody, killed_at + max(back)) - killed_at
        bidding.cancel()
        amount = next(amounts) + 1  # one may be under way
        last = await _bid(bidder, amount)
        await _until(lambda: all(last in one.seqs for one in viewers), "the last bid")
    for viewer in viewers:
        if viewer.seqs != set(range(min(viewer.seqs), last + 1)):
            raise CrowdError("a viewer did not hear every bid")
    return {FIRST: min(back), BACK: max(back), COUNTED: counted, LOST: len(lost)}


async def _spared(
    stack: AsyncExitStack, user_id: int, url: str, is_lost: Callable[[list[str]], bool]
) -> socketio.AsyncClient:
    """A client of a user on what is not killed."""
    while True:
        client = socketio.AsyncClient()
        stack.push_async_callback(client.shutdown)
        await client.connect(url, auth={"token": token(SECRET, user_id), "updates": "delta"})
        if not is_lost(_place(client)):
            return client


async def _put_up(host: socketio.AsyncClient) -> None:
    auction = {"auctionId": AUCTION}
    await host.call("startLiveAuction", auction)
    lot = auction | {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 9}
    if not (await host.call("changeCuurentProduct", lot))["ok"]:
        raise CrowdError("no lot could be put up")


async def _bid(bidder: socketio.AsyncClient, amount: int) -> int:
    """Bid, and return the number of the entry."""
    answer = await bidder.call("placeBid", {"auctionId": AUCTION, "amount": amount})
    if not answer["ok"]:
        raise CrowdError(f"a bid was refused: {answer}")
    return int(answer["seq"])


async def _bid_on(bidder: socketio.AsyncClient, amounts: Iterator[int]) -> None:
    for amount in amounts:
        await _bid(bidder, amount)
        await asyncio.sleep(BID_PAUSE_SECONDS)


async def _counted(viewer: Viewer, count: int, all_back_at: float) -> float:
    """When the count was right for good, with all viewers back."""
    await _until(
        lambda: (
            viewer.counts[-1][1] == count
            and time.monotonic() > max(viewer.counts[-1][0], all_back_at) + SETTLED_SECONDS
        ),
        "the right count",
    )
    return viewer.counts[-1][0]


async def _until(condition: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise CrowdError(f"{what} took more than {SECONDS_MAX} s") from None


def _note(place: Place, what: str, values: dict[str, float]) -> None:
    place.results.add(what, Measured(values, Spent(0, 0, 0)))
    back, counted = values[BACK], values[COUNTED]
    place.say(f"{what}, killed: all back after {back:.1f} s, the count right after {counted:.1f} s")


def goals() -> Iterator[Goal]:
    for what in (NODE, WORKER):
        yield Goal(f"kill -9 of {what}: all back and whole, s", what, None, BACK, must=6, aim=3)
        yield Goal(f"kill -9 of {what}: its count gone, s", what, None, COUNTED, must=6, aim=3)


def tables(results: Results) -> str:
    columns: Sequence[str] = (LOST, FIRST, BACK, COUNTED)
    lines = [
        [what, *(str(results.summary(what, value) or "–") for value in columns)]
        for what in (NODE, WORKER)
    ]
    return table(["kill -9 of", *columns], lines)
