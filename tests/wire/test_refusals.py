"""HTTP errors: one shape of all, and what a page in a browser may read of every answer."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import pytest

from tests.support.clients.phones import token
from tests.support.clients.stranger import PATH, Line, PollingStranger, request, upgrade_headers
from tests.support.servers.baraka import SECRET
from tests.support.servers.neighbours import server_in_process

PAGE, OTHER = "https://auctions.example", "https://evil.example"
BEARER = {"Authorization": f"Bearer {token(SECRET, 2)}"}
WEBSOCKET = upgrade_headers()
POST = PATH + "polling&sid="

REFUSALS = {
    ("GET", "/nowhere"): (404, "not_found"),
    ("POST", "/api/auctions"): (405, "method_not_allowed"),
    ("OPTIONS", "/api/auctions"): (405, "method_not_allowed"),
    ("DELETE", "/socket.io/"): (405, "method_not_allowed"),
    ("PUT", "/healthz"): (405, "method_not_allowed"),
    ("GET", "/api/auctions"): (401, "no_token"),
    ("GET", "/api/auctions?limit=x", "Bearer"): (400, "bad_parameter"),
    ("GET", "/api/auctions/99", "Bearer"): (404, "auction_not_found"),
    ("GET", "/api/auctions/1/history", "Bearer"): (403, "not_owner"),
    ("GET", "/api/auctions/1/winnings", "Bearer"): (403, "not_owner"),
    ("GET", "/api/auctions/1/summary?since=x", "Bearer"): (403, "not_owner"),
    ("GET", "/socket.io/"): (400, "bad_request"),
    ("GET", "/socket.io/?EIO=4&transport=pigeon"): (400, "bad_request"),
    ("GET", PATH + "polling&sid=unknown"): (400, "bad_request"),
    ("GET", PATH + "websocket"): (400, "bad_request"),
    ("GET", PATH + "websocket", "bad key"): (400, "bad_request"),
    ("POST", POST + "unknown", "no length"): (411, "length_required"),
    ("POST", POST + "unknown", "gzip"): (415, "unsupported_encoding"),
    ("POST", POST + "unknown"): (400, "bad_request"),
    ("GET", "/healthz", "Expect"): (417, "bad_request"),
}
HEADERS = {
    "Bearer": BEARER,
    "bad key": WEBSOCKET | {"Sec_WebSocket_Key": "short"},
    "no length": {"Transfer_Encoding": "chunked", "Content_Length": ""},
    "gzip": {"Content_Encoding": "gzip"},
    "Expect": {"Expect": "the impossible"},
}


def assert_refused(answer, status, code):
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/json")
    body = json.loads(answer.body)
    assert (body["ok"], body["code"]) == (False, code)
    assert body["message"]
    assert ("retry-after" in answer.headers) == (status in {429, 503})


def assert_readable(answer, origin="*"):
    """By a page of that origin, which sends no cookies."""
    headers = answer.headers
    assert headers["access-control-allow-origin"] == origin
    assert "Retry-After" in headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in headers
    assert headers["cache-control"] == "no-store"
    assert ("origin" in headers.get("vary", "").lower()) == (origin != "*")


@pytest.fixture
async def room(tmp_path):
    async with server_in_process(tmp_path) as neighbours:
        yield neighbours


@pytest.mark.parametrize("asked", REFUSALS, ids=" ".join)
async def test_every_refusal_has_one_shape_and_a_page_may_read_it(room, asked):
    method, target, *how = asked
    headers = {"Origin": PAGE} | (HEADERS[how[0]] if how else {})
    async with Line(room.url) as line:
        body = b"3" if method == "POST" else None
        answer = await line.requests(method, target, body, **headers)
    assert_refused(answer, *REFUSALS[asked])
    assert_readable(answer)


async def test_so_do_the_refusals_of_a_session(room):
    async with PollingStranger(room.url, Origin=PAGE) as stranger:
        answer = await stranger.posts(b"4" * 200_000)
        assert_refused(answer, 413, "too_large")
        assert_readable(answer)
    async with PollingStranger(room.url, Origin=PAGE) as stranger:
        answer = await stranger.posts(b"nonsense")
        assert_refused(answer, 400, "bad_request")
        assert_readable(answer)


async def test_what_is_no_http_is_refused_in_the_same_shape(room):
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9\r\n\r\n",
        b"\0\n",
    ):
        async with Line(room.url) as line:
            await line.sends(garbage + b"\r\n\r\n")
            assert_refused(await line.answer(), 400, "bad_request")


async def test_the_limits_of_admission_say_when_to_come_again(tmp_path):
    async with (
        server_in_process(tmp_path, connections_per_address_max=3) as room,
        AsyncExitStack() as stack,
    ):
        await (await stack.enter_async_context(PollingStranger(room.url))).enters()
        async with Line(room.url) as line:
            answer = await line.requests("GET", PATH + "polling", Origin=PAGE)
        assert_refused(answer, 429, "too_fast")
        assert_readable(answer)
    async with server_in_process(tmp_path, connections_max=2) as room, Line(room.url) as line:
        answer = await line.requests("GET", PATH + "polling", Origin=PAGE)
        assert_refused(answer, 503, "unavailable")
        assert_readable(answer)
        room.server.turn_away()
        for target in ("/readyz", PATH + "polling"):
            answer = await line.requests("GET", target, Origin=PAGE)
            assert_refused(answer, 503, "stopping")
            assert_readable(answer)
    async with server_in_process(tmp_path, requests_per_second_max=0.2) as room:
        for _ in range(2):
            async with Line(room.url) as line:
                answer = await line.requests("GET", "/nowhere", Origin=PAGE)
        assert_refused(answer, 429, "too_fast")
        assert_readable(answer)


async def test_a_page_may_ask_whatever_an_app_may(room):
    """A browser asks first, for the token's header."""
    preflight = {
        "Origin": PAGE,
        "Access_Control_Request_Method": "GET",
        "Access_Control_Request_Headers": "authorization",
    }
    async with Line(room.url) as line:
        for target in ("/api/auctions", "/readyz", PATH + "polling", "/nowhere"):
            may = await line.requests("OPTIONS", target, **preflight)
            assert may.status == 204
            assert may.headers["access-control-allow-origin"] == "*"
            assert "authorization" in may.headers["access-control-allow-headers"]
            assert "content-type" in may.headers["access-control-allow-headers"]
            assert may.headers["access-control-allow-methods"] == "GET, POST"
            assert int(may.headers["access-control-max-age"]) > 0
            assert "access-control-allow-credentials" not in may.headers
        for target in ("/api/auctions", "/healthz", "/readyz", PATH + "polling"):
            answer = await line.requests("GET", target, Origin=PAGE, **BEARER)
            assert answer.status == 200
            assert_readable(answer)


async def test_with_a_list_of_pages_others_may_read_nothing(tmp_path):
    async with server_in_process(tmp_path, cors_origins=PAGE) as room, Line(room.url) as line:
        for target in ("/api/auctions", "/healthz", PATH + "polling", "/nowhere"):
            assert_readable(await line.requests("GET", target, Origin=PAGE, **BEARER), PAGE)
            preflight = {"Origin": OTHER, "Access_Control_Request_Method": "GET"}
            for method, headers in (("GET", {"Origin": OTHER}), ("OPTIONS", preflight)):
                other = await line.requests(method, target, **headers, **BEARER)
                assert not [name for name in other.headers if name.startswith("access-control")]
                assert other.headers["vary"] == "Origin"
        refused = await line.requests("GET", PATH + "polling", Origin=OTHER)
        assert_refused(refused, 400, "origin_not_allowed")
        app = await line.requests("GET", PATH + "polling")
        assert app.status == 200


async def test_no_pages_at_all_is_not_every_page(tmp_path):
    async with server_in_process(tmp_path, cors_origins="") as room, Line(room.url) as line:
        answer = await line.requests("GET", PATH + "polling", Origin=OTHER)
        assert_refused(answer, 400, "origin_not_allowed")


async def test_a_websocket_is_no_business_of_a_cache_or_a_page(room):
    async with Line(room.url) as line:
        await line.sends(request("GET", PATH + "websocket", Origin=PAGE, **WEBSOCKET))
        assert (await line.answer()).status == 101
