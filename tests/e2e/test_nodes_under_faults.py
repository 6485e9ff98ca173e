"""A sale on two servers, and on two workers of one, while a seeded schedule of faults runs.

Redis dies, freezes and cuts its subscribers; servers and workers freeze for two seconds, or are killed and
started again. The seed is printed, and repeats the schedule.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Self

import aiohttp
import psutil
import pytest
from socketio.exceptions import SocketIOError

from baraka_server.contract.client_events import JoinAuction, StartAuction
from baraka_server.domain.bid_entries import BidPlaced
from tests.live.ring import RING
from tests.support.checks.proof import NOT_NEWS, assert_sale_holds
from tests.support.clients.phones import PATIENCE_SECONDS, Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_mariadb
from tests.support.servers.neighbours import until
from tests.support.servers.redis import Redis

pytestmark = only_mariadb

Fault = Callable[[], Awaitable[None]]

FROZEN_SECONDS = 2
RAISE_MAX = 5
ANSWER_SECONDS_MAX = 3
"""How long somebody waits for an answer before the same bid is sent again."""


class Bidder:
    """A person who joins again after every connection, and bids; without an answer, the same bid again."""

    def __init__(self, phone: Phone, seed: int) -> None:
        self.phone = phone
        self.accepted: list[int] = []
        self._random = Random(seed)
        self._resumes = bool(seed % 2)
        """Whether it asks for what it missed, instead of the whole state."""
        self._tasks: list[asyncio.Task[None]] = []
        self._over = False

    @property
    def price(self) -> int:
        """The highest bid that was heard of."""
        told = [payload["newBid"]["bid"] for payload in self.phone.heard("newBid")]
        states = [one["bid"] for payload in self._states for one in payload["auctionBids"]]
        return max([10, *told, *states])

    @property
    def seq(self) -> int:
        """The end of what was heard."""
        seqs = [payload["seq"] for name, payload in self.phone.events if name not in ODD]
        return max(seqs, default=0)

    @property
    def count(self) -> int:
        """The viewers, as they were told last."""
        counts = [
            payload["userCount"] for _, payload in self.phone.events if "userCount" in payload
        ]
        return counts[-1] if counts else 0

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._joins()), asyncio.create_task(self._bids())]
        await self.phone.hears("auctionState")
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        done = await asyncio.gather(*self._tasks, return_exceptions=True)
        assert all(one is None or isinstance(one, asyncio.CancelledError) for one in done), done

    async def stops(self) -> None:
        """Send the last bid until it is answered."""
        self._over = True
        await asyncio.wait_for(self._tasks[1], PATIENCE_SECONDS)

    @property
    def _states(self) -> list[dict[str, Any]]:
        return self.phone.heard("auctionState")

    async def _joins(self) -> None:
        for times in itertools.count(1):
            while not self._connected(times):
                try:
                    await self.phone.until(lambda times=times: self._connected(times), "connect")
                except AssertionError:  # it has been connected for long
                    continue
            joins: dict[str, Any] = {"auctionId": 1}
            if self._resumes and self.seq:
                joins |= {"lastSeq": self.seq}
            try:
                await self.phone.says(JoinAuction.wire_name, joins)
            except SocketIOError:
                continue

    def _connected(self, times: int) -> bool:
        return [what for what, _ in self.phone.life].count("connect") >= times

    async def _bids(self) -> None:
        for number in itertools.count():
            if self._over:
                return
            await asyncio.sleep(self._random.uniform(0.02, 0.1))
            amount = self.price + self._random.randint(1, RAISE_MAX)
            bid = {"auctionId": 1, "amount": amount, "requestId": f"{self.phone.user_id}-{number}"}
            if (await self._answer_to(bid)).get("ok"):
                self.accepted.append(amount)

    async def _answer_to(self, bid: dict[str, Any]) -> dict[str, Any]:
        while True:
            try:
                async with asyncio.timeout(ANSWER_SECONDS_MAX):
                    answer = await self.phone.emits("placeBid", bid)
            except (TimeoutError, SocketIOError):
                await asyncio.sleep(0.05)
                continue
            if answer.get("code") not in {"outcome_unknown", "unavailable", "busy"}:
                return answer
            await asyncio.sleep(0.05)


ODD = NOT_NEWS - {"auctionState"} | {"auctionStarted"}
"""Events that say nothing about an entry, or of an old one when another server tells of it."""


def assert_rises_without_gaps(phone: Phone) -> None:
    """Every event is of the entry behind the one before it, or of the same; or it is the whole state."""
    seq = 0
    for name, payload in phone.events:
        if name in ODD or payload.get("auctionId") != 1:
            continue
        if name != "auctionState":
            assert payload["seq"] in {seq, seq + 1}, (seq, name, payload["seq"])
        elif payload.get("missedComplete"):
            missed = {one["data"]["seq"] for one in payload["missed"]}
            assert missed == set(range(seq + 1, payload["seq"] + 1))
        assert payload["seq"] >= seq, (seq, name, payload["seq"])
        seq = payload["seq"]


async def assert_ready(*servers: Baraka) -> None:
    async with aiohttp.ClientSession() as http:
        for server in servers:
            async with http.get(server.url + "/readyz") as answer:
                assert answer.status == 200, await answer.text()


def faults_of_redis(redis: Redis, *servers: Baraka) -> list[Fault]:
    async def killed() -> None:
        redis.kill()
        await stays_ready()
        redis.start()

    async def frozen() -> None:
        redis.freeze()
        await stays_ready()
        redis.thaw()

    async def cut() -> None:
        redis.cut_subscribers()
        await assert_ready(*servers)

    async def stays_ready() -> None:
        for _ in range(10):
            await assert_ready(*servers)
            await asyncio.sleep(FROZEN_SECONDS / 10)

    return [killed, frozen, cut]


def faults_of_server(server: Baraka) -> list[Fault]:
    async def frozen() -> None:
        server.send(signal.SIGSTOP)
        await asyncio.sleep(FROZEN_SECONDS)
        server.send(signal.SIGCONT)

    async def killed() -> None:
        await server.kill()
        await server.start()

    return [frozen, killed]


def faults_of_workers(server: Baraka) -> list[Fault]:
    def worker(number: int) -> psutil.Process:
        return workers_of(server)[number]

    async def frozen(number: int) -> None:
        one = worker(number)
        one.suspend()
        await asyncio.sleep(FROZEN_SECONDS)
        one.resume()

    async def killed(number: int) -> None:
        one = worker(number)
        one.kill()
        await until(lambda: len(workers_of(server)) == 2 and one not in workers_of(server))

    return [
        lambda kind=kind, number=number: kind(number)
        for kind in (frozen, killed)
        for number in (0, 1)
    ]


def workers_of(server: Baraka) -> list[psutil.Process]:
    children = psutil.Process(server.pid).children()
    return [one for one in children if one.status() != psutil.STATUS_ZOMBIE]


@asynccontextmanager
async def bidders(servers: Sequence[Baraka], seed: int) -> AsyncIterator[list[Bidder]]:
    """Six people, spread over the servers, who bid for a ring."""
    async with AsyncExitStack() as stack:
        phones = await stack.enter_async_context(PythonPhones())
        amina = await phones.open(servers[0].url, auth={"token": token(SECRET, 1)})
        await amina.emits(StartAuction(auction_id=1))
        await amina.emits(RING)
        await amina.hangs_up()
        all_ = []
        for number in range(6):
            url, user_id = servers[number % len(servers)].url, number + 2
            auth = {"token": token(SECRET, user_id)}
            phone = await phones.open(url, user_id, auth=auth, reconnection=True)
            all_.append(await stack.enter_async_context(Bidder(phone, seed * 10 + number)))
        yield all_


async def sale_holds(store: Any, people: Sequence[Bidder]) -> None:
    """When all faults are healed: everybody hears the end and the count, and the ledger has every bid once."""
    for one in people:
        await one.stops()
    ledger = await assert_sale_holds(store)
    for one in people:
        await one.phone.until(
            lambda one=one: (one.seq, one.count) == (ledger[-1].seq, len(people)),
            f"the end {ledger[-1].seq} and {len(people)} viewers; "
            f"has {one.seq} and {one.count}, {one.phone.life}",
        )
        assert_rises_without_gaps(one.phone)
    placed = Counter(
        (entry.user_id, entry.event.amount)
        for entry in ledger
        if isinstance(entry.event, BidPlaced)
    )
    amounts = [entry.event.amount for entry in ledger if isinstance(entry.event, BidPlaced)]
    assert amounts == sorted(set(amounts))
    for one in people:
        assert one.accepted, "nobody took any of its bids"
        for amount in one.accepted:
            assert placed[(one.phone.user_id, amount)] == 1, amount


async def run(store: Any, servers: Sequence[Baraka], faults: Sequence[Fault], seed: int) -> None:
    print(f"seed {seed}: {[fault.__qualname__ for fault in faults]}")
    pauses = Random(seed)
    async with bidders(servers, seed) as people:
        for fault in faults:
            await asyncio.sleep(pauses.uniform(0.2, 0.6))
            await fault()
        await sale_holds(store, people)


def drawn(seed: int, how_many: int, *kinds: Sequence[Fault]) -> list[Fault]:
    """As many faults, by the seed, of all kinds in turns."""
    random = Random(seed)
    faults = [random.choice(kinds[n % len(kinds)]) for n in range(how_many)]
    random.shuffle(faults)
    return faults


ONE_AND_MORE = [
    (0, 3),
    *(pytest.param(seed, 6, marks=pytest.mark.long) for seed in range(1, 6)),
]
"""Seeds, and how many faults each has."""


@pytest.mark.parametrize(("seed", "how_many"), ONE_AND_MORE)
async def test_a_sale_on_two_servers(
    store, sale_database, tmp_path: Path, redis, seed: int, how_many: int
):
    settings = {
        "BARAKA_REDIS_URL": redis.url,
        "BARAKA_RELAY_ECHO_SECONDS_MAX": 1,
        "BARAKA_INTERNAL_ADDRESS": "127.0.0.1:0",
    }
    async with (
        Baraka(sale_database, tmp_path, **settings) as here,
        Baraka(sale_database, tmp_path, **settings) as there,
    ):
        kinds = faults_of_redis(redis, here, there), faults_of_server(here), faults_of_server(there)
        await run(store, [here, there], drawn(seed, how_many, *kinds), seed)


@pytest.mark.parametrize(("seed", "how_many"), ONE_AND_MORE)
async def test_a_sale_on_two_workers(
    store, sale_database, tmp_path: Path, seed: int, how_many: int
):
    async with Baraka(sale_database, tmp_path, fork=False, BARAKA_WORKERS=2) as server:
        faults = faults_of_workers(server)
        await run(store, [server], drawn(seed, how_many, faults), seed)


def owner_in(*servers: Baraka) -> str:
    """The node that writes the auction for others, by what one of them says in its log; "" if none does."""
    said = [line for server in servers for line in server.log if line.get("event") == "forwarding"]
    return str(said[-1]["node"]) if said else ""


async def test_a_worker_that_writes_the_auction_for_another_one_is_killed_in_the_middle_of_bids(
    store, sale_database, tmp_path: Path
):
    async with (
        Baraka(sale_database, tmp_path, fork=False, BARAKA_WORKERS=2) as server,
        bidders([server], seed=1) as people,
    ):
        await until(lambda: owner_in(server))
        number = int(owner_in(server).rpartition(".")[2])
        owner = sorted(workers_of(server), key=lambda one: one.pid)[number - 1]
        owner.kill()
        await until(lambda: len(workers_of(server)) == 2 and owner not in workers_of(server))
        await sale_holds(store, people)


@pytest.mark.long
@pytest.mark.parametrize("fault", [0, 1], ids=["frozen", "killed"])
async def test_a_server_that_writes_the_auction_for_another_one_fails_in_the_middle_of_bids(
    store, sale_database, tmp_path: Path, redis, fault: int
):
    settings = {
        "BARAKA_REDIS_URL": redis.url,
        "BARAKA_INTERNAL_ADDRESS": "127.0.0.1:0",
        "BARAKA_NODE_EXPIRY_SECONDS": 2,
    }
    async with (
        Baraka(sale_database, tmp_path, BARAKA_NODE_ID="n1", **settings) as n1,
        Baraka(sale_database, tmp_path, BARAKA_NODE_ID="n2", **settings) as n2,
        bidders([n1, n2], seed=2) as people,
    ):
        await until(lambda: owner_in(n1, n2))
        owner, other = (n1, n2) if owner_in(n1, n2) == "n1.1" else (n2, n1)
        await faults_of_server(owner)[fault]()
        await until(lambda: any(one.get("event") == "forwarding_lost" for one in other.log))
        await sale_holds(store, people)
