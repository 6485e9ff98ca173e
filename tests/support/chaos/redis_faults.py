"""Faults of Redis, and of the way of each server to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from random import Random

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import LedgerEntry
from baraka_server.live.relay import RelayedEntries
from baraka_server.relay.messages import Beat, Codec, Counts, Entries
from baraka_server.store.store import Store
from tests.support.chaos.evidence import Kind
from tests.support.chaos.fault import SHORT, Fault, at_once, slow
from tests.support.chaos.nodes import Installation
from tests.support.chaos.proxy import Proxy
from tests.support.checks.proof import the_ledger
from tests.support.servers.baraka import SECRET

NOTICED_SECONDS = 5
"""After which a connection that carries nothing is made anew, by the nodes themselves."""
RELAY_DELAY_SECONDS = 0.3
LOST_SHARE = 0.4
FORGED = 20
FORGED_PAUSE_SECONDS = 0.1


class Unreliable:
    """A `Tamper` that loses, doubles and reorders messages, by the seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._held: list[bytes] = []

    def __call__(self, message: bytes) -> Iterator[bytes]:
        if self._random.random() > LOST_SHARE:
            yield message
            yield from self._held
            self._held = []
            return
        match self._random.randrange(3):
            case 0:
                self._held.append(message)
            case 1:
                yield from (message, message)


def of_redis(here: Installation, store: Store, random: Random) -> Iterator[Fault]:
    redis = here.redis

    async def killed() -> None:
        await asyncio.to_thread(redis.kill)
        await asyncio.sleep(NOTICED_SECONDS)
        await asyncio.to_thread(redis.start)

    async def frozen() -> None:
        redis.freeze()
        await asyncio.sleep(NOTICED_SECONDS)
        redis.thaw()

    async def asked(*command: str) -> None:
        with suppress(OSError):
            await asyncio.to_thread(redis.ask, *command)

    def fault(
        name: str, seconds: float, happens: Callable[[], Awaitable[None]], target: str = "redis"
    ) -> Fault:
        return Fault(name, Kind.REDIS, target, seconds, happens)

    yield fault("Redis killed", NOTICED_SECONDS, killed)
    yield fault("Redis frozen", NOTICED_SECONDS, frozen)
    yield fault("Redis emptied", 0, partial(asked, "FLUSHALL"))
    yield fault("subscribers cut", 0, partial(asked, "CLIENT", "KILL", "TYPE", "pubsub"))
    yield fault("publishers cut", 0, partial(asked, "CLIENT", "KILL", "TYPE", "normal"))
    forging = FORGED * FORGED_PAUSE_SECONDS
    yield fault("messages forged", forging, partial(forge, here, store), "relay")
    for node in here.nodes:
        line = node.redis
        assert line
        target = f"relay of {node.name}"
        for name, cut in (("half open", line.half_open), ("mute", line.mute)):
            yield fault(
                f"{target} {name}", NOTICED_SECONDS, partial(_noticed, cut), f"relay {node.name}"
            )
        yield fault(f"{target} reset", 0, partial(at_once, line.reset), f"relay {node.name}")
        late = partial(slow, line, RELAY_DELAY_SECONDS)
        yield fault(f"{target} slow", SHORT, late, f"relay {node.name}")
        unreliable = partial(_unreliable, line, random.randrange(1_000))
        yield fault(
            f"{target} loses, doubles, reorders", NOTICED_SECONDS, unreliable, f"relay {node.name}"
        )


async def _noticed(cut: Callable[[], None]) -> None:
    cut()
    await asyncio.sleep(NOTICED_SECONDS)


async def _unreliable(proxy: Proxy, seed: int) -> None:
    proxy.tamper = Unreliable(seed)
    await asyncio.sleep(NOTICED_SECONDS)
    proxy.tamper = None


async def forge(here: Installation, store: Store) -> None:
    """Publish what nobody with the secret wrote, what is of a newer version, and bytes of nothing."""
    everybody, auction = f"{here.prefix}:all", f"{here.prefix}:a:1"
    stranger, ours = Codec("another secret, of another installation"), Codec(SECRET)
    newer = '{"v":2,"n":"newer","t":"entries","a":1}', '{"v":1,"n":"newer","t":"news","a":1}'
    for number in range(FORGED):
        end = (await the_ledger(store))[-1]
        bid = LedgerEntry(
            end.seq + 1, end.round, 2, end.at, BidPlaced(1_000_000 + number), "f" * 64
        )
        news = RelayedEntries(1, end.seq, end.hash, bid.seq, bid.hash, (bid,))
        for channel, message in (
            (everybody, stranger.written(Beat("ghost", "boot", "1", counts={1: 500}))),
            (everybody, stranger.written(Counts("n1", {1: 0}))),
            (auction, stranger.written(Entries("ghost", news))),
            (auction, ours.signed(newer[number % 2].encode())),
            (everybody, b"\x00 no message" * (number + 1)),
        ):
            with suppress(OSError):
                await asyncio.to_thread(here.redis.publish, channel, message)
        await asyncio.sleep(FORGED_PAUSE_SECONDS)
