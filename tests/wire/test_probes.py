"""Probes and answers as strangers and balancers see them: counted apart, and without versions."""

from __future__ import annotations

import re

from baraka_server.wire.admission import PROBES_PER_SECOND
from baraka_server.wire.rate_limits import BURST_SECONDS
from tests.support.clients.phones import token
from tests.support.clients.stranger import PATH, Line, request, upgrade_headers
from tests.support.servers.baraka import SECRET
from tests.support.servers.clock import Clock
from tests.support.servers.neighbours import server_in_process

BURST = PROBES_PER_SECOND * BURST_SECONDS
TOKEN = "a token for numbers, for tests"
EVERYTHING = {
    "an answer": request("GET", "/healthz", Connection="close"),
    "nowhere": request("GET", "/nowhere", Connection="close"),
    "a page": request("GET", "/watch/1", Connection="close"),
    "a list": request(
        "GET", "/api/auctions", Connection="close", Authorization=f"Bearer {token(SECRET, 1)}"
    ),
    "a handshake": request("GET", PATH + "polling", Connection="close"),
    "a websocket": request("GET", PATH + "websocket", **upgrade_headers()),
    "a client that is too old": request(
        "GET", PATH.replace("EIO=4", "EIO=3") + "websocket", **upgrade_headers()
    ),
    "a websocket with a bad key": request(
        "GET", PATH + "websocket", **upgrade_headers(Sec_WebSocket_Key="x")
    ),
    "what is not HTTP": b"BREW / HTTP/1.1\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nA\0B: c\r\n\r\n",
    "what is too long": b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
    "a metric": request("GET", "/metrics", Connection="close", Authorization=f"Bearer {TOKEN}"),
}


async def answer_to(url, data):
    async with Line(url) as line:
        await line.sends(data)
        return await line.answer()


async def test_no_answer_names_a_version(tmp_path):
    async with server_in_process(tmp_path, metrics_token=TOKEN) as neighbours:
        answers = {name: await answer_to(neighbours.url, sent) for name, sent in EVERYTHING.items()}
    assert answers["a websocket"].status == 101
    for name, answer in answers.items():
        assert answer.headers["server"] == "Baraka", (name, answer)
        assert not re.search(r"(?i)python|aiohttp|engineio", str(answer.headers)), (name, answer)


async def test_probes_use_up_no_request_of_their_address(tmp_path):
    behind = {"X_Forwarded_For": "192.0.2.1"}
    bearer = behind | {"Authorization": f"Bearer {TOKEN}"}
    limits = {"requests_per_second_max": 1, "trusted_proxies": "127.0.0.1", "metrics_token": TOKEN}
    async with (
        server_in_process(tmp_path, clock=Clock(), **limits) as neighbours,
        Line(neighbours.url) as line,
    ):
        for _ in range(BURST // 4):
            for path in ("/healthz", "/readyz", "/metrics"):
                assert (await line.requests("GET", path, **bearer)).status == 200
        for _ in range(BURST_SECONDS):
            assert (await line.requests("GET", "/nowhere", **behind)).status == 404
        assert (await line.requests("GET", "/nowhere", **behind)).status == 429


async def test_a_flood_of_probes_counts_as_any_other(tmp_path):
    limits = {"requests_per_second_max": 1}
    async with server_in_process(tmp_path, clock=Clock(), **limits) as neighbours:
        async with Line(neighbours.url) as line:
            await line.sends(request("GET", "/healthz") * 2 * BURST)
            said = await line.hung_up()  # and each further one needs a connection
        assert BURST < said.count(b"HTTP/1.1 200") < BURST + 4 * BURST_SECONDS
        async with Line(neighbours.url) as line:
            assert (await line.requests("GET", "/nowhere")).status == 429
