"""`BARAKA_HOST`: several addresses, both stacks, and a file for a proxy on this machine."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import stat

import aiohttp
import pytest

from baraka_cli.terminal import FAILED, TRY_AGAIN, WRONG_USAGE
from tests.support.clients.command_line import run
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.balancers import HAProxy
from tests.support.servers.baraka import SECRET, Baraka

LIMIT = {"BARAKA_REQUESTS_PER_SECOND_MAX": 1}
WORKERS = pytest.mark.parametrize("workers", [1, 2])


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is tested here does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


async def status(file, path="/readyz", **headers):
    through = aiohttp.UnixConnector(str(file))
    async with (
        aiohttp.ClientSession("http://baraka", connector=through) as http,
        http.get(path, headers=headers) as answer,
    ):
        return answer.status


async def statuses(file, count, **headers):
    return [await status(file, "/nowhere", **headers) for _ in range(count)]


class BeforeAFile(HAProxy):
    """HAProxy with the shipped configuration, whose servers are files."""

    def __init__(self, files):
        super().__init__([0, 0])
        self._addresses = [f"unix@{file}" for file in files]


@WORKERS
async def test_a_file_serves_a_sale_behind_haproxy_and_is_gone_afterwards(
    sale_database, tmp_path, workers
):
    HAProxy.require()
    file = tmp_path / "baraka.sock"
    settings = {"BARAKA_WORKERS": workers, "BARAKA_NODE_ID": "n1"}
    async with Baraka(sale_database, tmp_path, host=f"unix:{file}", **settings) as server:
        assert server.url == f"unix:{file}"
        assert stat.S_IMODE(file.stat().st_mode) == 0o660
        async with BeforeAFile([file, file]) as proxy, PythonPhones() as phones:
            auth = [{"token": token(SECRET, user_id)} for user_id in (1, 2)]
            amina = await phones.open(proxy.url, auth=auth[0], transports=["websocket"])
            bilal = await phones.open(proxy.url, auth=auth[1], transports=["websocket"])
            assert (await amina.emits("startLiveAuction", {"auctionId": 1}))["ok"]
            lot = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
            assert (await amina.emits("changeCuurentProduct", {"auctionId": 1} | lot))["ok"]
            assert (await bilal.emits("joinAuction", {"auctionId": 1}))["ok"]
            assert (await bilal.emits("placeBid", {"auctionId": 1, "amount": 5}))["ok"]
            assert (await bilal.hears("newBid"))["newBid"]["bid"] == 5
        assert await server.stop() == 0
    assert not file.exists()


async def test_limits_count_the_clients_of_who_may_open_the_file(sale_database, tmp_path):
    file = tmp_path / "baraka.sock"
    async with Baraka(sale_database, tmp_path, host=f"unix:{file}", **LIMIT):
        said = await statuses(file, 7, **{"X-Forwarded-For": "192.0.2.1"})
        assert (said[0], said[-1]) == (404, 429)
        # What it says of the one before that may be invented: ours wrote the last one.
        assert await status(file, "/nowhere", **{"X-Forwarded-For": "192.0.2.9, 192.0.2.1"}) == 429
        assert await status(file, "/nowhere", **{"X-Forwarded-For": "192.0.2.2"}) == 404
        assert await status(file, "/nowhere") == 404


@WORKERS
async def test_a_file_in_use_is_refused_and_one_that_was_left_is_replaced(
    sale_database, tmp_path, workers
):
    file, more = tmp_path / "baraka.sock", {"BARAKA_WORKERS": workers}
    words = ("serve", f"--host=unix:{file}", "--database-url", sale_database)
    async with Baraka(sale_database, tmp_path, host=f"unix:{file}", **more) as server:
        answer = await asyncio.to_thread(run, *words, folder=tmp_path, **more)
        assert answer.code == TRY_AGAIN
        assert f"another server listens on {file}" in answer.err
        assert await status(file) == 200
        await server.kill()
        assert file.exists()
        async with Baraka(sale_database, tmp_path, host=f"unix:{file}", **more):
            assert await status(file) == 200
    file.write_text("a file of somebody")
    answer = await asyncio.to_thread(run, *words, folder=tmp_path, **more)
    assert answer.code == FAILED
    assert "is not a socket" in answer.err
    assert file.read_text() == "a file of somebody"


@WORKERS
async def test_several_addresses_at_once(sale_database, tmp_path, workers):
    file = tmp_path / "baraka.sock"
    hosts, expected = ["127.0.0.1", "127.0.0.2", f"unix:{file}"], ["127.0.0.1", "127.0.0.2"]
    if has_ipv6():
        hosts, expected = [*hosts, "::1"], [*expected, "[::1]"]
    many = {"BARAKA_WORKERS": workers}
    async with Baraka(sale_database, tmp_path, host=",".join(hosts), **many) as server:
        async with aiohttp.ClientSession() as http:
            for host in expected:
                async with http.get(f"http://{host}:{server.port}/healthz") as answer:
                    assert answer.status == 200
        assert await status(file) == 200
        (said,) = [line for line in server.log if line.get("event") == "listening"]
        assert re.findall(r"http://(\S+):\d+", said["message"]) == expected
        server.send(signal.SIGTERM)
        assert await server.ended() == 0


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("unix:baraka.sock", "needs a whole path"),
        ("unix:/" + "x" * 200, "at most 107 bytes"),
        ("/run/baraka.sock", "a socket is unix:/PATH"),
    ],
)
def test_what_is_no_address_is_said(tmp_path, host, why):
    answer = run("serve", f"--host={host}", folder=tmp_path)
    assert answer.code == WRONG_USAGE
    assert why in answer.err


def test_doctor_knows_the_file(tmp_path):
    answer = run("doctor", folder=tmp_path, BARAKA_HOST="unix:/run/baraka/baraka.sock", COLUMNS=300)
    assert (
        "unix:/run/baraka/baraka.sock, and whoever may open it is taken for a proxy" in answer.out
    )
