"""A worker: a server of its own process that is given connections by its parent."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any

from pydantic import SecretStr

from baraka_server import logs
from baraka_server.app import Server, collect_rarely
from baraka_server.measured import REPORT_SECONDS
from baraka_server.metrics.report import Report, decoded
from baraka_server.settings import Settings
from baraka_server.wire.places import Place
from baraka_server.workers.channel import MESSAGE_BYTES_MAX, Channel, Kind, close_connection
from baraka_server.workers.hub_line import HubLine

log = logging.getLogger(__name__)

LOAD_SECONDS = 0.25
"""How often a worker says how many connections it has."""
NUMBER_BYTES = 4


def told(settings: Settings, place: Place) -> bytes:
    """A worker's place and settings, as it is told them; secrets go over the channel and nowhere else."""
    values = settings.model_dump(mode="json")
    for name in type(settings).model_fields:
        if isinstance(value := getattr(settings, name), SecretStr):
            values[name] = value.get_secret_value()
    return json.dumps({"place": asdict(place), "settings": values}).encode()


class Worker:
    """Serves what comes over the channel until it is told to stop, or its parent is gone."""

    def __init__(self, end: socket.socket) -> None:
        self._channel = Channel(end)
        self._line = HubLine(self._channel)
        self._told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()
        self._adopting: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self._node_report: asyncio.Future[Report] | None = None
        self._asked_at = float("-inf")

    async def run(self) -> None:
        """Serve until the end. What keeps it from starting is told to the parent."""
        self._channel.open(self._receive, self._over.set)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._over.set)
        over = asyncio.create_task(self._over.wait())
        either: set[asyncio.Future[Any]] = {self._told, over}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if not self._told.done():  # the parent ended before it said anything
            return
        said = self._told.result()
        settings = Settings(_env_file=None, **said["settings"])
        place = Place(**said["place"])
        logs.configure(settings.log_level, worker=place.worker)
        try:
            server = Server(settings, place=place, line=self._line, node_report=self._ask_node)
            await server.serve_for(place, self._hand_over)
        except Exception as error:
            self._channel.send(Kind.FAILED, f"{type(error).__name__}: {error}".encode())
            raise
        self._server = server
        collect_rarely()
        self._channel.send(Kind.READY)
        telling = [asyncio.create_task(self._tell_of_load(server))]
        if settings.metrics_are_on:
            telling.append(asyncio.create_task(self._tell_of_numbers(server)))
        await self._over.wait()
        await server.stop()
        for task in telling:
            task.cancel()
        if settings.metrics_are_on:
            self._tell_numbers(server, anew=True)
        self._channel.close()

    def _receive(self, kind: Kind, data: bytes, connection: int | None) -> None:
        match kind:
            case Kind.SETTINGS:
                self._told.set_result(json.loads(data))
            case Kind.CONNECTION | Kind.SILENT if connection is not None and self._server:
                seen = kind is Kind.CONNECTION
                self._adopt(self._server.adopt(connection, data, seen=seen))
            case Kind.LINK if connection is not None and self._server:
                self._adopt(self._server.adopt_link(connection))
            case Kind.ENDED if self._server:
                self._server.worker_ended(int.from_bytes(data))
            case Kind.SUBSCRIBED:
                self._line.subscribed(data)
            case Kind.NEWS:
                self._line.hear(data)
            case Kind.NODE if self._node_report and not self._node_report.done():
                self._node_report.set_result(decoded(data))
            case Kind.STOP:
                self._over.set()
            case _:
                close_connection(connection)

    def _adopt(self, adopting: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(adopting)
        self._adopting.add(task)
        task.add_done_callback(self._adopting.discard)

    def _hand_over(self, worker: int, connection: int, data: bytes) -> None:
        self._channel.send(Kind.HAND_OVER, worker.to_bytes(NUMBER_BYTES) + data, connection)

    async def _ask_node(self) -> Report:
        """The report of the node, by the parent; whoever asks meanwhile gets the same."""
        loop = asyncio.get_running_loop()
        if self._node_report is None or self._node_report.done():
            self._node_report, self._asked_at = loop.create_future(), float("-inf")
        if loop.time() - self._asked_at >= REPORT_SECONDS:  # a question may be lost
            self._asked_at = loop.time()
            self._channel.send(Kind.ASK_NODE)
        return await asyncio.shield(self._node_report)

    async def _tell_of_numbers(self, server: Server) -> None:
        while True:
            self._tell_numbers(server)
            await asyncio.sleep(REPORT_SECONDS)

    def _tell_numbers(self, server: Server, *, anew: bool = False) -> None:
        data = server.metrics.reporter.report(anew=anew).encoded()
        if len(data) < MESSAGE_BYTES_MAX:
            self._channel.send(Kind.NUMBERS, data)

    async def _tell_of_load(self, server: Server) -> None:
        while True:
            self._channel.send(Kind.LOAD, server.connections.to_bytes(NUMBER_BYTES))
            await asyncio.sleep(LOAD_SECONDS)
