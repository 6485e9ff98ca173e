"""One server that is watched: it is asked for its numbers, and is gone when it does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import aiohttp

from baraka_cli.client.sockets import reason
from baraka_cli.top.reading import Change, Reading

PATH = "/metrics/top"
SECONDS_MAX = 2
BYTES_MAX = 4_000_000
"""More than any server says: what is longer is not one of ours."""


class State(StrEnum):
    """The state of a server as it is seen from here."""

    UP = "up"
    GONE = "gone"
    REFUSES = "refuses"
    """It does not tell this caller."""


class Watched:
    """A server at an address. `trouble` is a text for people, empty while it answers.

    await (server := Watched("http://127.0.0.1:9464", token=None)).look()
    """

    def __init__(
        self, url: str, token: str | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._clock = clock
        self.state = State.GONE
        self.trouble = ""
        self.change: Change | None = None
        self._seen_at: float | None = None

    @property
    def name(self) -> str:
        node = self.change.now.node if self.change else ""
        return node or self.url.partition("//")[2]

    @property
    def gone_seconds(self) -> float | None:
        """How long ago it was seen last; None for one that never was."""
        return None if self._seen_at is None else self._clock() - self._seen_at

    async def look(self) -> None:
        """Ask once. Whatever is wrong is told by `state` and `trouble`."""
        try:
            status, said = await self._ask()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._is(State.GONE, f"does not answer ({reason(error)})")
            return
        except ValueError:
            status, said = 0, None
        if status == 401:
            given = "another token" if self._headers else "a token: --token or BARAKA_METRICS_TOKEN"
            self._is(State.REFUSES, f"asks for {given}")
        elif status == 404:
            self._is(
                State.REFUSES,
                "tells no numbers here: set BARAKA_METRICS_TOKEN there, or ask at its BARAKA_METRICS_PORT",
            )
        elif status != 200 or not isinstance(said, dict) or "metrics" not in said:
            self._is(
                State.GONE,
                f"does not tell its numbers now ({status})" if status else "is not a Baraka",
            )
        else:
            self._saw(said)

    def _saw(self, said: dict[str, Any]) -> None:
        now = Reading(self._clock(), said)
        before = self.change.now if self.change and self.state is State.UP else now
        if before.node != now.node or _started(before) != _started(now):
            before = now  # it was started anew
        self.change = Change(now, before)
        self._seen_at = now.at
        self._is(State.UP, "")

    def _is(self, state: State, trouble: str) -> None:
        self.state, self.trouble = state, trouble

    async def _ask(self) -> tuple[int, Any]:
        timeout = aiohttp.ClientTimeout(total=SECONDS_MAX)
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session,
            session.get(self.url + PATH) as response,
        ):
            is_json = response.content_type == "application/json"
            if not is_json or (response.content_length or 0) > BYTES_MAX:
                return response.status, None
            return response.status, await response.json()


def _started(reading: Reading) -> float:
    return reading.value("baraka_start_time_seconds")
