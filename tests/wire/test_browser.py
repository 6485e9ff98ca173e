"""A real browser on the fast path: it agrees to compression, reads it, and misses nothing."""

from __future__ import annotations

import asyncio

import pytest

from baraka_server.live.encoded import encode
from tests.support.clients.browser import Browser
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET
from tests.support.servers.neighbours import Neighbourhood, server_in_process, until

BEARER = {"Authorization": f"Bearer {token(SECRET, 7)}"}
UNREAD_BYTES_MAX = 2_000_000
"""Half of what may wait for a client before it is a slow reader, which a browser is on a busy machine."""
WAYS = {"websocket": ["websocket"], "upgrade": ["polling", "websocket"], "polling": ["polling"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "way"),
    [("fast", "websocket"), ("fast", "upgrade"), ("fast", "polling"), ("stock", "upgrade")],
)
async def test_a_browser_hears_everything_in_order(tmp_path, path, way):
    Browser.require()
    async with server_in_process(tmp_path, updates="delta", fan_out=path) as neighbours:
        options = {"auth": {"token": token(SECRET, 7)}, "transports": WAYS[way]}
        audience = neighbours.server.audience
        async with Browser(tmp_path, neighbours.url, options) as browser:
            assert (await browser.told())["joined"]
            for number in range(300):
                # Short, compressed, and large; and with more than one byte to a character.
                text = ("short", "Größe 💍 " * 300, "0123456789" * 9_000)[number % 3]
                payload = encode({"number": number, "text": text})
                await audience.to_room(1, "numbered", payload, payload)
                if number % 4 == 0:
                    await asyncio.sleep(0.002)
                await until(lambda: unread_bytes(neighbours) < UNREAD_BYTES_MAX)
            compressed = [
                client.websocket is not None and client.websocket.compresses
                for client in neighbours.sockets.values()
            ]
            await audience.to_everyone("over", encode({}))
            told = await browser.told()
            assert told["heard"] == list(range(300))
            assert told["upgraded"] == (way == "upgrade")
            assert told["transport"] == ("polling" if way == "polling" else "websocket")
            # The neighbours have python-socketio's client, which offers no compression.
            assert sum(compressed) == (path == "fast" and way != "polling")


def unread_bytes(neighbours: Neighbourhood) -> int:
    """What waits for the client that reads most slowly."""
    return max(client.unsent_bytes for client in neighbours.sockets.values())


@pytest.mark.slow
@pytest.mark.parametrize("pages", ["*", "https://auctions.example"])
async def test_a_page_reads_what_it_may_and_nothing_else(tmp_path, pages):
    """A token in a header, which the browser asks about first, and refusals with their status."""
    Browser.require()
    requests = [
        {"path": "/api/auctions?live=true", "headers": BEARER},
        {"path": "/api/auctions/99", "headers": BEARER},
        {"path": "/readyz"},
        {"path": "/socket.io/?EIO=4&transport=polling"},
    ]
    limits = {"connections_per_address_max": 2, "cors_origins": pages}
    async with (
        server_in_process(tmp_path, **limits) as neighbours,
        Browser(tmp_path, neighbours.url, requests=requests) as browser,
    ):
        lists, missing, ready, full = [await browser.told() for _ in requests]
    if pages != "*":
        assert all("hidden" in told for told in (lists, missing, ready, full))
        return
    assert [auction["id"] for auction in lists["body"]] == [1]
    assert (missing["status"], missing["body"]["code"]) == (404, "auction_not_found")
    assert ready == {"status": 200, "retryAfter": None, "body": {"ok": True}}
    assert (full["status"], full["retryAfter"]) == (429, "5")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["polling", "websocket"])
async def test_a_page_with_an_old_client_is_told_to_update(tmp_path, way):
    """It sends the page's cookies along, and reads no answer that does not allow them."""
    Browser.require()
    options = {"transports": [way], "reconnection": False}
    async with (
        server_in_process(tmp_path) as neighbours,
        Browser(tmp_path, neighbours.url, options, old=True) as browser,
    ):
        told = await browser.told()
    assert told["error"]["code"] == "old_client", told
    assert "Socket.IO 3 or newer" in told["error"]["message"]
