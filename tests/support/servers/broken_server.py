"""A real server that breaks one promise.

It is Baraka's own, in this process, on SQLite; a `Fault` stands between it and its sockets and may
change, drop, hold back or repeat what it says to each of them. Faults of the rules are in the rules.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from engineio import packet
from pydantic import SecretStr

from baraka_server.app import Server
from baraka_server.live import presence
from baraka_server.settings import FanOutPath, Settings
from baraka_server.wire.outgoing import OutgoingPacket
from baraka_server.wire.server import GuardedServer
from baraka_server.wire.sockets import GuardedSocket
from baraka_server.wire.websockets import GuardedWebSocket
from tests.support.servers.baraka import SECRET

NO_LIMITS: dict[str, Any] = {
    f"{name}_per_second_max": 0 for name in ("events", "bids", "comments", "actions", "bytes")
}


@dataclass(frozen=True, slots=True)
class Said:
    """One event, or the acknowledgement of one: then `answers` is what was asked."""

    name: str
    data: Any
    answers: str = ""
    asked: Any = None
    number: str = ""
    """The acknowledgement's."""

    def saying(self, **fields: Any) -> Said:
        return replace(self, data=self.data | fields)

    @property
    def text(self) -> str:
        if self.answers:
            return f"43{self.number}" + _json([self.data])
        return "42" + _json([self.name, self.data])


Tamper = Callable[["Listener", Said], list[Said]]
"""What a socket is told instead of what the server says to it."""


def sound(_to: Listener, said: Said) -> list[Said]:
    return [said]


ADDED = {
    "userCountUpdate": {"seq", "serverTime"},
    "newBid": {"auctionId", "seq", "serverTime", "round"},
    "newComment": {"auctionId", "seq", "serverTime"},
    "auctionStarted": {"auctionId", "seq", "serverTime"},
    "auctionEnded": {"auctionId", "seq", "serverTime"},
    "auction_change_product": {"auctionId", "seq", "serverTime", "round"},
    "auctionFinished": {"seq", "serverTime"},
    "auctionCanceled": {"seq", "serverTime"},
    "broadCasterLeft": {"seq", "serverTime"},
    "error": {"code", "event", "retryAfterMs", "round"},
}
"""What the guide knows nothing of, by event (D20, D22)."""


def speaking_the_guide_alone(tamper: Tamper) -> Tamper:
    """No acknowledgements, no states, and no field that the guide does not have."""

    def told(to: Listener, said: Said) -> list[Said]:
        return [
            replace(one, data={k: v for k, v in one.data.items() if k not in ADDED[one.name]})
            for one in tamper(to, said)
            if one.name in ADDED
        ]

    return told


class Listener(GuardedSocket):
    """A socket of the broken server."""

    asks: dict[str, tuple[str, Any]]

    def guard(self, host: GuardedServer, address: str) -> None:
        super().guard(host, address)
        self.asks = {}

    @property
    def owner(self) -> BrokenServer:
        owner: BrokenServer = self.host.broken
        return owner

    @property
    def user_id(self) -> int | None:
        return self.viewer.user_id if self.viewer else None

    async def receive(self, pkt: packet.Packet) -> None:
        if pkt.packet_type == packet.MESSAGE and pkt.data.startswith("0"):
            if not self.owner.has_delta:
                pkt.data = pkt.data.replace("updates", "-")
        elif pkt.packet_type == packet.MESSAGE and pkt.data.startswith("2"):
            number, _, rest = pkt.data[1:].partition("[")
            self.asks[number] = tuple(json.loads("[" + rest)[:2])
        await super().receive(pkt)

    async def send(self, pkt: packet.Packet) -> None:
        if pkt.packet_type != packet.MESSAGE or not pkt.data.startswith(("2[", "3")):
            await super().send(pkt)
            return
        for said in self.owner.tamper(self, self._read(pkt.data)):
            await self.says(said)
        if isinstance(pkt, OutgoingPacket) and pkt.shows:
            self.was_shown(pkt.shows)  # what is said in its place shows no round by itself

    async def says(self, said: Said) -> None:
        await super().send(packet.Packet(packet.MESSAGE, said.text[1:]))

    def _read(self, text: str) -> Said:
        number, _, rest = text[1:].partition("[")
        values = json.loads("[" + rest)
        if text.startswith("2"):
            return Said(*values)
        event, payload = self.asks.pop(number)
        return Said("", values[0], event, payload, number)


class BrokenServer:
    """Set `tamper`, and whether it knows `updates: "delta"`, before anybody connects."""

    def __init__(self, database: Path) -> None:
        self.database_url = f"sqlite+aiosqlite:///{database}"
        self.tamper: Tamper = sound
        self.has_delta = True
        self.url = ""
        self.server = Server(
            Settings(
                _env_file=None,
                database_url=SecretStr(self.database_url),
                jwt_secret=SecretStr(SECRET),
                host="127.0.0.1",
                port=0,
                shutdown_notice_seconds=0,
                fan_out=FanOutPath.STOCK,  # socket by socket
                ledger_poll_seconds=0,  # there is no other node
                late_bid_seconds=0,
                **NO_LIMITS,
            )
        )
        self._telling: set[asyncio.Task[None]] = set()
        self._sio = self.server.sio
        self._sio.broken = self
        self._sio.use(Listener, GuardedWebSocket)

    @property
    def listeners(self) -> list[Listener]:
        return list(self._sio.eio.sockets.values())

    def tells(self, to: Listener, said: Said) -> None:
        """Tell somebody else what is said to another."""
        task = asyncio.create_task(to.says(said))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


@asynccontextmanager
async def broken_server(database: Path) -> AsyncIterator[BrokenServer]:
    broken = BrokenServer(database)
    broken.url = await broken.server.start()
    try:
        # Counts are told at once: a sale of a second need not wait for them.
        with patch.object(presence, "COUNT_INTERVAL_SECONDS", 0.01):
            yield broken
    finally:
        await broken.server.stop()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
