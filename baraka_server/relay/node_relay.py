"""The relay of a node: what it publishes, what it hears of others, and whether it hears at all."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet

from baraka_server.links.reach import Reach, server_of
from baraka_server.live.relay import HearTakes, RelayedEntries, RelayListener, TakerKey
from baraka_server.metrics.counting import SECONDS, Histogram
from baraka_server.relay.line import Line
from baraka_server.relay.messages import (
    Beat,
    Codec,
    Counts,
    Entries,
    Sent,
    Start,
    Takes,
    Unreadable,
)
from baraka_server.relay.peers import Peers

log = logging.getLogger(__name__)

BEAT_SECONDS = 1
BEATS_IN_TIME = 3
"""How many beats fit at least into the time after which a node is taken for deaf, or gone."""
LOOKS_PER_BEAT = 4
"""How often between two beats a node looks who is gone: a count is wrong for as long as it does not."""
FOLLOW_SECONDS_MAX = 0.5
"""How long somebody who joins waits until this node is certain to hear of the auction."""
NAMESAKE_SECONDS = 60
"""How often it is said at most that another server has the name of this one."""
EVERYBODY = "all"
"""The channel of beats, counts, starts and takes; an auction's entries have one of their own."""


class RelayMeasures:
    """Counts of a relay's messages, and how long a node's own voice took to come back."""

    def __init__(self) -> None:
        self.sent = self.heard = self.strangers = 0
        self.connects = 0
        """How often the line was there, with the first time."""
        self.echo = Histogram(SECONDS)


class NodeRelay:
    """The `Relay` of a node over a line.

    `node` is its name among all, `server` the start of the server that it is a worker of,
    `echo_seconds_max` how long it may not hear its own voice, and `expiry_seconds` how long a silent peer
    is believed to be there. `clock` counts both.

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
        server: str = "",
        echo_seconds_max: float = 3,
        expiry_seconds: float = 5,
        clock: Callable[[], float] = time.monotonic,
        reach: Reach | None = None,
    ) -> None:
        self.node = node
        self.address = ""
        """Where this node takes links, as its beats say."""
        self._reach = reach
        self._boot = secrets.token_hex(8)
        self._server = server or self._boot
        self._version = version
        self._line = line
        self._codec = codec
        self._clock = clock
        self._echo_seconds_max = echo_seconds_max
        self._beat_seconds = min(
            BEAT_SECONDS, echo_seconds_max / BEATS_IN_TIME, expiry_seconds / BEATS_IN_TIME
        )
        self._name = server_of(node)
        self._peers = Peers(expiry_seconds, clock, name=self._name, server=self._server)
        self._told_of_namesake_at = clock() - NAMESAKE_SECONDS
        self._heard_takes: HearTakes = lambda _limit, _amounts: None
        self._here: dict[int, int] = {}
        self._followed: dict[int, asyncio.Task[None]] = {}  # with the newest subscription to each
        self._heard_self_at: float | None = None
        self._cut_at = clock()
        self._tasks: list[asyncio.Task[None]] = []
        self._beat_at = clock()
        self.measures = RelayMeasures()

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
        self._publish(EVERYBODY, Counts(self.node, dict.fromkeys(self._here, 0), self._boot))
        await self._line.close()

    @property
    def healthy(self) -> bool:
        heard = self._heard_self_at
        return heard is not None and self._clock() - heard <= self._echo_seconds_max

    @property
    def echo_age_seconds(self) -> float:
        """How long ago this node heard its own voice; since it was cut off, if it never did."""
        heard = self._cut_at if self._heard_self_at is None else self._heard_self_at
        return self._clock() - heard

    @property
    def peers(self) -> AbstractSet[str]:
        """The names of the other servers that are heard of."""
        return self._peers.names

    # --- what this node says

    def tell(self, news: RelayedEntries) -> None:
        self._publish(_channel(news.auction_id), Entries(self.node, news, self._boot))

    def tell_of_start(self, auction_id: int) -> None:
        self._publish(EVERYBODY, Start(self.node, auction_id, self._boot))

    def count_here(self, auction_id: int, count: int) -> None:
        if count == self._here.get(auction_id, 0):
            return
        if count:
            self._here[auction_id] = count
        else:
            del self._here[auction_id]
        self._publish(EVERYBODY, Counts(self.node, {auction_id: count}, self._boot))

    def worker_ended(self, number: int) -> None:
        """Say goodbye for another worker of this server, if it could not say it itself."""
        node = f"{self._name}.{number}"
        for boot, counts in self._peers.counts_of_ours(node).items():
            goodbye = Counts(node, dict.fromkeys(counts, 0), boot)
            self._tell_of_counts(self._peers.counts(boot, goodbye.counts))
            self._publish(EVERYBODY, goodbye)

    def tell_of_takes(self, limit: str, amounts: Mapping[TakerKey, float]) -> None:
        if self.healthy:  # else they would push what viewers wait for out of the queue
            self._publish(EVERYBODY, Takes(self.node, limit, amounts, self._boot))

    def beat(self) -> None:
        """Say that this node is alive, and look who else is."""
        beat = Beat(self.node, self._boot, self._version, self.address, self._here, self._server)
        self._beat_at = self._clock()
        self._publish(EVERYBODY, beat)
        self._tell_of_namesake()
        self.look()

    def look(self) -> None:
        """Look who is gone, and make the line anew if nothing was heard over it for too long."""
        if self.healthy:
            self._tell_of_counts(self._peers.expire())
        elif self._clock() - self._cut_at > self._echo_seconds_max:
            self._cut_at = self._clock()
            self._line.cut()

    async def _beat_again_and_again(self) -> None:
        while True:
            self.beat()
            for _ in range(LOOKS_PER_BEAT):
                await asyncio.sleep(self._beat_seconds / LOOKS_PER_BEAT)
                self.look()

    def _publish(self, channel: str, message: Sent) -> None:
        self.measures.sent += 1
        self._line.publish(channel, self._codec.written(message))

    # --- whom it hears

    @property
    def has_namesake(self) -> bool:
        return self._peers.is_twice(self._name)

    def hear_takes(self, heard: HearTakes) -> None:
        self._heard_takes = heard

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
        self.measures.heard += 1
        if message.boot == self._boot:
            if isinstance(message, Beat):
                self._hear_self()
            return
        match message:
            case Beat():
                if self._reach and self._reach.note(message.node, message.address):
                    self.beat()  # so that it need not wait for the next one
                self._tell_of_counts(self._peers.beat(message))
            case Counts(boot=boot, counts=counts):
                self._tell_of_counts(self._peers.counts(boot, counts))
            case Takes(limit=limit, amounts=amounts):
                self._heard_takes(limit, amounts)
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
        self.measures.echo.observe(self._heard_self_at - self._beat_at)

    def _is_back(self) -> None:
        self.measures.connects += 1
        self._cut_at = self._clock()
        self.beat()
        self._listener.was_away()

    def _tell_of_counts(self, auctions: Collection[int]) -> None:
        if auctions:
            self._listener.counts_changed(auctions)

    def _tell_of_namesake(self) -> None:
        if not self.has_namesake or self._clock() - self._told_of_namesake_at < NAMESAKE_SECONDS:
            return
        if not self._peers.speaks_for_server(self._boot):
            return
        self._told_of_namesake_at = self._clock()
        log.error(
            "another server has BARAKA_NODE_ID=%s too: a load balancer sends sessions of one to the other. "
            "Give each server its own; meanwhile both serve, and their viewers are counted",
            self._name,
            extra={"event": "duplicate_node_id", "node": self._name},
        )

    def _note_stranger(self) -> None:
        self.measures.strangers += 1
        if self.measures.strangers == 1:
            log.warning(
                "a message of the relay is not signed with this server's secret: another "
                "installation uses the same Redis and prefix; set BARAKA_REDIS_PREFIX",
                extra={"event": "relay_stranger"},
            )


def _channel(auction_id: int) -> str:
    return f"a:{auction_id}"
