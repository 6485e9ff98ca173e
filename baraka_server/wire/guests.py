"""Watching without an account: tokens for guests, and the little that a guest may do (D58)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from aiohttp import web

from baraka_server.contract.client_events import ClientEvent, JoinAuction, LeaveAuction
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.audience import Viewer
from baraka_server.wire.auth_replies import failure, success
from baraka_server.wire.rate_limits import Rates
from baraka_server.wire.replies import too_fast

PATH = "/auth/guest"
ALLOWED = frozenset({JoinAuction.wire_name, LeaveAuction.wire_name})
TOKENS_PER_SECOND = "guest_tokens_per_second_max"


def not_for_guests(viewer: Viewer, name: str) -> Refusal | None:
    """The refusal of an event of this name from a guest."""
    return Refusal(Code.WATCH_ONLY, name) if viewer.is_guest and name not in ALLOWED else None


def not_for_this_auction(viewer: Viewer, event: ClientEvent) -> Refusal | None:
    """The refusal of an event from a guest whose token is for another auction."""
    only = viewer.only_auction
    return (
        None if only in {None, event.auction_id} else Refusal(Code.OTHER_AUCTION, event.wire_name)
    )


class GuestTokens:
    """`POST /auth/guest`: a token to watch with, for anybody, unless guests are off.

    `mint` makes a token of such a lifetime. `address` gives the client address of a request, `note` logs
    one that was refused.
    """

    def __init__(
        self,
        mint: Callable[[timedelta], str],
        lifetime: timedelta,
        address: Callable[[web.Request], str],
        note: Callable[[web.Request, str, str], None],
        *,
        open_to_all: bool,
        per_second_max: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mint = mint
        self._lifetime = lifetime
        self._address = address
        self._note = note
        self._open_to_all = open_to_all
        self._rates: Rates[str] = Rates(per_second_max, TOKENS_PER_SECOND, clock)

    def add_to(self, app: web.Application) -> None:
        app.router.add_post(PATH, self._give)

    async def _give(self, request: web.Request) -> web.Response:
        if not self._open_to_all:
            return failure(Refusal(Code.GUESTS_OFF))
        if wait := self._rates.take(self._address(request)):
            self._note(request, "it asks for too many guests' tokens", TOKENS_PER_SECOND)
            return failure(too_fast("", wait))
        token = self._mint(self._lifetime)
        expires_in = int(self._lifetime.total_seconds())
        return success({"accessToken": token, "token": token, "expiresIn": expires_in})
