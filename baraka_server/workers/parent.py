"""The parent of several workers: it accepts connections, hands each to a worker, and replaces who dies.

Nothing passes through it after that but the news between workers. Workers end with it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import sys
from contextlib import suppress

from baraka_server.metrics.report import Report
from baraka_server.settings import Settings
from baraka_server.wire.listening import bound, url_of
from baraka_server.wire.metrics_http import metrics_port, metrics_routes
from baraka_server.wire.places import Place
from baraka_server.workers.arrivals import Arrivals
from baraka_server.workers.channel import Channel, Kind, close_connection
from baraka_server.workers.hub_line import Hub
from baraka_server.workers.numbers import NodeNumbers
from baraka_server.workers.worker import NUMBER_BYTES, told

log = logging.getLogger(__name__)

SILENT_SECONDS_MAX = 2
"""How long a worker may say nothing before new sessions go to others."""
AGAIN_SECONDS = (0, 0.5, 1, 2, 5, 10, 30)
"""The pauses before a worker that died is replaced; the last one is for all further ones."""
LIVED_SECONDS = 60
"""A worker that lived as long did not die of its start."""
STOP_SHARE = 0.95
"""The part of a stop in which workers may end by themselves."""


class CannotStart(RuntimeError):
    """A worker did not start. The text has its reason."""


class Child:
    """A worker as its parent knows it."""

    def __init__(
        self, number: int, channel: Channel, process: asyncio.subprocess.Process, now: float
    ) -> None:
        self.number = number
        self.channel = channel
        self.process = process
        self.started_at = self.heard_at = now
        self.load = 0
        """Its connections, with those that it was given since it said so."""
        self.leaving = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def serves(self) -> None:
        """Return when it serves. Raises `CannotStart`. Whoever waits may be cancelled, and it goes on."""
        await asyncio.shield(self.ready)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()


class Parent:
    """`start`, then `stop`; `replace_all` for a rolling restart."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._node = settings.node_id or secrets.token_hex(4)
        self._boot = secrets.token_hex(8)
        self.children: dict[int, Child] = {}
        self._numbers = 0
        self._hub = Hub()
        self.numbers = NodeNumbers()
        routes = metrics_routes(settings, Place(self._node, 0), self.report)
        self._metrics = metrics_port(settings, routes)
        self._arrivals: Arrivals | None = None
        self._links: Arrivals | None = None
        self._stopping = False
        self._starting = 0
        self._deaths = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._reviving: set[asyncio.Task[None]] = set()
        self.replacing: asyncio.Task[None] | None = None

    async def start(self) -> list[str]:
        """Start the workers and listen. Returns the URLs. Raises `CannotStart`, or `OSError` for the address."""
        listening = await bound(self._settings.host, self._settings.port)
        self._arrivals = Arrivals(listening, self._take)
        if internal := self._settings.internal_host_and_port:
            await self._listen_for_links(*internal)
        children = [await self.spawn() for _ in range(self._settings.workers)]
        for child in children:
            await child.serves()
        if self._metrics:
            await self._metrics.open()
        self._arrivals.open()
        if self._links:
            self._links.open()
        return list(map(url_of, listening))

    async def stop(self) -> None:
        """Have every worker finish what it accepted; new connections get its 503 during the notice."""
        self._stopping = True
        deadline = self._now() + self._settings.shutdown_seconds_max * STOP_SHARE
        making = [*self._reviving, *filter(None, [self.replacing])]
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)  # no worker comes from now on
        for child in self.children.values():
            if not _is_ready(child):  # it has accepted nothing, and hears nothing before it serves
                child.kill()
        children = list(self.children.values())
        for child in children:
            child.channel.send(Kind.STOP)
        await asyncio.sleep(
            self._settings.shutdown_notice_seconds if any(map(_is_ready, children)) else 0
        )
        if self._arrivals:
            self._arrivals.close()
        await asyncio.gather(*(self._see_end(child, deadline) for child in children))
        if self._metrics:
            await self._metrics.close()
        if self._links:
            self._links.close()
        for task in self._tasks:
            task.cancel()

    def kill(self) -> None:
        """End the workers at once."""
        for child in self.children.values():
            child.kill()

    def replace_all(self) -> None:
        """Replace one worker after the other: the next one leaves when the one before it is replaced."""
        if self.replacing is None or self.replacing.done():
            log.info("replacing all workers, one after the other", extra={"event": "replacing"})
            self.replacing = asyncio.create_task(self._replace())

    async def _replace(self) -> None:
        for child in list(self.children.values()):
            if child.leaving or child.number not in self.children:
                continue
            new = await self.spawn()
            try:
                await new.serves()
            except CannotStart as error:
                why = {"event": "not_replaced"}
                log.error("the other workers stay as they are: %s", error, extra=why)
                return
            child.leaving = True
            child.channel.send(Kind.STOP)
            await self._see_end(child, self._now() + self._settings.shutdown_seconds_max)
        log.info("all workers are replaced", extra={"event": "replaced"})

    # --- workers

    async def _see_end(self, child: Child, deadline: float) -> None:
        """Return when a worker has ended, by itself or, after the deadline, at once."""
        try:
            async with asyncio.timeout_at(deadline):
                await child.process.wait()
        except TimeoutError:
            log.warning(
                "worker %s did not stop in time: ending it",
                child.number,
                extra={"event": "worker_killed", "worker": child.number},
            )
            child.kill()
            await child.process.wait()

    @property
    def _lacks_one(self) -> bool:
        """Whether there are fewer workers than there should be."""
        staying = sum(not child.leaving for child in self.children.values())
        return not self._stopping and staying + self._starting < self._settings.workers

    async def spawn(self) -> Child:
        self._starting += 1
        try:
            return await self._started()
        finally:
            self._starting -= 1

    async def _started(self) -> Child:
        self._numbers += 1
        number = self._numbers
        ours, theirs = Channel.pair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "baraka_server.workers",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
            )
        channel = Channel(ours)
        child = Child(number, channel, process, self._now())
        self.children[number] = child
        channel.open(
            lambda kind, data, connection: self._receive(child, kind, data, connection),
            lambda: None,
        )
        channel.send(Kind.SETTINGS, told(self._settings, Place(self._node, number, self._boot)))
        task = asyncio.create_task(self._watch(child))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return child

    async def _watch(self, child: Child) -> None:
        code = await child.process.wait()
        child.channel.finish()
        del self.children[child.number]
        self.numbers.gone(child.number)
        self._hub.gone(child.channel)
        for other in self.children.values():
            other.channel.send(Kind.ENDED, child.number.to_bytes(NUMBER_BYTES))
        if not child.ready.done():
            child.ready.set_exception(CannotStart(f"worker {child.number} ended with {code}"))
            child.ready.exception()  # whoever waits for it hears of it, and perhaps nobody does
        if not self._lacks_one:  # it was stopped, or another one has its place
            return
        lived = self._now() - child.started_at
        deaths, self._deaths = (0, 1) if lived > LIVED_SECONDS else (self._deaths, self._deaths + 1)
        self.numbers.deaths += 1
        log.error(
            "worker %s died (%s): its viewers connect to another one",
            child.number,
            _ended(code),
            extra={"event": "worker_died", "worker": child.number},
        )
        pause = AGAIN_SECONDS[min(deaths, len(AGAIN_SECONDS) - 1)]
        reviving = asyncio.create_task(self._revive(pause))
        self._reviving.add(reviving)
        reviving.add_done_callback(self._reviving.discard)

    async def _revive(self, pause: float) -> None:
        await asyncio.sleep(pause)
        if self._lacks_one:
            await self.spawn()

    def _receive(self, child: Child, kind: Kind, data: bytes, connection: int | None) -> None:
        child.heard_at = self._now()
        match kind:
            case Kind.READY:
                child.ready.set_result(None)
            case Kind.FAILED:
                child.ready.set_exception(CannotStart(data.decode()))
            case Kind.LOAD:
                child.load = int.from_bytes(data)
            case Kind.NUMBERS:
                self.numbers.heard(child.number, data)
            case Kind.ASK_NODE:
                child.channel.send(Kind.NODE, self._node_report().encoded())
            case Kind.HAND_OVER if connection is not None:
                number, head = int.from_bytes(data[:NUMBER_BYTES]), data[NUMBER_BYTES:]
                self._give(number, connection, head=head)
            case Kind.PUBLISH:
                self._hub.publish(data)
            case Kind.SUBSCRIBE:
                self._hub.subscribe(child.channel, data)
            case Kind.UNSUBSCRIBE:
                self._hub.unsubscribe(child.channel, data)

    # --- metrics

    async def report(self) -> Report:
        """The report of the node. It does not wait for any worker: a silent one is told of as such."""
        return self._node_report()

    def _node_report(self) -> Report:
        now = self._now()
        silent = {
            child.number: max(0.0, now - child.heard_at)
            for child in self.children.values()
            if _is_ready(child)
        }
        return self.numbers.report(silent, wanted=self._settings.workers)

    # --- connections

    async def _listen_for_links(self, host: str, port: int) -> None:
        listening = await bound(host, port)
        self._links = Arrivals(listening, self._take_link)
        at = f"[{host}]" if ":" in host else host
        address = f"{at}:{listening[0].getsockname()[1]}"
        self._settings = self._settings.model_copy(update={"internal_address": address})

    def _take_link(self, connection: socket.socket, sid: str | None, _seen: bool) -> None:
        """Pass on a connection of another node to the worker that its first line names."""
        place = Place.of(sid) if sid else None
        if place is None or place.node != self._node:
            connection.close()
            return
        self._give(place.worker, connection.detach(), Kind.LINK)

    def _take(self, connection: socket.socket, sid: str | None, seen: bool) -> None:
        place = Place.of(sid) if sid else None
        number = place.worker if place is not None and place.node == self._node else None
        kind = Kind.CONNECTION if seen else Kind.SILENT
        self._give(number, connection.detach(), kind)

    def _give(
        self, number: int | None, connection: int, kind: Kind = Kind.CONNECTION, head: bytes = b""
    ) -> None:
        """Give a connection to the worker with this number, or to the emptiest where there is none."""
        child = self.children.get(number) if number is not None else None
        if child is None or not _is_ready(child):
            child = self._emptiest()
        if child is None:
            close_connection(connection)
            return
        child.load += 1
        child.channel.send(kind, head, connection)

    def _emptiest(self) -> Child | None:
        """The worker with the fewest connections, of those that are well; None where there is none."""
        ready = [child for child in self.children.values() if _is_ready(child)]
        spoke = self._now() - SILENT_SECONDS_MAX
        well = [child for child in ready if child.heard_at >= spoke and not child.leaving]
        return min(well or ready, key=lambda child: child.load, default=None)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _is_ready(child: Child) -> bool:
    return child.ready.done() and child.ready.exception() is None


def _ended(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
