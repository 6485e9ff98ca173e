"""Fan-out without a network: joined writes, order, and what a slow client may lose (D25)."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest

from baraka_server.live.audience import RoundShown
from baraka_server.live.encoded import Superseding, encode
from baraka_server.wire.drain_watch import LOOK_SECONDS
from baraka_server.wire.fanout import JOINED_BYTES_MAX, FanOut, Subscriber
from baraka_server.wire.outgoing import OutgoingPacket
from baraka_server.wire.send_queue import SendQueue

RING, WATCH = ("auction_1", "auction_1:delta"), ("auction_2", "auction_2:delta")


class Listener:
    """A socket that is told everything slowly, and whoever it is."""

    def __init__(self):
        self.shown = []
        self.subscriber = Subscriber(self.hears, 100, self.shown.append)
        self.packets = []
        self.writes = []

    def hears(self, joined):
        self.packets += joined.packets
        self.writes.append([pkt.encode() for pkt in joined.packets])
        assert joined.plain == b"".join(pkt.frame.plain for pkt in joined.packets)


class Transport:
    """What a subscriber leads to."""

    def __init__(self, unsent=0, *, closing=False):
        self.unsent, self.closing = unsent, closing
        self.written = []

    def write(self, data):
        self.written.append(data)

    def get_write_buffer_size(self):
        return self.unsent

    def is_closing(self):
        return self.closing

    def abort(self):
        self.closing = True


@pytest.fixture
def rooms():
    return {room: Listener() for room in (None, *RING, *WATCH)}


@pytest.fixture
def fan_out(rooms):
    made = FanOut(lambda: [rooms[None].subscriber])
    for room, listener in rooms.items():
        if room:
            made.enter(listener.subscriber, room)
    return made


def says(fan_out, text, rooms=RING, event="newBid"):
    fan_out.announce(rooms, event, encode({"whole": text}), encode({"brief": text}))


async def test_what_is_announced_at_once_is_written_at_once(fan_out, rooms):
    says(fan_out, "a")
    says(fan_out, "b", event="newComment")
    assert rooms["auction_1"].writes == []
    await asyncio.sleep(0)
    assert rooms["auction_1"].writes == [
        ['42["newBid",{"whole":"a"}]', '42["newComment",{"whole":"b"}]']
    ]
    assert rooms["auction_1:delta"].writes == [
        ['42["newBid",{"brief":"a"}]', '42["newComment",{"brief":"b"}]']
    ]
    await asyncio.sleep(0)
    assert len(rooms["auction_1"].writes) == 1


async def test_two_auctions_and_everybody_are_told_in_the_order_of_the_events(fan_out, rooms):
    everyone = rooms[None]
    for room in (*RING, *WATCH):
        fan_out.leave_all(rooms[room].subscriber)
        fan_out.enter(everyone.subscriber, room)
    says(fan_out, "a")
    says(fan_out, "b", WATCH)
    says(fan_out, "c")
    await fan_out.announce_to_everyone("auctionStarted", encode({"all": "d"}))
    says(fan_out, "e", WATCH)
    fan_out.flush()
    assert "".join(text[-4] for (text,) in everyone.writes) == "aabbccdee"


async def test_no_write_grows_without_a_bound(fan_out, rooms):
    for _ in range(20):
        says(fan_out, "x" * (JOINED_BYTES_MAX // 4))
    fan_out.flush()
    writes = rooms["auction_1"].writes
    assert sum(map(len, writes)) == 20
    assert all(sum(map(len, joined)) < 2 * JOINED_BYTES_MAX for joined in writes)


async def test_whoever_hears_the_same_is_sent_the_same_bytes(fan_out):
    lines = [Transport() for _ in range(4)]
    for place, line in enumerate(lines):
        listener = Listener()
        listener.subscriber.attach(line, compresses=place % 2 == 1)
        listener.subscriber.direct = True
        fan_out.enter(listener.subscriber, RING[place // 2])
    count = encode({"userCount": 3, "more": "x" * 2_000})
    fan_out.announce(RING, "userCountUpdate", count, count)
    fan_out.flush()
    (first,), (second,), (third,), (fourth,) = (line.written for line in lines)
    assert first is third
    assert second is fourth
    assert len(second) < 100 < len(first)


@pytest.fixture
def ends():
    """A connection that takes little at once: the server's end, and the viewer's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        yield ours, theirs


@pytest.mark.parametrize("chars", [10, 200_000], ids=["fits", "too long for its file"])
async def test_what_its_file_does_not_take_is_left_to_the_transport(fan_out, ends, chars):
    listener, line, (ours, theirs) = Listener(), Transport(), ends
    listener.subscriber.attach(line, compresses=False, file=ours.fileno())
    listener.subscriber.direct = True
    fan_out.enter(listener.subscriber, "auction_1")
    text = "".join(str(number % 10) for number in range(chars))
    says(fan_out, text)
    fan_out.flush()
    sent = theirs.recv(1_000_000)
    assert sent
    assert bool(line.written) == (chars > 10)
    assert (sent + b"".join(line.written)).endswith(f'42["newBid",{{"whole":"{text}"}}]'.encode())


@pytest.mark.parametrize("why", ["something waits", "it is full", "it is broken", "it closes"])
async def test_nothing_passes_a_transport_that_has_to_see_it(fan_out, ends, why):
    listener, line, (ours, theirs) = Listener(), Transport(), ends
    listener.subscriber.attach(line, compresses=False, file=ours.fileno())
    listener.subscriber.direct = True
    fan_out.enter(listener.subscriber, "auction_1")
    match why:
        case "something waits":
            line.unsent = 1
        case "it is full":
            os.write(ours.fileno(), bytes(1_000_000))
        case "it is broken":
            theirs.close()
        case "it closes":
            line.closing = True
    says(fan_out, "a")
    fan_out.flush()
    assert len(line.written) == (why != "it closes")
    if why in {"something waits", "it closes"}:
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


@pytest.mark.parametrize(
    ("clear", "line", "open_"),
    [
        (True, Transport(), True),
        (True, Transport(100), True),
        (True, Transport(101), False),
        (True, Transport(closing=True), False),
        (False, Transport(), False),
    ],
)
async def test_bytes_go_past_the_queue_only_while_the_subscriber_is_direct(
    fan_out, clear, line, open_
):
    listener = Listener()
    listener.subscriber.attach(line, compresses=False)
    listener.subscriber.direct = clear
    fan_out.enter(listener.subscriber, "auction_1")
    says(fan_out, "a")
    fan_out.flush()
    assert listener.subscriber.is_writable == open_
    assert len(line.written) == open_
    assert len(listener.writes) == (not open_)


async def test_whoever_comes_hears_what_is_announced_from_now_on_and_who_goes_until_now(fan_out):
    comes = Listener()
    says(fan_out, "a")
    fan_out.enter(comes.subscriber, "auction_1")
    says(fan_out, "b")
    fan_out.enter(comes.subscriber, "auction_2")
    fan_out.leave(comes.subscriber, "auction_1")
    says(fan_out, "c")
    says(fan_out, "d", WATCH)
    fan_out.leave_all(comes.subscriber)
    says(fan_out, "e", WATCH)
    fan_out.flush()
    assert "".join(text[-4] for (text,) in comes.writes) == "bd"
    assert not comes.subscriber.rooms


async def test_one_who_cannot_be_told_keeps_nobody_else_from_hearing(fan_out, caplog):
    lines = [Transport(), Transport(), Transport()]
    lines[1].write = None  # whatever may happen there
    fan_out.enter(
        Subscriber(None, 100, None), "auction_1"
    )  # leads nowhere, nor takes anything slowly
    for line in lines:
        listener = Listener()
        listener.subscriber.attach(line, compresses=False)
        listener.subscriber.direct = True
        fan_out.enter(listener.subscriber, "auction_1")
    for text in "ab":
        says(fan_out, text)
        fan_out.flush()
    assert [len(line.written) for line in lines] == [2, 0, 2]
    assert [line.closing for line in lines] == [False, True, False]
    assert caplog.text.count("a viewer could not be sent to") == 2 + 1


async def test_a_room_that_nobody_is_in_costs_nothing(fan_out, rooms):
    for room in RING:
        fan_out.leave_all(rooms[room].subscriber)
    says(fan_out, "a")
    assert not fan_out.waits
    assert not fan_out.rooms.keys() & set(RING)


# --- what waits for a slow one


@pytest.mark.parametrize(
    ("whole", "brief", "heard"),
    [
        (Superseding('"list"', "bids"), encode("row"), ["bids", None]),
        (encode("row"), encode("row"), [None, None]),
        (Superseding('"list"', "bids"), Superseding('"list"', "bids"), ["bids", "bids"]),
    ],
    ids=["lists and rows", "nobody reads lists", "everybody reads lists"],
)
@pytest.mark.parametrize("same", [True, False])
async def test_only_what_says_so_supersedes(fan_out, rooms, whole, brief, heard, same):
    """Whatever the event is, and whether both rooms are told the same object or not (D25)."""
    fan_out.announce(RING, "newBid", whole, whole if same and whole == brief else brief)
    fan_out.flush()
    assert [rooms[room].packets[0].subject for room in RING] == heard


def a_send_queue(bytes_max=100):
    queue = asyncio.Queue()
    return SendQueue(queue, bytes_max), queue


def drain(queue):
    return [queue.get_nowait().data for _ in range(queue.qsize())]


def test_while_there_is_room_nothing_is_left_out():
    waiting, queue = a_send_queue()
    for number in range(10):
        assert waiting.put(OutgoingPacket(f"{number}" * 10, "bids"), 0)
    assert waiting.bytes == 100
    assert len(drain(queue)) == 10


def test_what_is_superseded_goes_first_and_the_order_of_the_rest_stays():
    waiting, queue = a_send_queue()
    for subject in ("bids", None, "chat", "bids", None, "bids", "chat", "late"):
        assert waiting.put(OutgoingPacket(f"{subject}" + "." * 10, subject), 0)
    assert waiting.put(OutgoingPacket("next", "bids"), 0)
    names = [data.strip(".") for data in drain(queue)]
    assert names == ["None", "None", "bids", "chat", "late", "next"]


def test_whoever_reads_nothing_at_all_gets_room_once():
    waiting, _ = a_send_queue()
    assert all(waiting.put(OutgoingPacket("x" * 60, "bids"), 0) for _ in range(3))
    assert not waiting.put(OutgoingPacket("x" * 60, "bids"), 0)


def test_whoever_reads_slowly_always_has_the_newest_list():
    waiting, queue = a_send_queue()
    for number in range(100):
        assert waiting.put(OutgoingPacket(f"{number:060}", "bids"), 0)
        if number % 2:
            waiting.took([queue.get_nowait()])
        assert waiting.bytes <= 160
    assert int(drain(queue)[-1]) == 99


def test_whoever_reads_from_the_transport_alone_reads_too():
    waiting, _ = a_send_queue()
    for left in range(40, 0, -1):
        assert waiting.put(OutgoingPacket("x" * 50, "bids"), left)


def test_what_the_transport_has_counts_too():
    waiting, queue = a_send_queue()
    assert waiting.put(OutgoingPacket("x"), 100)
    assert not waiting.put(OutgoingPacket("x"), 100)
    assert waiting.put(OutgoingPacket("x"), 0)
    waiting.clear()
    assert (waiting.bytes, queue.qsize()) == (0, 0)


def test_a_limit_of_nought_is_none():
    waiting, queue = a_send_queue(0)
    assert all(waiting.put(OutgoingPacket("x" * 1_000, "bids"), 10**9) for _ in range(100))
    assert queue.qsize() == 100


# --- what shows a round has left


class Buffer(Transport):
    """A transport that keeps what it is given until it is let go."""

    def write(self, data):
        super().write(data)
        self.unsent += len(data)


async def shows(fan_out, round_, text="lot"):
    payload = encode({"lot": text})
    fan_out.announce(RING, "auction_change_product", payload, payload, RoundShown(1, round_))
    fan_out.flush()


async def turns(done):
    """Wait until it holds: buffers are looked at again and again."""
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0.01)


async def test_a_round_is_shown_when_its_announcement_has_left_the_transport(fan_out, rooms):
    """D31: a viewer on a slow line has not seen what still waits here."""
    listener, line = rooms["auction_1"], Buffer()
    listener.subscriber.attach(line, compresses=False)
    listener.subscriber.direct = True
    says(fan_out, "an earlier list")
    await shows(fan_out, 2)
    behind = line.unsent
    says(fan_out, "a later list")
    fan_out.flush()
    assert listener.shown == []
    line.unsent -= behind - 1  # all but the last byte of it
    await asyncio.sleep(3 * LOOK_SECONDS)
    assert listener.shown == []
    line.unsent -= 1  # what came later still waits
    await turns(lambda: listener.shown)
    assert listener.shown == [RoundShown(1, 2)]
    assert line.unsent


async def test_a_round_is_shown_at_once_where_nothing_waits(fan_out, rooms):
    listener = rooms["auction_1"]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        listener.subscriber.attach(Transport(), compresses=False, file=ours.fileno())
        listener.subscriber.direct = True
        await shows(fan_out, 2)
        assert listener.shown == [RoundShown(1, 2)]


async def test_a_round_that_waits_for_a_line_that_closes_is_never_shown(fan_out, rooms):
    listener, other = rooms["auction_1"], rooms["auction_1:delta"]
    for one in (listener, other):
        one.subscriber.attach(Buffer(), compresses=False)
        one.subscriber.direct = True
    await shows(fan_out, 2)
    listener.subscriber.transport.abort()
    listener.subscriber.transport.unsent = other.subscriber.transport.unsent = 0
    await turns(lambda: other.shown)
    assert listener.shown == []


async def test_what_is_told_slowly_says_itself_when_it_has_left(fan_out, rooms):
    """The packet carries it through the queue of its socket."""
    await shows(fan_out, 2)
    assert [pkt.shows for pkt in rooms["auction_1"].packets] == [RoundShown(1, 2)]
    assert rooms["auction_1"].shown == []
