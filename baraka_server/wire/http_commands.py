"""Commands over HTTP: `POST /api/auctions/{id}/NAME` with the payload of the client event of that name."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import HTTP_COMMANDS, parse
from baraka_server.live.audience import Viewer
from baraka_server.live.batch import Outcome
from baraka_server.live.house import House
from baraka_server.wire.json_body import read_object
from baraka_server.wire.rate_limits import Rates
from baraka_server.wire.replies import too_fast


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
        body = await read_object(request, self._bytes_max)
        if isinstance(body, str):
            return Refusal(Code.MALFORMED, name, {"reason": body})
        auction = request.match_info["id"]
        known = auction.isascii() and auction.isdecimal() and len(auction) <= 10
        body["auctionId"] = int(auction) if known else auction
        event = parse(name, [body])
        if isinstance(event, Refusal):
            return event
        return await self._house.submit(Viewer("", user_id), event)
