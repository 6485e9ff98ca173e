"""Log lines about misbehaving clients: few, never an error, and without a stack trace."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack, ExitStack, suppress

import pytest

from tests.support.clients.stranger import (
    PATH,
    HungUp,
    Line,
    PollingStranger,
    WebSocketStranger,
    request,
    upgrade_headers,
)
from tests.support.servers.neighbours import AUCTION, is_trouble, server_in_process, street, until

TIMES = 30
NOT_OF_STRANGERS = 20
"""Open sockets of a server that is left alone."""
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)
RAW = {
    "TLS": TLS,
    "a method that there is not": b"BREW / HTTP/1.1\r\n\r\n",
    "no HTTP": b"\0\xff\xfe\r\n\r\n",
    "a line without an end": b"GET /" + b"a" * 20_000,
    "a header that is none": b"GET / HTTP/1.1\r\nHost baraka\r\n\r\n",
    "a header without UTF-8": b"GET /healthz HTTP/1.1\r\nExpect: \xff\r\n\r\n",
    "a page from elsewhere": request("GET", PATH + "polling", Origin="https://evil.example"),
    "an origin without ASCII": request("GET", PATH + "polling", Origin="https://\u00e9vil.example"),
    "EIO=3": request("GET", "/socket.io/?EIO=3&transport=polling"),
    "no version": request("GET", "/socket.io/"),
    "a session that is over": request("GET", PATH + "polling&sid=gone"),
    "a bad upgrade": request("GET", PATH + "websocket", **upgrade_headers(Sec_WebSocket_Key="x")),
    "a path that there is not": request("GET", "/wp-login.php"),
    "a token that is none": request("GET", "/api/auctions", Authorization="Bearer nonsense"),
    "nothing": b"",
}
PACKETS = {
    "no JSON": ['42["placeBid",{'],
    "no packet": ["9"],
    "a token that is none": ['40{"token":"nonsense"}'],
    "no token": ["40"],
    "a namespace that there is not": ["40/admin,"],
    "a packet of the server's": ['44{"message":"boo"}'],
}


async def throws(url, data):
    """Say it, listen until the server has answered, and be gone without a goodbye."""
    with suppress(HungUp, OSError):
        async with Line(url) as line:
            await line.sends(data)
            if data:
                with suppress(TimeoutError):
                    await asyncio.wait_for(line.reader.read(1), 0.2)


async def says(url, kind, packets):
    with suppress(HungUp):
        async with kind(url) as stranger:
            await stranger.says(*packets)
            await asyncio.wait_for(stranger.hears_anything(), 5)


async def test_strangers_leave_a_few_lines_each_and_no_error(tmp_path):
    limits = {
        "BARAKA_CORS_ORIGINS": "https://auctions.example",
        "BARAKA_REQUESTS_PER_SECOND_MAX": 0,
        "BARAKA_CONNECTIONS_PER_ADDRESS_MAX": 200,
    }
    async with street(tmp_path, **limits) as neighbours:
        for data in RAW.values():
            await asyncio.gather(*(throws(neighbours.url, data) for _ in range(TIMES)))
        for packets in PACKETS.values():
            for kind in (WebSocketStranger, PollingStranger):
                await asyncio.gather(
                    *(says(neighbours.url, kind, packets) for _ in range(TIMES // 2))
                )
        await neighbours.bilal_bids()
        baraka = neighbours.baraka
    for line in baraka.log:
        assert not is_trouble(line), line
        assert line["level"] in {"INFO", "WARNING"}, line
    told = [line for line in baraka.log if line.get("event") in {"hung_up", "refused"}]
    causes = {(line["event"], line["reason"]) for line in told}
    assert len(told) <= 2 * len(causes)
    reasons = {reason for _, reason in causes}
    assert {
        "pages of this origin may not connect",
        "its client is older than Socket.IO 3",
        "it does not speak HTTP (BadHttpMethod)",
        "Invalid or expired token",
        "No token provided",
    } <= reasons
    bad_tokens = [line for line in told if line["reason"] == "Invalid or expired token"]
    assert sum(line["count"] for line in bad_tokens) == TIMES + TIMES


@pytest.mark.parametrize("limit", ["connections_max", "connections_per_address_max"])
async def test_connections_over_the_limit_are_closed_without_a_word_and_told_as_one(
    tmp_path, limit
):
    async with street(tmp_path, **{f"BARAKA_{limit.upper()}": 20}) as neighbours:
        port = int(neighbours.url.rpartition(":")[2])
        lines = []
        with ExitStack() as stack:
            for _ in range(300):
                line = stack.enter_context(socket.socket())
                lines.append(line)
                line.setblocking(False)
                with suppress(BlockingIOError):
                    line.connect(("127.0.0.1", port))
            await neighbours.bilal_bids()
            await until(lambda: sum(map(was_closed, lines)) > 200)
            assert neighbours.lines < 60 + NOT_OF_STRANGERS
        baraka = neighbours.baraka
    for entry in baraka.log:
        assert not is_trouble(entry), entry
    told = [entry for entry in baraka.log if entry.get("event") == "hung_up"]
    assert [entry["limit"] for entry in told] == [limit] * 2
    assert sum(entry["count"] for entry in told) > 100


def was_closed(line: socket.socket) -> bool:
    """Whether the server has let go of a connection that says nothing."""
    try:
        return line.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def test_phones_that_a_limit_refuses_are_counted(tmp_path, caplog):
    limits = {"connections_per_address_max": 6}
    async with server_in_process(tmp_path, **limits) as neighbours, AsyncExitStack() as stack:
        for _ in range(4):
            phone = await stack.enter_async_context(WebSocketStranger(neighbours.url))
            await phone.enters()
        for _ in range(28):
            async with Line(neighbours.url) as line:
                assert (await line.requests("GET", PATH + "polling")).status == 429
    told = [record for record in caplog.records if getattr(record, "event", "") == "refused"]
    assert [record.count for record in told] == [1, 27]
    assert {record.limit for record in told} == {"connections_per_address_max"}
    assert "127.0.0.1 (27)" in told[1].getMessage()


async def test_events_over_a_rate_are_counted_with_the_name_of_the_limit(tmp_path, caplog):
    rates = {"bids_per_second_max": 0.1, "actions_per_second_max": 0.4}
    refused = dict.fromkeys(rates, 0)
    async with (
        server_in_process(tmp_path, **rates) as neighbours,
        WebSocketStranger(neighbours.url) as stranger,
    ):
        await stranger.enters()
        for _ in range(10):
            for limit, event in zip(rates, ("placeBid", "joinAuction"), strict=True):
                answer = await stranger.asks(event, AUCTION | {"amount": 1})
                refused[limit] += answer.get("code") == "too_fast"
    told = [record for record in caplog.records if getattr(record, "event", "") == "refused"]
    counts = dict.fromkeys(rates, 0)
    for record in told:
        counts[record.limit] += record.count
    assert counts == refused
    assert all(count > 2 for count in counts.values())
