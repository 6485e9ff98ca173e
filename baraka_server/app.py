"""The server process: its parts put together, start, and a stop that loses no accepted command."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from aiohttp import web

from baraka_server.domain.decision import HouseRules
from baraka_server.linking import direct_links, open_relay
from baraka_server.links.reach import server_of
from baraka_server.live.accounts import Accounts
from baraka_server.live.context import Limits
from baraka_server.live.house import House
from baraka_server.live.owners import Answered, Asked, Owners
from baraka_server.live.sign_in_counts import Counts
from baraka_server.measured import Metrics, Parts
from baraka_server.metrics.report import Report
from baraka_server.minting import Minting, token_verifier
from baraka_server.relay.line import Line
from baraka_server.settings import FanOutPath, PhoneNumbers, Settings
from baraka_server.store.checkpoint import Signer
from baraka_server.store.engine import open_engine
from baraka_server.store.purge import Purge
from baraka_server.store.store import Store
from baraka_server.wire.addresses import address_of, peer_of
from baraka_server.wire.admission import Admission
from baraka_server.wire.broadcaster import RoomBroadcaster
from baraka_server.wire.connection_limits import ConnectionLimits
from baraka_server.wire.cors import Cors
from baraka_server.wire.elsewhere import Elsewhere
from baraka_server.wire.fastpath_check import take_fast_path
from baraka_server.wire.gateway import Gateway, UserLimits, close_all_sockets, make_server
from baraka_server.wire.guide_page import GuidePage
from baraka_server.wire.handover import HandOver, adopt, share
from baraka_server.wire.health import Health
from baraka_server.wire.holdings import Holdings, holdings_of
from baraka_server.wire.http import READS_AT_ONCE, Api
from baraka_server.wire.http_commands import HttpCommands
from baraka_server.wire.http_errors import in_one_shape
from baraka_server.wire.listening import ListeningSite, bound, closed_on_failure
from baraka_server.wire.passed_on import PURPOSE, PassedOn
from baraka_server.wire.places import Place
from baraka_server.wire.shared_limits import SharedLimits
from baraka_server.wire.sid_binding import SidBinding
from baraka_server.wire.signing_in import guest_tokens, signing_in
from baraka_server.wire.socket_limits import SocketLimits
from baraka_server.wire.viewer_pages import ViewerPages

log = logging.getLogger(__name__)

SOCKETS_PER_USER = 4
"""All sockets of a user together may send as much as this number of them."""
CONNECTIONS_FOR_READS = 4
"""With fewer connections to the database one request reads at once, so that the others are for bids."""
KEEPALIVE_SECONDS = 75
"""How long an HTTP connection may be idle: longer than the minute that proxies keep theirs."""
LINGER_SECONDS = 1
"""How long the rest of a refused POST is read, so that its sender reads the refusal."""
BACKLOG = 1024
"""How many connections may wait to be accepted. uvloop accepts one in each turn of its loop, so that a
crowd of them keeps no bid waiting."""
HTTP_CLOSE_SECONDS = 0.15
"""How long connections may take to close by themselves; aiohttp takes it twice."""
GOODBYE_SHARE = 0.3
"""The part of a stop that is kept for closing connections, whatever the work before it takes."""
EXIT_SHARE = 0.15
"""The part of a stop in which the process itself ends: threads, modules."""
STOPPING = {"event": "stopping"}
"""The fields of log lines about a stop."""
GC_THRESHOLDS = (5_000, 4, 2_000)
"""Thresholds of the garbage collector. A socket is a few hundred objects that stay: with Python's own
(700, 10, 10) a third of the work of a joining crowd was to look at all of them again and again. Nobody
is served during a collection, so that the second one looks at what four first ones left: some
milliseconds. The last one, of everything, is not more frequent for that."""


class Server:
    """A server on one address. `start`, then `stop`.

    `clock` counts the seconds of limits and of patience with clients; a bid has the database's time. A
    worker has a `place` and a `line` to the others; it is given connections (`serve_for`, `adopt`), and its
    `node_report` is that of all of them.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        *,
        place: Place | None = None,
        line: Line | None = None,
        node_report: Callable[[], Awaitable[Report]] | None = None,
    ) -> None:
        self._settings = settings
        place = place or (Place(settings.node_id, 1) if settings.node_id else None)
        self._proxies = settings.proxy_networks
        self._store = open_store(settings)
        self.sio = make_server(
            SocketLimits(
                message_bytes_max=settings.message_bytes_max,
                send_buffer_bytes_max=settings.send_buffer_bytes_max,
                events_per_second_max=settings.events_per_second_max,
                bytes_per_second_max=settings.bytes_per_second_max,
                connect_seconds_max=settings.connect_seconds_max,
            ),
            self._address,
            SidBinding(token=settings.session_keeps_token, address=settings.session_keeps_address),
            clock,
        )
        self.audience = RoomBroadcaster(self.sio)
        """The audience of all auctions; benchmarks announce to it as an auctioneer does."""
        self.sio.eio.place = place
        self.urls: list[str] = []
        """The addresses that it listens on."""
        self._is_given_connections = False
        verifier = token_verifier(settings)
        minting = Minting.of(settings, verifier.secret)
        self._direct = direct_links(settings, verifier.secret, place, line)
        self._relay = open_relay(settings, verifier.secret, place, line, self._direct)
        self.house = House(
            self._store,
            self.audience,
            HouseRules(owner_bids=settings.owner_bids),
            Limits(
                asks_waiting_max=settings.asks_waiting_max,
                resume_events_max=settings.resume_events_max,
                whole_numbers=settings.phone_numbers is PhoneNumbers.FULL,
            ),
            ledger_poll_seconds=settings.ledger_poll_seconds,
            rows_look_seconds=settings.rows_look_seconds,
            late_bid_seconds=settings.late_bid_seconds,
            relay=self._relay,
            owners=self._owners(),
            gap_seconds=settings.relay_gap_seconds,
            degraded_poll_seconds=settings.ledger_poll_seconds_degraded,
        )
        self._accounts = Accounts(self._store, settings.accounts_look_seconds, self.house.forget)
        self._shared_limits = SharedLimits(self.house.relay, verifier.secret, clock)
        self._gateway = Gateway(
            self.sio,
            self.house,
            verifier,
            UserLimits(
                events_per_second_max=settings.events_per_second_max * SOCKETS_PER_USER,
                bids_per_second_max=settings.bids_per_second_max,
                comments_per_second_max=settings.comments_per_second_max,
                actions_per_second_max=settings.actions_per_second_max,
                joins_waiting_max=settings.joins_waiting_per_user_max,
            ),
            self._shared_limits,
            disconnect_expired=settings.disconnect_expired,
            barred=self._accounts.refusal,
            guests_max=settings.guests_max,
        )
        self.sign_in_counts: Counts = Counter()
        """What came of signing in, by outcome."""
        self._signing_in = signing_in(
            settings,
            self._store,
            self.sign_in_counts,
            verifier.secret,
            minting.token,
            minting.allowed(timedelta(seconds=settings.access_token_seconds)),
            self._address,
            self._refused,
            clock,
        )
        self._purge = Purge(
            self._store,
            timedelta(hours=settings.requests_kept_hours),
            self._signing_in.sign_in.forget if self._signing_in else None,
        )
        self._health = Health(self._store, self.house.relay, clock)
        cors = Cors(settings.origins)
        connections = ConnectionLimits(
            self.sio,
            self._peer,
            connections_max=settings.connections_max,
            per_address_max=settings.connections_per_address_max,
            per_second_max=settings.connections_per_second_max,
            connect_seconds_max=settings.connect_seconds_max,
            read_seconds_max=settings.read_seconds_max,
        )
        self.admission = Admission(
            self.sio,
            connections,
            self._address,
            cors,
            connections_max=settings.connections_max,
            connections_per_address_max=settings.connections_per_address_max,
            connections_unverified_max=settings.connections_unverified_max,
            requests_per_second_max=settings.requests_per_second_max,
            websocket_only=settings.websocket_only,
            elsewhere=self._elsewhere(),
        )
        app = web.Application(middlewares=[self.admission.middleware])
        app.on_response_prepare.append(in_one_shape)
        cors.add_to(app)
        self.sio.attach(app)
        self._health.add_to(app)
        GuidePage().add_to(app)
        self._commands = HttpCommands(
            self.house,
            self.sio.note_outcome,
            actions_per_second_max=settings.actions_per_second_max,
            message_bytes_max=settings.message_bytes_max,
        )
        self._api = Api(
            self._store,
            verifier,
            self._refused,
            Signer.of(verifier.secret),
            self._commands,
            self._accounts.refusal,
            reads_per_second_max=settings.reads_per_second_max,
            reads_waiting_max=settings.reads_waiting_max,
            reads_at_once=READS_AT_ONCE
            if settings.database_connections_max >= CONNECTIONS_FOR_READS
            else 1,
            clock=clock,
        )
        self._api.add_to(app)
        if self._signing_in:
            self._signing_in.routes.add_to(app)
        guest_lifetime = minting.allowed(timedelta(seconds=settings.guest_token_seconds))
        guest_tokens(
            settings, minting.guest, guest_lifetime, self._address, self._refused, clock
        ).add_to(app)
        wire = (self._gateway, self.admission, self.audience)
        parts = Parts(self.sio, self.house, self._store, *wire, self._relay, self.sign_in_counts)
        self.metrics = Metrics(parts, settings, place, node_report)
        self.metrics.add_to(app)
        ViewerPages(
            {
                "currency": settings.currency or "",
                "sign-in": str(settings.sign_in is not None).lower(),
                "sign-up": str(settings.sign_up).lower(),
            }
        ).add_to(app)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=HTTP_CLOSE_SECONDS,
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=LINGER_SECONDS,
            auto_decompress=False,
        )

    def _owners(self) -> Owners | None:
        if self._direct is None or not self._settings.forward_bids:
            return None
        return self._direct.forward_bids(self._write_for)

    def _elsewhere(self) -> Elsewhere | None:
        """What passes requests on to other servers, and takes those that they pass on."""
        if self._direct is None:
            return None
        here = server_of(self._direct.links.node)
        passed_on = PassedOn(here, self._connection_of_a_link)
        self._direct.links.takes[PURPOSE] = passed_on.serve
        return Elsewhere(
            self._direct.links,
            self._direct.reach,
            here,
            self._address,
            bytes_max=self._settings.message_bytes_max,
            seconds_max=self._settings.connect_seconds_max,
        )

    def _connection_of_a_link(self) -> asyncio.Protocol:
        if self._runner.server is None:
            raise RuntimeError("a link came before the server serves")
        return self._runner.server()

    async def _write_for(self, asked: Asked) -> Answered | None:
        return await self.house.write_for(asked)

    def _peer(self, transport: asyncio.BaseTransport) -> str | None:
        return peer_of(transport, self._proxies)

    def _refused(self, request: web.Request, reason: str, limit: str) -> None:
        self.sio.log.refused(self._address(request), reason, limit)

    def _address(self, request: web.Request) -> str:
        return address_of(request, self._proxies)

    async def start(self) -> str:
        """Listen. Returns the first URL, with the port that was taken. Raises `OSError` when it is in use."""
        listening = await bound(self._settings.host, self._settings.port)
        with closed_on_failure(listening):
            # Nothing is begun before every address is ours: there would be work to break off.
            await self.metrics.listen()
            await self._begin()
        return await self._listen(listening)

    async def serve_for(self, place: Place, hand_over: HandOver) -> None:
        """Serve without listening: connections come by `adopt`, and those of others are handed over."""
        await self._begin()
        share(self._runner.server, place, hand_over)
        self._is_given_connections = True

    async def adopt(self, connection: int, data: bytes, *, seen: bool = True) -> None:
        """Serve a connection that another process accepted, of which `data` was read.

        `seen` says that its first request is known to belong here.
        """
        await adopt(self._runner.server, connection, data, seen=seen)

    def worker_ended(self, number: int) -> None:
        """Count the viewers of another worker of this server no more."""
        if self._relay:
            self._relay.worker_ended(number)

    async def adopt_link(self, connection: int) -> None:
        """Take a connection that another process accepted on the internal address."""
        if self._direct:
            await self._direct.links.adopt(connection)
        else:
            os.close(connection)

    @property
    def connections(self) -> int:
        """The number of open TCP connections."""
        return len(self.admission.connections.open)

    async def _begin(self) -> None:
        if self._settings.fan_out is FanOutPath.FAST:
            await take_fast_path(
                self.sio,
                compression=self._settings.compression,
                list_bytes_per_second_max=self._settings.list_bytes_per_second_max,
            )
        self.metrics.open()
        await self._runner.setup()
        self.admission.watch(self._runner)
        self.house.open()
        if self._relay:
            if self._direct:
                await self._direct.open(self._relay)
            self._relay.open(self.house)
        self._purge.open()
        self._accounts.open(self._gateway.users, self._gateway.close_all_of)

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> str:
        """Listen on addresses, as `BARAKA_HOST` names them. Returns the first URL, as `start` does."""
        return await self._listen(await bound(host, port), tls)

    async def _listen(
        self, listening: Sequence[socket.socket], tls: ssl.SSLContext | None = None
    ) -> str:
        with closed_on_failure(listening):
            sites = [
                ListeningSite(self._runner, one, backlog=BACKLOG, ssl_context=tls)
                for one in listening
            ]
            for site in sites:
                await site.start()
        self.urls += [site.name for site in sites]
        return sites[0].name

    def turn_away(self) -> None:
        """Answer new sessions, and a load balancer that checks, with 503; serve the others."""
        self._health.stopping = self.admission.closed = True

    def inspect(self) -> Holdings:
        """Count what the server holds now."""
        return holdings_of(self.sio, self._gateway, self.admission)

    async def stop(self) -> None:
        """Refuse new sessions, finish what was accepted, then close so that clients reconnect.

        New sessions get 503 first, and a closed port after the notice: a load balancer that checks in
        between sends people elsewhere instead of into an error.
        """
        seconds = self._settings.shutdown_seconds_max * (1 - EXIT_SHARE)
        deadline = asyncio.get_running_loop().time() + seconds
        self.turn_away()
        if self._runner.sites or self._is_given_connections:  # else it never served
            await asyncio.sleep(min(self._settings.shutdown_notice_seconds, seconds / 2))
        self._gateway.stopping = self._commands.stopping = True
        for site in list(self._runner.sites):
            await site.stop()
        try:
            async with asyncio.timeout_at(deadline - seconds * GOODBYE_SHARE):
                await self._purge.close()
                await self._accounts.close()
                if self._direct:
                    self._direct.leave()
                if self._signing_in:
                    await self._signing_in.delivery.close()
                await self.house.close()
                if self._direct:
                    await self._direct.close()
                if self._relay:
                    await self._relay.close()
                await self.sio.answered()
        except TimeoutError:
            log.warning("stopping before every accepted command was answered", extra=STOPPING)
        self.admission.close()
        try:
            async with asyncio.timeout_at(deadline):
                await self.metrics.close()
                await close_all_sockets(self.sio)
                await self._runner.cleanup()
                if self._direct:
                    await self._direct.end()
                await self._store.close()
        except TimeoutError:
            log.warning("stopping before every connection was closed", extra=STOPPING)


def open_store(settings: Settings) -> Store:
    """The store of the database in the settings; nothing is connected yet. Raises `UnusableUrl`."""
    engine = open_engine(
        settings.database_url.get_secret_value(),
        connections_max=settings.database_connections_max,
        timeout_seconds=settings.database_timeout_seconds,
    )
    return Store(engine, timeout_seconds=settings.database_timeout_seconds)


def collect_rarely() -> None:
    """Run the garbage collector rarely: a server's objects stay for ever, and most sockets for long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
