"""`HttpApi`: reads auctions, lots, history and winnings over HTTP, and sends commands, where there are routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import aiohttp
from pydantic import ValidationError

from baraka_cli.client.access import Access
from baraka_cli.client.replies import Reply
from baraka_cli.client.sockets import reason
from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.lots import RunListReport
from baraka_server.contract.refusals import TEXTS, Code
from baraka_server.contract.settlement import Head, SaleSummary

SECONDS_MAX = 5
PAGE_ROWS = 200
NOT_NOW = frozenset({429, 500, 502, 503, 504})
"""Statuses of a server that could not answer now."""

Entry = Mapping[str, Any]


class Page(NamedTuple):
    """Rows of a list, None where the server tells none, and the path of those that follow."""

    rows: list[Entry] | None
    following: str | None


class Unreachable(Exception):
    """Nobody answered, or not now; the text says which. `reason` is what the system says of it.

    `passes` says whether the same request may be answered later.
    """

    def __init__(self, text: str, reason: str = "", *, passes: bool = True) -> None:
        super().__init__(text)
        self.reason = reason or text
        self.passes = passes


class TurnedAway(Exception):
    """The token was refused; the text says why."""


class Refused(Exception):
    """The server does not tell this caller; the text says why."""


class NoSuchAuction(Exception):
    """The server knows no auction of that number."""

    def __str__(self) -> str:
        return "the server does not know this auction"


class HttpApi:
    """One server's HTTP routes. All results are None where it has no such route.

    Raises `Unreachable`, `TurnedAway` and, where one auction is asked about, `NoSuchAuction`.
    """

    def __init__(self, url: str, access: Access) -> None:
        self._url = url
        self._access = access

    async def auctions(self) -> list[Mapping[str, Any]] | None:
        """The caller's own auctions, newest first; the last thousand of them."""
        return (await self.page("/api/auctions")).rows

    async def auction_pages(self) -> AsyncIterator[list[Entry]]:
        """The caller's own auctions page by page, the newest first."""
        path: str | None = "/api/auctions"
        while path is not None:
            page = await self.page(path)
            if page.rows is not None:
                yield page.rows
            path = page.following

    async def auction(self, auction_id: int) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._get(f"/api/auctions/{auction_id}")
        return found

    async def history(
        self, auction_id: int, before: int, rows: int | None = None
    ) -> AsyncIterator[list[Entry]]:
        """The auction's ledger before that `seq`, page by page, backwards: for the owner alone.

        Each page is in the order of the ledger. There is none where the server tells nothing.
        """
        path: str | None = (
            f"/api/auctions/{auction_id}/history?before={before}&limit={rows or PAGE_ROWS}"
        )
        while path is not None:
            page = await self.page(path)
            if page.rows:
                yield page.rows
            path = page.following

    async def winnings(self, auction_id: int) -> list[Entry] | None:
        """All that was won, with the winners' whole numbers: for the owner alone."""
        path: str | None = f"/api/auctions/{auction_id}/winnings"
        found: list[Entry] | None = None
        while path is not None:
            page = await self.page(path)
            if page.rows is not None:
                found = [*(found or []), *page.rows]
            path = page.following
        return found

    async def checkpoint(self, auction_id: int) -> str | None:
        """The end of the auction's ledger as a signed line, to be kept elsewhere (D56)."""
        found = await self._get(f"/api/auctions/{auction_id}/checkpoint")
        text = found.get("text") if isinstance(found, dict) else None
        return text if isinstance(text, str) else None

    async def lots(self, auction_id: int) -> RunListReport | None:
        """The run list, with its reserves for those who work in the auction (D35)."""
        found = await self._get(f"/api/auctions/{auction_id}/lots")
        try:
            return RunListReport.model_validate(found) if isinstance(found, dict) else None
        except ValidationError:
            return None

    async def summary(self, auction_id: int, since: Head | None = None) -> SaleSummary | None:
        """What became of the sale, for who runs it; with `since` all changes behind that head (D39).

        Raises `Refused` for a caller who may not read it, and for a head of another history.
        """
        asked = f"?since={since}" if since else ""
        status, found, _ = await self._send("GET", f"/api/auctions/{auction_id}/summary{asked}")
        self._look_at(status, found)
        if status in {400, 403, 409} and isinstance(found, dict) and "code" in found:
            raise Refused(str(found.get("message")))
        try:
            return SaleSummary.model_validate(found) if status == 200 else None
        except ValidationError:
            return None

    async def command(self, event: ClientEvent) -> Reply:
        """Send a command that the server takes over HTTP; the reply is as over the socket."""
        path = f"/api/auctions/{event.auction_id}/{event.wire_name}"
        status, found, _ = await self._send("POST", path, event.payload())
        self._look_at(status, found)
        if isinstance(found, dict) and isinstance(found.get("ok"), bool):
            return Reply(found["ok"], found)
        raise Unreachable(f"the server does not take this ({status})", passes=False)

    async def page(self, path: str) -> Page:
        found, links = await self._ask(path)
        address = next(
            (str(links[name]["url"]) for name in ("next", "prev") if name in links), None
        )
        following = None
        if address is not None:  # a proxy may have changed host and path: only its query counts
            following = f"{path.partition('?')[0]}?{address.partition('?')[2]}"
        return Page(found if isinstance(found, list) else None, following)

    async def _get(self, path: str) -> Any:
        return (await self._ask(path))[0]

    async def _ask(self, path: str) -> tuple[Any, Mapping[str, Any]]:
        status, found, links = await self._send("GET", path)
        self._look_at(status, found)
        return (found, links) if status == 200 else (None, {})

    async def _send(
        self, method: str, path: str, body: Any = None
    ) -> tuple[int, Any, Mapping[str, Any]]:
        """The status, the JSON and the links of an answer."""
        timeout = aiohttp.ClientTimeout(total=SECONDS_MAX)
        headers = {"Authorization": f"Bearer {self._access.token}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
                session.request(method, self._url + path, json=body) as response,
            ):
                is_json = response.content_type == "application/json"
                found = await response.json() if is_json else None
                return response.status, found, response.links
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable("the server does not answer", reason(error)) from None
        except ValueError:
            return 0, None, {}

    def _look_at(self, status: int, found: Any) -> None:
        if status == 401:
            raise TurnedAway(TEXTS[Code.INVALID_TOKEN])
        if status in NOT_NOW:
            raise Unreachable(f"the server is busy ({status})")
        if isinstance(found, dict) and found.get("code") == Code.AUCTION_NOT_FOUND:
            raise NoSuchAuction
