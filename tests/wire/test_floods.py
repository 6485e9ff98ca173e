"""Floods: a client that sends too much is told so, then disconnected; others are served as usual."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack, suppress
from statistics import median

import pytest

from baraka_server.store import catalog
from baraka_server.store.pages import Page
from baraka_server.store.store import Store
from baraka_server.wire.health import LOOK_SECONDS
from baraka_server.wire.sockets import BARRED_SECONDS
from tests.support.clients.phones import token
from tests.support.clients.stranger import (
    CONTINUATION,
    PACKETS,
    PATH,
    PING,
    PONG,
    STRANGERS,
    HungUp,
    Line,
    PollingStranger,
    WebSocketStranger,
    frame,
    request,
)
from tests.support.servers.baraka import SECRET
from tests.support.servers.clock import Clock
from tests.support.servers.neighbours import AUCTION, server_in_process, street, until

over = pytest.mark.parametrize("transport", STRANGERS)

COMMENTS_PER_SECOND, BURST_SECONDS = 6, 5
PACKETS_PER_POST = 250


def comments(count, *, ids=True):
    return [
        f"42{number if ids else ''}" + json.dumps(["comment", AUCTION | {"comment": f"{number}"}])
        for number in range(count)
    ]


async def floods(stranger, packets):
    """Send all of it, as fast as it is taken. Returns what came back, until the end of the session."""

    async def sends():
        try:
            for start in range(0, len(packets), PACKETS_PER_POST):
                await stranger.says(*packets[start : start + PACKETS_PER_POST])
        except HungUp:
            pass

    sending = asyncio.create_task(sends())
    heard = await stranger.is_hung_up_on()
    await sending
    return heard


@over
async def test_what_is_over_the_rate_is_refused_with_the_time_to_wait(tmp_path, transport):
    clock = Clock()
    async with (
        server_in_process(tmp_path, clock=clock) as neighbours,
        STRANGERS[transport](neighbours.url) as stranger,
    ):
        await stranger.enters()
        await stranger.says(*comments(60))
        answered = await stranger.answers(*range(60))
        burst = COMMENTS_PER_SECOND * BURST_SECONDS
        assert [answer["ok"] for answer in answered] == [True] * burst + [False] * (60 - burst)
        wait = {"retryAfterMs": 1_000 // COMMENTS_PER_SECOND + 1}
        told = {"code": "too_fast", "message": "You are sending too fast"} | wait
        assert answered[burst:] == [{"ok": False} | told] * (60 - burst)
        await stranger.says('42["comment",{}]')
        assert await stranger.hears("error") == {"event": "comment"} | told
        clock.now += 1
        await stranger.says(*comments(10))
        answered = await stranger.answers(*range(10))
        assert sum(answer["ok"] for answer in answered) == COMMENTS_PER_SECOND
        assert (await stranger.asks("joinAuction", AUCTION))["ok"]


@over
async def test_whoever_goes_on_after_that_has_to_leave(tmp_path, transport):
    async with street(tmp_path, BARAKA_CONNECT_SECONDS_MAX=2) as neighbours:
        async with STRANGERS[transport](neighbours.url) as stranger:
            await stranger.enters()
            heard = await floods(stranger, comments(3_000))
        assert len(heard) < 1_000  # it was not told 3,000 times
        await neighbours.bilal_bids()
        assert neighbours.bilal.heard("error") == []
        # Two limits and the end, with a summary of each: not a line for each of 3,000 comments.
        neighbours.assert_log_is_calm(lines_max=10)


async def test_others_are_served_while_floods_go_on(tmp_path):
    packets = comments(1_000)
    frames = b"".join(map(frame, packets))
    body = PACKETS.join(packets[:PACKETS_PER_POST]).encode()

    limits = {"BARAKA_BIDS_PER_SECOND_MAX": 0}
    async with street(tmp_path, updates="delta", **limits) as neighbours:

        async def keeps_flooding(transport, user_id):
            """With what is made before, so that the measure is of the server."""
            while not calm.is_set():
                try:
                    async with STRANGERS[transport](neighbours.url) as stranger:
                        await stranger.enters(user_id)
                        if transport == "websocket":
                            await stranger.line.sends(frames)
                            await stranger.line.hung_up()
                        else:
                            while (await stranger.posts(body)).status == 200:
                                pass
                except HungUp:
                    pass

        quiet = [await neighbours.bilal_bids() for _ in range(40)]
        calm = asyncio.Event()
        flooding = [
            asyncio.create_task(keeps_flooding(transport, 10 + number))
            for number, transport in enumerate(list(STRANGERS) * 2)
        ]
        loud = [await neighbours.bilal_bids() for _ in range(40)]
        assert not any(task.done() for task in flooding)
        calm.set()
        await asyncio.gather(*flooding)
        print(f"a bid is answered in {median(loud):.3f} s, without floods in {median(quiet):.3f} s")
        # The floods take processors from the neighbour and the server, not only from each other.
        assert median(loud) < 60 * median(quiet), (median(loud), median(quiet))
        assert neighbours.bilal.heard("error") == []
        neighbours.assert_log_is_calm()


async def test_whoever_had_to_leave_is_turned_away_for_a_while(tmp_path):
    clock = Clock()
    async with server_in_process(tmp_path, clock=clock) as neighbours:
        async with WebSocketStranger(neighbours.url) as stranger:
            await stranger.enters()
            await floods(stranger, comments(3_000))
        url = neighbours.url
        async with WebSocketStranger(url) as again, PollingStranger(url) as other:
            await again.enters()
            error = await again.hears("error")
            assert error["code"] == "too_fast"
            assert 0 < error["retryAfterMs"] <= 5_100
            assert await again.hears_anything() == "41"
            await other.enters(3)
            assert (await other.asks("joinAuction", AUCTION))["ok"]
            clock.now += BARRED_SECONDS + 1
        async with WebSocketStranger(url) as later:
            await later.enters()
            assert (await later.asks("joinAuction", AUCTION))["ok"]


@over
async def test_nought_turns_a_rate_off(tmp_path, transport):
    limits = {"BARAKA_COMMENTS_PER_SECOND_MAX": 0, "BARAKA_EVENTS_PER_SECOND_MAX": 0}
    async with street(tmp_path, **limits) as neighbours:
        async with STRANGERS[transport](neighbours.url) as stranger:
            await stranger.enters()
            sending = asyncio.create_task(
                floods_politely(stranger, comments(PACKETS_PER_POST + 50))
            )
            answered = await stranger.answers(*range(PACKETS_PER_POST + 50))
            await sending
        assert all(answer["ok"] for answer in answered)


async def floods_politely(stranger, packets):
    for start in range(0, len(packets), PACKETS_PER_POST):
        await stranger.says(*packets[start : start + PACKETS_PER_POST])


async def test_a_users_rate_holds_over_all_sockets_and_over_reconnecting(tmp_path):
    async with server_in_process(tmp_path, clock=Clock()) as neighbours:
        accepted = 0
        for _ in range(2):
            async with AsyncExitStack() as stack:
                kinds = [WebSocketStranger, PollingStranger, WebSocketStranger]
                sockets = [await stack.enter_async_context(kind(neighbours.url)) for kind in kinds]
                for socket in sockets:
                    await socket.enters(7)
                    await socket.says(*comments(20))
                for socket in sockets:
                    answered = await socket.answers(*range(20))
                    accepted += sum(answer["ok"] for answer in answered)
        assert accepted == COMMENTS_PER_SECOND * BURST_SECONDS
        async with WebSocketStranger(neighbours.url) as other:
            await other.enters(8)
            assert (await other.asks("comment", AUCTION | {"comment": "Mine."}))["ok"]


async def test_joins_are_limited_since_each_is_answered_with_the_whole_sale(tmp_path):
    async with (
        server_in_process(tmp_path, actions_per_second_max=20) as neighbours,
        WebSocketStranger(neighbours.url) as stranger,
    ):
        await stranger.enters()
        joins = [f'42{number}["joinAuction",{{"auctionId":1}}]' for number in range(200)]
        await stranger.says(*joins)
        codes = [answer.get("code") for answer in await stranger.answers(*range(200))]
        assert 100 <= codes.count(None) < 200
        assert set(codes) == {None, "too_fast"}


async def test_joins_of_a_busy_room_count_for_more(tmp_path):
    """Each is answered with the whole list, which takes as long as many joins of a quiet one."""
    limits = {"actions_per_second_max": 4, "comments_per_second_max": 0, "events_per_second_max": 0}
    clock = Clock()  # a slow machine is given no more joins than a quick one
    async with (
        server_in_process(tmp_path, updates="delta", clock=clock, **limits) as neighbours,
        WebSocketStranger(neighbours.url) as stranger,
    ):
        await stranger.enters(updates="delta")

        async def joins_until_it_is_too_often():
            clock.now += BURST_SECONDS * 10
            count = 0
            while (await stranger.asks("joinAuction", AUCTION))["ok"]:
                count += 1
            return count

        assert await joins_until_it_is_too_often() == 20
        comment = AUCTION | {"comment": "x" * 191}
        await asyncio.gather(*(neighbours.amina.emits("comment", comment) for _ in range(320)))
        assert await joins_until_it_is_too_often() == 10


async def test_whoever_asks_all_the_time_whether_the_server_is_ready_keeps_no_bid_waiting(
    tmp_path, monkeypatch
):
    looks = 0
    probe = Store.probe

    async def counted(store):
        nonlocal looks
        looks += 1
        await probe(store)

    monkeypatch.setattr(Store, "probe", counted)
    clock = Clock()
    async with server_in_process(tmp_path, clock=clock) as neighbours:

        async def asks():
            async with Line(neighbours.url) as line:
                for _ in range(50):
                    assert (await line.requests("GET", "/readyz")).status == 200

        await asyncio.gather(*(asks() for _ in range(10)), neighbours.bilal_bids())
        assert looks == 1
        clock.now += LOOK_SECONDS + 0.1
        await asks()
        assert looks == 2


TEXT_FLOODS = {
    "PONG": "3",
    "UPGRADE": "5",
    "CONNECT": "40",
    "DISCONNECT": "41",
    "CONNECT elsewhere": "40/elsewhere,",
    "events elsewhere": '42/elsewhere,["placeBid",{}]',
    "unknown events": '42["nonsense"]',
    "events without a name": "42",
    "malformed bids": '42["placeBid"]',
    "joins": '42["joinAuction",{"auctionId":1}]',
    "leaves": '42["leaveAuction",{"auctionId":1}]',
    "joins of auctions that there are not": '42["joinAuction",{"auctionId":77}]',
}


LINES_MAX = 12
"""A line for each cause and one for each ten seconds of it: how many they are depends on how fast the
machine is, but 9,000 messages are told in a handful."""


@pytest.mark.parametrize("what", TEXT_FLOODS)
async def test_any_flood_ends_with_the_end_of_the_socket(tmp_path, caplog, what):
    async with server_in_process(tmp_path, connect_seconds_max=1) as neighbours:
        lines = len(caplog.records)
        for kind in STRANGERS.values():
            async with kind(neighbours.url) as stranger:
                await stranger.enters()
                heard = await floods(stranger, [TEXT_FLOODS[what]] * 3_000)
                assert len(heard) < 2_000
        await neighbours.bilal_bids()
        assert len(caplog.records) - lines <= LINES_MAX
        assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("what", [frame("x", PING), frame("x", PONG)], ids=["pings", "pongs"])
async def test_a_flood_of_control_frames_ends_the_websocket(tmp_path, what):
    async with (
        server_in_process(tmp_path) as neighbours,
        WebSocketStranger(neighbours.url) as stranger,
    ):
        await stranger.enters()
        with pytest.raises(HungUp):
            for _ in range(100):
                await stranger.line.sends(what * 1_000)
                await asyncio.sleep(0)
            await stranger.is_hung_up_on()
            raise HungUp
        await until(lambda: len(neighbours.sockets) == 2)
        await neighbours.bilal_bids()


async def test_a_few_pings_of_a_websocket_library_are_answered(tmp_path):
    async with (
        server_in_process(tmp_path) as neighbours,
        WebSocketStranger(neighbours.url) as stranger,
    ):
        await stranger.enters()
        await stranger.line.sends(frame("are you there?", PING))
        answer = await stranger.line.frame()
        assert (answer.opcode, answer.payload) == (PONG, b"are you there?")


async def test_what_does_not_fit_in_an_auctions_queue_is_told_that_it_is_busy(tmp_path):
    async with server_in_process(
        tmp_path, asks_waiting_max=5, actions_per_second_max=0
    ) as neighbours:
        async with PollingStranger(neighbours.url) as stranger:
            await stranger.enters()
            joins = [f'42{number}["joinAuction",{{"auctionId":1}}]' for number in range(100)]
            await stranger.says(*joins)
            answered = await stranger.answers(*range(100))
            codes = [answer.get("code") for answer in answered]
            assert set(codes) == {None, "busy"}
            assert codes.count(None) >= 5
            busy = next(answer for answer in answered if not answer["ok"])
            assert busy["message"].startswith("The auction is too busy at the moment.")
            assert (await stranger.asks("joinAuction", AUCTION))["ok"]
        await neighbours.bilal_bids()


async def test_one_busy_auction_does_not_make_another_one_busy(tmp_path):
    async with server_in_process(
        tmp_path, asks_waiting_max=1, actions_per_second_max=0
    ) as neighbours:
        url = neighbours.url
        async with PollingStranger(url) as stranger, WebSocketStranger(url) as other:
            await stranger.enters()
            await other.enters(1)
            flood = [f'42{number}["joinAuction",{{"auctionId":1}}]' for number in range(200)]
            sending = asyncio.create_task(stranger.says(*flood))
            assert (await other.asks("startLiveAuction", {"auctionId": 2}))["ok"]
            await sending


# --- what is heavy instead of often


def heavy(number):
    numbers = ",".join(["1"] * 45_000)
    return f'42{number}["comment",{{"auctionId":1,"comment":[{numbers}]}}]'


@over
async def test_large_messages_are_refused_before_they_are_read(tmp_path, transport):
    async with street(tmp_path) as neighbours, STRANGERS[transport](neighbours.url) as stranger:
        await stranger.enters()
        for number in range(3):  # the second is more than is left, and goes through
            await stranger.says(heavy(number))
        answered = await stranger.answers(0, 1, 2)
        assert [answer["code"] for answer in answered] == ["malformed", "malformed", "too_fast"]
        assert 0 < answered[2]["retryAfterMs"] <= 1_100
        await neighbours.bilal_bids()


@over
async def test_whoever_goes_on_with_large_messages_has_to_leave(tmp_path, transport):
    async with street(tmp_path) as neighbours, STRANGERS[transport](neighbours.url) as stranger:
        await stranger.enters()
        heard = await floods_one_by_one(stranger, map(heavy, range(400)))
        assert len(heard) < 2 * 400  # each would be an error and an answer
        await neighbours.bilal_bids()
        neighbours.assert_log_is_calm(lines_max=4)


async def floods_one_by_one(stranger, packets):
    async def sends():
        with suppress(HungUp):
            for packet in packets:
                await stranger.says(packet)

    sending = asyncio.create_task(sends())
    heard = await stranger.is_hung_up_on()
    await sending
    return heard


@over
async def test_nought_turns_the_rate_of_bytes_off(tmp_path, transport):
    limits = {"BARAKA_BYTES_PER_SECOND_MAX": 0}
    async with street(tmp_path, **limits) as neighbours:
        async with STRANGERS[transport](neighbours.url) as stranger:
            await stranger.enters()
            for number in range(12):
                await stranger.says(heavy(number))
            answered = await stranger.answers(*range(12))
        assert {answer["code"] for answer in answered} == {"malformed"}


ENDLESS = {
    "nothing": frame("", CONTINUATION, fin=False) * 10_000,
    "a byte at a time": frame("x", CONTINUATION, fin=False) * 500,
    "nothing and pings": (frame("", CONTINUATION, fin=False) * 10_000 + frame("", PING)),
}
"""Fragments of a message that never ends."""


@pytest.mark.parametrize("fragments", ENDLESS.values(), ids=ENDLESS)
async def test_a_message_that_never_ends_ends_the_websocket(tmp_path, fragments):
    async with street(tmp_path, BARAKA_BIDS_PER_SECOND_MAX=0) as neighbours:

        async def goes_on_for_ever(user_id):
            async with WebSocketStranger(neighbours.url) as stranger:
                await stranger.enters(user_id)
                await stranger.line.sends(frame("42", fin=False))
                for _ in range(100_000_000 // len(fragments)):
                    await stranger.line.sends(fragments)
                raise AssertionError("the server read all of it")

        for user_id in (2, 3, 4):
            with pytest.raises(HungUp):
                await goes_on_for_ever(user_id)
            await neighbours.bilal_bids()
        neighbours.assert_log_is_calm(lines_max=2 + 3)  # it says where it listens


async def test_json_where_no_client_has_any_is_read_once_at_most(tmp_path):
    """Engine.IO reads it before anybody can look at it."""
    for packet in ("3[1]", "5{}", "1[]", "3null"):
        async with (
            server_in_process(tmp_path) as neighbours,
            WebSocketStranger(neighbours.url) as stranger,
        ):
            await stranger.enters()
            await stranger.says(packet)
            assert await stranger.is_hung_up_on() == []


# --- over HTTP


def request_for(target, user_id):
    return request("GET", target, Authorization=f"Bearer {token(SECRET, user_id)}")


async def test_too_many_reads_of_a_user_are_refused_with_the_time_to_wait(tmp_path):
    async with (
        server_in_process(tmp_path, reads_per_second_max=2) as neighbours,
        Line(neighbours.url) as line,
    ):
        answers = []
        for _ in range(30):
            await line.sends(request_for("/api/auctions", 2))
            answers.append(await line.answer())
        statuses = [answer.status for answer in answers]
        assert statuses[:10] == [200] * 10
        refused = next(answer for answer in answers if answer.status == 429)
        told = json.loads(refused.body)
        assert 0 < told["retryAfterMs"] <= 500
        message = "You are sending too fast"
        assert told == told | {"ok": False, "code": "too_fast", "message": message}
        assert refused.headers["retry-after"] == "1"
        await line.sends(request_for("/api/auctions", 3))
        assert (await line.answer()).status == 200


async def test_the_database_reads_for_two_users_at_once_and_a_few_requests_may_wait(
    tmp_path, monkeypatch
):
    go_on, reading = asyncio.Event(), []

    async def takes_long(*_, owner_id, **__):
        reading.append(owner_id)
        await go_on.wait()
        return Page([])

    monkeypatch.setattr(catalog, "list_auctions", takes_long)
    limits = {"reads_per_second_max": 0, "reads_waiting_max": 3}
    async with server_in_process(tmp_path, **limits) as neighbours, AsyncExitStack() as stack:

        async def asks(user_id):
            line = await stack.enter_async_context(Line(neighbours.url))
            await line.sends(request_for("/api/auctions", user_id))
            return asyncio.create_task(line.answer())

        greedy = [await asks(2) for _ in range(6)]
        await until(lambda: sum(answer.done() for answer in greedy) == 2)
        refused = next(answer for answer in greedy if answer.done()).result()
        assert (refused.status, json.loads(refused.body)["code"]) == (503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert reading == [2]  # one after the other
        modest, another = await asks(3), await asks(4)  # who gets a place of the greedy one's
        await until(lambda: sum(answer.done() for answer in greedy) == 3)
        assert reading == [2, 3]
        await neighbours.bilal_bids()
        go_on.set()
        statuses = [answer.status for answer in await asyncio.gather(*greedy, modest, another)]
        assert sorted(statuses) == [200] * 5 + [503] * 3
        assert reading.index(4) < 5  # and not behind all of the greedy one's


async def test_a_long_list_counts_for_several_reads_and_a_short_one_for_one(tmp_path):
    clock = Clock()  # a slow machine is given no more reads than a quick one
    limits = {"reads_per_second_max": 1, "comments_per_second_max": 0, "events_per_second_max": 0}
    async with (
        server_in_process(tmp_path, clock=clock, **limits) as neighbours,
        Line(neighbours.url) as line,
    ):

        async def requests_until_too_often(target):
            clock.now += BURST_SECONDS * 10
            count = 0
            while True:
                await line.sends(request_for(target, 1))
                if (answer := await line.answer()).status != 200:
                    assert answer.status == 429
                    return count
                count += 1

        assert await requests_until_too_often("/api/auctions/1/history") == 5
        for _ in range(300):
            assert (await neighbours.amina.emits("comment", AUCTION | {"comment": "!"}))["ok"]
        assert await requests_until_too_often("/api/auctions/1/history") == 3
        assert await requests_until_too_often("/api/auctions/1/history?limit=250") == 5


async def test_whoever_goes_away_gives_up_the_turn(tmp_path, monkeypatch):
    go_on = asyncio.Event()

    async def takes_long(*_, **__):
        await go_on.wait()
        return Page([])

    monkeypatch.setattr(catalog, "list_auctions", takes_long)
    async with server_in_process(
        tmp_path, reads_per_second_max=0, reads_waiting_max=1
    ) as neighbours:
        for _ in range(20):
            async with Line(neighbours.url) as line:
                await line.sends(request_for("/api/auctions", 2))
        go_on.set()
        async with Line(neighbours.url) as line:
            while (await line.requests("GET", "/readyz")).status != 200:
                pass
            await line.sends(request_for("/api/auctions", 2))
            assert (await line.answer()).status in {200, 503}
        async with Line(neighbours.url) as line:
            await line.sends(request_for("/api/auctions", 2))
            assert (await line.answer()).status == 200


PIPELINED = {
    "healthy": "/healthz",
    "reads without a token": "/api/auctions",
    "sessions that there are not": PATH + "polling&sid=nonsense",
    "nowhere": "/nowhere",
}


async def test_a_crowd_behind_one_address_may_come_at_once(tmp_path):
    async with (
        server_in_process(tmp_path, requests_per_second_max=1) as neighbours,
        AsyncExitStack() as stack,
    ):
        for number in range(40):
            kind = list(STRANGERS.values())[number % 2]
            await (await stack.enter_async_context(kind(neighbours.url))).enters(2 + number)
        await neighbours.bilal_bids()


@pytest.mark.parametrize("target", PIPELINED.values(), ids=PIPELINED)
async def test_requests_of_an_address_have_a_rate_and_a_line_ends_with_it(tmp_path, target):
    limits = {"requests_per_second_max": 10, "trusted_proxies": "127.0.0.1"}
    async with server_in_process(tmp_path, clock=Clock(), **limits) as neighbours:
        url = neighbours.url
        async with Line(url) as line:
            await line.sends(request("GET", target, X_Forwarded_For="192.0.2.1") * 200)
            said = await line.hung_up()
        answered = said.count(b"HTTP/1.1 ")
        assert 50 <= answered < 160  # of probes a hundred more
        assert (b" 429 " in said) == (target != "/healthz")
        async with Line(url) as line:
            knock = await line.requests("GET", PATH + "polling", X_Forwarded_For="192.0.2.1")
            assert knock.status == 429
            assert int(knock.headers["retry-after"]) > 0
            with pytest.raises(HungUp):
                await line.requests("GET", "/healthz")
        async with Line(url) as line:
            health = await line.requests("GET", "/healthz", X_Forwarded_For="192.0.2.1")
            assert health.status == 200
        async with PollingStranger(url, X_Forwarded_For="192.0.2.2") as other:
            await other.enters()
            for _ in range(100):  # what a session says is counted there
                assert (await other.posts(b"3")).status == 200
            assert (await other.asks("joinAuction", AUCTION))["ok"]
        await neighbours.bilal_bids()


@pytest.mark.parametrize("data", [b"BREW / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nA\0B: c\r\n\r\n"])
async def test_what_is_no_http_counts_as_a_request_of_its_address_and_waits_for_its_turn(
    tmp_path, caplog, data
):
    limits = {"requests_per_second_max": 1}
    statuses: Counter[bytes] = Counter()
    async with server_in_process(tmp_path, **limits) as neighbours:
        before = neighbours.server.admission.pace.paced
        for _ in range(100):
            async with Line(neighbours.url) as line:
                await line.sends(data)
                statuses[(await line.hung_up())[9:12]] += 1
        async with Line(neighbours.url) as line:  # it had its share
            assert (await line.requests("GET", "/nowhere")).status == 429
        assert neighbours.server.admission.pace.paced - before == 101
        await neighbours.bilal_bids()
    assert set(statuses) == {b"400", b"429"}
    assert statuses[b"429"] > statuses[b"400"]
    told = [record for record in caplog.records if getattr(record, "event", "") == "refused"]
    assert len(told) <= 2
    assert {record.limit for record in told} == {"requests_per_second_max"}


async def test_what_comes_through_a_proxy_and_is_no_http_counts_for_nobody(tmp_path):
    limits = {"requests_per_second_max": 10, "trusted_proxies": "127.0.0.1"}
    async with server_in_process(tmp_path, **limits) as neighbours:
        for _ in range(60):
            async with Line(neighbours.url) as line:
                await line.sends(b"BREW / HTTP/1.1\r\n\r\n")
                assert (await line.hung_up())[9:12] == b"400"
        await neighbours.bilal_bids()
