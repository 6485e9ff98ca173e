"""Commands over HTTP: `POST /api/auctions/{id}/NAME` with the payload of the client event of that name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import HTTP_COMMANDS, parse
from baraka_server.live.audience import Viewer
from baraka_server.live.batch import Outcome
from baraka_server.live.house import House
from baraka_server.wire.rate_limits import Rates
from baraka_server.wire.replies import too_fast

BODY_SECONDS_MAX = 10
"""How long a body may take to arrive."""

PATH = "/api/auctions/{id}/{command}"


class HttpCommands:
    """Hands the commands of programs without a socket to the house.

    `note` is told of every outcome. Such a program saw no round: what is about the lot on the block has to say which one it means.
    """

    def __init__(
        self,
        house: House,
        note: Callable[[str, Outcome], None],
        *,
        actions_per_second_max: float,
        message_bytes_max: int,
    ) -> None:
        self._house = house
        self._note = note
        self._rates: Rates[int] = Rates(actions_per_second_max)
        self._bytes_max = message_bytes_max
        self.stopping = False

    async def outcome(self, request: web.Request, user_id: int) -> Outcome:
        """The outcome of the command that a request sends."""
        name = request.match_info["command"]
        outcome = await self._outcome(request, name, user_id)
        self._note(name, outcome)
        return outcome

    async def _outcome(self, request: web.Request, name: str, user_id: int) -> Outcome:
        if name not in HTTP_COMMANDS:
            return Refusal(Code.UNKNOWN_EVENT, "", {"name": name[:64], "hint": ""})
        if self.stopping:
            return Refusal(Code.UNAVAILABLE, name)
        if wait := self._rates.take(user_id):
            return too_fast(name, wait)
        body = await self._body(request)
        if isinstance(body, str):
            return Refusal(Code.MALFORMED, name, {"reason": body})
        auction = request.match_info["id"]
        known = auction.isascii() and auction.isdecimal() and len(auction) <= 10
        body["auctionId"] = int(auction) if known else auction
        event = parse(name, [body])
        if isinstance(event, Refusal):
            return event
        return await self._house.submit(Viewer("", user_id), event)

    async def _body(self, request: web.Request) -> dict[str, Any] | str:
        """The payload, or what is wrong with it."""
        read = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                async for chunk in request.content.iter_any():
                    read += chunk
                    if len(read) > self._bytes_max:
                        return f"the body has more than {self._bytes_max} bytes"
        except TimeoutError:
            return "the body did not arrive"
        try:
            payload = json.loads(read) if read.strip() else {}
        except (ValueError, RecursionError):
            return "the body must be JSON"
        return payload if isinstance(payload, dict) else "the payload must be an object"
