"""Fan-out without a network: what is joined, what passes what, and what a slow one may lose (D25)."""

from __future__ import annotations

import asyncio

import pytest

from baraka_server.live.encoded import encode
from baraka_server.wire.backlog import Backlog, Spoken
from baraka_server.wire.fanout import JOINED_BYTES_MAX, FanOut

RING, WATCH = ("auction_1", "auction_1:delta"), ("auction_2", "auction_2:delta")


class Listener:
    def __init__(self):
        self.batches = []

    def hears(self, batch):
        self.batches.append([pkt.encode() for pkt in batch.packets])
        frames = [pkt.frame.plain for pkt in batch.packets]
        assert batch.plain == b"".join(frames)


@pytest.fixture
def rooms():
    return {room: [Listener()] for room in (None, *RING, *WATCH)}


@pytest.fixture
def fan_out(rooms):
    return FanOut(lambda room: rooms[room])


def says(fan_out, text, rooms=RING, event="newBid"):
    fan_out.announce(rooms, event, encode({"whole": text}), encode({"brief": text}))


async def test_what_is_announced_at_once_is_written_at_once(fan_out, rooms):
    says(fan_out, "a")
    says(fan_out, "b", event="newComment")
    assert rooms["auction_1"][0].batches == []
    await asyncio.sleep(0)
    assert rooms["auction_1"][0].batches == [
        ['42["newBid",{"whole":"a"}]', '42["newComment",{"whole":"b"}]']
    ]
    assert rooms["auction_1:delta"][0].batches == [
        ['42["newBid",{"brief":"a"}]', '42["newComment",{"brief":"b"}]']
    ]
    await asyncio.sleep(0)
    assert len(rooms["auction_1"][0].batches) == 1


async def test_two_auctions_and_everybody_are_told_in_the_order_of_the_events(fan_out, rooms):
    everyone = Listener()
    for room in rooms:
        rooms[room] = [everyone]
    says(fan_out, "a")
    says(fan_out, "b", WATCH)
    says(fan_out, "c")
    fan_out.announce_to_everyone("auctionStarted", encode({"all": "d"}))
    says(fan_out, "e", WATCH)
    fan_out.flush()
    assert "".join(text[-4] for (text,) in everyone.batches) == "aabbccdee"


async def test_no_write_grows_without_a_bound(fan_out, rooms):
    for _ in range(20):
        says(fan_out, "x" * (JOINED_BYTES_MAX // 4))
    fan_out.flush()
    batches = rooms["auction_1"][0].batches
    assert sum(map(len, batches)) == 20
    assert all(sum(map(len, batch)) < 2 * JOINED_BYTES_MAX for batch in batches)


async def test_whoever_hears_the_same_is_sent_the_same_bytes(fan_out, rooms):
    batches = []
    listener = type("Deaf", (), {"hears": lambda _self, batch: batches.append(batch)})()
    rooms["auction_1"] = rooms["auction_1:delta"] = [listener, listener]
    count = encode({"userCount": 3})
    fan_out.announce(RING, "userCountUpdate", count, count)
    fan_out.flush()
    assert batches[0] is batches[1]
    assert len(batches) == 4
    assert batches[0].plain is batches[1].plain is batches[2].plain


# --- what waits for a slow one


async def subjects(fan_out, rooms, *events):
    heard = []
    listener = type("Notes", (), {"hears": lambda _self, batch: heard.extend(batch.packets)})()
    rooms["auction_1"] = [listener]
    for event in events:
        says(fan_out, event, event=event)
    fan_out.flush()
    return [pkt.subject for pkt in heard]


async def test_a_list_supersedes_the_one_before_until_something_else_happens(fan_out, rooms):
    one, comment, two, lot, three, count, four, last = await subjects(
        fan_out,
        rooms,
        *("newBid", "newComment", "newBid", "auction_change_product", "newBid"),
        *("userCountUpdate", "newBid", "userCountUpdate"),
    )
    assert one == two != three == four
    assert comment not in {one, three}
    assert lot is None
    assert count == last is not None


async def test_the_start_of_an_auction_begins_lists_anew(fan_out, rooms):
    (before,) = await subjects(fan_out, rooms, "newBid")
    fan_out.announce_to_everyone("auctionStarted", encode({}))
    (after,) = await subjects(fan_out, rooms, "newBid")
    assert before != after


async def test_without_lists_nothing_is_superseded(fan_out, rooms):
    heard = []
    listener = type("Notes", (), {"hears": lambda _self, batch: heard.extend(batch.packets)})()
    rooms["auction_1:delta"] = [listener]
    says(fan_out, "a")
    fan_out.flush()
    assert heard[0].subject is None


def backlog(bytes_max=100):
    queue = asyncio.Queue()
    return Backlog(queue, bytes_max), queue


def drain(queue):
    return [queue.get_nowait().data for _ in range(queue.qsize())]


def test_while_there_is_room_nothing_is_left_out():
    waiting, queue = backlog()
    for number in range(10):
        assert waiting.put(Spoken(f"{number}" * 10, "bids"), 0)
    assert waiting.bytes == 100
    assert len(drain(queue)) == 10


def test_what_is_superseded_goes_first_and_the_order_of_the_rest_stays():
    waiting, queue = backlog()
    for subject in ("bids", None, "chat", "bids", None, "bids", "chat", "late"):
        assert waiting.put(Spoken(f"{subject}" + "." * 10, subject), 0)
    assert waiting.put(Spoken("next", "bids"), 0)
    names = [data.strip(".") for data in drain(queue)]
    assert names == ["None", "None", "bids", "chat", "late", "next"]


def test_whoever_reads_nothing_at_all_gets_room_once():
    waiting, _ = backlog()
    assert all(waiting.put(Spoken("x" * 60, "bids"), 0) for _ in range(3))
    assert not waiting.put(Spoken("x" * 60, "bids"), 0)


def test_whoever_reads_slowly_always_has_the_newest_list():
    waiting, queue = backlog()
    for number in range(100):
        assert waiting.put(Spoken(f"{number:060}", "bids"), 0)
        if number % 2:
            waiting.took([queue.get_nowait()])
        assert waiting.bytes <= 160
    assert int(drain(queue)[-1]) == 99


def test_whoever_reads_from_the_transport_alone_reads_too():
    waiting, _ = backlog()
    for left in range(40, 0, -1):
        assert waiting.put(Spoken("x" * 50, "bids"), left)


def test_what_the_transport_has_counts_too():
    waiting, queue = backlog()
    assert waiting.put(Spoken("x"), 100)
    assert not waiting.put(Spoken("x"), 100)
    assert waiting.put(Spoken("x"), 0)
    waiting.clear()
    assert (waiting.bytes, queue.qsize()) == (0, 0)


def test_a_limit_of_nought_is_none():
    waiting, queue = backlog(0)
    assert all(waiting.put(Spoken("x" * 1_000, "bids"), 10**9) for _ in range(100))
    assert queue.qsize() == 100
