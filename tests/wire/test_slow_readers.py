"""A viewer that does not read: bounded, then dropped, and nobody else waits for it (D25).

The neighbours ask for no lists here: they share a process with what makes the room loud, and are slow
readers themselves at times.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from baraka_server import open_files
from baraka_server.wire import sockets
from baraka_server.wire.sockets import GOODBYE_SECONDS
from benchmarks.load import Crowd, compiled, compiler, write_tokens
from tests.support.checks.not_run import not_run
from tests.support.clients.phones import token
from tests.support.clients.stranger import (
    STRANGERS,
    HungUp,
    Line,
    PollingStranger,
    SlowReader,
    Stranger,
    request,
)
from tests.support.servers.baraka import SECRET
from tests.support.servers.clock import Clock
from tests.support.servers.neighbours import AUCTION, server_in_process, street, until

BUFFER_BYTES = 200_000
KINDS: dict[str, type[Stranger]] = {"websocket": SlowReader, "polling": PollingStranger}
MB = 1_000_000
BATCH = 40
UNHURRIED = {"bids_per_second_max": 0, "events_per_second_max": 0}

over = pytest.mark.parametrize("transport", KINDS)


async def stalls(stack, url, transport, user_id=2, **auth):
    """A viewer who is in the room, and does not read from now on."""
    viewer = await stack.enter_async_context(KINDS[transport](url))
    await viewer.enters(user_id, **auth)
    assert (await viewer.asks("joinAuction", AUCTION))["ok"]
    return viewer


async def is_loud(neighbours, bids):
    """Each bid is heard with all bids before it: much for those in the room. They come in bursts."""
    for _ in range(bids // 20):
        amounts = range(neighbours.amount + 1, neighbours.amount + 21)
        neighbours.amount += 20
        answers = await asyncio.gather(
            *(neighbours.bilal.emits("placeBid", AUCTION | {"amount": n}) for n in amounts)
        )
        assert all(answer["ok"] for answer in answers)
        await neighbours.bilal.hears(
            "newBid", lambda heard: heard["newBid"]["bid"] == neighbours.amount
        )


@over
async def test_fifty_stalled_viewers_are_dropped_and_the_room_goes_on(tmp_path, transport):
    settings = {
        "BARAKA_SEND_BUFFER_BYTES_MAX": BUFFER_BYTES,
        "BARAKA_BIDS_PER_SECOND_MAX": 0,
        "BARAKA_EVENTS_PER_SECOND_MAX": 0,
    }
    async with (
        street(tmp_path, updates="delta", **settings) as neighbours,
        AsyncExitStack() as stack,
    ):
        await is_loud(neighbours, 200)
        lines, memory = neighbours.lines, neighbours.memory_bytes
        stalled = [
            await stalls(stack, neighbours.url, transport, user_id=2 + number % 40)
            for number in range(50)
        ]
        highest = memory
        told = len(neighbours.log)
        while len(neighbours.log) == told:
            await is_loud(neighbours, 20)
            highest = max(highest, neighbours.memory_bytes)
        await is_loud(neighbours, 100)
        highest = max(highest, neighbours.memory_bytes)
        # 50 viewers, each with its buffer, what is on its way, and what the kernel does not count.
        assert highest < memory + 50 * 2 * BUFFER_BYTES + 30 * MB
        for viewer in stalled:
            if transport == "polling":
                assert (await viewer.posts(b"3")).status == 400
            else:
                await viewer.line.hung_up()
        await stack.aclose()
        await until(lambda: neighbours.lines <= lines, lambda: neighbours.lines)
        await until(
            lambda: neighbours.memory_bytes < memory + 30 * MB, lambda: neighbours.memory_bytes
        )
        seqs = [heard["seq"] for heard in neighbours.bilal.heard("newBid")]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert [what for what, _ in neighbours.bilal.life] == ["connect"]
        neighbours.assert_log_is_calm(lines_max=50)


@over
async def test_nothing_is_left_of_a_stalled_viewer(tmp_path, transport):
    limits = UNHURRIED | {"send_buffer_bytes_max": BUFFER_BYTES}
    async with server_in_process(tmp_path, updates="delta", **limits) as neighbours:
        await is_loud(neighbours, 40)
        before = neighbours.possessions()
        async with AsyncExitStack() as stack:
            for _ in range(10):
                await stalls(stack, neighbours.url, transport)
            while len(neighbours.sockets) > 2:
                await is_loud(neighbours, 20)
            for client in neighbours.sockets.values():
                assert client.unsent_bytes <= 2 * BUFFER_BYTES
        await until(lambda: still(neighbours.possessions(), before), neighbours.possessions)
        assert neighbours.server.sio.slow_viewers_dropped == 10


@pytest.mark.slow
@pytest.mark.parametrize("viewers", [500, pytest.param(5_000, marks=pytest.mark.long)])
async def test_nothing_is_left_of_a_crowd_of_stalled_viewers(tmp_path, viewers):
    if compiler() is None:
        not_run("stalled viewers", "there is no C compiler. Try: apt-get install gcc libc6-dev")
    open_files.raise_limit(viewers)
    program, tokens = compiled("load", tmp_path), write_tokens(SECRET, tmp_path / "tokens")
    from_here = {"connections_per_address_max": 0, "requests_per_second_max": 0}
    from_here |= {"joins_waiting_per_user_max": 0}
    limits = UNHURRIED | from_here | {"send_buffer_bytes_max": BUFFER_BYTES}
    # On a busy machine python-socketio's client gives up when a ping is five seconds late.
    async with server_in_process(
        tmp_path, updates="delta", pings=(600, 600), **limits
    ) as neighbours:
        await neighbours.bilal_bids()
        before = neighbours.possessions()
        port = int(neighbours.url.rpartition(":")[2])
        async with Crowd(program, port, tokens, viewers=viewers) as crowd:
            for command in ("start", "lot", "join"):
                await crowd.do(command, 2)
            others = len(neighbours.sockets) - viewers
            assert others > 0
            await crowd.do("stall")
            while len(neighbours.sockets) > others:
                await crowd.do("fill", 2, BATCH, BATCH)
            await neighbours.bilal_bids()
        await until(lambda: still(neighbours.possessions(), before), neighbours.possessions)
        await neighbours.bilal_bids()


def still(now, before):
    return all(count <= before[name] for name, count in now.items())


@over
async def test_a_viewer_who_reads_again_in_time_has_missed_nothing(tmp_path, transport):
    async with (
        server_in_process(tmp_path, updates="delta", **UNHURRIED) as neighbours,
        AsyncExitStack() as stack,
    ):
        viewer = await stalls(stack, neighbours.url, transport)
        await is_loud(neighbours, 100)
        for amount in range(1, 101):
            heard = await viewer.hears("newBid")
            assert heard["newBid"]["bid"] == amount
            assert [bid["bid"] for bid in heard["auctionBids"]] == list(range(amount, 0, -1))


async def test_a_viewer_without_lists_stays_where_one_with_lists_has_to_go(tmp_path):
    """The bound is of bytes, not of messages (D24)."""
    limits = UNHURRIED | {"send_buffer_bytes_max": BUFFER_BYTES}
    async with (
        server_in_process(tmp_path, updates="delta", **limits) as neighbours,
        AsyncExitStack() as stack,
    ):
        lists = await stalls(stack, neighbours.url, "polling")
        brief = await stalls(stack, neighbours.url, "polling", updates="delta")
        await is_loud(neighbours, 200)
        assert lists.sid not in neighbours.sockets
        for amount in range(1, 201):
            assert (await brief.hears("newBid"))["newBid"]["bid"] == amount


async def test_a_client_that_asks_and_does_not_read_the_answers_is_dropped_too(tmp_path):
    limits = UNHURRIED | {"send_buffer_bytes_max": BUFFER_BYTES, "actions_per_second_max": 0}
    async with (
        server_in_process(tmp_path, updates="delta", **limits) as neighbours,
        AsyncExitStack() as stack,
    ):
        await is_loud(neighbours, 100)
        for transport in KINDS:
            viewer = await stalls(stack, neighbours.url, transport)
            with pytest.raises(HungUp):
                while True:
                    await viewer.says(*['427["joinAuction",{"auctionId":1}]'] * 20)
                    await asyncio.sleep(0)
        await neighbours.bilal_bids()
        assert len(neighbours.sockets) == 2


async def test_a_client_that_comes_and_goes_and_does_not_read_leaves_nothing_behind(tmp_path):
    """It is dropped in the middle of connecting, when the library has half of it in its books."""
    limits = UNHURRIED | {"send_buffer_bytes_max": 20_000}
    async with server_in_process(tmp_path, updates="delta", **limits) as neighbours:
        await neighbours.bilal_bids()
        before = neighbours.possessions()
        async with PollingStranger(neighbours.url) as stranger:
            with pytest.raises(HungUp):
                while True:
                    entry = "40" + json.dumps({"token": token(SECRET, 2)})
                    await stranger.says(*[entry, "41"] * 100)
        await until(lambda: still(neighbours.possessions(), before), neighbours.possessions)


class SlowPoller(PollingStranger):
    """Polls, and does not read what it is answered."""

    async def stalls(self):
        self.getting.reset()
        self.getting = await Line(self.url, receive_buffer_bytes=2048).__aenter__()
        await self.getting.sends(request("GET", self.target))


@pytest.fixture
def large_answers(monkeypatch):
    """Answers to polls as large as those of lists with thousands of rows, from a few hundred bids."""
    monkeypatch.setattr(sockets, "PACKETS_PER_POLL_MAX", 1_000)


@pytest.mark.usefixtures("large_answers")
@pytest.mark.parametrize("leaves", [True, False], ids=["its session is over", "it stays"])
async def test_an_answer_that_nobody_reads_is_not_kept(tmp_path, leaves):
    """Also by whoever is gone already, and takes the next place."""
    limits = UNHURRIED | {
        "send_buffer_bytes_max": 50 * MB,
        "read_seconds_max": 600 if leaves else 2,
    }
    async with (
        server_in_process(tmp_path, updates="delta", **limits) as neighbours,
        AsyncExitStack() as stack,
    ):
        await is_loud(neighbours, 40)
        before = neighbours.possessions()
        stalled = []
        for _ in range(3):
            viewer = await stack.enter_async_context(SlowPoller(neighbours.url))
            await viewer.enters()
            assert (await viewer.asks("joinAuction", AUCTION))["ok"]
            stalled.append(viewer)
        await is_loud(neighbours, 160)  # more than the kernel takes for them
        for viewer in stalled:
            await viewer.stalls()
        await until(lambda: kept_bytes(neighbours) > 3 * MB, lambda: kept_bytes(neighbours))
        if leaves:
            for viewer in stalled:
                await viewer.posts(b"1")
        await until(lambda: kept_bytes(neighbours) == 0, lambda: kept_bytes(neighbours))
        for viewer in stalled:
            await viewer.getting.hung_up()
        await stack.aclose()
        if leaves:
            await until(lambda: still(neighbours.possessions(), before), neighbours.possessions)


def kept_bytes(neighbours):
    """What the server keeps for those who do not read."""
    return neighbours.inspect().unread_bytes


@pytest.mark.usefixtures("large_answers")
async def test_an_answer_may_be_read_slowly(tmp_path):
    limits = UNHURRIED | {"send_buffer_bytes_max": 50 * MB, "read_seconds_max": 600}
    clock = Clock()
    async with (
        server_in_process(tmp_path, updates="delta", clock=clock, **limits) as neighbours,
        SlowPoller(neighbours.url) as viewer,
    ):
        await viewer.enters()
        assert (await viewer.asks("joinAuction", AUCTION))["ok"]
        await is_loud(neighbours, 200)
        await viewer.stalls()
        await until(lambda: kept_bytes(neighbours) > MB, lambda: kept_bytes(neighbours))
        await neighbours.server.admission.sweep()  # it sees that nothing is read
        clock.now += GOODBYE_SECONDS + 1  # longer than those have whose session is over
        await neighbours.server.admission.sweep()
        answer = await viewer.getting.answer()
        assert answer.status == 200
        assert answer.body.count(b'42["newBid"') == 200


async def test_a_limit_of_nought_is_none(tmp_path):
    limits = UNHURRIED | {"send_buffer_bytes_max": 0}
    async with (
        server_in_process(tmp_path, updates="delta", **limits) as neighbours,
        AsyncExitStack() as stack,
    ):
        stalled = [await stalls(stack, neighbours.url, transport) for transport in STRANGERS]
        await is_loud(neighbours, 300)
        for viewer in stalled:
            await viewer.hears("newBid")
