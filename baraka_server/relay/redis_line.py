"""Line over Redis, or Valkey: one connection that listens, and one that publishes.

No timeout ends the listening one: nobody may have anything to say, and whether it works is told by one's
own voice. Both are made anew after an error, and what was to be sent meanwhile is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from baraka_server.relay.line import Hear

log = logging.getLogger(__name__)

CONNECT_SECONDS_MAX = 2
CLOSE_SECONDS_MAX = 0.2
AGAIN_SECONDS = (0.1, 0.2, 0.5, 1.0)
"""The pauses before the first attempts to connect again; the last one is for all others."""
UNSENT_MAX = 10_000
"""How many messages wait for a Redis that does not take them: the oldest are dropped."""

FAULTS = (RedisError, OSError)


class UnusableRedisUrl(ValueError):
    """A Redis URL that cannot be read. The text is for the operator, behind the setting's name."""


def redis_at(url: str, *, answer_seconds_max: float | None = None) -> Redis:
    """The Redis at a URL; nothing is connected yet. Raises `UnusableRedisUrl`."""
    try:
        redis: Redis = Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_SECONDS_MAX,
            socket_timeout=answer_seconds_max,
            socket_keepalive=True,
        )
    except ValueError:  # whose text may have the password
        raise UnusableRedisUrl(
            "is not a URL of Redis: write it like redis://:PASSWORD@HOST:6379/0, "
            "with %40 for an @ in the password"
        ) from None
    return redis


class RedisLine:
    """The channels of one Redis, each under `prefix:`. Raises `UnusableRedisUrl`.

    line = RedisLine("redis://127.0.0.1:6379/0", prefix="baraka")
    """

    def __init__(self, url: str, *, prefix: str) -> None:
        self._prefix = prefix + ":"
        self._redis = redis_at(url)
        self._wanted: set[str] = set()
        self._confirmed: dict[str, asyncio.Event] = {}
        self._pubsub: PubSub | None = None
        self._unsent: deque[tuple[str, bytes]] = deque(maxlen=UNSENT_MAX)
        self._something = asyncio.Event()
        self._sent = asyncio.Event()
        self._sent.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._work: dict[str, asyncio.Task[None]] = {}
        self._down: set[str] = set()

    def open(self, hear: Hear, back: Callable[[], None]) -> None:
        self._hear, self._back = hear, back
        self._tasks = [
            asyncio.create_task(self._again_and_again("listen", self._listen)),
            asyncio.create_task(self._again_and_again("publish", self._publish)),
        ]

    async def close(self) -> None:
        with suppress(TimeoutError):  # a frozen Redis is not waited for
            await asyncio.wait_for(self._sent.wait(), CLOSE_SECONDS_MAX)
        for task in [*self._tasks, *self._work.values()]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def publish(self, channel: str, message: bytes) -> None:
        self._unsent.append((self._prefix + channel, message))
        self._sent.clear()
        self._something.set()

    async def subscribe(self, channel: str) -> None:
        name = self._prefix + channel
        confirmed = self._confirmed.setdefault(name, asyncio.Event())
        if name not in self._wanted:
            self._wanted.add(name)
            if self._pubsub:
                try:
                    await self._pubsub.subscribe(name)
                except FAULTS:
                    self.cut()
        await confirmed.wait()

    def unsubscribe(self, channels: Iterable[str]) -> None:
        gone = {self._prefix + channel for channel in channels} & self._wanted
        self._wanted -= gone
        for name in gone:
            if confirmed := self._confirmed.pop(name, None):
                confirmed.set()
        if gone and self._pubsub:
            self._tasks.append(asyncio.create_task(self._leave(self._pubsub, gone)))
            self._tasks = [task for task in self._tasks if not task.done()]

    async def _leave(self, pubsub: PubSub, names: AbstractSet[str]) -> None:
        names = names - self._wanted  # which may be wanted again by now
        try:
            if names and pubsub is self._pubsub:
                await pubsub.unsubscribe(*names)
        except FAULTS:
            self.cut()

    def cut(self) -> None:
        for task in self._work.values():
            task.cancel()

    async def _again_and_again(self, name: str, work: Callable[[], Any]) -> None:
        """Do one side of the line's work, from its beginning after every fault or cut."""
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            self._work[name] = asyncio.create_task(work())
            await asyncio.wait([self._work[name]])
            fault = None if self._work[name].cancelled() else self._work[name].exception()
            self._note_down(name, fault)
            lasted = asyncio.get_running_loop().time() - began
            failures = 0 if lasted > AGAIN_SECONDS[-1] else failures + 1
            await asyncio.sleep(AGAIN_SECONDS[min(failures, len(AGAIN_SECONDS) - 1)])

    def _note_down(self, name: str, fault: BaseException | None) -> None:
        if fault is None or isinstance(fault, FAULTS):
            if not self._down:
                log.warning(
                    "the relay is interrupted: %s. Bids go on; viewers of other servers hear of them "
                    "from the database",
                    fault or "nothing was heard over it",
                    extra={"event": "relay_interrupted"},
                )
            self._down.add(name)
        else:
            log.error("the relay failed", exc_info=fault, extra={"event": "fault"})

    def _note_up(self, name: str) -> None:
        if name in self._down:
            self._down.remove(name)
            if not self._down:
                log.warning("the relay is back", extra={"event": "relay_back"})

    async def _listen(self) -> None:
        pubsub = self._redis.pubsub()
        try:
            waits_for = set(self._wanted)
            await pubsub.subscribe(*waits_for)
            self._pubsub = pubsub
            if asked_since := self._wanted - waits_for:
                await pubsub.subscribe(*asked_since)
            while True:
                message = await pubsub.get_message(timeout=None)
                if message is None:
                    continue
                if message["type"] == "message":
                    self._hear(message["data"])
                elif message["type"] == "subscribe":
                    name = message["channel"].decode()
                    if name in self._wanted:
                        self._confirmed.setdefault(name, asyncio.Event()).set()
                    if waits_for and not (waits_for := waits_for - {name}):
                        self._note_up("listen")
                        self._back()
        finally:
            self._pubsub = None
            for confirmed in self._confirmed.values():
                confirmed.clear()
            await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _publish(self) -> None:
        self._unsent.clear()
        async with self._redis.client() as client:
            while True:
                await self._something.wait()
                self._something.clear()
                pipeline = client.pipeline(transaction=False)
                while self._unsent:
                    pipeline.publish(*self._unsent.popleft())
                await pipeline.execute()
                self._note_up("publish")
                if not self._unsent:
                    self._sent.set()
