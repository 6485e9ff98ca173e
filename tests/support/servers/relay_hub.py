"""`RelayHub`: lines between the relays of one test process, which lose, double, delay and reorder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from random import Random

from baraka_server.relay.line import Hear

FAULTS: tuple[tuple[float, ...], ...] = ((), (0, 0), (0.003,), (0.002, 0.01))
"""The delays in seconds with which a message arrives: lost, twice, late, late and again."""


class HubLine:
    """The `Line` of one node to a hub."""

    def __init__(self, hub: RelayHub) -> None:
        self.hub = hub
        self.channels: set[str] = set()
        self.deaf = False
        """Whether it was cut without noticing: what is published does not arrive."""
        self.cuts = 0

    def open(self, hear: Hear, back: Callable[[], None]) -> None:
        self._hear, self._back = hear, back
        self.hub.lines.append(self)

    async def close(self) -> None:
        if self in self.hub.lines:
            self.hub.lines.remove(self)

    def publish(self, channel: str, message: bytes) -> None:
        self.hub.publish(channel, message)

    async def subscribe(self, channel: str) -> None:
        await asyncio.sleep(0)
        first = not self.channels
        self.channels.add(channel)
        if first:
            self._back()

    def unsubscribe(self, channels: Iterable[str]) -> None:
        self.channels.difference_update(channels)

    def cut(self) -> None:
        self.cuts += 1

    def hear(self, message: bytes) -> None:
        if not self.deaf:
            self._hear(message)

    def mend(self) -> None:
        self.deaf = False
        self._back()


class RelayHub:
    """Carries what is published to all lines of its channel, in the next turn of the loop.

    With a `chance` it drops, doubles or delays messages, by the seed. `published` has all of them.
    """

    def __init__(self, seed: int = 0, *, chance: float = 0) -> None:
        self.lines: list[HubLine] = []
        self.published: list[tuple[str, bytes]] = []
        self.silent = False
        """Whether nothing is carried."""
        self._random = Random(seed)
        self._chance = chance

    def line(self) -> HubLine:
        return HubLine(self)

    def publish(self, channel: str, message: bytes) -> None:
        self.published.append((channel, message))
        if self.silent:
            return
        for line in self.lines:
            if channel not in line.channels:
                continue
            for delay in self._delays():
                asyncio.get_running_loop().call_later(delay, line.hear, message)

    def _delays(self) -> list[float]:
        if self._random.random() >= self._chance:
            return [0]
        return list(self._random.choice(FAULTS))
