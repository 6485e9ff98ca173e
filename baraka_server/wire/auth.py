"""Routes of signing in: `POST /auth/request-otp`, `resend-otp`, `otp`, `refresh` and `logout` (D49)."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from baraka_server.contract.fields import Text
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.code_delivery import Number
from baraka_server.live.faults import fault
from baraka_server.live.sign_in import CODE_DIGITS, Challenge, SignIn
from baraka_server.store.errors import StoreError
from baraka_server.wire.auth_replies import failure, success
from baraka_server.wire.fair_queue import FairQueue, TooManyWaiting
from baraka_server.wire.json_body import read_object
from baraka_server.wire.phone_numbers import NotANumber, ascii_digits, read_number
from baraka_server.wire.rate_limits import Rates
from baraka_server.wire.refused import Refused, or_refused
from baraka_server.wire.replies import for_the_log, too_fast

Answer = Callable[[dict[str, Any], str], Awaitable[web.Response]]
"""Answers a request with this body from this address."""

AT_ONCE, WAITING_MAX = 1, 100
"""Strangers may ask: they have one connection to the database, and wait for each other."""
REQUESTS_PER_SECOND = "sign_in_requests_per_second_max"
TOKEN_CHARS_MAX = 128
CODE = re.compile(rf"\d{{{CODE_DIGITS}}}")
NAME: TypeAdapter[str] = TypeAdapter(Text)
NOTED = {
    Code.TOO_FAST: REQUESTS_PER_SECOND,
    Code.TOO_MANY_CODES: "",
    Code.TOO_MANY_TRIES: "",
}
"""The refusals that are logged, with the setting that each is about."""


@dataclass(frozen=True, slots=True)
class Regions:
    """`local` is the region of numbers without a country's code, `countries` the codes of those served.

    `of_demo_data` takes the numbers of demo data, which are nobody's.
    """

    local: str | None = None
    countries: Collection[int] = ()
    of_demo_data: bool = False

    def read(self, text: str) -> Number:
        """Raises `NotANumber`."""
        return read_number(text, self.local, self.countries, of_demo_data=self.of_demo_data)


class AuthRoutes:
    """The routes. All of them answer who has no token, so that each address waits for its turn.

    `mint` makes an access token of a user for such a time. `address` gives the client address of a request,
    `note` logs one that was refused.
    """

    def __init__(
        self,
        sign_in: SignIn,
        mint: Callable[[int, timedelta], str],
        access_lifetime: timedelta,
        regions: Regions,
        address: Callable[[web.Request], str],
        note: Callable[[web.Request, str, str], None],
        *,
        body_bytes_max: int,
        per_second_max: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sign_in = sign_in
        self._mint = mint
        self._access_lifetime = access_lifetime
        self._regions = regions
        self._address = address
        self._note = note
        self._bytes_max = body_bytes_max
        self._rates: Rates[str] = Rates(per_second_max, REQUESTS_PER_SECOND, clock)
        self._queue: FairQueue[str] = FairQueue(AT_ONCE, WAITING_MAX)

    def add_to(self, app: web.Application) -> None:
        for path, answer in {
            "/auth/request-otp": self._ask,
            "/auth/resend-otp": self._ask,
            "/auth/otp": self._verify,
            "/auth/refresh": self._refresh,
            "/auth/logout": self._log_out,
        }.items():
            app.router.add_post(path, self._route(answer))

    async def _ask(self, body: dict[str, Any], address: str) -> web.Response:
        """Send a code: `{number}`, or `{challengeToken}` of an earlier one."""
        number, challenge = await self._number(body)
        asked = or_refused(await self._sign_in.ask(number, address, challenge))
        return _challenge(asked)

    async def _verify(self, body: dict[str, Any], address: str) -> web.Response:
        """Sign in with a code; without one, send it, as `/auth/request-otp` does."""
        if body.get("otp") is None or body["otp"] == "":
            return await self._ask(body, address)
        code, name = _code(body["otp"]), _name(body)
        number, _ = await self._number(body)
        found = or_refused(await self._sign_in.verify(number, code, name, address))
        user = found.user.as_seen_by_others(whole_number=True).model_dump(mode="json")
        return success(user | self._tokens(found.user.id, found.refresh_token))

    async def _refresh(self, body: dict[str, Any], _address: str) -> web.Response:
        found = or_refused(await self._sign_in.refresh(_token(body, "refreshToken")))
        return success(self._tokens(found.user_id, found.refresh_token))

    async def _log_out(self, body: dict[str, Any], _address: str) -> web.Response:
        """End a session. Of one that is over already it says the same."""
        await self._sign_in.log_out(_token(body, "refreshToken"))
        return success({})

    def _tokens(self, user_id: int, refresh_token: str) -> dict[str, Any]:
        token = self._mint(user_id, self._access_lifetime)
        return {
            "accessToken": token,
            "token": token,
            "refreshToken": refresh_token,
            "expiresIn": int(self._access_lifetime.total_seconds()),
        }

    async def _number(self, body: dict[str, Any]) -> tuple[Number, str | None]:
        """The number that a body is about, and its challenge token where it has one instead."""
        given, challenge = body.get("number"), None
        if given is None and body.get("challengeToken") is not None:
            challenge = _token(body, "challengeToken")
            given = await self._sign_in.number_of(challenge)
            if given is None:
                raise Refused(Refusal(Code.CHALLENGE_OVER))
        if type(given) is int:
            given = str(given)
        if not isinstance(given, str) or not given:
            raise _malformed("number is required, as a text")
        try:
            return self._regions.read(given), challenge
        except NotANumber as error:
            raise _malformed(str(error)) from None

    def _route(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler that reads the body, calls `answer` in its turn and makes failures error responses."""

        async def respond(request: web.Request) -> web.Response:
            address = self._address(request)
            try:
                if wait := self._rates.take(address):
                    raise Refused(too_fast("", wait))
                body = await read_object(request, self._bytes_max)
                if isinstance(body, str):
                    raise _malformed(body)
                async with self._queue.turn(address):
                    return await answer(body, address)
            except Refused as refused:
                refusal = refused.refusal
                if refusal.code in NOTED:
                    self._note(request, *for_the_log(refusal, NOTED[refusal.code]))
                return failure(refusal)
            except (StoreError, TooManyWaiting):
                return failure(Refusal(Code.SIGN_IN_UNAVAILABLE))
            except Exception as error:
                return failure(fault(request.path, error))

        return respond


def _malformed(reason: str) -> Refused:
    return Refused(Refusal(Code.MALFORMED, "", {"reason": reason}))


def _challenge(asked: Challenge) -> web.Response:
    return success(
        {
            "challengeToken": asked.token,
            "expiresIn": int(asked.valid.total_seconds()),
            "resendIn": int(asked.pause.total_seconds()),
        }
    )


def _code(value: object) -> str:
    """The code as it was typed, in ASCII digits; a number lost the zeros before it."""
    if type(value) is int and 0 <= value < 10**CODE_DIGITS:
        value = f"{value:0{CODE_DIGITS}}"
    typed = ascii_digits(value).strip() if isinstance(value, str) and len(value) < 32 else ""
    if not CODE.fullmatch(typed):
        raise _malformed(f"otp must be the {CODE_DIGITS} digits that were sent")
    return typed


def _name(body: dict[str, Any]) -> str | None:
    if body.get("name") is None:
        return None
    try:
        return NAME.validate_python(body["name"])
    except ValidationError as error:
        raise _malformed(f"name {error.errors()[0]['msg']}") from None


def _token(body: dict[str, Any], name: str) -> str:
    token = body.get(name)
    if not isinstance(token, str) or not 0 < len(token) <= TOKEN_CHARS_MAX:
        raise _malformed(f"{name} must be the one that was given")
    return token
