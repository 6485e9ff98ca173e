"""The relay of a node: what it publishes, what it hears of others, and whether it hears at all."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Collection

from baraka_server.live.relay import RelayedEntries, RelayListener
from baraka_server.relay.line import Line
from baraka_server.relay.messages import Beat, Codec, Counts, Entries, Start, Unreadable
from baraka_server.relay.peers import Peers

log = logging.getLogger(__name__)

BEAT_SECONDS = 1
BEATS_IN_TIME = 3
"""How many beats fit at least into the time after which a node is taken for deaf, or gone."""
FOLLOW_SECONDS_MAX = 0.5
"""How long somebody who joins waits until this node is certain to hear of the auction."""
EVERYBODY = "all"
"""The channel of beats, counts and starts; an auction's entries have one of their own."""


class NodeRelay:
    """The `Relay` of a node over a line.

    `node` is its name among all, `echo_seconds_max` how long it may not hear its own voice, and
    `expiry_seconds` how long a silent peer is believed to be there. `clock` counts both.

        relay = NodeRelay(RedisLine(url, prefix="baraka"), Codec(secret), node="a1", version="1.2.0")
        relay.open(house)
    """

    wanted = True

    def __init__(
        self,
        line: Line,
        codec: Codec,
        *,
        node: str,
        version: str,
        echo_seconds_max: float = 3,
        expiry_seconds: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.node = node
        self._boot = secrets.token_hex(8)
        self._version = version
        self._line = line
        self._codec = codec
        self._clock = clock
        self._echo_seconds_max = echo_seconds_max
        self._beat_seconds = min(
            BEAT_SECONDS, echo_seconds_max / BEATS_IN_TIME, expiry_seconds / BEATS_IN_TIME
        )
        self._peers = Peers(expiry_seconds, clock)
        self._here: dict[int, int] = {}
        self._followed: dict[int, asyncio.Task[None]] = {}  # with the newest subscription to each
        self._heard_self_at: float | None = None
        self._cut_at = clock()
        self._tasks: list[asyncio.Task[None]] = []
        self._strangers = 0

    def open(self, listener: RelayListener) -> None:
        """Begin to hear and to be heard."""
        self._listener = listener
        self._line.open(self._hear, self._is_back)
        self._tasks = [
            asyncio.create_task(self._line.subscribe(EVERYBODY)),
            asyncio.create_task(self._beat_again_and_again()),
        ]

    async def close(self) -> None:
        """Say goodbye: this node's viewers are gone at once, not when it expires."""
        for task in [*self._tasks, *self._followed.values()]:
            task.cancel()
        self._publish(EVERYBODY, Counts(self.node, dict.fromkeys(self._here, 0)))
        await self._line.close()

    @property
    def healthy(self) -> bool:
        heard = self._heard_self_at
        return heard is not None and self._clock() - heard <= self._echo_seconds_max

    # --- what this node says

    def tell(self, news: RelayedEntries) -> None:
        self._publish(_channel(news.auction_id), Entries(self.node, news))

    def tell_of_start(self, auction_id: int) -> None:
        self._publish(EVERYBODY, Start(self.node, auction_id))

    def count_here(self, auction_id: int, count: int) -> None:
        if count == self._here.get(auction_id, 0):
            return
        if count:
            self._here[auction_id] = count
        else:
            del self._here[auction_id]
        self._publish(EVERYBODY, Counts(self.node, {auction_id: count}))

    def beat(self) -> None:
        """Say that this node is alive, and look who else is."""
        beat = Beat(self.node, self._boot, self._version, counts=self._here)
        self._publish(EVERYBODY, beat)
        if self.healthy:
            self._tell_of_counts(self._peers.expire())
        elif self._clock() - self._cut_at > self._echo_seconds_max:
            self._cut_at = self._clock()
            self._line.cut()

    async def _beat_again_and_again(self) -> None:
        while True:
            self.beat()
            await asyncio.sleep(self._beat_seconds)

    def _publish(self, channel: str, message: Beat | Counts | Start | Entries) -> None:
        self._line.publish(channel, self._codec.written(message))

    # --- whom it hears

    def count_elsewhere(self, auction_id: int) -> int:
        return self._peers.count(auction_id)

    async def follow(self, auction_id: int) -> None:
        subscribed = self._followed.get(auction_id)
        if subscribed is None or subscribed.done():  # the line may have been cut since
            subscribed = asyncio.create_task(self._line.subscribe(_channel(auction_id)))
            self._followed[auction_id] = subscribed
        if self.healthy:
            await asyncio.wait([subscribed], timeout=FOLLOW_SECONDS_MAX)

    def follow_only(self, auctions: Collection[int]) -> None:
        gone = self._followed.keys() - set(auctions)
        for auction_id in gone:
            self._followed.pop(auction_id).cancel()
        self._line.unsubscribe(map(_channel, gone))

    def _hear(self, data: bytes) -> None:
        message = self._codec.read(data)
        if message is None:
            self._note_stranger()
            return
        if message.node == self.node:
            if isinstance(message, Beat) and message.boot == self._boot:
                self._hear_self()
            return
        match message:
            case Beat():
                self._tell_of_counts(self._peers.beat(message))
            case Counts(node=node, counts=counts):
                self._tell_of_counts(self._peers.counts(node, counts))
            case Start(auction_id=auction_id):
                self._listener.started(auction_id)
            case Entries(news=news):
                self._listener.relayed(news)
            case Unreadable(auction_id=int() as auction_id):
                self._listener.unreadable(auction_id)

    def _hear_self(self) -> None:
        if not self.healthy:
            self._peers.hears_again()
        self._heard_self_at = self._clock()

    def _is_back(self) -> None:
        self._cut_at = self._clock()
        self.beat()
        self._listener.was_away()

    def _tell_of_counts(self, auctions: Collection[int]) -> None:
        if auctions:
            self._listener.counts_changed(auctions)

    def _note_stranger(self) -> None:
        self._strangers += 1
        if self._strangers == 1:
            log.warning(
                "a message of the relay is not signed with this server's secret: another "
                "installation uses the same Redis and prefix; set BARAKA_REDIS_PREFIX",
                extra={"event": "relay_stranger"},
            )


def _channel(auction_id: int) -> str:
    return f"a:{auction_id}"
