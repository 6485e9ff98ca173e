"""The routes that are declared are those that there are."""

from __future__ import annotations

from typing import Any, cast

from aiohttp import web

from baraka_server.contract.http_routes import AUTH_ROUTES, COMMAND_PATH, PAGES, ROUTES
from baraka_server.store.pages import PAGE_ROWS_MAX
from baraka_server.wire.auth import AuthRoutes
from baraka_server.wire.guests import GuestTokens
from baraka_server.wire.http import Api


def test_the_routes_of_the_api_are_the_declared_ones() -> None:
    nothing = cast(Any, None)
    app = web.Application()
    Api(
        *(nothing,) * 6,
        reads_per_second_max=0,
        reads_waiting_max=0,
    ).add_to(app)
    there = {(one.method, one.resource.canonical) for one in app.router.routes() if one.resource}
    reads = {(route.method, route.path) for route in ROUTES}
    assert there - {("HEAD", path) for _, path in reads} == reads | {("POST", COMMAND_PATH)}


def test_the_routes_that_give_tokens_out_are_the_declared_ones() -> None:
    app = web.Application()
    nothing = cast(Any, None)
    GuestTokens(nothing, nothing, nothing, nothing, open_to_all=True, per_second_max=0).add_to(app)
    AuthRoutes(
        *(nothing,) * 6,
        body_bytes_max=0,
        per_second_max=0,
    ).add_to(app)
    there = {(one.method, one.resource.canonical) for one in app.router.routes() if one.resource}
    assert there == {(route.method, route.path) for route in AUTH_ROUTES}


def test_the_longest_page_is_what_is_declared() -> None:
    assert f"1 to {PAGE_ROWS_MAX}" in PAGES["limit"]
