"""Session ids are in URLs: who reads one there cannot act in the name of its owner."""

from __future__ import annotations

import itertools
import json

import pytest
import socketio

from tests.support.clients.phones import NodePhones, PythonPhones, token
from tests.support.clients.stranger import (
    HungUp,
    Line,
    PollingStranger,
    WebSocketStranger,
    request,
    upgrade_headers,
)
from tests.support.servers.baraka import SECRET
from tests.support.servers.neighbours import AUCTION, BILAL, server_in_process, street

MILLIONS = "42" + json.dumps(["placeBid", AUCTION | {"amount": 2_000_000_000}])
CODE = "not_your_session"


def bearer(user_id):
    return f"Bearer {token(SECRET, user_id)}"


@pytest.fixture
async def room(tmp_path):
    async with server_in_process(tmp_path) as neighbours:
        yield neighbours


async def heard_by(line, method, target, body=None, **headers):
    answer = await line.requests(method, target, body, **headers)
    return answer.status, json.loads(answer.body)["code"]


@pytest.mark.parametrize("shown", ["", bearer(3), "Bearer x", "Basic eDp4"], ids=lambda s: s[:9])
async def test_the_id_of_a_session_alone_is_no_way_into_it(room, shown):
    mine = bearer(2)
    async with PollingStranger(room.url, Authorization=mine) as owner, Line(room.url) as thief:
        await owner.enters(None)
        assert (await owner.asks("joinAuction", AUCTION))["ok"]
        websocket = owner.target.replace("polling", "websocket")
        for method, target, body, more in (
            ("POST", owner.target, MILLIONS.encode(), {}),
            ("POST", owner.target, b"1", {}),
            ("POST", f"{owner.target}&j=0", b"d=" + MILLIONS.encode(), {}),
            ("GET", owner.target, None, {}),
            ("GET", websocket, None, upgrade_headers()),
        ):
            headers = more | {"Authorization": shown}
            assert await heard_by(thief, method, target, body, **headers) == (403, CODE)
        await room.bilal_bids()
        assert (await owner.hears("newBid"))["newBid"]["user_id"] == BILAL
        answer = await owner.asks("placeBid", AUCTION | {"amount": 500})
        assert answer["ok"], "its owner noticed"


async def test_two_headers_are_not_the_one_that_was_shown(room):
    mine = bearer(2)
    async with PollingStranger(room.url, Authorization=mine) as owner, Line(room.url) as thief:
        for more in ({"AUTHORIZATION": "x"}, {"AUTHORIZATION": mine}):
            seen = await heard_by(thief, "GET", owner.target, Authorization=mine, **more)
            assert seen == (403, CODE)


async def test_whoever_shows_the_header_may_upgrade_and_go_on(room):
    mine = bearer(2)
    async with PollingStranger(room.url, Authorization=mine) as owner, Line(room.url) as line:
        await owner.enters(None)
        target = owner.target.replace("polling", "websocket")
        await line.sends(request("GET", target, **upgrade_headers(Authorization=mine)))
        assert (await line.answer()).status == 101


async def test_a_session_may_be_kept_to_its_address(tmp_path):
    far = {"X_Forwarded_For": "198.51.100.7"}
    for keeps in (True, False):
        folder = tmp_path / str(keeps)
        folder.mkdir()
        async with (
            server_in_process(
                folder, trusted_proxies="127.0.0.1", session_keeps_address=keeps
            ) as room,
            PollingStranger(room.url, X_Forwarded_For="198.51.100.6") as owner,
            Line(room.url) as thief,
        ):
            await owner.enters(2)
            answer = await thief.requests("POST", owner.target, MILLIONS.encode(), **far)
            assert answer.status == (403 if keeps else 200)
            assert (await owner.asks("joinAuction", AUCTION))["ok"]


async def test_long_polling_can_be_turned_off_and_says_so(tmp_path):
    async with server_in_process(tmp_path, websocket_only=True) as room:
        async with Line(room.url) as line:
            for method, query in (
                ("GET", "EIO=4&transport=polling"),
                ("GET", "EIO=4"),
                ("GET", "EIO=4&transport=polling&transport=websocket"),
                ("POST", "EIO=4&transport=polling"),
                ("POST", "EIO=4&transport=websocket"),
            ):
                body = b"40" if method == "POST" else None
                answer = await line.requests(method, f"/socket.io/?{query}", body)
                said = json.loads(answer.body)
                assert (answer.status, said["code"]) == (400, "websocket_only")
                assert "transports: ['websocket']" in said["message"]
            old = await line.requests("GET", "/socket.io/?EIO=3&transport=polling")
            assert b"old_client" in old.body
        async with WebSocketStranger(room.url) as viewer:
            await viewer.enters(2)
            assert (await viewer.asks("joinAuction", AUCTION))["ok"]
        with pytest.raises(HungUp):
            await PollingStranger(room.url).__aenter__()


@pytest.mark.parametrize("fan_out", ["fast", "stock"])
async def test_official_clients_are_served_in_every_mode(tmp_path, fan_out):
    NodePhones.require()
    modes = [["websocket"], ["polling"], ["polling", "websocket"]]
    by_header = {"extraHeaders": {"authorization": bearer(2)}}
    by_auth = {"auth": {"token": token(SECRET, 2)}}
    async with (
        server_in_process(tmp_path, fan_out=fan_out, session_keeps_address=True) as room,
        NodePhones() as node,
        PythonPhones() as python,
    ):
        for phones, transports, who in itertools.product(
            (node, python), modes, (by_header, by_auth)
        ):
            if (phones, transports, who) == (python, ["polling"], by_header):
                continue  # it shows its header once: see the next test
            phone = await phones.open(room.url, transports=transports, **who)
            if phones is node and len(transports) > 1:
                await phone.lives_through("upgrade")
            assert (await phone.emits("joinAuction", AUCTION))["ok"]
            await room.bilal_bids()
            await phone.hears("newBid", lambda heard: heard["newBid"]["bid"] == room.amount)
            await phone.hangs_up()


async def test_a_client_that_shows_its_header_once_is_served_where_the_operator_says_so(tmp_path):
    """python-engineio 4.15 sends `headers` when it opens a session, and not with its polls."""
    header = {"extraHeaders": {"authorization": bearer(2)}, "transports": ["polling"]}
    for keeps in (True, False):
        folder = tmp_path / str(keeps)
        folder.mkdir()
        async with (
            server_in_process(folder, session_keeps_token=keeps) as room,
            PythonPhones() as phones,
        ):
            if keeps:
                with pytest.raises(socketio.exceptions.ConnectionError):
                    await phones.open(room.url, **header)
            else:
                phone = await phones.open(room.url, **header)
                assert (await phone.emits("joinAuction", AUCTION))["ok"]


async def test_an_id_has_128_bits_of_chance(room):
    async with WebSocketStranger(room.url) as one, PollingStranger(room.url) as other:
        ids = {*room.sockets, one.sid, other.sid}
        assert {one.sid, other.sid} <= ids
        assert all(len(each) >= 22 for each in ids)  # 6 bits a character
        # Nothing of one is in another: what is counted up would be.
        for place in range(0, 20, 4):  # the last two characters have 8 bits: these may meet
            assert len({each[place : place + 4] for each in ids}) == len(ids)


async def test_no_id_of_a_session_is_ever_in_the_log(tmp_path):
    async with street(tmp_path, BARAKA_LOG_LEVEL="DEBUG") as room:
        async with (
            PollingStranger(room.url, Authorization=bearer(2)) as owner,
            WebSocketStranger(room.url) as viewer,
            Line(room.url) as thief,
        ):
            await owner.enters(None)
            await viewer.enters(3)
            ids = [owner.sid, viewer.sid]
            for target in (owner.target, f"/socket.io/?EIO=4&transport=polling&sid={viewer.sid}"):
                for method, body in (("GET", None), ("POST", b"40"), ("POST", b"x")):
                    assert (await thief.requests(method, target, body)).status in {400, 403}
            for stranger in (owner, viewer):
                with pytest.raises(HungUp):
                    await stranger.says("42[", "9", "x")
                    await stranger.is_hung_up_on()
                    raise HungUp
            gone = await thief.requests(
                "GET", owner.target, Authorization=owner.headers["Authorization"]
            )
            assert gone.status == 400
        await room.bilal_bids()
        assert room.baraka
        await room.baraka.stop()
        text = json.dumps(room.log)
        assert "refused" in text
        assert not [each for each in ids if each in text]
