"""A fault of an installation, from its beginning until it is healed, and how long faults last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.support.chaos.evidence import Kind
from tests.support.chaos.proxy import Proxy

SHORT, LONG, LONGEST = 2, 10, 60
"""For how many seconds processes are frozen."""
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Fault:
    """A fault: `target` is what it happens to, `seconds` how long it takes, roughly."""

    name: str
    kind: Kind
    target: str
    seconds: float
    happens: Callable[[], Awaitable[None]]


async def at_once(does: Callable[[], None]) -> None:
    does()


async def slow(proxy: Proxy, seconds: float) -> None:
    proxy.delay_seconds = seconds
    await asyncio.sleep(SHORT)
    proxy.delay_seconds = 0
