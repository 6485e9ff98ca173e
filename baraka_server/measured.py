"""Metrics of a server process: the numbers of its parts, read where each counts them, and who is told."""

from __future__ import annotations

import platform
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version

import psutil
from aiohttp import web

from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.refusals import Code
from baraka_server.contract.vocabulary import CLIENT_EVENTS
from baraka_server.live.house import House
from baraka_server.live.sign_in_counts import Counts, Outcome
from baraka_server.metrics.counting import LoopLag
from baraka_server.metrics.report import (
    AuctionNow,
    Distribution,
    Report,
    Series,
    busiest,
    by_label,
    labelled,
    of_workers,
)
from baraka_server.relay.node_relay import NodeRelay
from baraka_server.settings import Settings
from baraka_server.store.errors import Trouble
from baraka_server.store.store import Store
from baraka_server.wire.admission import Admission
from baraka_server.wire.broadcaster import RoomBroadcaster
from baraka_server.wire.gateway import Gateway
from baraka_server.wire.metrics_http import metrics_port, metrics_routes
from baraka_server.wire.places import Place
from baraka_server.wire.server import GuardedServer

REPORT_SECONDS = 1

ACCEPTED, REFUSED, LIMITED, FAILED = "accepted", "refused", "limited", "failed"
OUTCOMES: dict[str, str] = {
    "": ACCEPTED,
    **dict.fromkeys((Code.TOO_FAST, Code.BUSY), LIMITED),
    **dict.fromkeys((Code.UNAVAILABLE, Code.OUTCOME_UNKNOWN, Code.UNSUITED, Code.FAULT), FAILED),
}
"""The outcome of an event by the code of its answer; all other codes are refusals by the rules."""
BIDS = frozenset(name for name, event in CLIENT_EVENTS.items() if event.is_bid)
JOINS = frozenset({JoinAuction.wire_name})

Named = tuple[str, Series | float | Distribution]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a server that count something."""

    sio: GuardedServer
    house: House
    store: Store
    gateway: Gateway
    admission: Admission
    audience: RoomBroadcaster
    relay: NodeRelay | None
    sign_in: Counts


class Reporter:
    """Reads the numbers of a server's parts, at most once a second: asked sooner it says the same again.

    `worker` is its number, `sockets_max` how many there may be.
    """

    def __init__(self, parts: Parts, lag: LoopLag, *, worker: int, sockets_max: int) -> None:
        self._parts = parts
        self._lag = lag
        self._sockets_max = sockets_max
        self.worker = worker
        self._last: tuple[float, Report] | None = None
        self._commands: dict[int, int] = {}
        self._process = psutil.Process()
        self._started_at = time.time()
        self._build: Series = {(version("baraka"), platform.python_version()): 1}

    def report(self, *, anew: bool = False) -> Report:
        now = time.monotonic()
        if anew or self._last is None or now - self._last[0] >= REPORT_SECONDS:
            self._last = now, self._report()
        return self._last[1]

    async def alone(self) -> Report:
        """The report of a node that is this process alone."""
        own = self.report()
        alone = of_workers({self.worker: 0.0}, wanted=1, deaths=0)
        return replace(own, values={**own.values, **alone})

    def _report(self) -> Report:
        parts = self._parts
        nodes = frozenset(parts.relay.peers) if parts.relay else frozenset()
        rooms = frozenset(parts.house.presence.watched())
        named = [
            *self._of_clients(),
            *self._of_answers(),
            *self._of_deliveries(rooms),
            *self._of_relay(len(nodes)),
            *self._of_database(),
            *self._of_process(),
        ]
        values: dict[str, Series] = {
            f"baraka_{name}": {(): series}
            if isinstance(series, float | int | Distribution)
            else series
            for name, series in named
        }
        return Report(values, self._auctions(), rooms, nodes)

    def _auctions(self) -> list[AuctionNow]:
        found = self._parts.house.auctions_now()
        hot = busiest(found, self._commands)
        self._commands = {one.id: one.commands for one in found}
        lagging = self._parts.audience.lagging
        return [replace(one, lagging=lagging(one.id)) for one in hot]

    def _of_clients(self) -> Iterator[Named]:
        sio, admission = self._parts.sio, self._parts.admission
        yield "connections", len(admission.connections.open)
        yield "connections_unverified", admission.connections.unverified
        yield "sockets", len(sio.eio.sockets)
        yield "sockets_max", self._sockets_max
        yield "viewers", self._parts.gateway.viewers
        yield "auctions_live", self._parts.house.live_auctions
        yield "sockets_opened_total", sio.opened
        yield "sockets_turned_away_total", by_label(sio.turned_away)
        for name, event in (("refused", "refused"), ("disconnected", "hung_up")):
            counts = sio.log.counts.items()
            of_limit = ((limit or "other", n) for (kind, limit), n in counts if kind == event)
            yield f"clients_{name}_total", labelled(of_limit)

    def _of_answers(self) -> Iterator[Named]:
        sio, house = self._parts.sio, self._parts.house
        counts = list(sio.outcomes.items())
        zero = [(outcome, 0) for outcome in (ACCEPTED, REFUSED, LIMITED, FAILED)]
        for name, events in (("bids_total", BIDS), ("joins_total", JOINS)):
            found = [
                (OUTCOMES.get(code, REFUSED), n) for (event, code), n in counts if event in events
            ]
            yield name, labelled(zero + found)
        yield "commands_total", labelled((event or "unknown", n) for (event, _), n in counts)
        yield "refusals_total", labelled((code, n) for (_, code), n in counts if code)
        counts_of_sign_in = dict.fromkeys(Outcome, 0) | self._parts.sign_in
        yield "sign_ins_total", by_label(counts_of_sign_in)
        yield "commands_waiting", house.commands_waiting
        yield "joins_waiting", self._parts.gateway.joins_waiting
        yield "requests_waiting", self._parts.admission.requests_waiting
        measures = house.measures
        yield "answer_seconds", Distribution.of(sio.answer_seconds)
        yield "join_seconds", Distribution.of(sio.join_seconds)
        yield "queue_seconds", Distribution.of(measures.queue)
        yield "commit_seconds", Distribution.of(measures.commit)
        yield "commit_commands", Distribution.of(measures.commands)
        yield "delivery_seconds", Distribution.of(measures.delivery)
        yield "event_loop_lag_seconds", Distribution.of(self._lag.seconds)

    def _of_deliveries(self, rooms: Collection[int]) -> Iterator[Named]:
        sio = self._parts.sio
        yield "rooms", len(rooms)
        if fan_out := sio.fan_out:
            yield "fan_out_seconds", Distribution.of(fan_out.seconds)
            yield "deliveries_total", fan_out.deliveries
            yield "deliveries_queued_total", fan_out.deliveries_queued
        yield "viewers_lagging", sum(map(self._parts.audience.lagging, rooms))
        yield "unsent_bytes", self._parts.admission.connections.unread_bytes
        yield "slow_viewers_dropped_total", sio.slow_viewers_dropped

    def _of_relay(self, nodes: int) -> Iterator[Named]:
        relay = self._parts.relay
        yield "relay_wanted", int(relay is not None)
        live = self._parts.house.measures
        yield "relay_gaps_total", live.gaps
        forwarded = {"answered": live.forwarded, "lost": live.forwarding_lost}
        yield "commands_forwarded_total", by_label(forwarded)
        if relay is None:
            return
        measures = relay.measures
        yield "relay_healthy", int(relay.healthy)
        yield "relay_echo_age_seconds", relay.echo_age_seconds
        yield "relay_echo_seconds", Distribution.of(measures.echo)
        yield "relay_nodes", nodes
        yield "relay_name_taken", int(relay.has_namesake)
        yield "relay_messages_total", by_label({"sent": measures.sent, "heard": measures.heard})
        yield "relay_connects_total", measures.connects
        yield "relay_strangers_total", measures.strangers

    def _of_database(self) -> Iterator[Named]:
        store = self._parts.store
        has = store.connections
        yield "database_healthy", int(store.availability.healthy)
        yield "database_connections", by_label({"in_use": has.in_use, "idle": has.idle})
        yield "database_connections_max", has.max
        yield "database_connects_total", has.made
        yield (
            "database_errors_total",
            by_label(dict.fromkeys(Trouble, 0) | store.availability.failures),
        )
        yield "database_retries_total", store.retries

    def _of_process(self) -> Iterator[Named]:
        worker = str(self.worker)
        yield "cpu_seconds_total", time.process_time()
        with suppress(psutil.Error):
            yield "memory_bytes", self._process.memory_info().rss
        yield "start_time_seconds", self._started_at
        yield "build_info", self._build
        yield "worker_viewers", {(worker,): self._parts.gateway.viewers}
        yield "worker_lag_seconds", {(worker,): self._lag.worst()}


class Metrics:
    """The metrics of a server process, and its routes and port for them, where settings ask for any.

    A worker gets the report of its node by `node_report`, and leaves the port to its parent.
    """

    def __init__(
        self,
        parts: Parts,
        settings: Settings,
        place: Place | None,
        node_report: Callable[[], Awaitable[Report]] | None,
    ) -> None:
        self._lag = LoopLag()
        self._are_on = settings.metrics_are_on
        self._with_token = settings.metrics_token is not None
        self.reporter = Reporter(
            parts,
            self._lag,
            worker=place.worker if place else 1,
            sockets_max=settings.connections_max,
        )
        self._routes = metrics_routes(settings, place, node_report or self.reporter.alone)
        self._port = None if node_report else metrics_port(settings, self._routes)

    def add_to(self, app: web.Application) -> None:
        """Add the routes to the port of the clients, if there is a token to show."""
        if self._with_token:
            self._routes.add_to(app)

    def open(self) -> None:
        if self._are_on:
            self._lag.open()

    async def listen(self) -> None:
        """Listen on the port of their own. Raises `CannotListen`."""
        if self._port:
            await self._port.open()

    async def close(self) -> None:
        self._lag.close()
        if self._port:
            await self._port.close()
