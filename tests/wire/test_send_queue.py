"""The send queue: a slow viewer is judged by whether it reads, not by the size of one message (D25)."""

from __future__ import annotations

import asyncio

from baraka_server.wire.outgoing import OutgoingPacket
from baraka_server.wire.send_queue import STANDSTILL_SECONDS, SendQueue
from tests.support.clients.stranger import SlowReader
from tests.support.servers.clock import Clock
from tests.support.servers.neighbours import AUCTION, server_in_process

LIMIT, LARGE = 100, 500


def sent_a_large_one():
    clock, queue = Clock(), asyncio.Queue()
    waiting = SendQueue(queue, LIMIT, clock)
    waiting.sends(OutgoingPacket("x" * LARGE))
    return waiting, clock


def test_whoever_goes_on_reading_something_large_is_kept():
    waiting, clock = sent_a_large_one()
    for left in range(LARGE, LIMIT, -50):
        assert waiting.put(OutgoingPacket("row"), left)
        clock.now += 0.9 * STANDSTILL_SECONDS


def test_whoever_stops_reading_it_is_not():
    waiting, clock = sent_a_large_one()
    assert waiting.put(OutgoingPacket("row"), LARGE - 50)
    clock.now += 0.9 * STANDSTILL_SECONDS
    assert waiting.put(OutgoingPacket("row"), LARGE - 50)
    clock.now += 0.1 * STANDSTILL_SECONDS
    assert not waiting.put(OutgoingPacket("row"), LARGE - 50)


def test_what_waits_behind_it_is_bounded_as_ever():
    waiting, _ = sent_a_large_one()
    rows = 0
    while waiting.put(OutgoingPacket("x" * 10), LARGE):
        rows += 1
    assert rows == LIMIT // 10 + 1


def test_what_was_large_once_is_no_excuse_later():
    waiting, _ = sent_a_large_one()
    assert waiting.put(OutgoingPacket("row"), 0)
    assert not waiting.put(OutgoingPacket("row"), LARGE)


async def test_a_slow_viewer_reads_a_state_that_is_larger_than_its_buffer(tmp_path):
    """And misses nothing that is said meanwhile."""
    limits = {
        "send_buffer_bytes_max": 100_000,
        "comments_per_second_max": 0,
        "events_per_second_max": 0,
        "bids_per_second_max": 0,
        "bytes_per_second_max": 0,
        "actions_per_second_max": 0,
    }
    async with (
        server_in_process(tmp_path, updates="delta", **limits) as neighbours,
        SlowReader(neighbours.url) as viewer,
    ):
        for _ in range(6):
            comment = AUCTION | {"comment": "x" * 191}
            await asyncio.gather(*(neighbours.bilal.emits("comment", comment) for _ in range(500)))
        await viewer.enters(updates="delta")
        await viewer.says('42["joinAuction",{"auctionId":1}]')
        for _ in range(20):
            await neighbours.bilal_bids()
        state = await viewer.hears("auctionState")
        assert len(state["auctionComments"]) == 3_000
        for number in range(1, 21):
            assert (await viewer.hears("newBid"))["seq"] == state["seq"] + number
