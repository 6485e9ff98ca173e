"""The line of a worker's relay over the channel to its parent, and the hub there that connects all."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable

from baraka_server.relay.line import Hear
from baraka_server.workers.channel import Channel, Kind

_SEPARATOR = b"\0"


class HubLine:
    """The `Line` of a worker. It is cut when the parent is gone, and the worker with it."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._asked: dict[str, asyncio.Event] = {}

    def open(self, hear: Hear, back: Callable[[], None]) -> None:
        self._hear, self._back = hear, back

    async def close(self) -> None: ...

    def publish(self, channel: str, message: bytes) -> None:
        self._channel.send(Kind.PUBLISH, channel.encode() + _SEPARATOR + message)

    async def subscribe(self, channel: str) -> None:
        first = not self._asked
        if channel not in self._asked:
            self._asked[channel] = asyncio.Event()
            self._channel.send(Kind.SUBSCRIBE, channel.encode())
        await self._asked[channel].wait()
        if first:
            self._back()

    def unsubscribe(self, channels: Iterable[str]) -> None:
        for channel in channels:
            if asked := self._asked.pop(channel, None):
                asked.set()
                self._channel.send(Kind.UNSUBSCRIBE, channel.encode())

    def cut(self) -> None: ...

    def subscribed(self, channel: bytes) -> None:
        if asked := self._asked.get(channel.decode()):
            asked.set()

    def hear(self, message: bytes) -> None:
        self._hear(message)


class Hub:
    """Passes what a worker publishes to all workers that hear the channel, itself among them."""

    def __init__(self) -> None:
        self._hear: defaultdict[bytes, set[Channel]] = defaultdict(set)

    def subscribe(self, worker: Channel, channel: bytes) -> None:
        self._hear[channel].add(worker)
        worker.send(Kind.SUBSCRIBED, channel)

    def unsubscribe(self, worker: Channel, channel: bytes) -> None:
        self._hear[channel].discard(worker)
        if not self._hear[channel]:
            del self._hear[channel]

    def gone(self, worker: Channel) -> None:
        for channel in list(self._hear):
            self.unsubscribe(worker, channel)

    def publish(self, data: bytes) -> None:
        channel, _, message = data.partition(_SEPARATOR)
        for worker in self._hear.get(channel, ()):
            worker.send(Kind.NEWS, message)
