"""Limits of connections: silent ones, too many, and those from addresses with too many."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.support.clients.stranger import (
    CLOSE,
    CONTINUATION,
    PATH,
    PING,
    STRANGERS,
    HungUp,
    Line,
    PollingStranger,
    SlowReader,
    WebSocketStranger,
    frame,
    request,
    upgrade_headers,
)
from tests.support.servers.neighbours import AUCTION, server_in_process, until

over = pytest.mark.parametrize("transport", STRANGERS)

# --- those who say nothing


async def says_nothing(url):
    async with Line(url) as line:
        assert await line.hung_up() == b""


async def sends_half_a_header(url):
    async with Line(url) as line:
        await line.sends(b"GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert await line.hung_up() == b""


async def sends_a_header_byte_by_byte(url):
    async with Line(url) as line:
        await line.sends(b"GET / HTTP/1.1\r\nX: ")
        await trickles(line, b"x")


async def sends_half_a_body(url):
    async with PollingStranger(url) as stranger:
        whole = request("POST", stranger.target, b"40" * 100)
        await stranger.posting.sends(whole[:-100])
        assert (await stranger.posting.answer()).status == 400
        await stranger.is_hung_up_on()


async def sends_half_a_body_after_it_connected(url):
    async with PollingStranger(url) as stranger:
        await stranger.enters()
        whole = request("POST", stranger.target, b"3" * 200)
        await stranger.posting.sends(whole[:-100])
        await stranger.is_hung_up_on()
        await stranger.posting.hung_up()


async def sends_a_body_byte_by_byte(url):
    async with PollingStranger(url) as stranger:
        await stranger.enters()
        whole = request("POST", stranger.target, b"3" * 10_000)
        await stranger.posting.sends(whole[:-9_999])
        await trickles(stranger.posting, b"3")
        await stranger.is_hung_up_on()


async def trickles(line, data):
    with pytest.raises(HungUp):
        while not line.reader.at_eof():
            await line.sends(data)
            await asyncio.sleep(0.1)
        raise HungUp


async def never_connects_over_websocket(url):
    async with WebSocketStranger(url) as stranger:
        assert await stranger.is_hung_up_on() == []


async def only_pings_over_websocket(url):
    async with WebSocketStranger(url) as stranger:
        await trickles(stranger.line, frame("", PING))


async def sends_half_a_message_over_websocket(url):
    async with WebSocketStranger(url) as stranger:
        await stranger.line.sends(frame("40", fin=False))
        await trickles(stranger.line, frame("", CONTINUATION, fin=False))


async def sends_half_a_frame_over_websocket(url):
    async with WebSocketStranger(url) as stranger:
        await stranger.line.sends(frame("40" * 40)[:-1])
        assert await stranger.is_hung_up_on() == []


async def never_connects_over_polling(url):
    async with PollingStranger(url) as stranger:
        assert await stranger.is_hung_up_on() == []


async def never_polls(url):
    async with PollingStranger(url) as stranger:
        while (await stranger.posts(b"3")).status == 200:
            await asyncio.sleep(0.1)


async def connects_elsewhere(url):
    async with PollingStranger(url) as stranger:
        await stranger.says("40/elsewhere,")
        assert await stranger.is_hung_up_on() == ['44/elsewhere,{"message":"Invalid namespace"}']


async def never_probes(url):
    async with PollingStranger(url) as stranger, Line(url) as line:
        await stranger.enters()
        await upgrades(stranger, line)
        await line.hung_up()
        await goes_on_polling(stranger)


async def never_finishes_its_upgrade(url):
    async with PollingStranger(url) as stranger, Line(url) as line:
        await stranger.enters()
        await upgrades(stranger, line)
        await line.sends(frame("2probe"))
        await line.hung_up()
        await goes_on_polling(stranger)


async def pings_while_it_upgrades(url):
    async with PollingStranger(url) as stranger, Line(url) as line:
        await stranger.enters()
        await upgrades(stranger, line)
        await trickles(line, frame("", PING))
        await goes_on_polling(stranger)


async def goes_on_polling(stranger):
    assert (await stranger.asks("joinAuction", AUCTION))["ok"]
    await stranger.says("1")


async def upgrades_and_never_connects(url):
    async with PollingStranger(url) as stranger, Line(url) as line:
        await upgrades(stranger, line)
        await line.sends(frame("2probe") + frame("5"))
        await line.hung_up()
        with pytest.raises(HungUp):
            await stranger.hears_anything()


async def upgrades(stranger, line):
    target = f"{PATH}websocket&sid={stranger.sid}"
    assert (await line.requests("GET", target, **upgrade_headers())).status == 101


def leaves_the_namespace_and_stays(transport):
    async def over_it(url):
        async with STRANGERS[transport](url) as stranger:
            await stranger.enters()
            assert (await stranger.asks("joinAuction", AUCTION))["ok"]
            await stranger.says("41")
            await stranger.is_hung_up_on()

    return over_it


def is_refused_and_stays(transport):
    async def over_it(url):
        async with STRANGERS[transport](url) as stranger:
            await stranger.says('40{"token":"nonsense"}')
            heard = await stranger.is_hung_up_on()
            assert "Invalid or expired token" in heard[1]
            assert heard[2:] == ["41"]

    return over_it


def is_refused_and_tries_for_ever(transport):
    async def over_it(url):
        async with STRANGERS[transport](url) as stranger:
            with pytest.raises(HungUp):
                while True:
                    await stranger.says("40")
                    while await stranger.hears_anything() != "41":
                        pass
                    await asyncio.sleep(0.05)

    return over_it


SILENT = [
    says_nothing,
    sends_half_a_header,
    sends_a_header_byte_by_byte,
    sends_half_a_body,
    sends_half_a_body_after_it_connected,
    sends_a_body_byte_by_byte,
    never_connects_over_websocket,
    only_pings_over_websocket,
    sends_half_a_message_over_websocket,
    sends_half_a_frame_over_websocket,
    never_connects_over_polling,
    never_polls,
    connects_elsewhere,
    never_probes,
    never_finishes_its_upgrade,
    pings_while_it_upgrades,
    upgrades_and_never_connects,
    *(
        kind(transport)
        for kind in (
            leaves_the_namespace_and_stays,
            is_refused_and_stays,
            is_refused_and_tries_for_ever,
        )
        for transport in STRANGERS
    ),
]


async def test_whoever_says_nothing_has_to_go_and_leaves_nothing_behind(tmp_path, caplog):
    async with server_in_process(tmp_path, connect_seconds_max=1) as neighbours:
        await neighbours.bilal_bids()
        await asyncio.sleep(0)
        before = neighbours.possessions()
        lines = len(caplog.records)
        gone = [asyncio.create_task(silent(neighbours.url)) for silent in SILENT]
        for task in gone:
            await neighbours.bilal_bids()
            await task
        await until(
            lambda: settled(neighbours.possessions(), before),
            lambda: (neighbours.possessions(), before),
        )
        assert not [record for record in caplog.records if record.exc_info]
        warnings = [record for record in caplog.records[lines:] if record.levelname != "DEBUG"]
        assert len(warnings) <= len(SILENT)
        await neighbours.bilal_bids()
        assert [what for what, _ in neighbours.bilal.life] == ["connect"]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_whoever_vanishes_without_a_word_is_gone_with_the_next_ping(tmp_path, transport):
    async with server_in_process(tmp_path, pings=(0.5, 3)) as neighbours:
        before = neighbours.possessions()
        kind = SlowReader if transport == "websocket" else PollingStranger
        async with AsyncExitStack() as stack:
            for _ in range(5):
                stranger = await stack.enter_async_context(kind(neighbours.url))
                await stranger.enters()
                assert (await stranger.asks("joinAuction", AUCTION))["ok"]
            for _ in range(30):  # more than the kernel takes for those who do not read
                text = "x" * 191
                await neighbours.amina.emits("comment", AUCTION | {"comment": text})
            await until(lambda: len(neighbours.sockets) == NEIGHBOURS, lambda: neighbours.sockets)
            await neighbours.bilal_bids()
            if transport == "websocket":  # idle HTTP lines may stay for a while
                await until(lambda: neighbours.inspect().connections == NEIGHBOURS)
        await until(lambda: settled(neighbours.possessions(), before), neighbours.possessions)


def settled(now, before):
    """Nothing is left behind. A neighbour's next ping may be under way, or not."""
    return all(now[name] <= before[name] + (2 if name == "tasks" else 0) for name in before)


# --- how many


@asynccontextmanager
async def users(url, transport, count, **headers):
    """Who has shown a token, and so makes room for nobody."""
    async with AsyncExitStack() as stack:
        kinds = [STRANGERS[transport](url, **headers) for _ in range(count)]
        guests = [await stack.enter_async_context(kind) for kind in kinds]
        for guest in guests:
            await guest.enters()
        yield guests


async def knocks(url, transport="polling", more="", **headers):
    """The status of the answer to somebody who wants to come in."""
    if transport == "websocket":
        headers = upgrade_headers(**headers)
    async with Line(url) as line:
        answer = await line.requests("GET", PATH + transport + more, **headers)
        if answer.status in {429, 503}:
            assert int(answer.headers["retry-after"]) > 0
        return answer.status


NEIGHBOURS = 2


@pytest.fixture
async def small_house(tmp_path):
    """It has room for three guests."""
    async with server_in_process(tmp_path, connections_max=NEIGHBOURS + 3) as neighbours:
        yield neighbours


@over
async def test_when_the_server_is_full_nobody_else_comes_in(small_house, transport):
    url = small_house.url
    async with users(url, transport, 3) as guests:
        for other in STRANGERS:
            for more in ("", "&sid=", "&sid=%26", "&SID=x", "&x=%26sid=y"):
                assert await knocks(url, other, more) in {400, 503}
            with pytest.raises(HungUp):
                await STRANGERS[other](url).__aenter__()
        assert (await guests[0].asks("joinAuction", AUCTION))["ok"]
        await small_house.bilal_bids()
    assert len(small_house.sockets) <= NEIGHBOURS + 3


def reset(guest):
    return guest.__aexit__()


async def close_all_sockets(guest):
    await guest.says("1")


async def send_nonsense(guest):
    try:
        await guest.says("7")
    except HungUp:
        pass


async def close_properly(guest):
    await guest.line.sends(frame(b"\x03\xe8", CLOSE))


async def end_the_stream(guest):
    guest.line.ends()


async def upgrade_and_reset(guest):
    async with Line(guest.url) as line:
        await upgrades(guest, line)
        await line.sends(frame("2probe") + frame("5"))
        while (await line.frame()).payload != b"3probe":
            pass


@pytest.mark.parametrize(
    ("transport", "leave"),
    [
        ("websocket", reset),
        ("websocket", close_all_sockets),
        ("websocket", send_nonsense),
        ("websocket", close_properly),
        ("websocket", end_the_stream),
        ("polling", close_all_sockets),
        ("polling", send_nonsense),
        ("polling", upgrade_and_reset),
    ],
)
async def test_there_is_room_again_when_somebody_leaves(small_house, transport, leave):
    url = small_house.url
    async with users(url, transport, 3) as guests:
        assert await knocks(url) == 503
        await guests[0].asks("joinAuction", AUCTION)
        for guest in guests:
            await leave(guest)
        await until(lambda: len(small_house.sockets) == NEIGHBOURS)
        assert list(small_house.inspect().sockets_by_address.values()) == [NEIGHBOURS]
        async with users(url, transport, 3):
            pass


async def test_a_failed_handshake_takes_no_room(small_house):
    for headers in ({"Sec_WebSocket_Key": "short"}, {"Connection": "close"}):
        for _ in range(10):
            assert await knocks(small_house.url, "websocket", **headers) == 400
    assert len(small_house.sockets) == NEIGHBOURS


async def test_somebody_who_resets_while_shaking_hands_takes_no_room(small_house):
    for _ in range(50):
        async with Line(small_house.url) as line:
            await line.sends(request("GET", PATH + "websocket", **upgrade_headers()))
    await until(lambda: len(small_house.sockets) == NEIGHBOURS)


def from_(address):
    return {"X_Forwarded_For": address}


async def test_an_address_has_room_for_a_few_behind_a_trusted_proxy(tmp_path):
    limits = {
        "connections_per_address_max": 2,
        "connect_seconds_max": 2,
        "trusted_proxies": "127.0.0.1",
    }
    async with server_in_process(tmp_path, **limits) as neighbours:
        url = neighbours.url
        async with users(url, "websocket", 1, **from_("192.0.2.1")) as first:
            async with users(url, "polling", 1, **from_("192.0.2.1")) as second:
                for spoofed in ("", "198.51.100.9, ", "127.0.0.1, ", "nonsense, ", "::1, "):
                    for transport in STRANGERS:
                        origin = from_(f"{spoofed}192.0.2.1")
                        assert await knocks(url, transport, **origin) == 429
                assert await knocks(url, **from_("::ffff:192.0.2.1")) == 429
                assert await knocks(url, **from_("192.0.2.2")) == 200
                await neighbours.bilal_bids()
                await second[0].says("1")
            await first[0].says("1")
        await until(lambda: "192.0.2.1" not in neighbours.inspect().sockets_by_address)


async def test_an_ipv6_network_is_one_address(tmp_path):
    limits = {"connections_per_address_max": 2, "trusted_proxies": "127.0.0.1"}
    async with server_in_process(tmp_path, **limits) as neighbours:
        url = neighbours.url
        first, last = from_("2001:db8:0:1::1"), from_("2001:db8:0:1:ffff:ffff:ffff:ffff")
        async with users(url, "websocket", 1, **first), users(url, "polling", 1, **last):
            assert await knocks(url, **from_("2001:db8:0:1:aaaa::")) == 429
            assert await knocks(url, **from_("2001:db8:0:2::1")) == 200


async def test_a_stranger_cannot_speak_for_other_addresses(tmp_path):
    async with server_in_process(
        tmp_path, connections_per_address_max=NEIGHBOURS + 2
    ) as neighbours:
        async with users(neighbours.url, "websocket", 2, **from_("192.0.2.1")):
            statuses = [
                await knocks(neighbours.url, **from_(f"192.0.2.{number}")) for number in range(4)
            ]
        assert statuses == [429] * 4


async def test_an_address_has_only_so_many_lines_even_if_they_say_something(tmp_path):
    """Or one stranger could take all that the process may open."""
    async with server_in_process(tmp_path, connections_per_address_max=4) as neighbours:
        async with AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(Line(neighbours.url)) for _ in range(40)]
            served = 0
            for line in lines:
                try:
                    served += (await line.requests("GET", "/healthz")).status == 200
                except HungUp:
                    pass
            assert served == 12 - NEIGHBOURS
            await neighbours.bilal_bids()
        await until(lambda: neighbours.inspect().connections == NEIGHBOURS)
        assert neighbours.inspect().connections_by_address == {"127.0.0.1": NEIGHBOURS}


# --- from where

PAGE, OTHER = "https://auctions.example", "https://evil.example"


async def test_every_page_may_connect_and_none_with_credentials(tmp_path):
    async with server_in_process(tmp_path) as neighbours, Line(neighbours.url) as line:
        answer = await line.requests("GET", PATH + "polling", Origin=OTHER)
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] in {"*", OTHER}
        preflight = await line.requests("OPTIONS", PATH + "polling", Origin=OTHER)
        for each in (answer, preflight):
            assert "access-control-allow-credentials" not in each.headers
        assert await knocks(neighbours.url, "websocket", Origin=OTHER) == 101


async def test_a_list_of_pages_keeps_the_others_out(tmp_path):
    pages = f"{PAGE}, https://second.example"
    async with server_in_process(tmp_path, cors_origins=pages) as neighbours:
        url = neighbours.url
        for transport, welcome in (("polling", 200), ("websocket", 101)):
            assert await knocks(url, transport, Origin=PAGE) == welcome
            assert await knocks(url, transport) == welcome  # an app is not a page
            for stranger in (OTHER, "null", "https://auctions.example.evil.example", PAGE.upper()):
                assert await knocks(url, transport, Origin=stranger) == 400
        async with PollingStranger(url) as inside, Line(url) as line:
            answer = await line.requests("POST", inside.target, b"40", Origin=OTHER)
            assert answer.status == 400
            assert "access-control-allow-origin" not in answer.headers
            await inside.enters()
