"""Tools of the attacks: many sockets at once, and reading at any speed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from tests.support.clients.stranger import HungUp, Line, WebSocketStranger

AT_ONCE = 50
READ_BYTES = 1024 * 1024
GONE = (HungUp, OSError, TimeoutError, asyncio.IncompleteReadError, AssertionError)
"""The errors of an attacker that the server disconnected or no longer answers."""


@asynccontextmanager
async def inside(
    url: str, users: Sequence[int], **auth: Any
) -> AsyncIterator[list[WebSocketStranger]]:
    """Websockets of these users, connected; those that are not let in are left out."""
    async with AsyncExitStack() as stack:
        found: list[WebSocketStranger] = []

        async def comes(user_id: int) -> None:
            with suppress(*GONE):
                socket = await stack.enter_async_context(WebSocketStranger(url))
                await socket.enters(user_id, **auth)
                found.append(socket)

        for start in range(0, len(users), AT_ONCE):
            await asyncio.gather(*map(comes, users[start : start + AT_ONCE]))
        yield found


async def reads(line: Line, seconds: float, bytes_per_second: float = 0) -> int:
    """Read what comes, whatever it is, for so long. Returns the bytes. `HungUp` at the end of it."""
    latest, read = time.monotonic() + seconds, 0
    piece = int(bytes_per_second / 10) or READ_BYTES
    while (left := latest - time.monotonic()) > 0:
        try:
            more = await asyncio.wait_for(line.reader.read(piece), left)
        except TimeoutError:
            break
        except OSError:
            raise HungUp from None
        if not more:
            raise HungUp
        read += len(more)
        if bytes_per_second:
            await asyncio.sleep(len(more) / bytes_per_second)
    return read


async def all_read(sockets: Sequence[WebSocketStranger], seconds: float) -> tuple[int, int]:
    """The bytes that all of them read, and how many were disconnected."""
    done = await asyncio.gather(
        *(reads(socket.line, seconds) for socket in sockets), return_exceptions=True
    )
    return sum(one for one in done if isinstance(one, int)), sum(
        isinstance(one, BaseException) for one in done
    )


async def steadily(seconds: float, per_second: float, does: Any) -> int:
    """Call `does(n)` so often, until the time is over or it is disconnected. Returns how often."""
    begun, number = time.monotonic(), 0
    while (due := begun + number / per_second) < begun + seconds:
        await asyncio.sleep(due - time.monotonic())
        try:
            await does(number)
        except GONE:
            break
        number += 1
    return number


async def survivors(attacks: Sequence[Awaitable[Any]]) -> Counter[str]:
    """How many went through, and how many were disconnected."""
    done = await asyncio.gather(*attacks, return_exceptions=True)
    told: Counter[str] = Counter()
    for one in done:
        if isinstance(one, BaseException) and not isinstance(one, GONE):
            raise one
        told["disconnected" if isinstance(one, BaseException) else "done"] += 1
    return told
