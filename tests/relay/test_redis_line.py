"""The line over a real Redis: killed, frozen, emptied, its subscribers cut, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from redis.asyncio.client import PubSub

from baraka_server.relay.redis_line import RedisLine
from tests.support.servers.neighbours import until
from tests.support.servers.redis import Redis


class Listening:
    """An open line and what came over it."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self.line = RedisLine(redis.url, prefix=prefix)
        self.heard: list[bytes] = []
        self.back = 0

    def was_away(self) -> None:
        self.back += 1


@asynccontextmanager
async def listening(redis: Redis, prefix: str = "") -> AsyncIterator[Listening]:
    there = Listening(redis, prefix or uuid4().hex)
    there.line.open(there.heard.append, there.was_away)
    try:
        yield there
    finally:
        await there.line.close()


async def is_heard(there: Listening, message: bytes) -> None:
    """Publish again and again, as beats are, until it is heard."""

    def published() -> bool:
        there.line.publish("all", message)
        return message in there.heard

    await until(published)


async def test_what_is_published_is_heard_in_its_order_after_the_subscription(redis):
    async with listening(redis) as there:
        await there.line.subscribe("all")
        await there.line.subscribe("a:1")
        sent = [b"%d" % n for n in range(200)]
        for n, message in enumerate(sent):
            there.line.publish(("all", "a:1")[n % 2], message)
        await until(lambda: len(there.heard) == len(sent))
        assert there.heard == sent
        assert there.back == 1


async def test_other_channels_and_other_prefixes_are_not_heard(redis):
    async with listening(redis) as there, listening(redis) as stranger:
        for one in (there, stranger):
            await one.line.subscribe("all")
            await one.line.subscribe("a:1")
        there.line.unsubscribe(["a:1"])
        stranger.line.publish("all", b"not for us")
        there.line.publish("a:2", b"nobody is there")
        there.line.publish("all", b"the last")
        await until(lambda: there.heard)
        assert there.heard == [b"the last"]


async def test_a_killed_redis_is_connected_to_again_and_all_channels_are_heard(redis):
    async with listening(redis) as there:
        await there.line.subscribe("all")
        await there.line.subscribe("a:1")
        redis.kill()
        there.line.publish("all", b"lost")
        redis.start()
        await until(lambda: there.back == 2)
        there.line.publish("a:1", b"after")
        await is_heard(there, b"again")
        assert b"lost" not in there.heard


async def test_cut_subscribers_come_back_and_say_that_they_were_away(redis):
    async with listening(redis) as there:
        await there.line.subscribe("all")
        redis.cut_subscribers()
        await until(lambda: there.back == 2)
        await is_heard(there, b"again")


async def test_a_frozen_redis_blocks_nobody_and_a_cut_line_begins_anew(redis):
    async with listening(redis) as there:
        await there.line.subscribe("all")
        redis.freeze()
        for n in range(30_000):  # more than it keeps: the oldest are dropped
            there.line.publish("all", b"%d" % n)
        there.line.cut()
        redis.thaw()
        await until(lambda: there.back == 2)
        await is_heard(there, b"again")


async def test_a_channel_that_was_asked_for_while_it_connects_is_heard(redis, monkeypatch):
    subscribe = PubSub.subscribe

    async def asked_meanwhile(self: PubSub, *channels: str) -> None:
        monkeypatch.undo()
        asking.append(asyncio.create_task(there.line.subscribe("a:1")))
        await asyncio.sleep(0)
        await subscribe(self, *channels)

    asking: list[asyncio.Task[None]] = []
    async with listening(redis) as there:
        await there.line.subscribe("all")
        monkeypatch.setattr(PubSub, "subscribe", asked_meanwhile)
        there.line.cut()
        await until(lambda: asking and asking[0].done())
        there.line.publish("a:1", b"heard")
        await until(lambda: b"heard" in there.heard)


async def test_a_channel_that_is_left_and_asked_for_again_is_heard(redis):
    async with listening(redis) as there:
        for channel in ("all", "a:1"):
            await there.line.subscribe(channel)
        there.line.unsubscribe(["a:1"])
        await there.line.subscribe("a:1")
        await is_heard(there, b"again")
        there.line.publish("a:1", b"heard")
        await until(lambda: b"heard" in there.heard)


async def test_a_channel_that_was_asked_for_while_redis_was_away_is_heard_later(redis):
    redis.kill()
    async with listening(redis) as there:
        there.line.publish("all", b"nobody takes it")
        redis.start()
        await there.line.subscribe("all")
        await is_heard(there, b"after")


async def test_it_is_said_that_the_line_is_back_whichever_of_its_sides_was_cut(redis, caplog):
    def events() -> list[str]:
        return [getattr(record, "event", "") for record in caplog.records]

    async with listening(redis) as there:
        await there.line.subscribe("all")
        await is_heard(there, b"before")
        for times, cut in enumerate((redis.cut_publishers, redis.cut_subscribers), start=1):
            cut()
            await is_heard(there, b"after %d" % times)
            await until(lambda times=times: events().count("relay_back") == times)
            assert events() == ["relay_interrupted", "relay_back"] * times
