"""Inspection of a Redis for `baraka doctor`, and of the servers that are heard over it; it judges nothing."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import NoPermissionError, RedisError

from baraka_server.relay.messages import Beat, Codec
from baraka_server.relay.node_relay import EVERYBODY
from baraka_server.relay.redis_line import FAULTS, redis_at

LISTEN_SECONDS = 2.5
"""How long is listened: every server says once a second that it is there."""
ANSWER_SECONDS_MAX = 3
_PUBSUB = "pubsub"


class RedisFault(RuntimeError):
    """A Redis that cannot be used. The text says why, and has no password."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error) or type(error).__name__)
        self.not_allowed = isinstance(error, NoPermissionError)
        """Whether its user may not publish and subscribe."""


@dataclass(frozen=True, slots=True)
class BufferLimit:
    """What may wait for a subscriber before Redis closes it; 0 is no limit."""

    bytes_max: int
    bytes_lasting: int
    seconds: int
    """How long `bytes_lasting` may wait."""


@dataclass(slots=True)
class HeardNode:
    """A process that was heard: its node, version and viewers, and when it was heard first and last."""

    node: str
    server: str
    version: str
    address: str
    viewers: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A Redis as a new connection finds it. None stands for what this user may not read."""

    kind: str
    version: str
    round_trip_seconds: float
    echo_seconds: float | None
    """How soon what is published was heard; None for not at all."""
    buffer_limit: BufferLimit | None
    idle_seconds_max: int | None
    """How long a connection that publishes may be silent before Redis closes it; 0 is no limit."""
    nodes: Sequence[HeardNode] = field(default=())
    strangers: int = 0
    """Messages that were not signed with our secret."""


async def examine(
    url: str, *, prefix: str, secret: str, listen_seconds: float = LISTEN_SECONDS
) -> RedisServer:
    """Inspect the Redis at `url`, and hear who speaks. Raises `UnusableRedisUrl` or `RedisFault`."""
    redis = redis_at(url, answer_seconds_max=ANSWER_SECONDS_MAX)
    try:
        return await _examine(redis, prefix, Codec(secret), listen_seconds)
    except FAULTS as error:
        raise RedisFault(error) from error
    finally:
        with suppress(*FAULTS):
            await redis.aclose()


async def _examine(redis: Redis, prefix: str, codec: Codec, seconds: float) -> RedisServer:
    before = time.monotonic()
    await redis.ping()
    round_trip = time.monotonic() - before
    said = await _info(redis)
    version = said.get("valkey_version") or said.get("redis_version") or "of an unknown version"
    ears = _Ears(redis, prefix, codec)
    try:
        echo = await ears.echo()
        if echo is not None:
            await ears.listen(seconds)
    finally:
        await ears.close()
    return RedisServer(
        kind="Valkey" if "valkey_version" in said else "Redis",
        version=str(version),
        round_trip_seconds=round_trip,
        echo_seconds=echo,
        buffer_limit=_buffer_limit(await _setting(redis, "client-output-buffer-limit")),
        idle_seconds_max=_whole(await _setting(redis, "timeout")),
        nodes=sorted(ears.heard.values(), key=lambda one: one.node),
        strangers=ears.strangers,
    )


class _Ears:
    """Hears what the servers of a house say to everybody, and what it says itself."""

    def __init__(self, redis: Redis, prefix: str, codec: Codec) -> None:
        self._redis = redis
        self._codec = codec
        self._pubsub: PubSub = redis.pubsub()
        self._all = f"{prefix}:{EVERYBODY}"
        self._own = f"{prefix}:doctor:{secrets.token_hex(8)}"
        self.heard: dict[str, HeardNode] = {}
        self.strangers = 0

    async def echo(self) -> float | None:
        """Publish to a channel of our own. Returns how soon it was heard; None for not in time."""
        await self._pubsub.subscribe(self._all, self._own)
        waits_for = {self._all, self._own}
        published = deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while (rest := deadline - time.monotonic()) > 0:
            message = await self._pubsub.get_message(timeout=rest)
            if message is None:
                continue
            channel = message["channel"].decode()
            if message["type"] == "subscribe" and channel in waits_for:
                waits_for.discard(channel)
                if not waits_for:
                    published = time.monotonic()
                    await self._redis.publish(self._own, b"")
            elif message["type"] == "message" and channel == self._own:
                return time.monotonic() - published
            else:
                self._note(message)
        return None

    async def listen(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            if message := await self._pubsub.get_message(timeout=rest):
                self._note(message)

    async def close(self) -> None:
        with suppress(*FAULTS):
            await self._pubsub.aclose()  # type: ignore[no-untyped-call]

    def _note(self, message: dict[str, Any]) -> None:
        if message["type"] != "message":
            return
        said, now = self._codec.read(message["data"]), time.monotonic()
        if said is None:
            self.strangers += 1
        elif isinstance(said, Beat):
            first = self.heard[said.boot].first if said.boot in self.heard else now
            self.heard[said.boot] = HeardNode(
                said.node,
                said.server or said.boot,
                said.version,
                said.address,
                sum(said.counts.values()),
                first,
                now,
            )


async def _info(redis: Redis) -> dict[str, Any]:
    try:
        said: dict[str, Any] = await redis.info("server")
    except RedisError:  # which this user may not ask
        return {}
    return said


async def _setting(redis: Redis, name: str) -> str | None:
    try:
        said = await redis.config_get(name)
    except RedisError:
        return None
    value = said.get(name)
    return None if value is None else str(value)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _buffer_limit(text: str | None) -> BufferLimit | None:
    """The limit of subscribers in `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`."""
    words = (text or "").split()
    if _PUBSUB not in words:
        return None
    at = words.index(_PUBSUB)
    numbers = [_whole(word) or 0 for word in words[at + 1 : at + 4]]
    return BufferLimit(*numbers) if len(numbers) == 3 else None
