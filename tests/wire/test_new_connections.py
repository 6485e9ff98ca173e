"""New connections of one address: what is above their rate is closed before anything is made for it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack, ExitStack

import pytest
import uvloop

from baraka_server.wire.rate_limits import BURST_SECONDS
from baraka_server.wire.tcp_connections import GuardedHttp
from tests.support.clients.stranger import (
    STRANGERS,
    HungUp,
    Line,
    PollingStranger,
    WebSocketStranger,
    request,
)
from tests.support.servers.clock import Clock
from tests.support.servers.neighbours import AUCTION, server_in_process, until

PER_SECOND = 2
BURST = PER_SECOND * BURST_SECONDS
EVE = "127.0.0.2"
"""Another address of this machine: all of 127.0.0.0/8 is."""


@pytest.fixture
def made(monkeypatch):
    """The connections for which a parser and a task were made."""
    made = []
    connection = GuardedHttp.connection

    def counted(server):
        made.append(connection(server))
        return made[-1]

    monkeypatch.setattr(GuardedHttp, "connection", counted)
    return made


async def is_served(url, source=None):
    """Whether somebody from this address, on a connection of its own, is answered."""
    async with Line(url, source=source) as line:
        try:
            return (await line.requests("GET", "/healthz")).status == 200
        except HungUp:
            return False


async def test_what_is_above_the_rate_is_closed_unread_and_other_addresses_come_in(
    tmp_path, made, caplog
):
    clock = Clock()
    async with server_in_process(
        tmp_path, clock=clock, connections_per_second_max=PER_SECOND
    ) as neighbours:
        made.clear()
        served = [await is_served(neighbours.url, EVE) for _ in range(5 * BURST)]
        assert served == [True] * BURST + [False] * (4 * BURST)
        assert len(made) == BURST
        await until(lambda: neighbours.inspect().connections_by_address.keys() == {"127.0.0.1"})
        async with WebSocketStranger(neighbours.url) as bilals_friend:
            await bilals_friend.enters()
            assert (await bilals_friend.asks("joinAuction", AUCTION))["ok"]
        await neighbours.bilal_bids()
        clock.now += 1
        served = [await is_served(neighbours.url, EVE) for _ in range(PER_SECOND + 1)]
        assert served == [True] * PER_SECOND + [False]
    told = [record for record in caplog.records if getattr(record, "event", "") == "refused"]
    assert {record.limit for record in told} == {"connections_per_second_max"}
    assert [record.addresses.keys() for record in told] == [{EVE}] * 2  # and a summary of the rest


async def test_whoever_is_inside_stays_inside_while_the_address_is_above_its_rate(tmp_path):
    async with (
        server_in_process(
            tmp_path, clock=Clock(), connections_per_second_max=PER_SECOND
        ) as neighbours,
        PollingStranger(neighbours.url) as stranger,
    ):
        await stranger.enters()
        while await is_served(neighbours.url):
            pass
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]
        await neighbours.bilal_bids()


async def test_a_trusted_proxy_may_open_as_many_as_it_likes(tmp_path):
    limits = {"connections_per_second_max": PER_SECOND, "trusted_proxies": "127.0.0.1"}
    async with server_in_process(tmp_path, clock=Clock(), **limits) as neighbours:
        assert all([await is_served(neighbours.url) for _ in range(3 * BURST)])
        assert not all([await is_served(neighbours.url, EVE) for _ in range(BURST + 1)])


@pytest.mark.parametrize("transport", STRANGERS)
async def test_a_crowd_of_users_behind_one_address_may_come_at_once(tmp_path, transport):
    limits = {"connections_per_second_max": PER_SECOND}
    async with (
        server_in_process(tmp_path, clock=Clock(), **limits) as neighbours,
        AsyncExitStack() as stack,
    ):
        for user_id in range(2, 2 + 4 * BURST):
            stranger = await stack.enter_async_context(STRANGERS[transport](neighbours.url))
            await stranger.enters(user_id)
            assert (await stranger.asks("joinAuction", AUCTION))["ok"]


async def test_a_session_that_opens_a_connection_for_each_request_is_not_refused(tmp_path):
    """As behind a proxy that nobody named as trusted."""
    limits = {"connections_per_second_max": PER_SECOND}
    async with (
        server_in_process(tmp_path, clock=Clock(), **limits) as neighbours,
        PollingStranger(neighbours.url) as stranger,
    ):
        await stranger.enters()
        for _ in range(4 * BURST):
            async with Line(neighbours.url) as line:
                assert (await line.requests("POST", stranger.target, b"3")).status == 200


async def test_a_session_that_shows_no_token_gives_no_connection_back(tmp_path):
    limits = {"connections_per_second_max": PER_SECOND}
    async with (
        server_in_process(tmp_path, clock=Clock(), **limits) as neighbours,
        PollingStranger(neighbours.url) as stranger,
    ):
        answered = 0
        for _ in range(2 * BURST):
            async with Line(neighbours.url) as line:
                await line.sends(request("POST", stranger.target, b"3"))
                answered += bool(await asyncio.wait_for(line.reader.read(1), 10))
        assert answered < BURST


async def test_nought_turns_it_off(tmp_path, made):
    async with server_in_process(
        tmp_path, clock=Clock(), connections_per_second_max=0
    ) as neighbours:
        made.clear()
        assert all([await is_served(neighbours.url) for _ in range(3 * BURST)])
        assert len(made) == 3 * BURST


def test_of_a_crowd_that_waits_to_be_accepted_one_comes_in_each_turn_of_the_loop():
    """Of uvloop, that is: what else is ready has its turn between any two."""
    crowd, came = 50, []

    class Guest(asyncio.Protocol):
        def connection_made(self, transport):
            came.append(transport)
            transport.abort()

    async def most_in_a_turn():
        loop, most = asyncio.get_running_loop(), 0
        server = await loop.create_server(Guest, "127.0.0.1", 0, backlog=crowd)
        with ExitStack() as stack:
            for _ in range(crowd):
                address = server.sockets[0].getsockname()
                stack.enter_context(socket.create_connection(address))  # the kernel takes it
            while len(came) < crowd:
                before = len(came)
                await asyncio.sleep(0)
                most = max(most, len(came) - before)
        return most

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(most_in_a_turn()) == 1
