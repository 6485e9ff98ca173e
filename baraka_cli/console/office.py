"""What the server tells over HTTP beside the sale. Servers without these routes tell nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp

SECONDS_MAX = 5


class Unreachable(Exception):
    """Nobody answered."""


class TurnedAway(Exception):
    """The token was refused; the text says why."""


class Office:
    """Everything is None where the server has no such route, or does not tell us.

    Raises `Unreachable` and `TurnedAway`.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def auctions(self) -> list[Mapping[str, Any]] | None:
        """The caller's own auctions, newest first."""
        found: list[Mapping[str, Any]] | None = await self._get("/api/auctions")
        return found

    async def auction(self, auction_id: int) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._get(f"/api/auctions/{auction_id}")
        return found

    async def history(self, auction_id: int) -> list[Mapping[str, Any]] | None:
        """The auction's ledger, oldest first: for the owner alone."""
        path = f"/api/auctions/{auction_id}/history"
        found: list[Mapping[str, Any]] | None = await self._get(path)
        return found

    async def winnings(self, auction_id: int) -> list[Mapping[str, Any]] | None:
        """What was won, with the winners' whole numbers: for the owner alone."""
        path = f"/api/auctions/{auction_id}/winnings"
        found: list[Mapping[str, Any]] | None = await self._get(path)
        return found

    async def _get(self, path: str) -> Any:
        timeout = aiohttp.ClientTimeout(total=SECONDS_MAX)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session,
                session.get(self._url + path) as response,
            ):
                if response.status == 401:
                    raise TurnedAway("Invalid or expired token")
                if response.status != 200 or response.content_type != "application/json":
                    return None
                return await response.json()
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise Unreachable(self._url) from None
        except ValueError:
            return None
