"""`Presence`: notices that the server is gone: nobody is connected, and it takes no new connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from typing import NoReturn

import aiohttp

from baraka_cli.client.sockets import SocketPool, reason
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.sale import SaleStopped

LOOK_SECONDS = 0.1
KNOCK_SECONDS_MAX = 2
GONE_BEHIND_A_PROXY = frozenset({502, 503, 504})


class ServerGone(SaleStopped):
    """The server was gone for longer than anybody waits for it."""


class Presence:
    """Watch over the server. `patience`: seconds for which it may be gone, as in a restart."""

    def __init__(self, pool: SocketPool, members: Collection[Member], patience: float) -> None:
        self.gone = ""
        """Reason why it is called gone; empty while it is there."""
        self._pool = pool
        self._members = members
        self._patience = patience

    async def watch(self, been_there: Callable[[], bool]) -> NoReturn:
        """Watch until it is gone for too long: raises `ServerGone`. Begins with `been_there`."""
        since = None
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            connected = any(one.phone.connected for one in self._members)
            self.gone = "" if connected or not been_there() else await self._knock()
            if not self.gone:
                since = None
                continue
            since = since or time.perf_counter()
            away = time.perf_counter() - since
            if away >= self._patience:
                raise ServerGone(f"The server is gone: {self.gone}, for {away:.0f} seconds.")

    async def _knock(self) -> str:
        """Ask for any answer. Returns why there is none; empty when there is one."""
        try:
            async with asyncio.timeout(KNOCK_SECONDS_MAX):
                async with self._pool.session.get(f"{self._pool.url}/healthz") as response:
                    behind_a_proxy = response.status in GONE_BEHIND_A_PROXY
                    return f"its proxy answers {response.status}" if behind_a_proxy else ""
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            return reason(error)
