"""A client of Socket.IO 2 hears why it is not served, in the protocol that it speaks."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.clients.phones import NodePhones
from tests.support.clients.stranger import Line, upgrade_headers
from tests.support.servers.neighbours import server_in_process, until

OLD = "/socket.io/?EIO=3&transport="
TRANSPORTS = ["polling", "websocket"]


@pytest.fixture
async def room(tmp_path):
    async with server_in_process(tmp_path, connect_seconds_max=600) as neighbours:
        yield neighbours


@pytest.mark.parametrize("transports", [[name] for name in TRANSPORTS] + [TRANSPORTS], ids=str)
async def test_it_shows_its_user_an_error_and_stays_away(room, transports):
    NodePhones.require()
    async with NodePhones() as phones:
        phone = await phones.open_old(room.url, transports=transports)
        error = await phone.hears("error")
        assert error["code"] == "old_client"
        assert "Socket.IO 3 or newer" in error["message"]
        reason = (await phone.lives_through("disconnect"))["reason"]
        assert reason == "io server disconnect"
        await room.bilal_bids()
        assert [what for what, _ in phone.life] == ["disconnect"]
        assert len(phone.events) == 1
    await until(lambda: room.inspect().connections == 2)
    assert len(room.sockets) == 2


async def test_a_crowd_of_them_costs_what_other_strangers_do(tmp_path, caplog):
    """No session, no line that stays, no way around the rate of requests, and two lines in the log."""
    async with server_in_process(tmp_path, requests_per_second_max=2) as room:
        before = room.possessions()
        statuses = []
        for number in range(20):
            async with Line(room.url) as line:
                target = OLD + TRANSPORTS[number % 2]
                headers = upgrade_headers() if number % 2 else {}
                statuses.append((await line.requests("GET", target, **headers)).status)
        assert statuses[:2] == [200, 101]
        assert 429 in statuses
        assert set(statuses) == {200, 101, 429}
        await until(lambda: room.possessions() == before, room.possessions)
    old = [line for line in caplog.messages if "older than Socket.IO 3" in line]
    assert len(old) == 2


async def test_one_that_does_not_close_its_websocket_is_cut_off(room):
    async with Line(room.url) as line:
        answer = await line.requests("GET", OLD + "websocket", **upgrade_headers())
        assert answer.status == 101
        said = await asyncio.wait_for(line.hung_up(), 20)
    assert b"Socket.IO 3 or newer" in said
