"""Limits of signing in: they are those of the settings, and requests wait for each other (D50, D51)."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.settings import Mode, Settings, SignInBy
from baraka_server.store.sessions import SessionLimits
from baraka_server.wire import json_body
from baraka_server.wire.auth import AuthRoutes, Regions
from baraka_server.wire.phone_numbers import read_number
from baraka_server.wire.signing_in import session_limits, signing_in
from tests.support.clients.stranger import PATIENCE_SECONDS, Line, request
from tests.support.servers.neighbours import until

NO_LIMITS = {
    "codes_per_prefix_per_hour_max": 0,
    "codes_per_address_per_hour_max": 0,
    "codes_per_hour_max": 0,
    "wrong_codes_per_address_per_hour_max": 0,
}
SAME_RANGE, ELSEWHERE = ("+96555550001", "+96555550002"), ("+96555550001", "+96555660002")
ADDRESSES = ("192.0.2.1", "192.0.2.2", "192.0.2.3")
ONE, TWO = ("192.0.2.1", "192.0.2.1"), ("192.0.2.1", "192.0.2.2")


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: tests/store has what depends on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


def opened(store, **given):
    """The commands of signing in as a server with these settings has them."""
    settings = Settings(
        _env_file=None, mode=Mode.DEVELOPMENT, sign_in=SignInBy.CONSOLE, **NO_LIMITS | given
    )
    nothing = cast(Any, None)
    parts = signing_in(settings, store, Counter(), "secret", nothing, timedelta(), *(nothing,) * 3)
    assert parts
    return parts


@pytest.mark.parametrize(
    ("setting", "numbers", "addresses"),
    [
        ("codes_per_prefix_per_hour_max", SAME_RANGE, TWO),
        ("codes_per_address_per_hour_max", ELSEWHERE, ONE),
        ("codes_per_hour_max", ELSEWHERE, TWO),
        (None, SAME_RANGE, ONE),
    ],
)
async def test_codes_end_at_each_limit_of_the_settings(store, setting, numbers, addresses):
    parts = opened(store, **{setting: 1} if setting else {})
    asked = [
        await parts.sign_in.ask(read_number(number), address)
        for number, address in zip(numbers, addresses, strict=True)
    ]
    await parts.delivery.drained()
    codes = [one.code if isinstance(one, Refusal) else None for one in asked]
    assert codes == [None, Code.TOO_MANY_CODES if setting else None]


@pytest.mark.parametrize("most", [0, 1])
async def test_wrong_codes_end_at_the_limit_of_the_settings(store, most):
    sign_in = opened(store, wrong_codes_per_address_per_hour_max=most).sign_in
    tried = [
        await sign_in.verify(read_number(number), "000000", None, ONE[0]) for number in SAME_RANGE
    ]
    codes = [one.code if isinstance(one, Refusal) else None for one in tried]
    assert codes == [Code.WRONG_CODE, Code.TOO_MANY_TRIES if most else Code.WRONG_CODE]


def test_sessions_end_when_the_settings_say_so():
    days = {"session_idle_days_max": 3, "session_days_max": 7, "sessions_per_user_max": 2}
    assert session_limits(Settings(_env_file=None, **days)) == SessionLimits(
        idle=timedelta(days=3), age=timedelta(days=7), per_user_max=2
    )


class Counters:
    """Stands for `SignIn`: each command takes until all requests have come, and is counted meanwhile."""

    def __init__(self, requests):
        self.to_come, self.all_came = requests, asyncio.Event()
        self.working = self.working_most = 0

    def came(self, request):
        """The address of a request: each has its own."""
        self.to_come -= 1
        if not self.to_come:
            self.all_came.set()
        return request.query_string

    async def log_out(self, _token):
        self.working += 1
        await self.all_came.wait()
        for _ in range(20):  # whoever does not wait for a turn is here too by now
            await asyncio.sleep(0)
        self.working_most = max(self.working_most, self.working)
        self.working -= 1


async def test_strangers_take_one_turn_at_a_time_and_a_slow_body_takes_none(monkeypatch):
    monkeypatch.setattr(json_body, "BODY_SECONDS_MAX", 600)
    counters, nothing = Counters(4), cast(Any, None)
    routes = AuthRoutes(
        cast(Any, counters),
        nothing,
        timedelta(),
        Regions(),
        counters.came,
        nothing,
        body_bytes_max=1_000,
        per_second_max=0,
    )
    app = web.Application()
    routes.add_to(app)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def logs_out(address):
        async with http.post(f"/auth/logout?{address}", json={"refreshToken": "x"}) as answer:
            return answer.status

    try:
        async with Line(url) as slow, aiohttp.ClientSession(url) as http:
            await slow.sends(request("POST", "/auth/logout?slow", b"{}" + b" " * 9)[:-9])
            await until(lambda: counters.to_come == 3)
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await asyncio.gather(*map(logs_out, ADDRESSES)) == [200] * 3
    finally:
        await runner.cleanup()
    assert counters.working_most == 1
