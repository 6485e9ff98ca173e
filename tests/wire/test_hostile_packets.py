"""Packets that no honest client sends: one clear answer or the end of the socket, and nobody notices."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re

import pytest
import pytest_asyncio

from tests.support.clients.attacks import (
    BYTES_MAX,
    FRAMES,
    MALFORMED,
    NAMELESS,
    NO_HTTP,
    TRICKS,
    UNKNOWN,
    UNSPEAKABLE,
    bid,
)
from tests.support.clients.phones import NodePhones, token
from tests.support.clients.stranger import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PACKETS,
    PATH,
    PING,
    STRANGERS,
    TEXT,
    HungUp,
    Line,
    PollingStranger,
    WebSocketStranger,
    frame,
    request,
    upgrade_headers,
)
from tests.support.servers.baraka import SECRET
from tests.support.servers.neighbours import AUCTION, street, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

over = pytest.mark.parametrize("transport", STRANGERS)

BEGIN_AND_END_LINES = 5
"""What the server logs of its beginning and end, of open files too: of few visits these are the most."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def a_street(tmp_path_factory):
    folder = tmp_path_factory.mktemp("street")
    async with street(folder, BARAKA_BIDS_PER_SECOND_MAX=0) as neighbours:
        lines = neighbours.lines
        yield neighbours
        await until(lambda: neighbours.lines <= lines, lambda: neighbours.lines)
        lines_max = BEGIN_AND_END_LINES + 2 * neighbours.visits  # not more than sockets
        neighbours.assert_log_is_calm(lines_max=lines_max)


@pytest_asyncio.fixture(loop_scope="module")
async def quiet(a_street):
    """The street. After the test nobody was disturbed."""
    a_street.visits += 1
    yield a_street
    await a_street.bilal_bids()
    a_street.assert_log_is_calm()
    for phone in (a_street.amina, a_street.bilal):
        assert phone.heard("error") == []
        assert [what for what, _ in phone.life] == ["connect"]


@over
@pytest.mark.parametrize("packet", UNSPEAKABLE.values(), ids=UNSPEAKABLE)
async def test_what_no_client_sends_ends_the_socket(quiet, transport, packet):
    async with STRANGERS[transport](quiet.url) as stranger:
        await stranger.enters()
        try:
            await stranger.says(packet)
        except HungUp:
            pass
        assert await stranger.is_hung_up_on() == []


@over
@pytest.mark.parametrize("name", UNKNOWN)
async def test_an_unknown_event_is_refused_by_its_name(quiet, transport, name):
    async with STRANGERS[transport](quiet.url) as stranger:
        await stranger.enters()
        await stranger.says(UNKNOWN[name])
        refused = {"code": "unknown_event", "message": f"Unknown event: {name}"}
        assert await stranger.answered(0) == {"ok": False} | refused
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]


@over
@pytest.mark.parametrize("packet", NAMELESS)
async def test_an_event_without_a_name_is_passed_over(quiet, transport, packet):
    async with STRANGERS[transport](quiet.url) as stranger:
        await stranger.enters()
        await stranger.says(packet)
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]


@over
@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_payload_is_refused_and_the_socket_lives(quiet, transport, packet):
    async with STRANGERS[transport](quiet.url) as stranger:
        await stranger.enters()
        await stranger.says(packet)
        assert (await stranger.hears("error"))["code"] == "malformed"
        assert (await stranger.answered(0))["code"] == "malformed"
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]


@over
async def test_unknown_namespaces_lead_nowhere(quiet, transport):
    async with STRANGERS[transport](quiet.url) as stranger:
        await stranger.enters()
        await stranger.says("40/admin,", '42/admin,["placeBid",{}]', "41/admin,", '42/a?b,1["x"]')
        assert await stranger.hears_anything() == '44/admin,{"message":"Invalid namespace"}'
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]


async def test_the_official_client_is_told_why_a_namespace_does_not_let_it_in(quiet):
    NodePhones.require()
    async with NodePhones() as phones:
        phone = await phones.open(f"{quiet.url}/admin", auth={"token": token(SECRET, 5)})
        refused = await phone.lives_through("connect_error")
        assert refused["message"] == "Invalid namespace"
        assert [what for what, _ in phone.life if what == "connect"] == []


@over
async def test_a_second_connect_is_refused_and_the_first_one_stays(quiet, transport):
    async with STRANGERS[transport](quiet.url) as stranger:
        await stranger.enters()
        await stranger.says("40" + json.dumps({"token": token(SECRET, 3)}))
        assert await stranger.hears_anything() == '44{"message":"Already connected"}'
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]


@over
async def test_events_before_the_connect_are_not_heard(quiet, transport):
    async with STRANGERS[transport](quiet.url) as stranger:
        await stranger.says(*[bid('{"auctionId":1,"amount":2000000000}')] * 5, "41")
        await stranger.enters()
        assert (await stranger.asks("joinAuction", AUCTION))["auctionBids"][0]["bid"] < 2_000_000


@over
async def test_events_behind_a_refused_token_are_not_heard(quiet, transport):
    async with STRANGERS[transport](quiet.url) as stranger:
        await stranger.says("40", *[bid('{"auctionId":1,"amount":2000000000}')] * 5)
        assert await stranger.hears("error") == {
            "message": "No token provided",
            "code": "no_token",
        }
        assert await stranger.hears_anything() == "41"


@over
async def test_whoever_leaves_the_namespace_may_come_back(quiet, transport):
    async with STRANGERS[transport](quiet.url) as stranger:
        for _ in range(3):
            await stranger.enters()
            assert (await stranger.asks("joinAuction", AUCTION))["ok"]
            await stranger.says("41")


async def test_a_burst_of_the_official_client_over_polling_arrives_whole(quiet):
    NodePhones.require()
    async with NodePhones() as phones:
        auth = {"token": token(SECRET, 5)}
        phone = await phones.open(quiet.url, 5, auth=auth, transports=["polling"])
        await phone.lives_through("connect")
        assert (await phone.emits("joinAuction", AUCTION))["ok"]
        first = quiet.amount + 1
        answers = await asyncio.gather(
            *(phone.emits("placeBid", AUCTION | {"amount": first + n}) for n in range(30))
        )
        assert all(answer["ok"] for answer in answers)
        quiet.amount += 30
        answers = await asyncio.gather(
            *(phone.emits("comment", AUCTION | {"comment": f"{n} 💍"}) for n in range(30))
        )
        assert all(answer["ok"] for answer in answers)
        assert phone.heard("error") == []


# --- long-polling


@pytest.mark.parametrize(
    "body",
    {
        "257 packets": PACKETS.join(["3"] * 257).encode(),
        "no packet": b"",
        "empty packets": PACKETS.encode() * 10,
        "no UTF-8": b'42["comment",{"comment":"\xff\xfe"}]',
        "JSONP without a field": b"d=",
        "too large": b"4" * (BYTES_MAX + 1),
        "gzip": gzip.compress(b"3"),
        "base64 that is none": b"b!!!!!",
        "base64": b"b" + base64.b64encode(b"2"),
    }.items(),
    ids=lambda item: item[0],
)
async def test_a_post_that_cannot_be_read_ends_the_session(quiet, body):
    async with PollingStranger(quiet.url) as stranger:
        await stranger.enters()
        try:
            assert (await stranger.posts(body[1])).status in {400, 413}
        except HungUp:
            pass
        await stranger.is_hung_up_on()


async def test_a_poll_that_waits_is_answered_when_its_session_ends(quiet):
    async with PollingStranger(quiet.url) as stranger:
        await stranger.enters()
        waiting = asyncio.create_task(stranger.is_hung_up_on())
        try:
            await stranger.says("7")
        except HungUp:
            pass
        assert await waiting == []


async def test_a_session_that_its_client_closed_is_gone_at_once(quiet):
    async with PollingStranger(quiet.url) as stranger:
        await stranger.enters()
        await stranger.says("1")
        assert (await stranger.posts(b"3")).status == 400
        await stranger.is_hung_up_on()


async def test_a_post_may_come_in_pieces(quiet):
    """What arrives in several segments is read to its end."""
    async with PollingStranger(quiet.url) as stranger:
        await stranger.enters()
        text = "x" * 60_000
        body = f'420["comment",{{"auctionId":1,"comment":"{text}"}}]'.encode()
        whole = request("POST", stranger.target, body)
        for start in range(0, len(whole), 9_000):
            await stranger.posting.sends(whole[start : start + 9_000])
            await quiet.bilal_bids()  # time passes between the pieces
        assert (await stranger.posting.answer()).status == 200
        assert (await stranger.answered(0))["message"].endswith("not 60000")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Encoding": "deflate"},
        {"Content_Encoding": "br"},
        {"Transfer_Encoding": "chunked", "Content_Length": ""},
        {"Transfer_Encoding": "gzip, chunked", "Content_Length": ""},
        {"Transfer_Encoding": "chunked"},
        {"Content_Length": "-1"},
        {"Content_Length": "1e3"},
        {"Content_Length": "99999999999999999999"},
        {"Content_Length": ""},
    ],
    ids=str,
)
async def test_a_post_in_another_form_is_refused(quiet, headers):
    bomb = gzip.compress(b"\0" * 50_000_000)  # 48 kB
    async with PollingStranger(quiet.url) as stranger, Line(quiet.url) as line:
        await stranger.enters()
        memory = quiet.memory_bytes
        answer = await line.requests("POST", stranger.target, bomb, **headers)
        assert answer.status in {400, 411, 413, 415}
        assert quiet.memory_bytes < memory + 20_000_000


@pytest.mark.parametrize(
    "target",
    [
        "/socket.io/",
        "/socket.io/?EIO=4&transport=carrier-pigeon",
        "/socket.io/?EIO=4&transport=websocket",
        PATH + "polling&sid=unknown",
        PATH + "polling&sid=%ff%fe",
        PATH + "polling&sid=%00%0d%0a",
        PATH + "polling&j=" + "9" * 5_000,
        PATH + "polling&j=%ff",
        PATH + "websocket&sid=unknown",
    ],
)
async def test_a_request_that_means_nothing_is_refused(quiet, target):
    for method in ("GET", "POST"):
        async with Line(quiet.url) as line:
            answer = await line.requests(method, target, b"3" if method == "POST" else None)
            assert answer.status == 400
            assert len(answer.body) < 500


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
async def test_other_methods_are_refused(quiet, method):
    async with Line(quiet.url) as line:
        await line.sends(request(method, PATH + "polling"))
        assert (await line.reader.readuntil(b"\r\n")).split()[1] in {b"400", b"405"}


async def test_no_trick_leads_to_another_request_than_the_one_that_is_answered(quiet):
    quiet.visits += len(TRICKS)
    for name, data in TRICKS.items():
        async with Line(quiet.url) as line:
            await line.sends(data)
            line.ends()
            said = await line.hung_up()
            assert b" 200 " not in said, name
            assert said.count(b"HTTP/1.") <= 2, name  # the hidden one may be refused, too
    async with Line(quiet.url) as line:
        assert (await line.requests("GET", "/readyz")).status == 200


@pytest.mark.parametrize("data", NO_HTTP, ids=lambda data: repr(data[:40]))
async def test_what_is_no_http_is_refused_without_a_flood_in_the_log(quiet, data):
    async with Line(quiet.url) as line:
        await line.sends(data)
        line.ends()
        said = await line.hung_up()
        assert re.match(rb"HTTP/1\.[01] (4|500)", said) or not said


# --- websocket


@pytest.mark.parametrize("compression", ["", "permessage-deflate", "permessage-deflate; x=y, z"])
@pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES)
async def test_a_bad_frame_ends_the_socket(quiet, frames, compression):
    async with WebSocketStranger(quiet.url, Sec_WebSocket_Extensions=compression) as stranger:
        await stranger.enters()
        memory = quiet.memory_bytes
        try:
            await stranger.line.sends(frames)
        except HungUp:
            pass
        assert await stranger.is_hung_up_on() == []
        await stranger.line.hung_up()
        assert quiet.memory_bytes < memory + 20_000_000


async def test_a_message_may_come_in_fragments_with_a_ping_between_them(quiet):
    async with WebSocketStranger(quiet.url) as stranger:
        await stranger.enters()
        first, second, third = '420["joinAuct', 'ion",{"auc', 'tionId":1}]'
        await stranger.line.sends(
            frame(first, fin=False)
            + frame("are you there?", PING)
            + frame(second, CONTINUATION, fin=False)
            + frame(third, CONTINUATION)
        )
        assert (await stranger.answered(0))["ok"]


async def test_an_unmasked_frame_does_no_harm(quiet):
    async with WebSocketStranger(quiet.url) as stranger:
        await stranger.enters()
        await stranger.line.sends(frame('420["joinAuction",{"auctionId":1}]', masked=False))
        try:
            assert (await stranger.answered(0))["ok"]
        except HungUp:
            pass


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Key": "é"}, 400),
        ({"Sec_WebSocket_Version": "99"}, 400),
        ({"Connection": "close"}, 400),
        ({"Upgrade": "h2c"}, 400),
        ({"Sec_WebSocket_Protocol": "mqtt" * 1_000}, 101),
        ({"Sec_WebSocket_Extensions": "permessage-deflate; server_max_window_bits=99"}, 101),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_bad_handshake_is_refused(quiet, headers, status):
    async with Line(quiet.url) as line:
        answer = await line.requests("GET", PATH + "websocket", **upgrade_headers(**headers))
        assert answer.status == status


# --- from one to the other


def upgrade_of(stranger):
    return request("GET", f"{PATH}websocket&sid={stranger.sid}", **upgrade_headers())


async def upgrades(stranger, line):
    await line.sends(upgrade_of(stranger))
    assert (await line.answer()).status == 101


@pytest.mark.parametrize("probe", ["2", "2prob", "3probe", "5", '42["x"]', "", "x", "²", b"2probe"])
async def test_after_a_bad_probe_the_client_goes_on_polling(quiet, probe):
    async with PollingStranger(quiet.url) as stranger, Line(quiet.url) as line:
        await stranger.enters()
        await upgrades(stranger, line)
        await line.sends(frame(probe, BINARY if isinstance(probe, bytes) else TEXT))
        await line.hung_up()
        try:
            assert (await stranger.asks("joinAuction", AUCTION))["ok"]
        except HungUp:
            assert not isinstance(probe, str) or probe in {"", "x", "²"}


async def test_after_a_probe_that_is_not_finished_the_client_goes_on_polling(quiet):
    for ending in (frame("3probe"), frame('42["x"]'), frame(b"\x03\xe8", CLOSE), None):
        async with PollingStranger(quiet.url) as stranger, Line(quiet.url) as line:
            await stranger.enters()
            await upgrades(stranger, line)
            await line.sends(frame("2probe"))
            assert (await line.frame()).payload == b"3probe"
            if ending:
                await line.sends(ending)
                await line.hung_up()
            else:
                line.reset()
            await goes_on(stranger)


async def goes_on(stranger):
    """Asks over polling. While an upgrade is under way a poll is answered with NOOP."""
    number = 77
    await stranger.says(f'42{number}["joinAuction",{{"auctionId":1}}]')
    assert (await stranger.answered(number))["ok"]


async def test_a_second_upgrade_is_refused_and_the_first_one_goes_on(quiet):
    async with (
        PollingStranger(quiet.url) as stranger,
        Line(quiet.url) as first,
        Line(quiet.url) as second,
    ):
        await stranger.enters()
        await upgrades(stranger, first)
        await first.sends(frame("2probe"))
        assert (await first.frame()).payload == b"3probe"
        await second.sends(upgrade_of(stranger))
        assert (await second.answer()).status == 400
        await first.sends(frame("5") + frame('420["joinAuction",{"auctionId":1}]'))
        while not (got := await first.frame()).payload.startswith(b"430["):
            assert got.opcode == TEXT
        second_poll = await stranger.getting.requests("GET", stranger.target)
        assert second_poll.status == 400
        assert (await stranger.posts(b"3")).status == 400


async def test_a_websocket_cannot_be_upgraded(quiet):
    async with WebSocketStranger(quiet.url) as stranger, Line(quiet.url) as line:
        await stranger.enters()
        await line.sends(upgrade_of(stranger))
        assert (await line.answer()).status == 400
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]


async def test_two_polls_at_once_end_the_session(quiet):
    """As with the official server: two would each get half of what is said."""
    async with PollingStranger(quiet.url) as stranger, Line(quiet.url) as other:
        await stranger.enters()
        await stranger.getting.sends(request("GET", stranger.target))
        await other.sends(request("GET", stranger.target))
        statuses = {(await stranger.getting.answer()).status, (await other.answer()).status}
        assert statuses <= {200, 400}
        await stranger.is_hung_up_on()
