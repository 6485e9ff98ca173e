"""Notices that the server is gone: nobody is connected, and it takes no new connection."""

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
    """It was away for longer than anybody waits for it."""


class Presence:
    """`patience` is for how many seconds it may be away: a restart is no end of a sale."""

    def __init__(self, pool: SocketPool, members: Collection[Member], patience: float) -> None:
        self.gone = ""
        """Why it is called gone, while it is; empty while it is there."""
        self._pool = pool
        self._members = members
        self._patience = patience

    async def watch(self, been_there: Callable[[], bool]) -> NoReturn:
        """Raises `ServerGone`. Nobody is missed before `been_there`."""
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
        """Empty when somebody answers, whatever that is; else why nobody does."""
        try:
            async with asyncio.timeout(KNOCK_SECONDS_MAX):
                async with self._pool.session.get(f"{self._pool.url}/healthz") as response:
                    behind_a_proxy = response.status in GONE_BEHIND_A_PROXY
                    return f"its proxy answers {response.status}" if behind_a_proxy else ""
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            return reason(error)
