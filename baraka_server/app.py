"""The server, put together: start-up, and a stop that loses nothing."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from baraka_server.domain.decide import HouseRules
from baraka_server.live.auctioneer import Limits
from baraka_server.live.house import House
from baraka_server.settings import PhoneNumbers, Settings
from baraka_server.store.engine import open_engine
from baraka_server.store.store import Store
from baraka_server.wire.gateway import Gateway, RoomSpeakers, hang_up, make_server
from baraka_server.wire.health import Health
from baraka_server.wire.http import Api

log = logging.getLogger(__name__)

HTTP_CLOSE_SECONDS = 0.3


class NoSecret(ValueError):
    """The server has no key to verify access tokens with."""


class Server:
    """A server on one address. `start`, then `stop`."""

    def __init__(self, settings: Settings) -> None:
        if settings.jwt_secret is None:
            raise NoSecret
        secret = settings.jwt_secret.get_secret_value()
        whole_numbers = settings.phone_numbers is PhoneNumbers.FULL
        self._settings = settings
        self._store = Store(
            open_engine(
                settings.database_url.get_secret_value(),
                connections_max=settings.database_connections_max,
                timeout_seconds=settings.database_timeout_seconds,
            ),
            timeout_seconds=settings.database_timeout_seconds,
        )
        self._sio = make_server(message_bytes_max=settings.message_bytes_max)
        self._house = House(
            self._store,
            RoomSpeakers(self._sio),
            HouseRules(owner_bids=settings.owner_bids),
            Limits(
                asks_waiting_max=settings.asks_waiting_max,
                resume_events_max=settings.resume_events_max,
                whole_numbers=whole_numbers,
            ),
            ledger_poll_seconds=settings.ledger_poll_seconds,
        )
        self._gateway = Gateway(
            self._sio,
            self._house,
            jwt_secret=secret,
            disconnect_expired=settings.disconnect_expired,
        )
        self._health = Health(self._store)
        app = web.Application()
        self._sio.attach(app)
        self._health.add_to(app)
        Api(self._store, jwt_secret=secret).add_to(app)
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=HTTP_CLOSE_SECONDS
        )

    async def start(self) -> str:
        """Listen. Returns the URL, with the port that was taken. Raises `OSError` when it is in use."""
        await self._runner.setup()
        self._house.open()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port, backlog=1024)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def stop(self) -> None:
        """Take nobody new, finish what was asked, then hang up so that clients reconnect elsewhere."""
        self._health.stopping = True
        self._gateway.stopping = True
        for site in list(self._runner.sites):
            await site.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.shutdown_seconds_max * 0.6):
                await self._house.close()
        await hang_up(self._sio)
        await self._runner.cleanup()
        await self._store.close()


async def serve(settings: Settings, listening: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. A second signal ends the process at once.

    `listening` is called with the URL once clients may connect.
    """
    server = Server(settings)
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_soon() -> None:
        if asked_to_stop.is_set():
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
            signal.raise_signal(signal.SIGKILL)
        asked_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_soon)
    try:
        listening(await server.start())
        await asked_to_stop.wait()
        log.info("stopping")
    finally:
        await server.stop()
    log.info("stopped")
