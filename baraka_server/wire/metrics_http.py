"""Routes for whoever watches the server: `/metrics` for Prometheus, `/metrics/top` for `baraka top`.

On the port of the clients they need a token; on a port of their own they may do without.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
from collections.abc import Awaitable, Callable
from importlib.metadata import version

from aiohttp import web

from baraka_server.metrics.catalog import METRICS
from baraka_server.metrics.report import Report
from baraka_server.settings import Settings
from baraka_server.wire import identity
from baraka_server.wire.exposition import exposed
from baraka_server.wire.http_errors import error_response, in_one_shape
from baraka_server.wire.places import Place
from baraka_server.wire.server_name import name_without_versions

log = logging.getLogger(__name__)

REPORT_SECONDS_MAX = 1
"""How long a report of all workers is waited for: an answer without some of them would mislead."""
BOUNDS = {metric.name: list(metric.bounds) for metric in METRICS if metric.bounds}
METRICS_PATHS = ("/metrics", "/metrics/top")


class CannotListen(RuntimeError):
    """The port of the metrics cannot be had. The text says which, and why."""


class MetricsRoutes:
    """The routes. `ask` gives the report of the whole node; `node` is its name, where it has one.

    Without a `token` everybody is answered.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[Report]], *, token: str | None, node: str = ""
    ) -> None:
        self._ask = ask
        self._token = token
        self._same = {"node": node, "version": version("baraka"), "bounds": BOUNDS}

    def add_to(self, app: web.Application) -> None:
        for path, answer in zip(METRICS_PATHS, (self.metrics, self.top), strict=True):
            app.router.add_get(path, self._allowed(answer))

    def _allowed(
        self, answer: Callable[[web.Request, Report], web.Response]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if not self._may(request):
                return error_response(
                    401, "This needs the token in BARAKA_METRICS_TOKEN.", code="invalid_token"
                )
            try:
                async with asyncio.timeout(REPORT_SECONDS_MAX):
                    report = await self._ask()
            except TimeoutError:
                return error_response(503, "The process that adds up the numbers is silent.")
            return answer(request, report)

        return handle

    def _may(self, request: web.Request) -> bool:
        if self._token is None:
            return True
        shown = identity.bearer(request.headers.get("Authorization")) or ""
        as_sent = shown.encode("utf-8", "surrogateescape")  # what is not UTF-8 is wrong, no fault
        return hmac.compare_digest(as_sent, self._token.encode())

    def metrics(self, request: web.Request, report: Report) -> web.Response:
        text, content_type = exposed(report, request.headers.get("Accept", ""))
        return web.Response(body=text, headers={"Content-Type": content_type})

    def top(self, _request: web.Request, report: Report) -> web.Response:
        return web.json_response(self._same | report.jsonable())


class MetricsPort:
    """A listener with these routes and no others. `open` raises `CannotListen`."""

    def __init__(self, routes: MetricsRoutes, host: str, port: int) -> None:
        name_without_versions()
        app = web.Application()
        app.on_response_prepare.append(in_one_shape)
        routes.add_to(app)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0)
        self._host, self._port = host, port

    async def open(self) -> None:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            why = os.strerror(error.errno) if error.errno else error
            raise CannotListen(f"{self._host} port {self._port}: {why}") from None
        host, port = self._runner.addresses[0][:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"
        log.info("metrics are at %s", url, extra={"event": "metrics", "url": url})

    async def close(self) -> None:
        await self._runner.cleanup()


def metrics_routes(
    settings: Settings, place: Place | None, ask: Callable[[], Awaitable[Report]]
) -> MetricsRoutes:
    """The routes of the node whose report `ask` gives."""
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    return MetricsRoutes(ask, token=token, node=place.node if place else settings.node_id)


def metrics_port(settings: Settings, routes: MetricsRoutes) -> MetricsPort | None:
    """The port of their own that the settings ask for, if they do."""
    if settings.metrics_port is None:
        return None
    return MetricsPort(routes, settings.metrics_host, settings.metrics_port)
