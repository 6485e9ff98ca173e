"""A real server that breaks one promise.

It is Baraka's own, in this process, on SQLite. Faults of what it says are made by a man in the middle,
who stands between it and its clients; faults of the rules are made in the rules.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import SecretStr

from baraka_server.app import Server
from baraka_server.live import presence
from baraka_server.settings import Settings
from tests.support.servers.baraka import SECRET
from tests.support.servers.man_in_the_middle import ManInTheMiddle, man_in_the_middle

NO_LIMITS: dict[str, Any] = {
    f"{name}_per_second_max": 0 for name in ("events", "bids", "comments", "actions", "bytes")
}


class BrokenServer:
    """`man.tamper` says what it tells; `man.has_delta` whether it knows `updates: "delta"`."""

    man: ManInTheMiddle

    def __init__(self, database: Path) -> None:
        self.database_url = f"sqlite+aiosqlite:///{database}"
        self.server = Server(
            Settings(
                _env_file=None,
                database_url=SecretStr(self.database_url),
                jwt_secret=SecretStr(SECRET),
                host="127.0.0.1",
                port=0,
                shutdown_notice_seconds=0,
                ledger_poll_seconds=0,  # there is no other node
                late_bid_seconds=0,
                **NO_LIMITS,
            )
        )

    @property
    def url(self) -> str:
        return self.man.url


@asynccontextmanager
async def broken_server(database: Path) -> AsyncIterator[BrokenServer]:
    broken = BrokenServer(database)
    url = await broken.server.start()
    try:
        # Counts are told at once: a sale of a second need not wait for them.
        with patch.object(presence, "COUNT_INTERVAL_SECONDS", 0.01):
            async with man_in_the_middle(url) as broken.man:
                yield broken
    finally:
        await broken.server.stop()
