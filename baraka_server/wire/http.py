"""HTTP API: routes for hosts, with JSON in the documented shape of the records."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from baraka_server.contract.client_events import Who
from baraka_server.contract.fields import INT_MAX, iso_time
from baraka_server.contract.http_routes import COMMAND_PATH
from baraka_server.contract.records import Auction
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.reports import WinningWithUser
from baraka_server.contract.settlement import SaleSummary
from baraka_server.domain.roles import Role
from baraka_server.domain.staff import covers
from baraka_server.live.encoded import Encoded, encode
from baraka_server.live.faults import fault
from baraka_server.store import audit, catalog, checkpoint, settlement
from baraka_server.store.errors import NotThere, OtherHistory, StoreError
from baraka_server.store.pages import Page, Span
from baraka_server.store.slices import in_slices
from baraka_server.store.store import Store
from baraka_server.wire import identity
from baraka_server.wire.fair_queue import FairQueue, TooManyWaiting
from baraka_server.wire.http_commands import HttpCommands
from baraka_server.wire.http_errors import json_response, refusal_response
from baraka_server.wire.pages import Listed, flag, head_of, listed, span_of
from baraka_server.wire.rate_limits import Rates
from baraka_server.wire.refused import Refused, or_refused
from baraka_server.wire.replies import for_the_log, positive, too_fast

Answer = Callable[[web.Request, int], Awaitable[web.Response]]
"""Answers the request of a user."""
List = Callable[[web.Request, int, Span], Awaitable[Listed]]

STATUS = {
    Code.BAD_PARAMETER: 400,
    Code.NO_TOKEN: 401,
    Code.INVALID_TOKEN: 401,
    Code.MALFORMED: 400,
    Code.NOT_OWNER: 403,
    Code.NOT_STAFF: 403,
    Code.BLOCKED_EVERYWHERE: 403,
    Code.WATCH_ONLY: 403,
    Code.AUCTION_NOT_FOUND: 404,
    Code.UNKNOWN_EVENT: 404,
    Code.USER_NOT_FOUND: 404,
    Code.LOT_NOT_FOUND: 404,
    Code.COMMENT_NOT_FOUND: 404,
    Code.PADDLE_NOT_FOUND: 404,
    Code.TOO_FAST: 429,
    Code.BUSY: 503,
    Code.UNAVAILABLE: 503,
    Code.UNSUITED: 500,
    Code.OUTCOME_UNKNOWN: 500,
    Code.FAULT: 500,
}
"""The status of a refusal; of all others it is 409."""
LIMITS = {
    Code.NO_TOKEN: "",
    Code.INVALID_TOKEN: "",
    Code.TOO_FAST: "reads_per_second_max",
    Code.BUSY: "reads_waiting_max",
}
"""The refusals that are logged, with the setting that each is about."""
READS_AT_ONCE = 2
"""How many requests are read from the database at once: each takes a connection that bids need too."""
ROWS_PER_READ = 250
"""Each so many rows of a list count as another request of the same user."""


class Api:
    """Routes for users with an access token; the owner of an auction sees all of it.

    A winner's number is whole for the owner of the auction, and masked otherwise (D17). See the
    settings for the limits. `barred` is the refusal of a user who may not connect (D47). `note` logs a request that was refused, with the reason and the setting.
    """

    def __init__(
        self,
        store: Store,
        verifier: identity.Verifier,
        note: Callable[[web.Request, str, str], None],
        signer: checkpoint.Signer,
        commands: HttpCommands,
        barred: Callable[[int], Refusal | None],
        *,
        reads_per_second_max: float,
        reads_waiting_max: int,
        reads_at_once: int = READS_AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._verifier = verifier
        self._note = note
        self._signer = signer
        self._commands = commands
        self._barred = barred
        self._rates: Rates[int] = Rates(reads_per_second_max, clock=clock)
        self._queue: FairQueue[int] = FairQueue(reads_at_once, reads_waiting_max)

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/api/auctions/{id}", self._route(self._auction))
        app.router.add_get("/api/auctions/{id}/checkpoint", self._route(self._checkpoint))
        for path, answer in {
            "/api/auctions": self._auctions,
            "/api/auctions/{id}/history": self._history,
            "/api/auctions/{id}/winnings": self._winnings,
        }.items():
            app.router.add_get(path, self._route(self._list(answer)))
        app.router.add_get("/api/auctions/{id}/lots", self._route(self._lots))
        app.router.add_get("/api/auctions/{id}/summary", self._route(self._summary))
        app.router.add_post(COMMAND_PATH, self._route(self._command))

    async def _auctions(self, request: web.Request, user_id: int, span: Span) -> Listed:
        """The caller's own auctions; everybody's live ones with `?live=true`. Newest first."""
        live = or_refused(flag(request.query, "live"))
        page = await catalog.list_auctions(
            self._store, owner_id=None if live else user_id, live_only=live, span=span
        )
        return listed(request.query, page, cursor="before")

    async def _auction(self, request: web.Request, user_id: int) -> web.Response:
        """The auction, with the caller's `role` in it, as a join has it (D46)."""
        async with self._turn(user_id, self._rates.of(user_id).take()):
            auction = await self._asked_for(request)
            role = await catalog.role_in(self._store, auction, user_id)
            return json_response(
                auction.model_dump(mode="json") | {"role": role.who if role else None}
            )

    async def _history(self, request: web.Request, user_id: int, span: Span) -> Listed:
        """The ledger, oldest first; with `before` alone, the last entries before it.

        A moderator's has no reserves: they are for the owner and clerks (D42).
        """
        auction, role = await self._worked_in(request, user_id, Who.MODERATOR)
        page = await audit.history_page(self._store, auction.id, span)
        if not covers(role.who, Who.CLERK):
            page = Page([one.without_reserves() for one in page.rows], page.resume)
        if span.before is not None and span.after is None:
            return listed(request.query, page, cursor="before", relation="prev")
        return listed(request.query, page, cursor="after")

    async def _winnings(self, request: web.Request, user_id: int, span: Span) -> Listed:
        """The winnings of an auction, newest first; numbers are masked for a clerk who may not see them."""
        auction, role = await self._worked_in(request, user_id, Who.CLERK)
        page = await catalog.list_winnings(self._store, auction_id=auction.id, span=span)
        if not role.sees_numbers:
            page = Page([_masked(won) for won in page.rows], page.resume)
        return listed(request.query, page, cursor="before")

    async def _checkpoint(self, request: web.Request, user_id: int) -> web.Response:
        """The end of the ledger as it is now, signed (D56)."""
        async with self._turn(user_id, self._rates.of(user_id).take()):
            auction, _ = await self._worked_in(request, user_id, Who.CLERK)
            try:
                return json_response(await checkpoint.take(self._store, self._signer, auction.id))
            except NotThere as error:
                raise Refused(Refusal(Code.NOT_LIVE)) from error

    async def _lots(self, request: web.Request, user_id: int) -> web.Response:
        """The run list in its order; its reserves for those who work in the auction alone (D35)."""
        rate = self._rates.of(user_id)
        async with self._turn(user_id, rate.take()):
            auction = await self._asked_for(request)
            found = await catalog.run_list(self._store, auction.id, user_id)
            rate.spend(_price(len(found.lots)) - 1)
            return json_response(found.payload())

    async def _summary(self, request: web.Request, user_id: int) -> web.Response:
        """What became of every lot, and who owes what; with `since` all changes behind that head (D39)."""
        rate = self._rates.of(user_id)
        async with self._turn(user_id, rate.take()):
            auction, role = await self._worked_in(request, user_id, Who.CLERK)
            since = or_refused(head_of(request.query))
            try:
                found = await settlement.sale_summary(self._store, auction.id, since)
            except OtherHistory as error:
                raise Refused(Refusal(Code.OTHER_HISTORY)) from error
            rate.spend(_price(len(found.lots)) - 1)
            summary = found if role.sees_numbers else found.without_numbers()
            fields = {name: getattr(summary, name) for name in SaleSummary.model_fields}
            for name in ("lots", "buyers", "changes"):
                rows = await in_slices(lambda some: list(map(encode, some)), fields[name])
                fields[name] = Encoded(f"[{','.join(rows)}]")
            fields["at"] = summary.at and iso_time(summary.at)
            return json_response(fields)

    async def _command(self, request: web.Request, user_id: int) -> web.Response:
        outcome = or_refused(await self._commands.outcome(request, user_id))
        return json_response(positive(outcome))

    async def _asked_for(self, request: web.Request) -> Auction:
        text = request.match_info["id"]
        auction_id = int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else 0
        try:
            return await catalog.auction_by_id(self._store, min(auction_id, INT_MAX))
        except NotThere as error:
            raise Refused(Refusal(Code.AUCTION_NOT_FOUND)) from error

    async def _worked_in(
        self, request: web.Request, user_id: int, who: Who
    ) -> tuple[Auction, Role]:
        """The auction, and the caller's role in it, which may read what is for `who` (D46)."""
        auction = await self._asked_for(request)
        role = await catalog.role_in(self._store, auction, user_id)
        if role is None or not covers(role.who, who):
            raise Refused(Refusal(Code.NOT_OWNER))
        return auction, role

    def _route(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler that verifies the token, calls `answer` and makes every failure an error response."""

        async def respond(request: web.Request) -> web.Response:
            token = identity.bearer(request.headers.get("Authorization"))
            who = self._verifier.verify(token)
            try:
                if not isinstance(who, Refusal):
                    who = _of_a_user(who) or self._barred(who.user_id) or who
                if isinstance(who, Refusal):
                    raise Refused(who)
                return await answer(request, who.user_id)
            except Refused as refused:
                refusal = refused.refusal
                if refusal.code in LIMITS:
                    self._note(request, *for_the_log(refusal, LIMITS[refusal.code]))
                return _refusal(refusal)
            except StoreError:
                return _refusal(Refusal(Code.UNAVAILABLE))
            except Exception as error:
                return _refusal(fault(request.path, error))

        return respond

    def _list(self, lists: List) -> Answer:
        """The answer with a page of a list.

        The rate is charged for the longest page before it is read, and gets back what was not used.
        """

        async def answer(request: web.Request, user_id: int) -> web.Response:
            span = span_of(request.query)
            paid = 1 if isinstance(span, Refusal) else _price(span.limit)
            rate, price = self._rates.of(user_id), 1
            async with self._turn(user_id, rate.take(paid)):
                try:
                    found = await lists(request, user_id, or_refused(span))
                    price = _price(len(found.rows))
                finally:
                    rate.spend(price - paid)
                rows = await in_slices(lambda some: list(map(encode, some)), found.rows)
                return json_response(Encoded(f"[{','.join(rows)}]"), headers=found.headers)

        return answer

    @asynccontextmanager
    async def _turn(self, user_id: int, wait: float) -> AsyncIterator[None]:
        if wait:
            raise Refused(too_fast("", wait))
        try:
            async with self._queue.turn(user_id):
                yield
        except TooManyWaiting as error:
            raise Refused(Refusal(Code.BUSY)) from error


def _of_a_user(who: identity.Identity) -> Refusal | None:
    """The refusal of a guest, who watches and does nothing else (D58)."""
    return Refusal(Code.WATCH_ONLY) if who.is_guest else None


def _masked(won: WinningWithUser) -> WinningWithUser:
    return won.model_copy(update={"user": won.user.as_seen_by_others()})


def _price(rows: int) -> int:
    """The number of requests that a list of so many rows counts for."""
    return max(1, -(-rows // ROWS_PER_READ))


def _refusal(refusal: Refusal) -> web.Response:
    return refusal_response(refusal, STATUS, 409)
